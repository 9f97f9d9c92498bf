using Hybrid.Architectures;

namespace Hybrid.Networks.Tests;

/// <summary>One row of the reference trajectories: n = 32, L = 12, q₀ = 1, ρ₀ = ½, σ_A = σ_V = σ_v = 1.</summary>
/// <param name="Name">As in the table.</param>
/// <param name="Architecture">The network of a width; the MLP is as wide as the stream.</param>
/// <param name="Forward">(q, p) at layers 1, 6, 12.</param>
/// <param name="Backward">(g_d, g_o) at layers 0, 6.</param>
public sealed record ReferenceTrajectory(
    string Name, Func<int, Architecture> Architecture, (double Q, double P)[] Forward, (double D, double O)[] Backward)
{
    /// <summary>Layers of <see cref="Forward"/>.</summary>
    public static readonly int[] ForwardLayers = [1, 6, 12];

    /// <summary>Layers of <see cref="Backward"/>.</summary>
    public static readonly int[] BackwardLayers = [0, 6];

    /// <summary>The whole table: limits of infinite width, to the digits given.</summary>
    public static readonly ReferenceTrajectory[] All =
    [
        new(
            "pre ReLU",
            width => Networks.Of(Placement.Pre, Activation.Relu, width: width, inStd: Math.Sqrt(2)),
            [(2.5247, 1.7467), (11.5167, 9.9585), (22.8534, 20.7101)],
            [(6.779, 0.8379), (1.449, 0.01951)]),
        new(
            "post ReLU",
            width => Networks.Of(Placement.Post, Activation.Relu, width: width, inStd: Math.Sqrt(2)),
            [(1, 0.6979), (1, 0.9892), (1, 0.9998)],
            [(0.05965, 0.03591), (0.04643, 0.02983)]),
        new(
            "peri GELU",
            width => Networks.Of(Placement.Peri, Activation.Gelu, width: width),
            [(3.0000, 2.2367), (13.0000, 11.4828), (25.0000, 22.8880)],
            [(6.710, 1.264), (1.429, 0.01949)]),
        new(
            "peri tanh",
            width => Networks.Of(Placement.Peri, Activation.Tanh, width: width, attentionBranch: 0.1, mlpBranch: 0.1, inStd: 2),
            [(1.0200, 0.5143), (1.1200, 0.5862), (1.2400, 0.6737)],
            [(1.208, 0.007578), (1.093, 0.003098)]),
        new(
            "post tanh",
            width => Networks.Of(
                Placement.Post, Activation.Tanh, width: width, attentionBranch: 0.4, mlpBranch: 0.8, logitStd: 3, inStd: 3),
            [(1, 0.5033), (1, 0.5186), (1, 0.5343)],
            [(65.68, 0.2961), (7.900, 0.03475)]),
    ];

    public override string ToString() => Name;
}
