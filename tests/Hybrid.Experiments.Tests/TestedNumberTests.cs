using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Hypotheses;
using Hybrid.Experiments.Runs;
using Hybrid.Experiments.Tests.Fakes;
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
        Assert.Equal(expected, new HypothesisResult(
            hypothesis, [.. outcomes.Select(outcome => new TestedNumber("", "", 0, 0, 0, 0, outcome))]).Outcome);
    }

    // By hand: the limit of an equality is the end of the interval, that of a bound the bound itself.
    [Theory]
    [InlineData(0, 1, 1, 0.9, 1.1, 1)]
    [InlineData(0, 1, 1.075, 0.975, 1.175, 0.25)]
    [InlineData(0, 1, 0.925, 0.825, 1.025, 0.25)]
    [InlineData(0, 1, 1.2, 1.1, 1.3, -1)]
    [InlineData(0, 1, 1.1, 0.8, 1.2, 2 / 3.0)]
    [InlineData(0, 1, 1.1, double.NegativeInfinity, 1.2, 1)]
    [InlineData(0, 0, 0, 0, 0, double.PositiveInfinity)]
    [InlineData(0, 0, 3, 3, 3, double.NegativeInfinity)]
    [InlineData(+1, 0, 3, 2, 4, 2)]
    [InlineData(+1, 0, 0.5, -0.5, 1.5, -0.5)]
    [InlineData(+1, 0, -3, -4, -2, -4)]
    [InlineData(-1, 0, -3, -4, -2, 2)]
    [InlineData(-1, 0, 3, 2, 4, -4)]
    [InlineData(-1, 1, 0.4, 0, 0.8, 0.5)]
    [InlineData(-1, 1, 0.4, 0, double.PositiveInfinity, -1)]
    [InlineData(+1, 0, double.NaN, double.NegativeInfinity, double.PositiveInfinity, double.NaN)]
    public void The_margin_is_the_distance_to_the_limit_in_units_of_the_interval(
        int side, double predicted, double measured, double low, double high, double margin) =>
        Assert.Equal(margin, new TestedNumber("a", "b", predicted, measured, low, high, Outcome.Supported) { Side = side }.Margin, 1e-12);

    // One- and two-sided, in every outcome, given in the reverse of the order that is due.
    [Fact]
    public void The_weakest_numbers_come_first_whatever_their_kind()
    {
        static TestedNumber Equality(string name, double strain, double halfWidth) =>
            TestedNumber.Inside(new(name, "", 1), 1 + strain * halfWidth, 1 + (strain - 1) * halfWidth, 1 + (strain + 1) * halfWidth, 1);
        static TestedNumber Bound(string name, int side, double excess) => TestedNumber.OnSide(new(name, "", 0), side, side * excess, 1);
        TestedNumber[] due =
        [
            Bound("refuted below, −7", -1, -6),
            Equality("refuted, −3", 4, 0.1),
            Bound("refuted above, −2.5", +1, -1.5),
            Equality("refuted, −½", 1.5, 0.1),
            TestedNumber.Undecided(new("nothing known", "", 0)),
            Bound("undecided above, −1.9", +1, -0.9),
            Bound("undecided below, −0.1", -1, 0.9),
            Equality("undecided, 0.2", 0.8, 0.7),
            Bound("supported above, 0.1", +1, 1.1),
            Equality("supported, 0.2", -0.8, 0.1),
            Bound("supported below, 0.5", -1, 1.5),
            Equality("supported, 0.9", 0.1, 0.1),
            Bound("supported above, 200", +1, 201),
            Equality("exact", 0, 0),
        ];
        Assert.All(due.Take(4), test => Assert.Equal(Outcome.Refuted, test.Outcome));
        Assert.All(due.Skip(4).Take(4), test => Assert.Equal(Outcome.Inconclusive, test.Outcome));
        Assert.All(due.Skip(8), test => Assert.Equal(Outcome.Supported, test.Outcome));
        Assert.Equal(due.Select(test => test.Subject), TestedNumber.WeakestFirst(due.Reverse()).Select(test => test.Subject));
    }

    [Theory]
    [InlineData("supported", Outcome.Supported, Outcome.Supported)]
    [InlineData("supported (1 of 3 undecided)", Outcome.Supported, Outcome.Inconclusive, Outcome.Supported)]
    [InlineData("inconclusive (2 of 3 undecided)", Outcome.Inconclusive, Outcome.Inconclusive, Outcome.Supported)]
    [InlineData("refuted (1 of 3 undecided)", Outcome.Inconclusive, Outcome.Refuted, Outcome.Supported)]
    [InlineData("refuted", Outcome.Refuted)]
    public void A_verdict_carries_its_share_of_undecided_numbers(string verdict, params Outcome[] outcomes)
    {
        HypothesisResult result = new(
            new("H1", "", "", []), [.. outcomes.Select(outcome => new TestedNumber("", "", 0, 0, 0, 0, outcome))]);
        Assert.Equal(verdict, ExperimentReport.Verdict(result));
        Assert.Equal((double)outcomes.Count(outcome => outcome == Outcome.Inconclusive) / outcomes.Length, result.UndecidedShare);
        Assert.Equal(verdict, ExperimentReport.Verdict(new Evaluation([result], [])));
    }

    [Fact]
    public void The_page_carries_the_share_and_the_weakest_of_many_numbers()
    {
        FakeExperiment experiment = new(2);
        ExperimentPlan plan = new(experiment, ExperimentScale.Full, 1, 1);
        TestedNumber[] tests = [.. Enumerable.Range(0, 50).Select(i => TestedNumber.OnSide(new($"network {i:00}", "", 0), +1, i - 1.5, 1))];
        Evaluation evaluation = new([new(plan.Design.Hypotheses[0], tests)], []);
        ReportTable verdicts = ExperimentReport.Verdicts(plan, evaluation).Content.OfType<ReportTable>().Single();
        Assert.Equal(["refuted (2 of 50 undecided)", "50", "47", "1", "2"], verdicts.Rows[0].Skip(1));
        ExperimentOutcome outcome = new(plan, DateTimeOffset.UnixEpoch, new(new Dictionary<string, CellValues>()), 0, 1, 1);
        ReportTable measured = ExperimentReport.Of(outcome, evaluation, new("", "", "")).Sections
            .Single(section => section.Heading == "H1, measured").Content.OfType<ReportTable>().Single();
        Assert.Equal(Enumerable.Range(0, 40).Select(i => $"network {i:00}"), measured.Rows.Select(row => row[0]));
    }
}
