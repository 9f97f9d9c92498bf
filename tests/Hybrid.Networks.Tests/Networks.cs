using Hybrid.Architectures;
using Microsoft.FSharp.Core;

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

    /// <summary>What masks and heads can have besides, by name: each as a change of an architecture of four tokens or more.</summary>
    public static readonly IReadOnlyDictionary<string, Func<Architecture, Architecture>> HeadFeatures =
        new Dictionary<string, Func<Architecture, Architecture>>
        {
            ["window"] = a => a.With(mask: Mask.NewWindow(2)),
            ["prefix"] = a => a.With(mask: Mask.NewPrefix(3)),
            ["mask by layer"] = a => a.With(mask: Mask.NewPerLayer([.. ByLayer(a, Mask.NewWindow(3), Mask.Causal)])),
            ["rotary"] = a => WithHead(a, Positions.NewRope(30, 1)),
            ["half rotary"] = a => WithHead(a, Positions.NewRope(30, 0.5)),
            ["ALiBi"] = a => WithHead(a, Positions.Alibi),
            ["positions by layer"] = a =>
                WithHead(a, Positions.NewPerLayer([.. ByLayer(a, Positions.NewRope(30, 1), Positions.None, Positions.Alibi)])),
            ["sink"] = a => WithHead(a, Positions.None, 0.6),
            ["rotary in a window beside a sink"] = a => WithHead(a.With(mask: Mask.NewWindow(3)), Positions.NewRope(30, 1), 0.6),
            ["ALiBi behind a prefix beside a sink"] = a => WithHead(a.With(mask: Mask.NewPrefix(2)), Positions.Alibi, 0.6),
        };

    private static IEnumerable<T> ByLayer<T>(Architecture architecture, params T[] values) =>
        Enumerable.Range(0, architecture.Depth).Select(layer => values[layer % values.Length]);

    private static Architecture WithHead(Architecture architecture, Positions positions, double? sink = null) =>
        architecture.With(attention: architecture.Attention.With(head: new(
            null, null, positions, QueryKeyNorm.None, null, sink is { } value ? FSharpOption<double>.Some(value) : null)));

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
