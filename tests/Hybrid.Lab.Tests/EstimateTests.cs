using Hybrid.Lab.Statistics;
using Xunit;

namespace Hybrid.Lab.Tests;

public class EstimateTests
{
    // Mean and standard error to 15 digits, from exact rational arithmetic.
    [Theory]
    [InlineData(new[] { 1.0, 2.0, 3.0, 4.0 }, 2.5, 0.645497224367903)]
    [InlineData(new[] { 2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0 }, 5.0, 0.755928946018454)]
    [InlineData(new[] { 1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16 }, 1e9 + 10, 2.73861278752583)]
    [InlineData(new[] { -1.0, 1.0 }, 0.0, 1.0)]
    [InlineData(new[] { 3.0, 3.0, 3.0 }, 3.0, 0.0)]
    public void Means_and_standard_errors_match_reference_rows(double[] samples, double mean, double error)
    {
        Estimate estimate = Estimate.Of(samples);
        Assert.Equal(mean, estimate.Mean, 1e-15 * Math.Abs(mean));
        Assert.Equal(error, estimate.StandardError, 1e-14 * Math.Max(1, error));
        Assert.Equal(samples.Length, estimate.Samples);
    }

    // Ten times 0.1 sums to 1 − 2⁻⁵³: the second pass gives back what the first one's rounding took.
    [Fact]
    public void The_mean_of_equal_samples_is_each_of_them()
    {
        Estimate estimate = Estimate.Of([0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]);
        Assert.Equal(0.1, estimate.Mean);
        Assert.Equal(0, estimate.StandardError, 1e-17);
    }

    [Theory]
    [InlineData(1e300)]
    [InlineData(1e-300)]
    public void Errors_are_those_of_the_samples_at_any_scale(double scale)
    {
        Estimate estimate = Estimate.Of([scale, 2 * scale, 3 * scale, 4 * scale]);
        Assert.Equal(2.5, estimate.Mean / scale, 1e-15);
        Assert.Equal(0.645497224367903, estimate.StandardError / scale, 1e-14);
    }

    // A diverged run's loss: the mean must say so, not turn into NaN.
    [Fact]
    public void An_infinite_sample_makes_an_infinite_mean_of_unknown_error()
    {
        Assert.Equal(new(double.PositiveInfinity, double.NaN, 1), Estimate.Of([double.PositiveInfinity]));
        Assert.Equal(new(double.PositiveInfinity, double.NaN, 2), Estimate.Of([1, double.PositiveInfinity]));
        Assert.Equal(new(double.NaN, double.NaN, 2), Estimate.Of([1, double.NaN]));
    }

    [Fact]
    public void A_spread_of_a_million_millionth_of_the_mean_keeps_its_digits()
    {
        // 1 + k·2⁻⁴⁰ is exact in binary, so the true standard error is 2⁻⁴⁰·√(5/3)/2.
        double step = Math.Pow(2, -40);
        Estimate estimate = Estimate.Of([1 + step, 1 + 2 * step, 1 + 3 * step, 1 + 4 * step]);
        Assert.Equal(1, estimate.StandardError / (step * Math.Sqrt(5.0 / 12)), 1e-10);
    }

    [Fact]
    public void One_sample_has_no_error_bar_and_none_has_no_mean()
    {
        Assert.Equal(7, Estimate.Of([7]).Mean);
        Assert.True(double.IsNaN(Estimate.Of([7]).StandardError));
        Assert.True(double.IsNaN(Estimate.Of([]).Mean));
    }

    [Fact]
    public void A_sample_that_is_not_a_number_is_not_hidden()
    {
        Assert.True(double.IsNaN(Estimate.Of([1, double.NaN, 3]).Mean));
    }

    [Theory]
    [InlineData(new[] { 4.0, 1.0, 3.0, 2.0, 5.0 }, 3.0, 4.6, 4.96)]
    [InlineData(new[] { 1.0 }, 1.0, 1.0, 1.0)]
    public void Percentiles_interpolate_between_order_statistics(double[] values, double p50, double p90, double p99)
    {
        Percentiles percentiles = Percentiles.Of(values);
        Assert.Equal(p50, percentiles.P50, 1e-12);
        Assert.Equal(p90, percentiles.P90, 1e-12);
        Assert.Equal(p99, percentiles.P99, 1e-12);
    }

    // Quantiles of Student's t from published tables; Welch's formula worked by hand.
    [Theory]
    [InlineData(1, 0.05, 12.7062047)]
    [InlineData(1, 0.0001, 6366.19767)]
    [InlineData(10, 0.01, 3.16927267)]
    [InlineData(30, 0.001, 3.64595864)]
    [InlineData(double.PositiveInfinity, 0.05, 1.95996398)]
    public void Critical_values_are_those_of_Students_t(double freedom, double rate, double expected)
    {
        Assert.Equal(expected, new Spread(1, freedom).CriticalValue(rate), 1e-8 * expected);
    }

    [Fact]
    public void Errors_add_in_quadrature_with_Welchs_degrees_of_freedom()
    {
        Spread sum = new Spread(3, 9) + new Spread(4, 16);
        Assert.Equal(5, sum.StandardError, 1e-15);
        Assert.Equal(625.0 / (81.0 / 9 + 256.0 / 16), sum.DegreesOfFreedom, 1e-12);
        Assert.Equal(new Spread(3, 9), new Spread(3, 9) + new Spread(0, 3));
        Assert.Equal(double.PositiveInfinity, (new Spread(0, 4) + new Spread(0, 4)).DegreesOfFreedom);
    }
}
