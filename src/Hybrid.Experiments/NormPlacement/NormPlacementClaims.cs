using System.Globalization;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Hypotheses;

namespace Hybrid.Experiments.NormPlacement;

/// <summary>The hypotheses of the experiment in their order.</summary>
internal sealed class NormPlacementClaims
{
    private readonly IReadOnlyList<IPlacementClaim> _claims;

    public NormPlacementClaims(PlacementGrid grid)
    {
        IReadOnlyList<GroupComparison> steps = GroupComparison.OfSteps(grid), placements = GroupComparison.OfPlacements(grid);
        _claims =
        [
            new BoundClaim(grid),
            Diverging("H2", "With a smaller step Δt fewer runs diverge, in every placement.", "Divergence by step", steps),
            Diverging("H3", "Under peri fewer runs diverge than under pre and post.", "Divergence by placement", placements),
            new OddsClaim(
                "H4",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Counting as failures also the runs that end having learnt nothing of "
                        + $"the context (a test loss above {grid.LearntLoss:0.####}, less than "
                        + $"{PlacementGrid.LeastGain} of the way from the unigram entropy to the optimum), "
                        + $"smaller steps and peri fail less often too."),
                "Failure",
                "failing",
                grid.Fails,
                [.. steps, .. placements]),
            new FormClaim("H5", grid),
            new DecayClaim("H6", grid),
            new LossClaim("H7", grid),
        ];
    }

    public IReadOnlyList<PlannedClaim> Planned => [.. _claims.Select(claim => claim.Planned)];

    public Evaluation Evaluate(CellResults results, double level)
    {
        HypothesisResult[] judged = [.. _claims.Select(claim => claim.Planned.Judge(results, level))];
        return new(judged, [.. _claims.Zip(judged, (claim, result) => claim.Findings(results, result))]);
    }

    private static OddsClaim Diverging(string id, string statement, string heading, IReadOnlyList<GroupComparison> comparisons) =>
        new(id, statement, heading, "diverging", run => run.Diverged, comparisons);
}

/// <summary>One hypothesis of the experiment, its judgement and what is shown of it.</summary>
internal interface IPlacementClaim
{
    /// <summary>The hypothesis with its tests.</summary>
    PlannedClaim Planned { get; }

    /// <summary>Figures, tables and the reading that the numbers dictate.</summary>
    ReportSection Findings(CellResults results, HypothesisResult judged);
}
