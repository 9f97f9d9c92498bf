using Hybrid.Lab.Comparisons;
using Hybrid.Lab.Statistics;
using Xunit;

namespace Hybrid.Experiments.Tests;

public class TestedNumberTests
{
    private static readonly Spread Exact = new(0, double.PositiveInfinity);

    // k is 2.576 at a rate of 1 % and many samples.
    [Theory]
    [InlineData(1.0, 0.01, Outcome.Supported)]
    [InlineData(1.025, 0.01, Outcome.Supported)]
    [InlineData(1.027, 0.01, Outcome.Refuted)]
    [InlineData(0.973, 0.01, Outcome.Refuted)]
    [InlineData(1.1, 0.3, Outcome.Inconclusive)]
    [InlineData(double.NaN, 0.01, Outcome.Refuted)]
    public void A_number_is_supported_within_k_standard_errors_and_refuted_beyond(double mean, double error, Outcome expected) =>
        Assert.Equal(expected, TestedNumber.Equal(new("a", "b", 1), new Estimate(mean, error, 1_000_000), 1, 0.01).Outcome);

    [Fact]
    public void An_error_of_the_prediction_widens_the_interval_in_quadrature()
    {
        Extrapolation measured = new(1.03, new Spread(0.01, 1e6), 0, 0);
        Assert.Equal(Outcome.Refuted, TestedNumber.Equal(new("a", "b", 1), Exact, measured, 1, 0.01).Outcome);
        TestedNumber wide = TestedNumber.Equal(new("a", "b", 1), new Spread(0.01, 1e6), measured, 1, 0.01);
        Assert.Equal(Outcome.Supported, wide.Outcome);
        Assert.Equal(2.5758 * 0.01 * Math.Sqrt(2), wide.HalfWidth, 5);
    }

    [Theory]
    [InlineData(-1, 0.1, Outcome.Supported)]
    [InlineData(-0.1, 0.1, Outcome.Inconclusive)]
    [InlineData(0.1, 0.1, Outcome.Inconclusive)]
    [InlineData(1, 0.1, Outcome.Refuted)]
    public void A_bound_is_kept_where_the_whole_interval_keeps_it(double mean, double error, Outcome expected)
    {
        Assert.Equal(expected, TestedNumber.Below(new("a", "b", 0), new Estimate(mean, error, 1_000_000), 0.01).Outcome);
        TestedNumber above = TestedNumber.Above(new("a", "b", 0), new Estimate(-mean, error, 1_000_000), 0.01);
        Assert.Equal(expected, above.Outcome);
        Assert.True(above.Low <= above.Measured && above.Measured <= above.High);
    }

    [Theory]
    [InlineData(Outcome.Supported, Outcome.Supported, Outcome.Supported, Outcome.Inconclusive)]
    [InlineData(Outcome.Inconclusive, Outcome.Supported, Outcome.Inconclusive, Outcome.Inconclusive)]
    [InlineData(Outcome.Refuted, Outcome.Supported, Outcome.Supported, Outcome.Refuted)]
    public void A_hypothesis_is_refuted_by_one_number_and_open_where_most_are(Outcome expected, params Outcome[] outcomes)
    {
        Hypothesis hypothesis = new("H1", "", "", []);
        Assert.Equal(expected, new HypothesisResult(hypothesis, [.. outcomes.Select(outcome => new TestedNumber("", "", 0, 0, 0, 0, outcome))]).Outcome);
    }
}
