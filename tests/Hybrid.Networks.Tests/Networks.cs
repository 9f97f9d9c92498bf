using Hybrid.Architectures;

namespace Hybrid.Networks.Tests;

/// <summary>Architectures in one line.</summary>
internal static class Networks
{
    public static readonly Placement[] Norms = [Placement.None, Placement.Pre, Placement.Post, Placement.Peri, Placement.Output];

    public static readonly Mask[] Masks = [Mask.None, Mask.Causal];

    public static readonly Activation[] Activations =
    [
        Activation.Linear, Activation.Relu, Activation.LeakyRelu, Activation.Erf, Activation.Tanh, Activation.Gelu,
        Activation.GeluTanh, Activation.Silu, Activation.Sigmoid,
    ];

    /// <summary>theory.md section 7's common setting, except what is said.</summary>
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
        double correlation = 0.5) => ArchitectureModule.Defaults.With(
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
            attention: new AttentionParameters(Schedule.NewConstant(skip), Schedule.NewConstant(attentionBranch), logitStd, valueStd),
            mlp: new MlpParameters(Schedule.NewConstant(skip), Schedule.NewConstant(mlpBranch), inStd, biasStd, 1),
            input: new InputParameters(norm0, correlation));
}
