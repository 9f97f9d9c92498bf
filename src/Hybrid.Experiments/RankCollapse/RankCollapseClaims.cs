using System.Globalization;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Hypotheses;
using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.RankCollapse;

/// <summary>The hypotheses of the experiment and their judgement.</summary>
internal sealed class RankCollapseClaims
{
    private readonly IReadOnlyList<Trajectory> _grid;
    private readonly RankCollapseSize _size;
    private readonly PlannedClaim _collapse, _sides, _angles;

    public RankCollapseClaims(IReadOnlyList<Trajectory> grid, RankCollapseSize size)
    {
        (_grid, _size) = (grid, size);
        Hypothesis collapse = new(
            "H1",
            "Attention alone brings tokens together in every layer, at every placement and with either mask: 1 − ρ shrinks.",
            "for every layer ℓ, log(u_ℓ/u_ℓ₋₁) averaged over networks is below 0 with its whole interval (Student's t).",
            []);
        Hypothesis sides = new(
            "H2",
            "With an MLP, nearly equal tokens part where λ_a > 0 and meet where λ_a < 0.",
            "log(u_L/u_0) averaged over networks has the sign of the registered λ_a with its whole interval.",
            [.. grid.Where(HasMlp).Select(
                trajectory => new RegisteredNumber(trajectory.Subject, "λ_a per block", trajectory.AngleExponent))]);
        Hypothesis angles = new(
            "H3",
            "The angle u = 1 − ρ follows the predicted trajectory in every network.",
            "the mean extrapolated to infinite width from two widths equals "
                + "the registered u within k standard errors (Student's t, Welch), "
                + "plus the estimated O(1/d²) term; wider than half of u is inconclusive.",
            [.. grid.SelectMany(trajectory => size.Layers.Select(layer => Registered(trajectory, layer)))]);
        _collapse = new(collapse, [.. Alone.SelectMany(trajectory =>
            Enumerable.Range(1, size.Depth).Select(layer => Shrinks(trajectory, layer)))]);
        _sides = new(sides, [.. grid.Where(HasMlp).Select(Side)]);
        _angles = new(angles, [.. grid.SelectMany(trajectory => size.Layers.Select(layer => Angle(trajectory, layer)))]);
    }

    public IReadOnlyList<PlannedClaim> Planned => [_collapse, _sides, _angles];

    private IEnumerable<Trajectory> Alone => _grid.Where(trajectory => !HasMlp(trajectory));

    public Evaluation Evaluate(CellResults results, double level)
    {
        HypothesisResult collapse = _collapse.Judge(results, level), sides = _sides.Judge(results, level);
        HypothesisResult angles = _angles.Judge(results, level);
        return new(
            [collapse, sides, angles],
            [
                new("Trajectories", [RankCollapseFigure.Of(_grid, results)]),
                new("Reading", [new ReportParagraph(Reading(collapse, sides, angles, results))]),
            ]);
    }

    private static bool HasMlp(Trajectory trajectory) => trajectory.Regime.MlpBranch > 0;

    private static RegisteredNumber Registered(Trajectory trajectory, int layer) =>
        new(trajectory.Subject, $"u, layer {layer}", trajectory.Predicted.U[layer]);

    private static PlannedTest Shrinks(Trajectory trajectory, int layer)
    {
        RegisteredNumber bound = new(trajectory.Subject, $"log u growth, layer {layer}", 0);
        return new(bound, (results, level) => TestedNumber.Below(bound, trajectory.Pair.AtWidth(results, Trajectory.Growth(layer)), level));
    }

    private static PlannedTest Side(Trajectory trajectory)
    {
        RegisteredNumber bound = new(trajectory.Subject, "log u growth, all layers", 0);
        return new(bound, (results, level) =>
        {
            Estimate growth = trajectory.Pair.AtWidth(results, Trajectory.Total);
            return trajectory.AngleExponent > 0 ? TestedNumber.Above(bound, growth, level) : TestedNumber.Below(bound, growth, level);
        });
    }

    private static PlannedTest Angle(Trajectory trajectory, int layer)
    {
        RegisteredNumber number = Registered(trajectory, layer);
        double scale = trajectory.Predicted.U[layer];
        return new(number, (results, level) => TestedNumber.Equal(
            number, trajectory.Predicted.Spreads[layer], trajectory.Pair.Extrapolate(results, Trajectory.U(layer), scale), scale, level));
    }

    private string Reading(HypothesisResult collapse, HypothesisResult sides, HypothesisResult angles, CellResults results)
    {
        double least = Alone.Min(trajectory => trajectory.Pair.AtWidth(results, Trajectory.Total).Mean);
        double most = Alone.Max(trajectory => trajectory.Pair.AtWidth(results, Trajectory.Total).Mean);
        Percentiles deviations = Percentiles.Of(angles.Tests.Select(test => Math.Abs(test.Measured / test.Predicted - 1)));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Attention alone shrank 1 − ρ in {collapse.Count(Outcome.Supported)} of {collapse.Tests.Count} "
            + $"layers beyond doubt and let it grow in {collapse.Count(Outcome.Refuted)}; "
            + $"over {_size.Depth} layers 1 − ρ fell to between {Math.Exp(least):0.#####} and {Math.Exp(most):0.#####} of its start. ")
            + string.Create(
                CultureInfo.InvariantCulture,
                $"Nearly equal tokens went the way that the sign of λ_a says in "
                    + $"{sides.Count(Outcome.Supported)} of {sides.Tests.Count} architectures. ")
            + string.Create(
                CultureInfo.InvariantCulture,
                $"The angles differ from the registered ones by a median of {100 * deviations.P50:0.##} "
                    + $"% and by less than {100 * deviations.P90:0.##} % in nine of ten; "
                    + $"{angles.Count(Outcome.Refuted)} of {angles.Tests.Count} lie outside their interval. ")
            + "All of this is at initialisation: nothing is said of trained weights.";
    }
}
