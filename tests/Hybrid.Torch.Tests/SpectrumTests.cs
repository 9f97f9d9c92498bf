using Hybrid.Architectures;
using Hybrid.Lab.Statistics;
using Hybrid.Networks.Tangents;
using Hybrid.Networks.Tests;
using Hybrid.Networks.Tests.Training;
using MathNet.Numerics;
using Xunit;

namespace Hybrid.Torch.Tests;

/// <summary>Lyapunov exponents of random networks by autograd, against a law and against networks without weights.</summary>
public sealed class SpectrumTests : IDisposable
{
    // Of some hundred comparisons in these tests none is off by five standard errors by chance, but for 6e-5.
    private const double Errors = 5;
    private const ulong Seed = 11;
    private readonly LiveTensors live = new();

    public void Dispose() => live.AssertNoneIsLeft();

    public static TheoryData<Placement, Wiring> Blocks => Models.BlockCases;

    // Products of square Gaussian matrices of entry variance 1/d, two a block: λ_k = ln(2/d) + ψ((d − k + 1)/2) (Newman 1986).
    [Theory]
    [InlineData(WeightSource.Host)]
    [InlineData(WeightSource.Device)]
    public void Products_of_Gaussian_matrices_have_their_known_spectrum(WeightSource source)
    {
        const int Width = 8, Samples = 200;
        Architecture linear = Hybrid.Networks.Tests.Networks.Of(
            Placement.None, Activation.Linear, tokens: 1, depth: 4, width: Width, mlpWidth: Width, attentionBranch: 0);
        linear = linear.With(
            attention: AttentionParameters.Of(1, 0, 1, 1), mlp: MlpParameters.Of(0, 1, 1, 0, 1), input: new InputParameters(1, 0));
        using TorchSpectrumEngine engine = new(linear, Width, Target.Options with { Source = source });
        Estimate[] measured = Exponents(engine, linear, Width, Samples);
        for (int k = 1; k <= Width; k++)
        {
            double known = Math.Log(2.0 / Width) + SpecialFunctions.DiGamma((Width - k + 1) / 2.0);
            Near.Equal($"λ_{k}", known, measured[k - 1].Mean, Errors * measured[k - 1].StandardError + Target.Rounding);
        }
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Networks_of_weights_and_without_have_the_same_exponents(Placement norm, Wiring wiring)
    {
        const int Count = 3, Samples = 64;
        Architecture architecture = Hybrid.Networks.Tests.Networks.Of(
            norm, Activation.Erf, tokens: 3, depth: 2, width: 24, heads: 2, mlpWidth: 30, inStd: 1.5).With(wiring: wiring);
        using TorchSpectrumEngine torch = new(architecture, Count, Target.Options);
        using LyapunovSpectrum without = new(architecture, Count);
        Estimate[] actual = Exponents(torch, architecture, Count, Samples), expected = Exponents(without, architecture, Count, Samples);
        for (int k = 0; k < Count; k++)
        {
            double error = Math.Sqrt(Math.Pow(actual[k].StandardError, 2) + Math.Pow(expected[k].StandardError, 2));
            Near.Equal($"λ_{k + 1}", expected[k].Mean, actual[k].Mean, Errors * error + 2 * Target.Rounding);
        }
    }

    [Fact]
    public void Batches_of_any_size_have_the_same_exponents()
    {
        Architecture architecture = Hybrid.Networks.Tests.Networks.Of(
            Placement.Peri, Activation.Gelu, tokens: 3, depth: 2, width: 16, heads: 2, mlpWidth: 20);
        using TorchSpectrumEngine one = new(architecture, 2, Target.Options with { MostNetworks = 1 });
        using TorchSpectrumEngine three = new(architecture, 2, Target.Options with { MostNetworks = 3 });
        Assert.Equal((1, 3), (one.BatchSize, three.BatchSize));
        double[][][] apart = Plan(architecture, 2, 5), together = Plan(architecture, 2, 5);
        one.Run(Seed, 2, apart);
        three.Run(Seed, 2, together);
        for (int network = 0; network < 5; network++)
        {
            for (int block = 0; block < architecture.Depth; block++)
                Near.Equal($"network {network}", apart[network][block], together[network][block], 4 * Target.Rounding);
        }
    }

    private static Estimate[] Exponents(ISpectrumEngine engine, Architecture architecture, int exponents, int samples)
    {
        double[][][] networks = Plan(architecture, exponents, samples);
        engine.Run(Seed, 0, networks);
        return [.. Enumerable.Range(0, exponents).Select(
            k => Estimate.Of([.. networks.Select(network => network.Average(block => block[k]))]))];
    }

    private static double[][][] Plan(Architecture architecture, int exponents, int samples) =>
        [.. Enumerable.Range(0, samples).Select(
            _ => Enumerable.Range(0, architecture.Depth).Select(_ => new double[exponents]).ToArray())];
}
