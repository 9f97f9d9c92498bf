using Hybrid.Architectures;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Lab.Checks;
using Hybrid.Lab.Comparisons;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Statistics;
using Hybrid.Lab.Tests.Fakes;
using Hybrid.Theory;
using MathNet.Numerics.Distributions;
using Xunit;

namespace Hybrid.Lab.Tests;

public class ComparisonTests
{
    [Fact]
    public void A_bias_of_exactly_c_over_d_is_extrapolated_away()
    {
        foreach ((int width, int other) in ((int, int)[])[(512, 128), (512, 256), (64, 128)])
        {
            Extrapolation found = Extrapolation.Of(new(2 + 30.0 / width, 0.1, 10), width, new(2 + 30.0 / other, 0.2, 20), other, 2);
            Assert.Equal(2, found.Value, 1e-12);
            Assert.Equal(30.0 / width, found.FiniteWidth, 1e-12);
        }
    }

    [Fact]
    public void The_standard_error_of_the_extrapolation_follows_from_its_weights()
    {
        Extrapolation half = Extrapolation.Of(new(1, 0.3, 10), 512, new(1, 0.4, 10), 256, 1);
        Assert.Equal(Math.Sqrt(4 * 0.09 + 0.16), half.Spread.StandardError, 1e-12);
        Extrapolation quarter = Extrapolation.Of(new(1, 0.3, 10), 512, new(1, 0.4, 10), 128, 1);
        Assert.Equal(Math.Sqrt(16 * 0.09 + 0.16) / 3, quarter.Spread.StandardError, 1e-12);
    }

    [Theory]
    [InlineData(1e200, 1e-200)]
    [InlineData(1e-200, 1e200)]
    public void Means_of_any_two_sizes_are_extrapolated(double full, double other)
    {
        Extrapolation found = Extrapolation.Of(new(full, 0, 8), 200, new(other, 0, 8), 100, 1e-250);
        Assert.Equal(1, found.Value / (2 * full - other), 1e-12);
        Assert.True(double.IsFinite(found.Curvature) && double.IsFinite(found.Spread.StandardError));
    }

    [Fact]
    public void Samples_that_lie_together_by_accident_do_not_pass_for_precise_ones()
    {
        Extrapolation found = Extrapolation.Of(new(1, 1e-6, 4), 512, new(1, 0.1, 16), 128, 1);
        Assert.Equal(0.1, Math.Sqrt(Math.Pow(found.Spread.StandardError, 2) - 0.01 / 9) * 3 / 4, 1e-12);
    }

    [Fact]
    public void The_curvature_term_covers_a_bias_that_compounds_and_falls_as_the_square_of_the_width()
    {
        double previous = 0;
        foreach (int width in (int[])[256, 512, 1024, 2048])
        {
            Estimate At(int d) => new(Math.Exp(40.0 / d), 0, 10);
            Extrapolation found = Extrapolation.Of(At(width), width, At(width / 4), width / 4, 1);
            double missed = Math.Abs(found.Value - 1);
            Assert.InRange(missed, 0, 1.3 * found.Curvature);
            if (previous > 0)
                Assert.InRange(previous / missed, 3.5, 6);
            previous = missed;
        }
    }

    [Fact]
    public void A_correct_theory_fails_no_more_often_than_stated()
    {
        // Family-wise 20 % over many checks: failures are binomial, so 200 checks allow 40 + 3·√(200·0.2·0.8) = 57.
        Architecture architecture = Small();
        int checks = 200;
        int failures = Enumerable.Range(0, checks).Count(
            seed => Run(architecture, FakeEngine.Entry(), 8, (ulong)seed, 0.2).Agreement == Agreement.Disagrees);
        Assert.InRange(failures, 0, 57);
    }

    [Fact]
    public void An_error_of_one_percent_is_found_when_the_standard_error_allows_it()
    {
        CheckReport report = Run(Small(), FakeEngine.Entry(noise: 0.02, wrong: 0.01), 16, 1, 0.01);
        Assert.Equal(Agreement.Disagrees, report.Agreement);
        Assert.True(report.Errors.All(errors => errors.Tolerance.P50 < 0.01));
    }

