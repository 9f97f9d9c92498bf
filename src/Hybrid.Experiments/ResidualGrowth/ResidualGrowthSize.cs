using Hybrid.Experiments.Designs;

namespace Hybrid.Experiments.ResidualGrowth;

/// <summary>The size of the networks and of their training.</summary>
/// <param name="Tokens">n.</param>
/// <param name="Depth">L.</param>
/// <param name="Width">d.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="MlpWidth">d_mlp.</param>
/// <param name="Steps">Optimisation steps of a run, a multiple of <see cref="Moments"/>.</param>
/// <param name="Runs">Independent runs of each network, ≥ 2.</param>
/// <param name="Samples">Untrained networks at four times the width, ≥ 2.</param>
internal sealed record ResidualGrowthSize(int Tokens, int Depth, int Width, int Heads, int MlpWidth, int Steps, int Runs, int Samples)
{
    /// <summary>How often a run is measured after its start, the last time at its end.</summary>
    public const int Moments = 4;

    /// <summary>The first boundary that growth is fitted to: the embedding and two blocks are left out.</summary>
    public const int First = 2;

    /// <summary>The last one: the block next to the unembedding is left out.</summary>
    public int Last => Depth - 1;

    /// <summary>Steps from one measurement to the next.</summary>
    public int Every => Steps / Moments;

    public static ResidualGrowthSize Of(ExperimentScale scale) => scale == ExperimentScale.Full
        ? new(32, 24, 64, 2, 128, 540, 8, 8)
        : new(16, 8, 32, 2, 64, 80, 3, 8);
}
