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

    /// <summary>
    /// What masks, heads and norms can have besides, by name: each as a change of an architecture of four tokens or more and three heads.
    /// </summary>
    public static readonly IReadOnlyDictionary<string, Func<Architecture, Architecture>> Features =
        new Dictionary<string, Func<Architecture, Architecture>>
        {
            ["window"] = a => a.With(mask: Mask.NewWindow(2)),
            ["prefix"] = a => a.With(mask: Mask.NewPrefix(3)),
            ["mask by layer"] = a => a.With(mask: Mask.NewPerLayer([.. ByLayer(a, Mask.NewWindow(3), Mask.Causal)])),
            ["rotary"] = a => WithHead(a, positions: Positions.NewRope(30, 1)),
            ["half rotary"] = a => WithHead(a, positions: Positions.NewRope(30, 0.5)),
            ["ALiBi"] = a => WithHead(a, positions: Positions.Alibi),
            ["positions by layer"] = a =>
                WithHead(a, positions: Positions.NewPerLayer([.. ByLayer(a, Positions.NewRope(30, 1), Positions.None, Positions.Alibi)])),
            ["sink"] = a => WithHead(a, sink: 0.6),
            ["rotary in a window beside a sink"] = a =>
                WithHead(a.With(mask: Mask.NewWindow(3)), positions: Positions.NewRope(30, 1), sink: 0.6),
            ["ALiBi behind a prefix beside a sink"] = a =>
                WithHead(a.With(mask: Mask.NewPrefix(2)), positions: Positions.Alibi, sink: 0.6),
            ["heads of a width of their own"] = a => WithHead(a, width: 5),
            ["keys and values for all queries"] = a => WithHead(a, keyValueHeads: 1),
            ["keys and values for pairs of queries"] = a =>
                WithHead(a.With(heads: 6), keyValueHeads: 3, positions: Positions.NewRope(30, 1)),
            ["queries and keys normalised"] = a => WithHead(a, norm: QueryKeyNorm.Head),
            ["queries and keys normalised together"] = a => WithHead(a, norm: QueryKeyNorm.All, keyValueHeads: 1),
            ["queries and keys normalised and turned"] = a =>
                WithHead(a, norm: QueryKeyNorm.Head, positions: Positions.NewRope(30, 1), width: 6),
            ["cap"] = a => WithHead(a, softCap: 0.7),
            ["logits by layer"] = a => WithHead(a, logitScale: Schedule.NewPerLayer([.. ByLayer(a, 0.7, 1.6)])),
            ["logits of normalised queries and keys by layer"] = a =>
                WithHead(a, norm: QueryKeyNorm.Head, logitScale: Schedule.NewPerLayer([.. ByLayer(a, 0.7, 1.6)])),
            ["everything about heads"] = a => WithHead(
                a.With(mask: Mask.NewWindow(3)), 6, 1, Positions.NewRope(30, 0.5), QueryKeyNorm.Head, softCap: 1.3, sink: 0.6),
            ["experts"] = a => WithExperts(a, Gate.Renormalised),
            ["experts by softmax beside a shared one"] = a => WithExperts(a, Gate.Softmax, shared: 0.4),
            ["experts by logistic functions behind a dense layer"] = a => WithExperts(a, Gate.Sigmoid, shared: 0.4, dense: 1),
            ["gains by layer"] = a => a.With(norm: Placement.Peri, normGain: Schedule.NewPerLayer([.. ByLayer(a, 0.7, 1.4)])),
            ["gains on the sum"] = a => a.With(norm: Placement.Post, normGain: Schedule.NewConstant(0.7)),
            ["dynamic tanh"] = a => a.With(normKind: NormKind.NewDyT(0.6)),
            ["dynamic tanh with gains on the sum and on branches"] = a => a.With(
                norm: Placement.Output, normKind: NormKind.NewDyT(0.6), normGain: Schedule.NewPerLayer([.. ByLayer(a, 0.7, 1.4)])),
        };

    private static IEnumerable<T> ByLayer<T>(Architecture architecture, params T[] values) =>
        Enumerable.Range(0, architecture.Depth).Select(layer => values[layer % values.Length]);

    /// <summary>With what its heads have besides.</summary>
    public static Architecture WithHead(
        Architecture architecture,
        int? width = null,
        int? keyValueHeads = null,
        Positions? positions = null,
        QueryKeyNorm? norm = null,
        double? softCap = null,
        double? sink = null,
        Schedule? logitScale = null) => architecture.With(attention: architecture.Attention.With(head: new(
            Option(width), Option(keyValueHeads), positions ?? Positions.None, norm ?? QueryKeyNorm.None,
            logitScale ?? Schedule.NewConstant(1), Option(softCap), Option(sink))));

    /// <summary>With experts, five of which two are active.</summary>
    public static Architecture WithExperts(Architecture architecture, Gate gate, double shared = 0, int dense = 0) =>
        architecture.With(mlp: architecture.Mlp.With(experts: new(5, 2, gate, 1.5, 1.2, shared, dense)));

    private static FSharpOption<T>? Option<T>(T? value)
        where T : struct => value is { } given ? FSharpOption<T>.Some(given) : null;

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