    [Fact]
    public void The_same_error_under_fifty_times_the_noise_is_not_claimed()
    {
        CheckReport report = Run(Small(), FakeEngine.Entry(noise: 1, wrong: 0.01), 16, 1, 0.01);
        Assert.Equal(Agreement.Agrees, report.Agreement);
        Assert.True(report.Errors.All(errors => errors.Tolerance.P50 > 0.01));
    }

    [Fact]
    public void Noise_that_would_hide_a_gross_error_is_called_inconclusive()
    {
        CheckReport report = Run(Small(), FakeEngine.Entry(noise: 6), 4, 1, 0.01);
        Assert.Equal(Agreement.Inconclusive, report.Agreement);
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(-1000)]
    public void A_verdict_does_not_depend_on_the_unit(int exponent)
    {
        Judgement unit = Of(0), scaled = Of(exponent);
        Assert.Equal(Agreement.Agrees, unit.Agreement);
        Assert.Equal(Agreement.Agrees, scaled.Agreement);
        Assert.Equal(unit.Difference, Math.ScaleB(scaled.Difference, -exponent));
        Assert.Equal(unit.StandardError, Math.ScaleB(scaled.StandardError, -exponent));
        Assert.Equal(unit.Tolerance, Math.ScaleB(scaled.Tolerance, -exponent));

        static Judgement Of(int exponent)
        {
            double unit = Math.ScaleB(1, exponent);
            Extrapolation extrapolation = Extrapolation.Of(
                new(1.01 * unit, 0.01 * unit, 16), 512, new(1.05 * unit, 0.02 * unit, 32), 128, unit);
            return Judgement.Of(unit, new(0.005 * unit, 3), extrapolation, 1e-9 * unit, unit, 0.01);
        }
    }

    [Fact]
    public void A_measurement_that_is_not_a_number_disagrees()
    {
        CheckReport report = Run(Small(), FakeEngine.Entry(bias: double.NaN), 4, 1, 0.01);
        Assert.Equal(Agreement.Disagrees, report.Agreement);
    }

    [Fact]
    public void The_correlation_is_judged_by_its_distance_from_one()
    {
        // 1 % of u is invisible in ρ once tokens have nearly collapsed, and must be found all the same.
        Architecture collapsing = Small(correlation: 0.9999);
        CheckReport report = Run(collapsing, FakeEngine.Entry(noise: 0.001, wrong: 0.02), 8, 1, 0.01);
        QuantityComparison rho = report.Comparisons[0].Quantities.Last(item => item.Quantity == Quantity.Rho);
        Assert.True(Math.Abs(rho.Measured.Mean - rho.Prediction) < 1e-3);
        Assert.Equal(-0.02, rho.ExtrapolatedDeviation, 0.002);
        Assert.Equal(Agreement.Disagrees, rho.Agreement);
    }

    [Fact]
    public void A_single_token_has_no_pairs_to_compare()
    {
        CheckReport report = Run(Small(tokens: 1), FakeEngine.Entry(), 8, 1, 0.01);
        Assert.Equal([Quantity.Q, Quantity.GradientDiagonal], report.Comparisons[0].Quantities.Select(item => item.Quantity).Distinct());
        Assert.Equal(Agreement.Agrees, report.Agreement);
    }

    [Fact]
    public void Collapsed_tokens_agree_with_a_prediction_of_collapse()
    {
        CheckReport report = Run(Small(correlation: 1), FakeEngine.Entry(), 8, 1, 0.01);
        Assert.Equal(Agreement.Agrees, report.Agreement);
        // no difference is none in units of no error either
        Assert.All(report.Comparisons[0].Quantities, item => Assert.True(double.IsFinite(item.ZScore), $"{item.Quantity}: {item.ZScore}"));
    }

    [Fact]
    public void What_is_given_is_left_out_of_the_percentiles()
    {
        CheckReport report = Run(Small(), FakeEngine.Entry(), 8, 1, 0.01);
        Assert.All(report.Errors, errors => Assert.Equal(Small().Depth, errors.Comparisons));
    }

