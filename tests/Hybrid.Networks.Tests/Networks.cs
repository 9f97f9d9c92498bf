using Hybrid.Architectures;

namespace Hybrid.Networks.Tests;

/// <summary>Architectures in one line.</summary>
internal static class Networks
{
    /// <summary>All eight placements.</summary>
    public static readonly Placement[] Norms = Placement.All;

    /// <summary>Every wiring that has a name.</summary>
    public static readonly Wiring[] Wirings = [.. WiringModule.Named.Select(named => named.Item2)];

    public static readonly Mask[] Masks = [Mask.None, Mask.Causal];

    public static readonly Activation[] Activations =
    [
        Activation.Linear, Activation.Relu, Activation.LeakyRelu, Activation.Erf, Activation.Tanh, Activation.Gelu,
        Activation.GeluTanh, Activation.Silu, Activation.Sigmoid,
    ];

    /// <summary>The common setting of the reference trajectories, except what is said.</summary>
    public static Architecture Of(
        Placement norm,
        Activation activation,
        int tokens = 32,
        int depth = 12,
        int width = 768,
        int heads = 1,
        int mlpWidth = 0,
        Mask? mask = null,
        bool gated = false,
        double logitStd = 1,
        double valueStd = 1,
        double inStd = 1,
        double biasStd = 0,
        double attentionBranch = 1,
        double mlpBranch = 1,
        double skip = 1,
        double norm0 = 1,
        double correlation = 0.5,
        Wiring? wiring = null) => ArchitectureModule.Defaults.With(
            name: "test",
            tokens: tokens,
            depth: depth,
            width: width,
            heads: heads,
            mlpWidth: mlpWidth == 0 ? width : mlpWidth,
            activation: activation,
            gated: gated,
            norm: norm,
            mask: mask ?? Mask.None,
            wiring: wiring ?? Wiring.Sequential,
            attention: AttentionParameters.Of(Schedule.NewConstant(skip), Schedule.NewConstant(attentionBranch), logitStd, valueStd),
            mlp: MlpParameters.Of(Schedule.NewConstant(skip), Schedule.NewConstant(mlpBranch), inStd, biasStd, 1),
            input: new InputParameters(norm0, correlation));
}
