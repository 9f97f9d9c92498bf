using Hybrid.Architectures;
using Hybrid.Networks.Tangents;
using Hybrid.Networks.Tests;
using Hybrid.Networks.Tests.Training;
using Xunit;

namespace Hybrid.Torch.Tests;

/// <summary>The same weights on the dense engine and on TorchSharp have the same exponents at the line, block by block.</summary>
public sealed class LineEqualityTests : IDisposable
{
    private const ulong Seed = 7;
    private const int Samples = 5;
    private readonly LiveTensors live = new();

    public void Dispose() => live.AssertNoneIsLeft();

    public static TheoryData<Placement, Wiring, bool> Blocks
    {
        get
        {
            TheoryData<Placement, Wiring, bool> data = [];
            foreach ((Placement norm, Wiring wiring) in Models.Blocks)
                foreach (bool gated in new[] { false, true })
                    data.Add(norm, wiring, gated);
            return data;
        }
    }

    public static TheoryData<Activation> Activations => [.. Hybrid.Networks.Tests.Networks.Activations];

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Every_placement_wiring_and_gate(Placement norm, Wiring wiring, bool gated) => Compare(
        Hybrid.Networks.Tests.Networks.Of(
            norm, Activation.Tanh, tokens: 3, depth: 3, width: 48, heads: 3, mlpWidth: 50, gated: gated, logitStd: 2, valueStd: 0.8,
            inStd: 1.3, biasStd: 0.4, attentionBranch: 0.7, mlpBranch: 0.9, skip: 0.8, norm0: 1.7).With(wiring: wiring));

    // No unit's kink lies between a token and its displacements by 3e-5 and 6e-5 here.
    [Theory]
    [MemberData(nameof(Activations))]
    public void Every_activation(Activation activation) => Compare(
        Hybrid.Networks.Tests.Networks.Of(Placement.Pre, activation, tokens: 3, depth: 3, width: 33, mlpWidth: 47, inStd: 1.5));

    [Fact]
    public void Batches_of_any_size_and_either_way_of_drawing_have_the_same_tokens_and_finite_exponents()
    {
        Architecture architecture = Hybrid.Networks.Tests.Networks.Of(
            Placement.Post, Activation.Gelu, tokens: 3, depth: 2, width: 32, heads: 2, mlpWidth: 40);
        using TorchLineEngine one = new(architecture, Target.Options with { MostNetworks = 1 });
        using TorchLineEngine four = new(architecture, Target.Options with { MostNetworks = 4 });
        using TorchLineEngine onDevice = new(architecture, Target.Options with { Source = WeightSource.Device });
        LineSample[] apart = Plan(architecture), together = Plan(architecture), drawn = Plan(architecture);
        one.Run(Seed, 0, apart);
        four.Run(Seed, 0, together);
        onDevice.Run(Seed, 0, drawn);
        for (int sample = 0; sample < Samples; sample++)
        {
            Near.Equal("λ_a", apart[sample].Angle, together[sample].Angle, 4 * Target.Rounding);
            Near.Equal("λ_g", apart[sample].Gradient, together[sample].Gradient, 4 * Target.Rounding);
            Assert.All([.. drawn[sample].Angle, .. drawn[sample].Gradient], value => Assert.True(double.IsFinite(value)));
        }
    }

    // What the dense engine's differences over four points are off by in double precision, below 1e-8; gradients it takes at tokens
    // displaced to either side by up to 6e-5 of their norm: off by the square of that over the square of a block's scale, above 0.1.
    [Theory]
    [MemberData(nameof(Blocks))]
    public void Double_precision(Placement norm, Wiring wiring, bool gated) => Compare(
        Hybrid.Networks.Tests.Networks.Of(
            norm, Activation.Erf, tokens: 3, depth: 3, width: 48, heads: 3, mlpWidth: 50, gated: gated, biasStd: 0.4).With(wiring: wiring),
        Target.Options with { Precision = TorchPrecision.Double }, (1e-8, Math.Pow(6e-5 / 0.1, 2)));

    private static void Compare(
        Architecture architecture, TorchOptions? options = null, (double Angle, double Gradient)? errors = null)
    {
        (double angle, double gradient) = errors ?? (Target.Rounding, Target.Rounding);
        using DenseLineEngine dense = new(architecture);
        using TorchLineEngine torch = new(architecture, options ?? Target.Options);
        LineSample[] expected = Plan(architecture), actual = Plan(architecture);
        dense.Run(Seed, 2, expected);
        torch.Run(Seed, 2, actual);
        for (int sample = 0; sample < Samples; sample++)
        {
            for (int block = 0; block < architecture.Depth; block++)
            {
                // A logarithm of a square is off by twice what the square's root is; blocks before it have moved the token.
                string name = $"of block {block + 1}, network {sample}";
                Near.Equal(
                    $"λ_a {name}", expected[sample].Angle[block], actual[sample].Angle[block], 2 * (block + 1) * angle);
                Near.Equal(
                    $"λ_g {name}", expected[sample].Gradient[block], actual[sample].Gradient[block],
                    2 * architecture.Depth * gradient);
            }
        }
    }

    private static LineSample[] Plan(Architecture architecture) =>
        [.. Enumerable.Range(0, Samples).Select(_ => new LineSample(architecture.Depth))];
}
