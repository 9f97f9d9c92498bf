using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Drawing;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Hypotheses;

namespace Hybrid.Experiments.NormPlacement;

/// <summary>H1: bounds that hold for any weights hold while a network trains, whatever becomes of it.</summary>
internal sealed class BoundClaim(PlacementGrid grid) : IPlacementClaim
{
    private readonly Hypothesis _hypothesis = new(
        "H1",
        "However training goes, a peri-norm stream stays within ‖x_ℓ‖ ≤ ‖x_0‖ + Σ a max|γ| √d with its trained gains, "
            + "and a pre-norm stream within the bound of its trained weights.",
        string.Create(
            CultureInfo.InvariantCulture,
            $"no violation. Peri: every token of a validation batch at every block boundary, "
                + $"before training and after every {grid.Size.Every} "
                + $"steps of every run, diverging ones too as long as they run; allowed is the rounding of single precision alone, "
                + $"{PeriBound.Rounding(grid.Size.Depth):0.0e+0} of the bound. Pre: "
                + $"the longest token at every boundary before and after training; "
                + $"allowed is {WeightBound.Rounding(grid.Networks[0].Architecture):0.0e+0}, the rounding of matrix products."),
        [.. Bounded(grid).Select(Violations)]);

    public PlannedClaim Planned => new(_hypothesis, [.. Bounded(grid).Select(bounded => new PlannedTest(Violations(bounded), (results, _) =>
    {
        double count = Runs(bounded, results).Sum(run => run.BoundViolations);
        RegisteredNumber number = Violations(bounded);
        return new TestedNumber(number.Subject, number.Quantity, 0, count, count, count, count == 0 ? Outcome.Supported : Outcome.Refuted);
    }))]);

    public ReportSection Findings(CellResults results, HypothesisResult judged)
    {
        PlacementRun[] peri =
            [.. grid.Networks.Where(network => network.Norm == Placement.Peri).SelectMany(network => network.Ended(results))];
        double violations = peri.Sum(run => run.BoundViolations);
        return new(
            "Bounds",
            [
                new ReportTable(
                    "Norms over their bounds, all optimisers and weight decays together; "
                    + "at the output: when a network was last seen, median over runs:",
                    ["<network", "runs", "norms checked", "violations", "largest norm/bound", "at the output"],
                    [.. Bounded(grid).Select(bounded => Row(bounded, [.. Runs(bounded, results)]))]),
                new ReportParagraph(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"The peri bound was {(violations == 0 ? "never violated" : $"violated {violations:0} times")} "
                            + $"in {peri.Sum(run => run.BoundChecks):0} "
                            + $"checks of {peri.Length} runs, {peri.Count(run => run.Diverged)} of which diverged. "
                            + $"The largest norm was {100 * peri.Max(run => run.LargestBoundRatio):0.0} % of its bound. ")
                    + "Only branches that all point along their token reach it; "
                    + "small steps leave the first layers near it, being mostly input. "
                    + "The bound of pre takes every matrix at its most stretched direction."),
            ]);
    }

    private static IEnumerable<(Placement Norm, double Step)> Bounded(PlacementGrid grid) =>
        from norm in PlacementGrid.Placements
        where norm != Placement.Post
        from step in grid.Size.Steps
        select (norm, step);

    private static RegisteredNumber Violations((Placement Norm, double Step) bounded) =>
        new(PlacedNetwork.NameOf(bounded.Norm, bounded.Step), "violations", 0);

    private static IReadOnlyList<string> Row((Placement Norm, double Step) bounded, PlacementRun[] runs) =>
    [
        PlacedNetwork.NameOf(bounded.Norm, bounded.Step),
        Numbers.Integer(runs.Length),
        runs.Sum(run => run.BoundChecks).ToString("0", CultureInfo.InvariantCulture),
        runs.Sum(run => run.BoundViolations).ToString("0", CultureInfo.InvariantCulture),
        Numbers.Significant(runs.Max(run => run.LargestBoundRatio), 4),
        Numbers.Significant(Hybrid.Lab.Statistics.Percentiles.Of(runs.Select(run => run.OutputBoundRatio)).P50, 3),
    ];

    /// <summary>Every run once, those with weight decay too.</summary>
    private IEnumerable<PlacementRun> Runs((Placement Norm, double Step) bounded, CellResults results) =>
        grid.Networks.Concat(grid.Decaying)
        .Where(network => network.Norm.Equals(bounded.Norm) && network.Step == bounded.Step)
        .SelectMany(network => network.Runs)
        .DistinctBy(cell => cell.Key)
        .Select(cell => new PlacementRun(results[cell]));
}
