using Hybrid.Architectures;
using Hybrid.Lab.Probes;
using Hybrid.Lab.Statistics;
using Xunit;

namespace Hybrid.Lab.Tests.Probes;

/// <summary>The sentences about a probe, word for word, of norms that are known by hand.</summary>
public sealed class ProbeVerdictTests
{
    private const int Depth = 12, First = 3, Last = 10;

    // As in GrowthComparisonTests: errors that move no line through these boundaries.
    private static readonly int[] Signs = [1, -1, -1, 1, 1, -1, -1, 1];

    // A step of rate 0.2 is one of 22.14 %, and over seven layers ×4.06; over 3 to 10 the line is ×11/4 and the power ×(10/3)^1.5.
    [Theory]
    [InlineData(GrowthForm.Exponential, "exponentially over layers 3 to 10 of 12: 22.14 % a layer (95 %: 22.14 to 22.14), ×4.06 in all.")]
    [InlineData(GrowthForm.Linear, "linearly over layers 3 to 10 of 12: ", ", ×2.75 in all.")]
    [InlineData(GrowthForm.PowerLaw, "as a power of the layer over layers 3 to 10 of 12: ", ", ×6.09 in all.")]
    public void Growth_is_said_with_its_form_its_layers_and_its_rate(GrowthForm form, params string[] words)
    {
        string sentence = ProbeVerdict.Growth(Grown(layer => form switch
        {
            GrowthForm.Exponential => Math.Exp(0.2 * layer),
            GrowthForm.Linear => 1 + layer,
            _ => Math.Pow(layer, 1.5),
        }));
        Assert.StartsWith("The stream of 'net' grows " + words[0], sentence);
        Assert.EndsWith(words[^1], sentence);
    }

    [Fact]
    public void A_stream_that_shrinks_does_not_grow_or_is_too_short_says_so()
    {
        Assert.Equal(
            "The stream of 'net' shrinks exponentially over layers 3 to 10 of 12: -18.13 % a layer (95 %: -18.13 to -18.13), "
                + "×0.247 in all.",
            ProbeVerdict.Growth(Grown(layer => Math.Exp(-0.2 * layer))));
        // By hand as the interval of GrowthComparisonTests: 2.4469 · log 1.1 · √(8/6/42) = 0.04155 to either side of 0.
        string level = ProbeVerdict.Growth(Grown(layer => layer is < First or > Last ? 1 : Math.Pow(1.1, Signs[layer - First])));
        Assert.StartsWith("The stream of 'net' does not grow over layers 3 to 10 of 12: ", level);
        Assert.EndsWith("0.0 % a layer (95 %: -4.07 to 4.24).", level);
        Assert.Equal(
            "The stream of 'net' has too few layers for a form of growth: ×128 in all over layers 3 to 10 of 12.",
            ProbeVerdict.Growth(Grown(layer => Math.Pow(2, layer)) with { Growth = null }));
    }

    // Errors of 1e-4 hide that a line through rates of 1e-3 is none, by (7e-3)²/8 at most, and not a power, which is off by 1e-3.
    [Fact]
    public void Two_forms_that_fit_alike_are_both_named()
    {
        string sentence = ProbeVerdict.Growth(Grown(
            layer => Math.Exp(0.001 * layer) * (layer is < First or > Last ? 1 : 1 + (1e-4 * Signs[layer - First]))));
        Assert.True(
            sentence.Contains(" grows exponentially or linearly, which fit alike over layers 3 to 10")
                || sentence.Contains(" grows linearly or exponentially, which fit alike over layers 3 to 10"),
            sentence);
    }

    [Theory]
    [InlineData(1.9, 1.9, "; every layer's norm is within a factor 2.00 of it.")]
    [InlineData(2.1, 3, "; it departs at layer 4, where the norm is 2.10 times the theory's, and 3.00 times at the end.")]
    [InlineData(0.4, 1, "; it departs at layer 4, where the norm is 0.400 times the theory's, and 1.00 times at the end.")]
    [InlineData(1, 0.4, "; it departs at layer 12, where the norm is 0.400 times the theory's.")]
    public void A_stream_leaves_the_theory_at_the_first_layer_whose_norm_is_another_by_more_than_2(double fourth, double last, string words)
    {
        // theory √q = 1 + ℓ: from layer 3 to 10 by 11/4
        ProbeResult result = Grown(layer => (1 + layer) * (layer == 4 ? fourth : layer == Depth ? last : 1));
        Assert.Equal("Before training theory says ×2.75 over the same layers (by hand)" + words, ProbeVerdict.Theory(result));
        Assert.Equal(
            "Theory before training: none: no.", ProbeVerdict.Theory(result with { Theory = new([], [], "none: no") }));
    }

