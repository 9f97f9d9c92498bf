using Hybrid.Experiments.ResidualGrowth;
using Hybrid.Lab.Statistics;
using Xunit;

namespace Hybrid.Experiments.Tests;

public class StreamGrowthTests
{
    [Fact]
    public void Exponential_norms_grow_by_so_much_per_block_and_are_preferred()
    {
        GrowthComparison growth = GrowthComparison.OfNorms(layer => 3 * Math.Pow(1.045, layer), 2, 20);
        Assert.Equal(4.5, growth.Percent, 1e-9);
        Assert.Equal(GrowthForm.Exponential, growth.Best);
        Assert.True(growth.Margin > 10);
        Assert.Equal(growth.Margin, Math.Min(growth.Behind(GrowthForm.Linear), growth.Behind(GrowthForm.PowerLaw)));
    }

    [Theory]
    [InlineData(1, GrowthForm.Linear)]
    [InlineData(0.5, GrowthForm.PowerLaw)]
    public void Other_norms_are_not_taken_for_exponential_ones(double exponent, GrowthForm form)
    {
        // 1 + ℓ, whose offset a power law has not; √(2ℓ), independent branches of norm 1.
        GrowthComparison growth = GrowthComparison.OfNorms(layer => exponent == 1 ? 1 + layer : Math.Sqrt(2 * layer), 2, 20);
        Assert.Equal(form, growth.Best);
        Assert.True(growth.Margin < -10);
    }

    // Both branches of a block have q = 0.75; the aligned ones add 3 instead of 1.5.
    [Fact]
    public void Independent_addition_gives_one_and_aligned_branches_more()
    {
        StreamProfile independent = Profile(layer => 1 + 1.5 * layer, 0.75, 0), aligned = Profile(layer => 1 + 3 * layer, 0.75, 0.3);
        Assert.Equal(1, StreamGrowth.OverIndependent(independent, 2, 7), 1e-12);
        // By hand, blocks 1 and 2: log(7/1) over log(1 + 1.5/1) + log(1 + 1.5/4).
        Assert.Equal(Math.Log(7) / (Math.Log(2.5) + Math.Log(1.375)), StreamGrowth.OverIndependent(aligned, 0, 2), 1e-12);
    }

    // The cosines of the two branches, 0.3 and −0.1, in every block.
    [Fact]
    public void The_correlation_is_the_mean_over_both_branches() =>
        Assert.Equal(0.1, StreamGrowth.MeanCorrelation(Profile(layer => 1 + layer, 1, 0.3), 2, 7), 1e-12);

    private static StreamProfile Profile(Func<int, double> squaredNorm, double branch, double cosine) => new(name => name.Split(' ') switch
    {
        ["q", string layer] => squaredNorm(int.Parse(layer, System.Globalization.CultureInfo.InvariantCulture)),
        ["attention" or "mlp", _] => branch,
        ["attention", "cosine", _] => cosine,
        ["mlp", "cosine", _] => -cosine / 3,
        _ => throw new ArgumentException(name),
    });
}
