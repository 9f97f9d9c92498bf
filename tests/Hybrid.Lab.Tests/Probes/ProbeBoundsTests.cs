using Hybrid.Architectures;
using Hybrid.Import.Tests.Checkpoints;
using Hybrid.Lab.Probes;
using Hybrid.Lab.Statistics;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Model;
using Hybrid.Networks.Training;
using Xunit;

namespace Hybrid.Lab.Tests.Probes;

public sealed class ProbeBoundsTests
{
    private static readonly ProbePlan Plan = new(null, 4, null, null, null, 0, false, 1, 1);

    // Biases, shifts, shared values, gates: every term of the bound is in one of the families, with gains and shifts of 0.3 about theirs.
    [Theory]
    [InlineData("gpt2")]
    [InlineData("gpt_neox")]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    [InlineData("olmo2")]
    [InlineData("gemma3")]
    [InlineData("bert")]
    [Trait("guards", "(10.4) by network")]
    public void No_token_of_a_published_family_is_longer_than_its_weights_allow(string family)
    {
        ProbeResult result = ProbeTests.Run(family, Fixture.Read(family).Ids, Plan);
        Assert.NotNull(result.Bounds);
        // 16 coordinates in single precision: some 2⁻²⁰ relatively through two layers.
        for (int layer = 1; layer <= result.Depth; layer++)
            Assert.InRange(result.Filling(layer), 0, 1 + 1e-5);
        // A bound that nothing comes near holds whatever is wrong: gains alone leave a factor of a few.
        if (!result.Bounds.NeedsWeights)
            Assert.InRange(result.Filled, 0.2, 1 + 1e-5);
    }

    [Fact]
    [Trait("guards", "(10.1) by network")]
    [Trait("guards", "(10.4) by closed form")]
    public void Post_norm_with_equal_gains_fills_the_bound()
    {
        Architecture architecture = ArchitectureModule.Defaults.With(
            name: "post", tokens: 6, depth: 3, width: 16, heads: 2, mlpWidth: 16, norm: Placement.Post, mask: Mask.Causal);
        using MeasuredNetwork network = new(new(architecture, TrainingTask.NextToken, 11), 1, false, 1);
        network.Draw(1);
        TokenBatch batch = new(1, 6);
        for (int i = 0; i < 6; i++)
            (batch.Inputs[i], batch.Targets[i]) = (i, i + 1);
        ProbeMeter meter = new(architecture, new(batch, [.. Enumerable.Repeat(true, 6)], "", ""));
        network.Observe(batch, meter, backward: false);
        ProbeBounds bounds = ProbeBounds.Of(network, meter.Boundaries[0].LargestNorm, null)!;
        for (int layer = 1; layer <= 3; layer++)
            Assert.Equal(1, meter.Boundaries[layer].LargestNorm / (bounds.Norms[layer] * 4), 1e-6);
    }

    // Of matrices that are taken for 0 a module's bias is all that it adds: of 16 equal coordinates four times one of them.
    [Fact]
    public void Without_its_matrices_a_module_adds_its_bias()
    {
        Architecture architecture = ArchitectureModule.Defaults.With(
            name: "pre", tokens: 4, depth: 2, width: 16, heads: 2, mlpWidth: 16, norm: Placement.Pre, mask: Mask.Causal);
        ModelForm form = new(Biases: MatrixBiases.AttentionOut | MatrixBiases.MlpOut);
        using MeasuredNetwork network = new(new(architecture, TrainingTask.NextToken, 11) { Form = form }, 1, false, 1);
        network.Draw(1);
        for (int layer = 1; layer <= 2; layer++)
        {
            network.Matrix($"blocks.{layer}.attention.out.bias").Row(0).Fill(layer);
            network.Matrix($"blocks.{layer}.mlp.out.bias").Row(0).Fill(10 * layer);
        }

        ProbeBounds bounds = ProbeBounds.Of(network, 5, _ => 0)!;
        double expected = 5;
        for (int layer = 1; layer <= 2; layer++)
        {
            expected = (architecture.Attention.Skip.At(layer) * expected) + (architecture.Attention.Branch.At(layer) * 4 * layer);
            expected = (architecture.Mlp.Skip.At(layer) * expected) + (architecture.Mlp.Branch.At(layer) * 4 * 10 * layer);
            Assert.Equal(expected, bounds.Norms[layer] * 4, 1e-12);
        }
    }

    [Fact]
    public void Growth_has_an_interval_that_holds_the_truth_in_nineteen_of_twenty_cases()
    {
        Random random = new(7);
        int held = 0;
        const int Cases = 2000;
        for (int i = 0; i < Cases; i++)
        {
            double[] noise = [.. Enumerable.Range(0, 13).Select(_ => Normal(random))];
            (double low, double high) = GrowthComparison.OfNorms(layer => Math.Exp(0.04 * layer + 0.1 * noise[layer]), 1, 12).Interval;
            double truth = 100 * double.ExpM1(0.04);
            held += low <= truth && truth <= high ? 1 : 0;
        }

        // Binomial: 0.95 ± 4 standard errors of √(0.95 · 0.05/2000).
        Assert.InRange(held / (double)Cases, 0.9305, 0.9695);
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
