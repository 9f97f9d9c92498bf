using Hybrid.Lab.Statistics;
using Xunit;

namespace Hybrid.Lab.Tests;

public class GrowthFitTests
{
    private static readonly GrowthForm[] Forms = Enum.GetValues<GrowthForm>();
    private static readonly double[] Depths = [.. Enumerable.Range(1, 20).Select(layer => (double)layer)];

    [Theory]
    [InlineData(GrowthForm.Linear, new[] { 2, 0.7 })]
    [InlineData(GrowthForm.Linear, new[] { 30, -1.4 })]
    [InlineData(GrowthForm.Quadratic, new[] { 2, 0.1, 0.3 })]
    [InlineData(GrowthForm.Quadratic, new[] { 300, -27, 0.7 })]
    [InlineData(GrowthForm.Exponential, new[] { 0.02, 0.4 })]
    [InlineData(GrowthForm.PowerLaw, new[] { 5, -1.5 })]
    public void An_exact_curve_is_found_and_preferred(GrowthForm form, double[] coefficients)
    {
        double[] values = [.. Depths.Select(x => new GrowthFit(form, coefficients, 0, 0).At(x))];
        GrowthFit fit = GrowthFit.Of(form, Depths, values);
        Assert.All(fit.Coefficients.Zip(coefficients), pair => Assert.Equal(pair.Second, pair.First, 1e-6 * Math.Abs(pair.Second)));
        // Of an exact line the quadratic fits as well; the criterion charges its third coefficient.
        Assert.Equal(form, GrowthFit.Best(Forms, Depths, values).Form);
    }

    // At the least squares of logarithms the distances are orthogonal to 1/f and x/f. The search ends where the squares change by 1e-14 of
    // themselves, which leaves 1e-7 of the products' sizes; the least squares of relative errors, where it begins, leave a fifth of them.
    [Fact]
    public void A_line_with_errors_is_the_least_squares_of_logarithms()
    {
        double[] values = [.. Depths.Select(x => (1 + 0.5 * x) * (x % 3 == 0 ? 1.3 : 1))];
        GrowthFit fit = GrowthFit.Of(GrowthForm.Linear, Depths, values);
        foreach (int power in new[] { 0, 1 })
        {
            double[] products = [.. Depths.Select((x, i) => Math.Log(values[i] / fit.At(x)) * Math.Pow(x, power) / fit.At(x))];
            Assert.Equal(0, products.Sum(), 1e-6 * products.Sum(Math.Abs));
        }
    }

    // Errors alternating in sign: by hand, a constant relative misfit of log(1.1) about a flat line.
    [Fact]
    public void The_criterion_is_Akaikes_with_the_correction_for_few_points()
    {
        double[] x = [1, 2, 3, 4, 5, 6, 7, 8], y = [1.1, 1 / 1.1, 1 / 1.1, 1.1, 1.1, 1 / 1.1, 1 / 1.1, 1.1];
        GrowthFit fit = GrowthFit.Of(GrowthForm.Exponential, x, y);
        Assert.Equal(Math.Log(1.1), fit.Residual, 1e-12);
        Assert.Equal(8 * Math.Log(Math.Pow(Math.Log(1.1), 2)) + 6 + 24.0 / 4, fit.InformationCriterion, 1e-9);
    }

    [Fact]
    public void Noise_does_not_make_a_line_a_parabola_more_often_than_the_criterion_allows()
    {
        // The corrected criterion prefers the wrong form of one more coefficient in at most a sixth of cases (χ² with 1 degree
        // of freedom above 2 has probability 0.157, the correction lowers it); 200 cases, 5 standard errors.
        Random random = new(7);
        int wrong = Enumerable.Range(0, 200).Count(_ =>
        {
            double[] y = [.. Depths.Select(x => (1 + 0.5 * x) * Math.Exp(0.05 * (random.NextDouble() - 0.5)))];
            return GrowthFit.Best([GrowthForm.Linear, GrowthForm.Quadratic], Depths, y).Form != GrowthForm.Linear;
        });
        Assert.InRange(wrong, 0, 200 * 0.157 + 5 * Math.Sqrt(200 * 0.157 * 0.843));
    }

    [Fact]
    public void Too_few_or_negative_values_are_refused()
    {
        Assert.Throws<ArgumentException>(() => GrowthFit.Of(GrowthForm.Linear, [1, 2, 3, 4], [1, 2, 3, 4]));
        Assert.Throws<ArgumentException>(() => GrowthFit.Of(GrowthForm.Linear, Depths, [.. Depths.Select(x => x - 3)]));
    }
}
