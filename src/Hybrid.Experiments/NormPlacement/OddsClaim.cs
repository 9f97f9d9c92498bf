using System.Globalization;
using Hybrid.Drawing;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Hypotheses;
using Hybrid.Experiments.Runs;
using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.NormPlacement;

/// <summary>A claim that something happens less often to one group of networks than to another, with the same optimisers.</summary>
/// <param name="id">H2, ….</param>
/// <param name="statement">The claim.</param>
/// <param name="heading">Of its findings.</param>
/// <param name="happening">What happens, such as diverging.</param>
/// <param name="happens">Whether it happened to a run.</param>
/// <param name="comparisons">Each over its strata.</param>
internal sealed class OddsClaim(
    string id,
    string statement,
    string heading,
    string happening,
    Func<PlacementRun, bool> happens,
    IReadOnlyList<GroupComparison> comparisons) : IPlacementClaim
{
    private readonly Hypothesis _hypothesis = new(
        id,
        statement,
        $"the odds ratio of {happening}, without warm-up, is below 1 with its whole interval: "
            + "exact, conditional on the number of runs to which "
            + "it happens with each optimiser (Fisher's test, stratified). Where it happens to nobody or to everybody nothing is decided.",
        []);

    public PlannedClaim Planned => new(_hypothesis, [.. comparisons.Select(Odds)]);

    public ReportSection Findings(CellResults results, HypothesisResult judged) => new(
        heading,
        [
            new ReportTable(
                $"Runs of {happening} without warm-up:",
                ["<comparison", "first", "second", "odds ratio", "interval from", "to", "<verdict"],
                [.. comparisons.Zip(judged.Tests, (comparison, test) => (IReadOnlyList<string>)
                [
                    comparison.Name,
                    Share(comparison.Strata.Select(pair => pair.First), results),
                    Share(comparison.Strata.Select(pair => pair.Second), results),
                    Numbers.Significant(test.Measured, 3),
                    Numbers.Significant(test.Low, 3),
                    Numbers.Significant(test.High, 3),
                    ExperimentReport.Word(test.Outcome),
                ])]),
        ]);

    private PlannedTest Odds(GroupComparison comparison)
    {
        RegisteredNumber bound = new(comparison.Name, $"odds ratio of {happening} below", 1);
        return new(bound, (results, level) =>
        {
            ExactOddsRatio odds = new(comparison.Strata.Select(pair => new TwoGroups(
                Count(pair.First, results), pair.First.Runs.Count, Count(pair.Second, results), pair.Second.Runs.Count)));
            (double low, double high) = odds.Interval(level);
            Outcome outcome = high < 1 ? Outcome.Supported : low > 1 ? Outcome.Refuted : Outcome.Inconclusive;
            return new(bound.Subject, bound.Quantity, bound.Value, odds.Estimate, low, high, outcome) { Side = -1 };
        });
    }

    private int Count(PlacedNetwork network, CellResults results) => network.Ended(results).Count(happens);

    private string Share(IEnumerable<PlacedNetwork> networks, CellResults results) => string.Create(
        CultureInfo.InvariantCulture,
        $"{networks.Sum(network => Count(network, results))} of {networks.Sum(network => network.Runs.Count)}");
}
