using Hybrid.Experiments.GradientFlow;
using Xunit;

namespace Hybrid.Experiments.Tests;

public class GradientProfileTests
{
    [Fact]
    public void A_profile_is_in_units_of_the_gradient_at_the_output()
    {
        // Two sequences of two tokens. Layer 0: g_d = (1 + 3 + 5 + 7)/4 = 4, g_o = (1 + 2)/2 = 1.5; output: g_d = 2, g_o = −0.5.
        double[][] input = [[1, 1, 1, 3], [5, 2, 2, 7]], output = [[2, -1, -1, 2], [2, 0, 0, 2]];
        GradientProfile profile = GradientProfile.Of([input, output]);
        Assert.Equal([2, 1], profile.Diagonal);
        Assert.Equal([1.25, 1.25], profile.Difference);
    }

    [Fact]
    public void The_rate_is_that_of_an_exponential_backwards() =>
        Assert.Equal(-0.5, WeightGradients.Rate([.. Enumerable.Range(1, 6).Select(block => 3 * Math.Exp(0.5 * block))]), 12);
}
