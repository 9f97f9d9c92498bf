using Hybrid.Architectures;
using Hybrid.Lab.Statistics;
using Hybrid.Networks.Engines;
using Hybrid.Networks.Engines.Conditioned;
using Hybrid.Networks.Engines.Dense;
using Hybrid.Networks.Model;
using Hybrid.Networks.Tests;
using Hybrid.Networks.Tests.Training;
using Xunit;

namespace Hybrid.Torch.Tests;

/// <summary>
/// The same weights on the dense engine and on TorchSharp give
/// the same Gram matrices at every block, forwards and backwards.
/// </summary>
public sealed class EngineEqualityTests : IDisposable
{
    private const ulong Seed = 7;
    private const int Networks = 3;

    // For each block, relative to a matrix's largest entry; normalisations and logits of σ_A ≤ 2 amplify.
    private static readonly double Rounding = Target.Rounding;
    private readonly LiveTensors live = new();

    public void Dispose() => live.AssertNoneIsLeft();

    public static TheoryData<Placement, Wiring, Mask, bool, int> Blocks
    {
        get
        {
            TheoryData<Placement, Wiring, Mask, bool, int> data = [];
            foreach ((Placement norm, Wiring wiring) in Models.Blocks)
                foreach (Mask mask in Hybrid.Networks.Tests.Networks.Masks)
                    foreach (bool gated in new[] { false, true })
                        data.Add(norm, wiring, mask, gated, gated ? 1 : 3);
            return data;
        }
    }

    public static TheoryData<Activation> Activations => [.. Hybrid.Networks.Tests.Networks.Activations];

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Every_placement_wiring_mask_gate_and_bias(
        Placement norm, Wiring wiring, Mask mask, bool gated, int heads) => Compare(Hybrid.Networks.Tests.Networks.Of(
        norm, Activation.Tanh, tokens: 11, depth: 3, width: 42, heads: heads, mlpWidth: 50, mask: mask, gated: gated, logitStd: 2,
        valueStd: 0.8, inStd: 1.3, biasStd: 0.4, attentionBranch: 0.7, mlpBranch: 0.9, skip: 0.8, norm0: 1.7,
        correlation: 0.3).With(wiring: wiring));

    [Theory]
    [MemberData(nameof(Activations))]
    public void Every_activation(Activation activation) =>
        Compare(Hybrid.Networks.Tests.Networks.Of(Placement.Pre, activation, tokens: 9, depth: 3, width: 33, mlpWidth: 47, inStd: 1.5));

    public static TheoryData<string> Features => [.. Hybrid.Networks.Tests.Networks.Features.Keys];

    [Theory]
    [MemberData(nameof(Features))]
    public void Every_feature(string feature) =>
        Compare(Hybrid.Networks.Tests.Networks.Features[feature](Hybrid.Networks.Tests.Networks.Of(
            Placement.Pre, Activation.Tanh, tokens: 11, depth: 3, width: 48, heads: 3, mlpWidth: 50, mask: Mask.Causal, logitStd: 2)));

    [Fact]
    public void Weights_of_the_branches_that_change_from_block_to_block()
    {
        Architecture constant = Hybrid.Networks.Tests.Networks.Of(
            Placement.Peri, Activation.Gelu, tokens: 8, depth: 3, width: 32, heads: 4);
        Schedule one = Schedule.NewConstant(1);
        Compare(ArchitectureModule.Defaults.With(
            name: "scheduled",
            tokens: constant.Tokens,
            depth: constant.Depth,
            width: constant.Width,
            heads: constant.Heads,
            mlpWidth: constant.MlpWidth,
            activation: constant.Activation,
            gated: constant.Gated,
            norm: constant.Norm,
            mask: constant.Mask,
            attention: AttentionParameters.Of(one, Schedule.NewPerLayer([1, 0.5, 0.25]), 1, 1),
            mlp: MlpParameters.Of(one, Schedule.NewPerLayer([0.2, 0.6, 1.1]), 1, 0, 1),
            input: constant.Input));
    }

    [Fact]
    public void Many_networks_in_several_batches()
    {
        Architecture architecture = Hybrid.Networks.Tests.Networks.Of(
            Placement.Pre, Activation.Silu, tokens: 6, depth: 2, width: 24, heads: 2);
        Compare(architecture, Target.Options with { MostNetworks = 3 }, networks: 8);
        Compare(architecture, Target.Options with { Memory = (long)TorchEngine.Bytes(architecture, Target.Precision) }, networks: 3);
    }

    [Fact]
    public void An_ensemble_hands_batches_to_the_engine_and_orders_what_comes_back()
    {
        Architecture architecture = Hybrid.Networks.Tests.Networks.Of(Placement.Post, Activation.Relu, tokens: 5, depth: 2, width: 20);
        IReadOnlyList<EnsembleMember> dense = Ensemble.Run(() => new DenseEngine(architecture, 1), Seed, 10, 1, first: 4);
        IReadOnlyList<EnsembleMember> torch = Ensemble.Run(
            () => new TorchEngine(architecture, Target.Options with { MostNetworks = 4 }), Seed, 10, 1, first: 4);
        Assert.Equal(dense.Select(member => member.Sample), torch.Select(member => member.Sample));
        foreach ((EnsembleMember expected, EnsembleMember actual) in dense.Zip(torch))
            Near.Equal($"q of network {expected.Sample}", expected.Layers[2].GradientDiagonal, actual.Layers[2].GradientDiagonal, Rounding);
    }

