using Hybrid.Architectures;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;

namespace Hybrid.Experiments.RankCollapse;

/// <summary>Attention alone collapses tokens; with an MLP there is order and chaos: derivation sections 4 and 6.</summary>
internal sealed class RankCollapseExperiment : IExperiment
{
    private static readonly Placement[] Placements = [Placement.None, Placement.Pre, Placement.Post, Placement.Peri, Placement.Output];

    public string Name => "rank-collapse";

    public string Purpose => "Attention alone makes tokens equal; with an MLP they keep apart or collapse as λ_a says.";

    public string Question =>
        "Does self-attention without an MLP make all tokens equal, in every layer and at every placement of the normalisation, "
        + "as the rank-collapse literature claims? Does an MLP decide between order and chaos by the sign of λ_a? And is the whole "
        + "trajectory of the angle, u = 1 − ρ, the predicted one? Networks of erf units with r² = 1 − a², a = 1/2, σ_A = σ_V = σ_v = 1.";

    public int Version => 1;

    public CellNeeds Needs => CellNeeds.Networks;

    public ExperimentDesign Design(ExperimentScale scale)
    {
        RankCollapseSize size = RankCollapseSize.Of(scale);
        Trajectory[] grid = [..
            from regime in Regime.All
            from mask in (Mask[])[Mask.None, Mask.Causal]
            from norm in Placements
            select new Trajectory(regime, norm, mask, size)];
        RankCollapseClaims claims = new(grid, size);
        return new(new(claims.Planned), [.. grid.SelectMany(trajectory => trajectory.Pair.Cells)], claims.Evaluate);
    }
}

/// <summary>The size of the networks and of the ensembles.</summary>
internal sealed record RankCollapseSize(int Tokens, int Depth, int Width, int Heads, int Samples)
{
    public static RankCollapseSize Of(ExperimentScale scale) =>
        scale == ExperimentScale.Full ? new(16, 16, 512, 8, 96) : new(8, 8, 128, 4, 16);

    /// <summary>The layers whose u is registered.</summary>
    public IReadOnlyList<int> Layers => [1, Depth / 4, Depth / 2, Depth];
}
