using Hybrid.Architectures;

namespace Hybrid.Experiments.PhaseBoundary;

/// <summary>The registered lines.</summary>
internal static class BoundaryLines
{
    /// <summary>Lines with one zero.</summary>
    public static readonly IReadOnlyList<BoundaryLine> WithZero =
    [
        Angle("tanh, none", "σ_w", x => new(Activation.Tanh, Placement.None) { InStd = x }, 2, 10),
        Angle("tanh, pre", "σ_w", x => new(Activation.Tanh, Placement.Pre) { InStd = x }, 2, 10),
        Angle("tanh, post", "σ_w", x => new(Activation.Tanh, Placement.Post) { InStd = x }, 2, 10),
        Angle("tanh, peri", "σ_w", x => new(Activation.Tanh, Placement.Peri) { InStd = x }, 2, 10),
        Angle("erf, output", "σ_w", x => new(Activation.Erf, Placement.Output) { InStd = x }, 1.5, 10),
        Angle("erf, pre", "σ_w", x => new(Activation.Erf, Placement.Pre) { InStd = x }, 2, 10),
        Angle("sigmoid, post", "σ_w", x => new(Activation.Sigmoid, Placement.Post) { InStd = x }, 10, 60),
        Angle("tanh, pre, a_A = 0.2", "σ_w", x => new(Activation.Tanh, Placement.Pre) { AttentionBranch = 0.2, InStd = x }, 0.7, 4),
        Angle("tanh, post, σ_w = 6", "a_M", x => new(Activation.Tanh, Placement.Post) { MlpBranch = x, InStd = 6 }, 0.1, 0.9),
        Angle("tanh, peri, σ_w = 3", "a_A", x => new(Activation.Tanh, Placement.Peri) { AttentionBranch = x, InStd = 3 }, 0.1, 0.9),
        Angle("tanh, pre, σ_w = 8", "σ_b", x => new(Activation.Tanh, Placement.Pre) { InStd = 8, BiasStd = x }, 3, 20),
        Angle("erf, post, σ_w = 8", "σ_V", x => new(Activation.Erf, Placement.Post) { InStd = 8, ValueStd = x }, 0.5, 5),
        Angle("erf, pre, σ_w = 8", "σ_v", x => new(Activation.Erf, Placement.Pre) { InStd = 8, OutStd = x }, 0.2, 2),
        Angle("tanh, none, σ_w = 3", "σ_V", x => new(Activation.Tanh, Placement.None) { InStd = 3, ValueStd = x }, 0.3, 1.2),
        Angle("plain tanh, σ_b = 0.3", "σ_w", x => BoundaryNetwork.Plain(Activation.Tanh) with { InStd = x, BiasStd = 0.3 }, 0.8, 3),
        Tokens("tanh, peri, σ_A = 0.5, 8 tokens", "σ_w", x => new(Activation.Tanh, Placement.Peri) { LogitStd = 0.5, InStd = x }, 2, 10),
        Tokens("tanh, peri, σ_A = 4, 8 tokens", "σ_w", x => new(Activation.Tanh, Placement.Peri) { LogitStd = 4, InStd = x }, 2, 10),
        Tokens("erf, post, σ_A = 2, 8 tokens", "σ_w", x => new(Activation.Erf, Placement.Post) { LogitStd = 2, InStd = x }, 2, 10),
        Gradient("ReLU, none", "σ_w", x => new(Activation.Relu, Placement.None) { InStd = x }, 0.7, 3),
        Gradient("plain ReLU (He)", "σ_w", x => BoundaryNetwork.Plain(Activation.Relu) with { InStd = x }, 0.7, 3),
        Gradient("tanh, none, σ_w = 2", "σ_b", x => new(Activation.Tanh, Placement.None) { InStd = 2, BiasStd = x }, 0.5, 4),
        Gradient("sigmoid, pre", "σ_w", x => new(Activation.Sigmoid, Placement.Pre) { InStd = x }, 3, 20),
        Gradient("tanh, pre, σ_w = 2", "σ_b", x => new(Activation.Tanh, Placement.Pre) { InStd = 2, BiasStd = x }, 0.7, 6),
        Gradient("tanh, post, σ_w = 2", "σ_b", x => new(Activation.Tanh, Placement.Post) { InStd = 2, BiasStd = x }, 0.7, 6),
        Gradient("GELU, peri, σ_w = 2", "σ_b", x => new(Activation.Gelu, Placement.Peri) { InStd = 2, BiasStd = x }, 0.1, 2),
        Gradient("plain tanh, σ_b = 0.3", "σ_w", x => BoundaryNetwork.Plain(Activation.Tanh) with { InStd = x, BiasStd = 0.3 }, 0.8, 3),
    ];

    /// <summary>Lines without.</summary>
    public static readonly IReadOnlyList<NoBoundary> WithoutZero =
    [
        new("tanh, pre", ExponentKind.Gradient, +1, "σ_w",
            x => new BoundaryNetwork(Activation.Tanh, Placement.Pre) { InStd = x }.Build(), [2, 4, 8]),
        new("erf, peri", ExponentKind.Gradient, +1, "σ_w",
            x => new BoundaryNetwork(Activation.Erf, Placement.Peri) { InStd = x }.Build(), [2, 4, 8]),
        new("ReLU, post", ExponentKind.Angle, -1, "σ_w",
            x => new BoundaryNetwork(Activation.Relu, Placement.Post) { InStd = x }.Build(), [0.5, 2, 8]),
        new("SiLU, post", ExponentKind.Angle, -1, "σ_w",
            x => new BoundaryNetwork(Activation.Silu, Placement.Post) { InStd = x }.Build(), [0.5, 2, 8]),
        new("ReLU, post", ExponentKind.Gradient, 0, "σ_w",
            x => new BoundaryNetwork(Activation.Relu, Placement.Post) { InStd = x }.Build(), [0.5, 2, 8]),
        new("ReLU, pre", ExponentKind.Gradient, 0, "σ_w",
            x => new BoundaryNetwork(Activation.Relu, Placement.Pre) { InStd = x }.Build(), [0.5, 2, 8]),
    ];

    private static BoundaryLine Angle(string subject, string parameter, Func<double, BoundaryNetwork> at, double low, double high) =>
        new($"λ_a: {subject}", ExponentKind.Angle, parameter, x => at(x).Build(), low, high);

    private static BoundaryLine Tokens(string subject, string parameter, Func<double, BoundaryNetwork> at, double low, double high) =>
        new($"λ_a: {subject}", ExponentKind.AngleOfTokens, parameter, x => at(x).Build(), low, high);

    private static BoundaryLine Gradient(string subject, string parameter, Func<double, BoundaryNetwork> at, double low, double high) =>
        new($"λ_g: {subject}", ExponentKind.Gradient, parameter, x => at(x).Build(), low, high);
}