    [Fact]
    public void Bfloat16_agrees_to_its_rounding()
    {
        Architecture architecture = Hybrid.Networks.Tests.Networks.Of(
            Placement.Peri, Activation.Tanh, tokens: 8, depth: 3, width: 64, heads: 2);
        TorchOptions options = new(Target.Device, TorchPrecision.BFloat16);
        Compare(architecture, options, rounding: Target.RoundingOf(options.Precision));
    }

    // Tokens of 1 − ρ = 1e-12: in single precision roundings alone are a thousandth of that. Entries of Gram matrices are sums of 64 terms.
    [Fact]
    public void Double_precision_keeps_tokens_apart_that_are_nearly_equal()
    {
        const double Apart = 1e-12;
        Architecture architecture = Hybrid.Networks.Tests.Networks.Of(
            Placement.Post, Activation.Tanh, tokens: 5, depth: 2, width: 64, heads: 2, correlation: 1 - Apart);
        TorchOptions options = new(Target.Device, TorchPrecision.Double);
        using TorchEngine torch = new(architecture, options);
        using TorchEngine onDevice = new(architecture, options with { Source = WeightSource.Device });
        NetworkSample host = new(5, 2), device = new(5, 2);
        torch.Run(Seed, 0, host);
        onDevice.Run(Seed, 0, device);
        Hybrid.Networks.Tests.Near.Equal("1 − ρ", Apart, LayerObservables.Of(host, 0).U, 64 * Math.ScaleB(1, -53));
        Hybrid.Networks.Tests.Near.Equal("the same tokens", host.Hidden[0], device.Hidden[0], 0);
        Assert.Equal(8, TorchPrecision.Double.Bytes());
    }

    // Networks without weights have the exact law of the squares of their gradients; 64 of each, five standard errors.
    [Theory]
    [MemberData(nameof(PlacementsAndGates))]
    public void Gradients_of_weights_have_the_law_of_networks_without_weights(Placement norm, bool gated)
    {
        const int Samples = 64;
        Architecture architecture = Hybrid.Networks.Tests.Networks.Of(
            norm, Activation.Tanh, tokens: 4, depth: 2, width: 24, heads: 2, mlpWidth: 30, gated: gated, biasStd: 0.3, correlation: 0.3);
        using ConditionedEngine without = new(architecture);
        using TorchEngine torch = new(architecture, Target.Options, 2);
        NetworkSample[] expected = Plan(), actual = Plan();
        ((INetworkEngine)without).Run(Seed, 0, expected);
        torch.Run(Seed, 0, actual);
        for (int block = 0; block < architecture.Depth; block++)
        {
            foreach (MatrixRole role in Enum.GetValues<MatrixRole>())
            {
                double[] law = Of(expected), measured = Of(actual);
                Assert.Equal(double.IsNaN(law[0]), double.IsNaN(measured[0]));
                if (double.IsNaN(law[0]))
                    continue;
                Estimate wanted = Estimate.Of(law), got = Estimate.Of(measured);
                double error = Math.Sqrt(Math.Pow(wanted.StandardError, 2) + Math.Pow(got.StandardError, 2));
                Hybrid.Networks.Tests.Near.Equal(
                    $"{role} of block {block + 1}", wanted.Mean, got.Mean, 5 * error, 2 * architecture.Depth * Rounding);

                double[] Of(NetworkSample[] samples) => [.. samples.Select(sample => sample.WeightGradients[block][(int)role])];
            }
        }

        NetworkSample[] Plan() => [.. Enumerable.Range(0, Samples).Select(_ => new NetworkSample(4, 2, weightGradients: true))];
    }

    public static TheoryData<Placement, bool> PlacementsAndGates
    {
        get
        {
            TheoryData<Placement, bool> data = [];
            foreach (Placement norm in (Placement[])[Placement.None, Placement.Pre, Placement.Post, Placement.Peri, Placement.Output])
                foreach (bool gated in new[] { false, true })
                    data.Add(norm, gated);
            return data;
        }
    }

    private static void Compare(
        Architecture architecture, TorchOptions? options = null, int networks = Networks, double? rounding = null)
    {
        using DenseEngine dense = new(architecture, 2);
        using TorchEngine torch = new(architecture, options ?? Target.Options, 2);
        NetworkSample[] actual = [.. Enumerable.Range(0, networks).Select(_ => new NetworkSample(architecture.Tokens, architecture.Depth))];
        torch.Run(Seed, 0, actual);
        NetworkSample expected = new(architecture.Tokens, architecture.Depth);
        for (int network = 0; network < networks; network++)
        {
            dense.Run(Seed, network, expected);
            for (int layer = 0; layer <= architecture.Depth; layer++)
            {
                Near($"network {network}, stream {layer}", expected.Hidden[layer], actual[network].Hidden[layer], layer);
                Near(
                    $"network {network}, gradient {layer}", expected.Gradient[layer], actual[network].Gradient[layer],
                    2 * architecture.Depth - layer);
            }
        }

        void Near(string what, double[] gram, double[] computed, int blocks) => Hybrid.Networks.Tests.Near.Equal(
            what, gram, computed, (1 + blocks) * (rounding ?? Rounding) * gram.Max(Math.Abs));
    }
}
