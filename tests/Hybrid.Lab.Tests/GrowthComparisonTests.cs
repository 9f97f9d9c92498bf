using Hybrid.Lab.Statistics;
using Xunit;

namespace Hybrid.Lab.Tests;

public class GrowthComparisonTests
{
    // Errors of log(1.1) whose signs have no mean and no slope over these boundaries, so that the exponential's fit is known by hand.
    private static readonly int[] Signs = [1, -1, -1, 1, 1, -1, -1, 1];

    private static double Exponential(int layer) => 3 * Math.Exp(0.2 * layer) * Math.Pow(1.1, Signs[layer - 3]);

    [Fact]
    public void The_rate_and_its_interval_are_those_of_the_line_of_logarithms()
    {
        GrowthComparison growth = GrowthComparison.OfNorms(Exponential, 3, 10);
        Assert.Equal(100 * (Math.Exp(0.2) - 1), growth.Percent, 1e-9);
        // Squares of distances from the line sum up to 8 log²(1.1), those of boundaries from their mean to 42; t of 6 degrees of freedom.
        double reach = 2.4469118511449692 * Math.Sqrt(8 * Math.Pow(Math.Log(1.1), 2) / 6 / 42);
        Assert.Equal(100 * (Math.Exp(0.2 - reach) - 1), growth.Interval.Low, 1e-6);
        Assert.Equal(100 * (Math.Exp(0.2 + reach) - 1), growth.Interval.High, 1e-6);
    }

    // All forms have two coefficients: criteria differ by 2 n log of the residuals' ratio.
    [Fact]
    public void The_margin_is_that_of_the_nearer_of_the_other_forms()
    {
        GrowthComparison growth = GrowthComparison.OfNorms(Exponential, 3, 10);
        double linear = Behind(GrowthForm.Linear), power = Behind(GrowthForm.PowerLaw);
        Assert.Equal(linear, growth.Behind(GrowthForm.Linear), 1e-9);
        Assert.Equal(power, growth.Behind(GrowthForm.PowerLaw), 1e-9);
        Assert.Equal(Math.Min(linear, power), growth.Margin, 1e-9);
        Assert.True(growth.Margin > 0, $"the exponential is behind by {-growth.Margin}");
        Assert.Equal(GrowthForm.Exponential, growth.Best);

        double Behind(GrowthForm form) => 16 * Math.Log(growth.Fit(form).Residual / growth.Fit(GrowthForm.Exponential).Residual);
    }

    [Fact]
    public void A_power_law_has_the_exponential_behind_it()
    {
        GrowthComparison growth = GrowthComparison.OfNorms(layer => 2 * Math.Pow(layer, 1.5), 3, 10);
        Assert.Equal(GrowthForm.PowerLaw, growth.Best);
        Assert.True(growth.Margin < 0, $"the exponential is ahead by {growth.Margin}");
    }
}