    // By hand: f = 1/3, so that m∞ = (4·2.5 − 3.5)/3 with the variance (16·0.4² + 0.6²)/9 + 0.3²;
    // curvature ((1/3)² − 0.52/9)·2/4.
    [Theory]
    [InlineData(Quantity.Q, 0.01 * 4)]
    [InlineData(Quantity.Rho, 0.01 * 4 + 0.05)]
    public void A_comparison_has_the_numbers_that_its_parts_give(Quantity quantity, double floor)
    {
        ComparedValue value = new(quantity, 3, 2, 0.3, new(2.5, 0.4, 17), new(3.5, 0.6, 9), 4);
        QuantityComparison found = QuantityComparison.Of(value, 5, 512, 128, new(0.02, 0.01, 0.05));
        double first = 16 * 0.16 / 9, second = 0.36 / 9, theory = 0.09, variance = first + second + theory;
        double freedom = variance * variance / (first * first / 16 + second * second / 8 + theory * theory / 4);
        double critical = StudentT.InvCDF(0, 1, freedom, 0.99);
        Assert.Equal((quantity, 3, 2, 4), (found.Quantity, found.Layer, found.Prediction, found.Scale));
        Assert.Equal(0.5 / 4, found.Deviation, 1e-14);
        Assert.Equal(1.0 / 6 / 4, found.ExtrapolatedDeviation, 1e-14);
        Assert.Equal(1.0 / 6 / Math.Sqrt(variance), found.ZScore, 1e-14);
        Assert.Equal((critical * Math.Sqrt(variance) + 0.48 / 9 / 2 + floor) / 4, found.Tolerance, 1e-9);
    }

    // A correct theory fails anywhere with the stated probability because the rate is divided by all that is compared.
    [Theory]
    [InlineData(8, 4)]
    [InlineData(2, 4)]
    [InlineData(1, 2)]
    public void The_rate_is_divided_by_as_many_comparisons_as_are_made(int tokens, int quantities)
    {
        Architecture architecture = Small(tokens);
        CheckPlan plan = new([architecture, architecture], FakeEngine.Entry(), 8, 1, 1, 0.02);
        CheckReport report = Check.Run(plan, Predict.Architecture, _ => { }, CancellationToken.None);
        Quantity[] each = tokens > 1 ? Enum.GetValues<Quantity>() : [Quantity.Q, Quantity.GradientDiagonal];
        (int, Quantity)[] expected = [.. Enumerable.Range(0, 4).SelectMany(layer => each.Select(quantity => (layer, quantity)))];
        Assert.All(
            report.Comparisons,
            comparison => Assert.Equal(expected, comparison.Quantities.Select(item => (item.Layer, item.Quantity))));
        Assert.Equal(4 * quantities, Comparison.Count(architecture));
        Assert.Equal(0.02 / (2 * 4 * quantities), report.Options.FalsePositiveRate, 1e-15);
        Assert.Equal(2 * 4 * quantities, Enum.GetValues<Agreement>().Sum(report.Count));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-0.01)]
    [InlineData(1.01)]
    [InlineData(double.NaN)]
    public void A_rate_that_is_no_probability_between_0_and_1_is_refused(double rate) =>
        Assert.StartsWith(
            "the family-wise false-positive rate must be between 0 and 1, got ",
            Assert.Throws<InputException>(() => ComparisonOptions.ForFamily(rate, 4)).Message);

    internal static Architecture Small(int tokens = 8, double correlation = 0.5) =>
        ArchitectureOverrides.Apply(
            ArchitectureModule.Defaults,
            ["name=small", $"tokens={tokens}", "depth=3", "width=256", "mlpWidth=256",
                FormattableString.Invariant($"input.correlation={correlation}")]);

    internal static CheckReport Run(Architecture architecture, EngineEntry engine, int samples, ulong seed, double rate)
    {
        CheckPlan plan = new([architecture], engine, samples, seed, 1, rate);
        return Check.Run(plan, Predict.Architecture, _ => { }, CancellationToken.None);
    }

}
