using BenchmarkDotNet.Attributes;
using Hybrid.Architectures;
using Hybrid.Theory;

namespace Hybrid.Benchmarks;

/// <summary>What an evaluation of the theory costs, with its allocations: run with <c>--filter *Theory*</c>.</summary>
[MemoryDiagnoser]
[ShortRunJob]
public class TheoryBenchmarks
{
    private const int Tokens = 32;

    private readonly Kernel _relu = Kernels.At(Activation.Relu, 2);
    private readonly Kernel _gelu = Kernels.At(Activation.Gelu, 2);
    private readonly Kernel _tanh = Kernels.At(Activation.Tanh, 2);
    private readonly Kernel _steepTanh = Kernels.At(Activation.Tanh, 400);
    private readonly AttentionTable _oneScale = AttentionTable.Build(Tokens, 1, 1, 1e-9);
    private readonly AttentionTable _scales = AttentionTable.Build(Tokens, 0, 2, 1e-9);
    private readonly Architecture _symmetric = Preset("pre-tanh-chaotic");
    private readonly Architecture _causal = Preset("gpt2");

    [Benchmark]
    public double KernelRelu() => _relu.Gap(0.3) + _relu.Chi(0.3);

    [Benchmark]
    public double KernelGelu() => _gelu.Gap(0.3) + _gelu.Chi(0.3);

    [Benchmark]
    public double KernelTanhSeries() => _tanh.Gap(0.3) + _tanh.Chi(0.3);

    [Benchmark]
    public double KernelTanhSetUp() => Kernels.At(Activation.Tanh, 2).Gap(0.3);

    [Benchmark]
    public double KernelTanhSteepQuadrature() => _steepTanh.Gap(0.3) + _steepTanh.Chi(0.3);

    [Benchmark]
    public AttentionMoments MomentsDirect() => AttentionMomentsModule.Compute(Tokens, 0.7, 0.5);

    [Benchmark]
    public AttentionMoments MomentsTableOneScale() => _oneScale.Moments(Math.Sqrt(0.5), 0.5);

    [Benchmark]
    public AttentionMoments MomentsTableScales() => _scales.Moments(0.7, 0.5);

    [Benchmark]
    public Prediction PredictSymmetric() => Predict.Architecture(_symmetric);

    [Benchmark]
    public Prediction PredictCausalGpt2() => Predict.Architecture(_causal);

    [Benchmark]
    [Arguments(64)]
    [Arguments(256)]
    public GramLayer[][] GramLayerOfOneHead(int tokens)
    {
        Architecture layer = ArchitectureModule.Defaults.With(
            name: "layer",
            tokens: tokens,
            depth: 1,
            width: 768,
            heads: 1,
            mlpWidth: 768,
            activation: Activation.Gelu,
            gated: false,
            norm: Placement.Pre,
            mask: Mask.Causal,
            attention: _causal.Attention,
            mlp: _causal.Mlp,
            input: _causal.Input);
        return GramProcess.Draws(layer, GramProcess.Allowed(tokens, Mask.Causal), GramProcess.SymmetricInput(layer), 1, 1);
    }

    /// <summary>λ_a and λ_g at the attracting state over 201 × 201 points of (σ_w, a_M), 32 tokens, both cores.</summary>
    [Benchmark]
    public double PhaseDiagram201()
    {
        PhaseDiagram diagram = PhaseDiagram.Create([_symmetric]);
        double[] rows = new double[201];
        Parallel.For(0, 201, i =>
        {
            for (int j = 0; j <= 200; j++)
                rows[i] += diagram.At(Point(0.5 + 7.5 * i / 200, 0.1 + 1.4 * j / 200)).Gradient;
        });
        return rows.Sum();
    }

    private Architecture Point(double inStd, double branch)
    {
        MlpParameters mlp = MlpParameters.Of(_symmetric.Mlp.Skip, Schedule.NewConstant(branch), inStd, 0, 1);
        return ArchitectureModule.Defaults.With(
            name: "point",
            tokens: Tokens,
            depth: 12,
            width: 512,
            heads: 8,
            mlpWidth: 512,
            activation: Activation.Tanh,
            gated: false,
            norm: Placement.Pre,
            mask: Mask.None,
            attention: _symmetric.Attention,
            mlp: mlp,
            input: _symmetric.Input);
    }

    private static Architecture Preset(string name) =>
        Presets.All.Single(preset => preset.Architecture.Name == name).Architecture;
}
