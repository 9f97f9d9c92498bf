namespace Hybrid.Experiments.RankCollapse;

/// <summary>What the blocks of a network consist of.</summary>
/// <param name="Name">As in tables.</param>
/// <param name="MlpBranch">a_M; 0 for attention alone.</param>
/// <param name="InStd">σ_w of the MLP, which decides between order and chaos.</param>
/// <param name="InputCorrelation">ρ₀.</param>
internal sealed record Regime(string Name, double MlpBranch, double InStd, double InputCorrelation)
{
    /// <summary>Attention alone from uncorrelated tokens: the claim is that they collapse.</summary>
    public static readonly Regime AttentionAlone = new("attention alone", 0, 1, 0);

    /// <summary>With an MLP that keeps the order, from tokens that are nearly equal.</summary>
    public static readonly Regime Ordered = new("ordered MLP", 0.5, 1, 0.95);

    /// <summary>With an MLP that makes chaos, from the same tokens.</summary>
    public static readonly Regime Chaotic = new("chaotic MLP", 0.5, 8, 0.95);

    /// <summary>All three.</summary>
    public static readonly IReadOnlyList<Regime> All = [AttentionAlone, Ordered, Chaotic];
}
