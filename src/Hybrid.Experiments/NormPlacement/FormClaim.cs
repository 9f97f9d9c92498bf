using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Drawing;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Hypotheses;
using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.NormPlacement;

/// <summary>A claim on how trained peri-norm streams grow over depth, and which form every placement's streams take.</summary>
internal sealed class FormClaim(string id, PlacementGrid grid) : IPlacementClaim
{
    // The growth that Kan et al. allow under peri, at most.
    private static readonly IReadOnlyList<(StreamQuantity Quantity, IReadOnlyList<GrowthForm> Allowed)> Limits =
    [
        (StreamQuantity.Magnitude, [GrowthForm.Linear]),
        (StreamQuantity.CoordinateVariance, [GrowthForm.Linear, GrowthForm.Quadratic]),
    ];

    private readonly Hypothesis _hypothesis = new(
        id,
        "In trained peri-norm networks the mean absolute value grows at most linearly over depth and the coordinate variance at most "
            + "quadratically: the exponential is not the better description.",
        string.Create(
            CultureInfo.InvariantCulture,
            $"fits of log values at layers 1 to {grid.Size.Depth} of every run that did not diverge, "
                + $"by Akaike's criterion corrected for few points. "
                + $"The mean over runs of the exponential's criterion minus that "
                + $"of the line (mean absolute value) or of the better of line and "
                + $"parabola (variance) is above −{ProfileFits.Decisive}, a decisive win, with its whole interval (Student's t)."),
        [.. Tested(grid).Select(test => test.Number)]);

    public PlannedClaim Planned =>
        new(_hypothesis, [.. Tested(grid).Select(test => new PlannedTest(test.Number, (results, level) => Decided.ByMean(
            test.Number,
            +1,
            Estimate.Of([.. Fits(grid.Of(Placement.Peri, test.Step), test.Quantity, true, results)
                .Select(fits => fits.ExponentialExcess(test.Allowed))]),
            level)))]);

    public ReportSection Findings(CellResults results, HypothesisResult judged)
    {
        IReadOnlyList<PlacedNetwork> networks = grid.Networks;
        int all = networks.Sum(network => network.Runs.Count), left = all - networks.Sum(network => network.Trained(results).Count());
        return new(
            "Growth over depth",
            [
                .. StreamQuantity.All.Select((quantity, number) => ProfileFigure.Of(grid, quantity, number, results)),
                new ReportTable(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"How many runs each form describes best, linear / quadratic / exponential, before and after training; decisively: "
                            + $"by {ProfileFits.Decisive} or more; ΔAICc: "
                            + $"exponential minus the better of line and parabola after training, mean ± "
                            + $"standard error:"),
                    ["<network", "<quantity", "before", "after", "exponential decisively", "ΔAICc"],
                    [..
                        from norm in PlacementGrid.Placements
                        from step in grid.Size.Steps
                        from quantity in StreamQuantity.All
                        select Row(grid.Of(norm, step), quantity, results)]),
                new ReportParagraph(string.Create(
                    CultureInfo.InvariantCulture,
                    $"The {left} of {all} runs that diverged are left out after training, and profiles that reach 0 are not fitted. "
                        + $"Layers of one network are not independent, so a difference "
                        + $"of criteria describes a profile and does not test it; "
                        + $"where a stream grows by little over {grid.Size.Depth} layers "
                        + $"the forms lie close together.")),
            ]);
    }

    private static IEnumerable<(double Step, StreamQuantity Quantity, IReadOnlyList<GrowthForm> Allowed, RegisteredNumber Number)> Tested(
        PlacementGrid grid) =>
        from step in grid.Size.Steps
        from limit in Limits
        select (
            step,
            limit.Quantity,
            limit.Allowed,
            new RegisteredNumber(PlacedNetwork.NameOf(Placement.Peri, step), $"{limit.Quantity.Name}: ΔAICc above", -ProfileFits.Decisive));

    private IReadOnlyList<string> Row(IReadOnlyList<PlacedNetwork> networks, StreamQuantity quantity, CellResults results)
    {
        ProfileFits[] before = Fits(networks, quantity, false, results), after = Fits(networks, quantity, true, results);
        double[] excess = [.. after.Select(fits => fits.ExponentialExcess(GrowthForm.Linear, GrowthForm.Quadratic))];
        return
        [
            networks[0].Network,
            quantity.Name,
            Wins(before),
            Wins(after),
            Numbers.Integer(excess.Count(value => value <= -ProfileFits.Decisive)),
            Estimate.Of(excess).ToString(),
        ];
    }

    private static string Wins(ProfileFits[] fits) =>
        string.Join(" / ", ProfileFits.Forms.Select(form => Numbers.Integer(fits.Count(fit => fit.Best == form))));

    private ProfileFits[] Fits(IEnumerable<PlacedNetwork> networks, StreamQuantity quantity, bool trained, CellResults results) =>
    [
        .. networks.SelectMany(network => trained ? network.Trained(results) : network.Ended(results))
            .Select(run => ProfileFits.Of(run, quantity, grid.Size.Depth, trained))
            .OfType<ProfileFits>(),
    ];
}