    [Theory]
    [InlineData(1.09, "Branches add up as if they were independent of the stream: log growth is 1.09 of that, mean cosine with it 0.250.")]
    [InlineData(1.11, "Independent branches of these sizes predict too little: log growth is 1.11 of that, mean cosine with it 0.250.")]
    [InlineData(0.89, "Independent branches of these sizes predict too much: log growth is 0.890 of that, mean cosine with it 0.250.")]
    [InlineData(double.NaN, null)]
    public void Branches_are_independent_where_log_growth_is_theirs_to_a_tenth(double over, string? sentence) =>
        Assert.Equal(sentence, ProbeVerdict.Independence(Grown(layer => layer + 1) with { OverIndependent = over }));

    [Fact]
    public void Layers_are_odd_whose_step_is_far_from_the_median_and_by_more_than_a_tenth()
    {
        // steps of log 2 or log 2 ± 0.01; the fifth's is log 2 + 0.2, twenty robust deviations, and then by 0.09 only
        Assert.Equal([(5, "norm ×2.44, the median layer's ×2.00")], ProbeVerdict.Odd(Steps(0.2)));
        Assert.Equal([(5, "norm ×1.64, the median layer's ×2.00")], ProbeVerdict.Odd(Steps(-0.2)));
        Assert.Empty(ProbeVerdict.Odd(Steps(0.09)));
        // where steps scatter by 0.05 as a rule, 0.2 is no more than 5 · 1.4826 · 0.05
        Assert.Empty(ProbeVerdict.Odd(Steps(0.2, 0.05)));
        ProbeResult massive = Steps(0);
        ProbeBoundary[] boundaries = [.. massive.Boundaries];
        boundaries[7] = boundaries[7] with { Largest = 3001, Median = 3, LargestAt = (0, 11) };
        boundaries[9] = boundaries[9] with { Largest = 9000, Median = 3 };
        boundaries[6] = boundaries[6] with { Largest = 3000, Median = 3 };
        Assert.Equal(
            [(7, "a massive activation begins: 1000 times the median, coordinate 11 of position 0")],
            ProbeVerdict.Odd(massive with { Boundaries = boundaries }));

        static ProbeResult Steps(double fifth, double scatter = 0.01)
        {
            double[] norms = [1, .. new double[Depth]];
            for (int layer = 1; layer <= Depth; layer++)
            {
                double off = layer == 5 ? fifth : layer % 3 == 0 ? 0 : layer % 3 == 1 ? scatter : -scatter;
                norms[layer] = norms[layer - 1] * 2 * Math.Exp(off);
            }

            return Grown(layer => norms[layer]);
        }
    }

    // The longest token is 3 √d of 6 √d at layer 2, and less of more elsewhere.
    [Theory]
    [InlineData(true, "Bound for any text: the longest token reaches 50.0 % of what operator norms allow (10.4).")]
    [InlineData(false,
        "Bound for any text: the longest token reaches 50.0 % of what gains allow (10.4), and can reach no more than 100 %.")]
    public void The_longest_token_is_held_against_the_bound_where_it_fills_it_most(bool weights, string sentence)
    {
        ProbeResult result = Grown(_ => 1);
        double root = Math.Sqrt(result.Blocks.Width);
        ProbeBoundary[] boundaries = [.. result.Boundaries.Select((boundary, layer) => boundary with
        {
            LargestNorm = (layer == 0 ? 100 : layer == 2 ? 3 : 1) * root,
        })];
        double[] bounds = [.. boundaries.Select((_, layer) => 4.0 + layer)];
        Assert.Equal(sentence, ProbeVerdict.Bound(result with { Boundaries = boundaries, Bounds = new(bounds, weights) }));
        Assert.Null(ProbeVerdict.Bound(result));
    }

    /// <summary>A result with these norms; theory's are 1 + ℓ. Cosines are 0.5 and 0 within the fitted layers and 9 without.</summary>
    private static ProbeResult Grown(Func<int, double> norm)
    {
        ProbeBoundary[] boundaries = [.. Enumerable.Range(0, Depth + 1).Select(
            layer => new ProbeBoundary(Math.Pow(norm(layer), 2), 0, 0, 0, 0, 0, 1, 1, (0, 0), 0, double.NaN))];
        return new(
            "net", "", null, ArchitectureModule.Defaults.With(depth: Depth), null!, double.NaN, boundaries, Branches(0.5), Branches(0),
            [], [], First, Last, GrowthComparison.OfNorms(norm, First, Last), double.NaN,
            new([.. Enumerable.Range(0, Depth + 1).Select(layer => Math.Pow(1 + layer, 2))], [], "by hand"), null, [], [], [], 0);

        static ProbeBranch[] Branches(double cosine) =>
            [.. Enumerable.Range(1, Depth).Select(block => new ProbeBranch(1, block is > First and <= Last ? cosine : 9))];
    }
}
