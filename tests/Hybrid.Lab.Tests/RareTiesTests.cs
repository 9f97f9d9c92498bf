using Hybrid.Architectures;
using Hybrid.Networks.Engines;
using Hybrid.Networks.Engines.Conditioned;
using Hybrid.Theory;
using Xunit;

namespace Hybrid.Lab.Tests;

/// <summary>Logits so strong that the mean of gradients is over networks that hardly ever occur.</summary>
public class RareTiesTests
{
    private const int Networks = 101;

    [Fact]
    public void Most_networks_count_what_the_verdict_says_of_most_and_not_the_mean()
    {
        Architecture defaults = Architecture.Defaults, architecture = defaults.With(
            tokens: 8, depth: 4, width: 256, heads: 2, mlpWidth: 256, norm: Placement.Pre,
            attention: defaults.Attention.With(logitStd: 1e6));
        Trainability foretold = Predict.Architecture(architecture).Trainability;
        Assert.Equal(Verdict.Undecided, foretold.Verdict);
        Assert.True(foretold.Sums.Counted > 10 && foretold.CountedInMost < 3, $"{foretold.Sums.Counted}, {foretold.CountedInMost}");

        double[] counted = [.. Ensemble.Run(() => new ConditionedEngine(architecture, 1), 7, Networks, 2).Select(Counted)];
        Array.Sort(counted);
        // A median of normal numbers scatters 1.25 times as much as their mean; means shift by terms of the order of their variance,
        // (14.4).
        double scatter = FiniteWidth.Scatter(architecture), allowed = 4 * 1.25 * scatter / Math.Sqrt(Networks) + scatter * scatter;
        Assert.InRange(counted[Networks / 2], foretold.CountedInMost - allowed, foretold.CountedInMost + allowed);
    }

    /// <summary>What the network itself counts, normalised before its sublayers.</summary>
    private static double Counted(EnsembleMember network)
    {
        LayerObservables input = network.Layers[0], first = network.Layers[1], last = network.Layers[^1];
        double gradient = 0.5 * Math.Log(first.GradientDiagonal / last.GradientDiagonal * first.Q / last.Q);
        return Math.Max(Math.Abs(Math.Log(last.U / input.U)), Math.Abs(gradient));
    }
}
