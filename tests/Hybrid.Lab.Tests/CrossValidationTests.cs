using Hybrid.Lab.Statistics;
using MathNet.Numerics.Distributions;
using Xunit;

namespace Hybrid.Lab.Tests;

public class CrossValidationTests
{
    private static readonly double[] Grid = [.. Enumerable.Range(-6, 13).Select(x => 0.5 * x)];

    // By hand: two points at distance 1 whose values are 1 above and 1 below their mean, kernel k = exp(−1/2ℓ²), noise ν. The fit to
    // one misses the other by (1 + ν + k)/(1 + ν): least for the shortest length, 1/2, and the largest noise, 1. The fitted
    // function is (1 − k)/(1 − k + ν) above and below the mean.
    [Fact]
    public void Two_points_are_fitted_as_by_hand()
    {
        GaussianProcess fit = GaussianProcess.Fit([[0], [1]], [3, 1], [0]);
        double above = (1 - Math.Exp(-2)) / (2 - Math.Exp(-2));
        Assert.Equal(2 + above, fit.At([0]), 1e-12);
        Assert.Equal(2 - above, fit.At([1]), 1e-12);
        Assert.Equal(2, fit.At([0.5]), 1e-12);
    }

    [Fact]
    public void A_smooth_function_of_its_inputs_is_foretold_and_of_other_inputs_is_not()
    {
        double[][] points = [.. Grid.SelectMany(x => Grid.Select(y => new[] { x, y }))];
        double[] values = [.. points.Select(point => Math.Tanh(point[0]) * Math.Cos(0.5 * point[1]))];
        CrossValidation validation = Of(values);
        Assert.InRange(validation.Explained(validation.Foretell(points, [0, 0])).Mean, 0.999, 1);
        // The first factor is odd, so that nothing of the product is a function of the second input.
        Assert.InRange(validation.Explained(validation.Foretell([.. points.Select(point => new[] { point[1] })], [0])).Mean, -0.1, 0.01);
    }

    [Fact]
    public void An_input_in_a_block_of_its_own_adds_nothing_where_it_does_not_matter()
    {
        Random random = new(3);
        double[][] points = [.. Grid.SelectMany(x => Grid.Select(y => new[] { x, y, Normal.Sample(random, 0, 1) }))];
        double[] values = [.. points.Select(point => Math.Tanh(point[0] + point[1]) + 0.2 * Normal.Sample(random, 0, 1))];
        CrossValidation validation = Of(values);
        Estimate gain = validation.Gain(
            validation.Foretell([.. points.Select(point => point[..2])], [0, 0]), validation.Foretell(points, [0, 0, 1]));
        Assert.InRange(gain.Mean, -4 * gain.StandardError - 1e-12, 4 * gain.StandardError + 1e-12);
    }

    // The mean of others foretells worse than the mean of all: with n values left out one at a time each error is n/(n − 1) deviations.
    [Fact]
    public void Knowing_nothing_explains_less_than_nothing()
    {
        double[] values = [1, 2, 4, 8, 16, 32, 64, 128];
        CrossValidation validation = new([.. values.Select(value => new[] { value })], [.. Enumerable.Range(0, 8)]);
        Assert.Equal(
            1 - Math.Pow(8.0 / 7, 2),
            validation.Explained(validation.Foretell([.. values.Select(_ => new double[] { 0 })], [0])).Mean, 1e-9);
    }

    // By hand: groups of means 1, 5 and 3 without inputs, each foretold as the mean of the others: 4, 2 and 3.
    [Fact]
    public void A_group_is_fitted_as_its_mean_and_foretold_without_itself()
    {
        CrossValidation validation = new([[1], [6, 4], [3]], [0, 1, 2]);
        double[] foretold = validation.Foretell([[0], [0], [0]], [0]);
        Assert.Equal([4, 2, 3], foretold.Select(value => Math.Round(value, 9)));
        // Of 1, 6, 4 and 3 about 3.5: 6.25 + 6.25 + 0.25 + 0.25 = 13; missed by 3, 4, 2 and 0: 29.
        Assert.Equal(1 - 29.0 / 13, validation.Explained(foretold).Mean, 1e-9);
    }

    // Of a mean the jackknife is s/√n exactly.
    [Fact]
    public void The_jackknife_of_a_mean_is_its_standard_error()
    {
        double[] values = [3, 1, 4, 1, 5, 9, 2, 6];
        Estimate direct = Estimate.Of(values), jackknife = Jackknife.Of(8, groups => groups.Average(group => values[group]));
        Assert.Equal(direct.Mean, jackknife.Mean, 1e-12);
        Assert.Equal(direct.StandardError, jackknife.StandardError, 1e-12);
        Assert.Equal(direct.Samples, jackknife.Samples);
    }

    private static CrossValidation Of(double[] values) => new(
        [.. values.Select(value => new[] { value })], [.. Enumerable.Range(0, values.Length).Select(i => 7 * i % values.Length % 10)]);
}
