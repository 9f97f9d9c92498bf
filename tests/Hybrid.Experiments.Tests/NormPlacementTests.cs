using Hybrid.Architectures;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Hypotheses;
using Hybrid.Experiments.NormPlacement;
using Hybrid.Lab.Data;
using Hybrid.Lab.Statistics;
using Hybrid.Networks.Training;
using Xunit;

namespace Hybrid.Experiments.Tests;

/// <summary>The judgement on invented outcomes: every branch of it is reached.</summary>
public class NormPlacementTests
{
    private static readonly PlacementGrid Grid = new(
        new(8, 16, [1, 0.1], [new(OptimiserKind.AdamW, 0.01, 10), new(OptimiserKind.AdamW, 0.01), new(OptimiserKind.Sgd, 1)], 6, [0, 1], 2,
            10, 5),
        new MarkovSource(new MarkovOptions(8, 1, 1, 3)));

    [Theory]
    [InlineData(0, 6, Outcome.Supported)]
    [InlineData(6, 0, Outcome.Refuted)]
    [InlineData(3, 4, Outcome.Inconclusive)]
    [InlineData(0, 0, Outcome.Inconclusive)]
    [InlineData(6, 6, Outcome.Inconclusive)]
    public void Fewer_divergences_of_the_smaller_step_support_more_refute_and_equal_ones_decide_nothing(
        int smaller, int larger, Outcome outcome)
    {
        OddsClaim claim = new("H", "", "", "diverging", run => run.Diverged, GroupComparison.OfSteps(Grid));
        CellResults results = Results((network, run) => [new("diverged", run < (network.Step == 1 ? larger : smaller) ? 1 : 0)]);
        Assert.All(claim.Planned.Judge(results, 1e-4).Tests, test => Assert.Equal(outcome, test.Outcome));
        Assert.NotEmpty(claim.Findings(results, claim.Planned.Judge(results, 1e-4)).Content);
    }

    // Peri diverges here with a warm-up and the others without.
    [Fact]
    public void Runs_with_a_warm_up_are_not_compared()
    {
        OddsClaim claim = new("H", "", "", "diverging", run => run.Diverged, GroupComparison.OfPlacements(Grid));
        CellResults results = Results((network, _) =>
            [new("diverged", network.Setting.Abrupt == (network.Norm == Placement.Peri) ? 0 : 1)]);
        Assert.All(claim.Planned.Judge(results, 1e-4).Tests, test => Assert.Equal((0, Outcome.Supported), (test.Measured, test.Outcome)));
    }

    [Theory]
    [InlineData(0, Outcome.Supported)]
    [InlineData(1, Outcome.Refuted)]
    public void A_single_violation_refutes_the_bound(int violations, Outcome outcome)
    {
        CellResults results = Results((network, run) =>
            [new("bound violations", (network.Norm == Placement.Peri) && network.Step == 1 && run == 0 ? violations : 0)]);
        Assert.Equal(outcome, new BoundClaim(Grid).Planned.Judge(results, 1e-4).Outcome);
    }

    [Fact]
    public void A_mean_of_fewer_than_two_runs_decides_nothing()
    {
        RegisteredNumber bound = new("", "", 0);
        Assert.Equal(Outcome.Inconclusive, Decided.ByMean(bound, -1, Estimate.Of([-5]), 0.01).Outcome);
        Assert.Equal(Outcome.Inconclusive, Decided.ByDifference(bound, -1, Estimate.Of([]), Estimate.Of([1, 1.1]), 0.01).Outcome);
        Assert.Equal(Outcome.Supported, Decided.ByDifference(bound, -1, Estimate.Of([0, 0.1]), Estimate.Of([100, 100.1]), 0.01).Outcome);
        Assert.Equal(Outcome.Refuted, Decided.ByMean(bound, -1, Estimate.Of([5, 5.001]), 0.01).Outcome);
    }

    [Theory]
    [InlineData(0.2, true)]
    [InlineData(0, false)]
    public void An_exponential_profile_is_told_from_a_line(double rate, bool exponential)
    {
        CellValues values = CellValues.Of([Enumerable.Range(0, 9).Select(layer => KeyValuePair.Create(
            $"{StreamQuantity.Magnitude.Name}, layer {layer}, trained", exponential ? Math.Exp(rate * layer) : 1 + layer))]);
        ProfileFits fits = ProfileFits.Of(new PlacementRun(values), StreamQuantity.Magnitude, 8, true)!;
        Assert.Equal(exponential ? GrowthForm.Exponential : GrowthForm.Linear, fits.Best);
        Assert.Equal(exponential, fits.ExponentialExcess(GrowthForm.Linear, GrowthForm.Quadratic) <= -ProfileFits.Decisive);
    }

    [Fact]
    public void A_profile_that_reaches_zero_is_not_fitted()
    {
        CellValues values = CellValues.Of([Enumerable.Range(0, 9).Select(layer => KeyValuePair.Create(
            $"{StreamQuantity.DataVariance.Name}, layer {layer}, trained", 8.0 - layer))]);
        Assert.Null(ProfileFits.Of(new PlacementRun(values), StreamQuantity.DataVariance, 8, true));
    }

    private static CellResults Results(Func<PlacedNetwork, int, IEnumerable<KeyValuePair<string, double>>> measured) =>
        new(Grid.Networks.Concat(Grid.Decaying)
            .SelectMany(network => network.Runs.Select((cell, run) => (cell.Key, Values: CellValues.Of([measured(network, run)]))))
            .DistinctBy(cell => cell.Key)
            .ToDictionary(cell => cell.Key, cell => cell.Values));
}
