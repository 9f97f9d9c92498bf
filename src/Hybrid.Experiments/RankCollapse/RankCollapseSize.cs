namespace Hybrid.Experiments.RankCollapse;

/// <summary>The size of the networks and of the ensembles.</summary>
internal sealed record RankCollapseSize(int Tokens, int Depth, int Width, int Heads, int Samples)
{
    public static RankCollapseSize Of(ExperimentScale scale) =>
        scale == ExperimentScale.Full ? new(16, 16, 512, 8, 96) : new(8, 8, 128, 4, 16);

    /// <summary>The layers whose u is registered.</summary>
    public IReadOnlyList<int> Layers => [1, Depth / 4, Depth / 2, Depth];
}
