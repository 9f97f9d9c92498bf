using Hybrid.Experiments.PhaseBoundary;
using Hybrid.Lab.Comparisons;
using Hybrid.Lab.Statistics;
using Xunit;

namespace Hybrid.Experiments.Tests;

public class ZeroFitTests
{
    private static readonly double[] Offsets = [-0.2, -0.1, 0, 0.1, 0.2];

    [Fact]
    public void The_zero_of_a_parabola_is_found_exactly()
    {
        ZeroFit fit = ZeroFit.Of(Offsets, Points(x => (x - 0.03) * (1 + 0.5 * x), 1e-6), 0.01);
        Assert.Equal(0.03, fit.Zero, 10);
        Assert.InRange(fit.Low, 0.0299, 0.03);
        Assert.InRange(fit.High, 0.03, 0.0301);
    }

    [Fact]
    public void For_a_straight_line_and_small_errors_the_interval_is_that_of_the_delta_method()
    {
        // Var of the fitted value at 0 for a parabola through 5 equidistant points is 17/35 σ².
        const double error = 1e-3;
        ZeroFit fit = ZeroFit.Of(Offsets, Points(x => 2 * x, error), 0.01);
        double expected = 2.5758 * error * Math.Sqrt(17.0 / 35) / 2;
        Assert.Equal(expected, fit.High, 0.02 * expected);
        Assert.Equal(-expected, fit.Low, 0.02 * expected);
    }

    [Fact]
    public void A_slope_that_may_be_zero_leaves_the_interval_open()
    {
        ZeroFit fit = ZeroFit.Of(Offsets, Points(x => 0.1 * x, 1), 0.01);
        Assert.Equal((double.NegativeInfinity, double.PositiveInfinity), (fit.Low, fit.High));
    }

    [Fact]
    public void What_is_left_of_finite_width_widens_the_interval()
    {
        ZeroFit sharp = ZeroFit.Of(Offsets, Points(x => x, 1e-3), 0.01), blunt = ZeroFit.Of(Offsets, Points(x => x, 1e-3, 0.01), 0.01);
        Assert.True(blunt.High - blunt.Low > sharp.High - sharp.Low + 0.01);
    }

    [Fact]
    public void Intervals_hold_the_true_zero_as_often_as_they_say()
    {
        Random random = new(5);
        int misses = 0;
        const int trials = 1000;
        for (int trial = 0; trial < trials; trial++)
        {
            Extrapolation[] points = [.. Offsets.Select(x => new Extrapolation(x + 0.02 * Normal(random), new Spread(0.02, 1e6), 0, 0))];
            ZeroFit fit = ZeroFit.Of(Offsets, points, 0.1);
            misses += fit.Low <= 0 && fit.High >= 0 ? 0 : 1;
        }

        // 100 expected, standard deviation 9.5: four of them.
        Assert.InRange(misses, 62, 138);
    }

    private static Extrapolation[] Points(Func<double, double> curve, double error, double curvature = 0) =>
        [.. Offsets.Select(x => new Extrapolation(curve(x), new Spread(error, 1e6), 0, curvature))];

    private static double Normal(Random random) => MathNet.Numerics.Distributions.Normal.Sample(random, 0, 1);
}
