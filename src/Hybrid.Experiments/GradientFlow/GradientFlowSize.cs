namespace Hybrid.Experiments.GradientFlow;

/// <summary>The size of the networks and of the ensembles.</summary>
internal sealed record GradientFlowSize(int Tokens, int Depth, int Width, int Heads, int Samples)
{
    public static GradientFlowSize Of(ExperimentScale scale) =>
        scale == ExperimentScale.Full ? new(16, 16, 512, 8, 384) : new(8, 8, 128, 4, 24);

    /// <summary>The layers whose token gradients are registered; at the output they are given.</summary>
    public IReadOnlyList<int> Layers => [0, Depth / 4, Depth / 2, 3 * Depth / 4];

    /// <summary>The blocks whose weight gradients are registered.</summary>
    public IReadOnlyList<int> Blocks => [1, Depth / 2, Depth];
}
