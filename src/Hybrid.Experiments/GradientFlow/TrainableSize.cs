using Hybrid.Experiments.Designs;

namespace Hybrid.Experiments.GradientFlow;

/// <summary>The size of the trainable networks, of their ensembles at initialisation and of the runs.</summary>
/// <param name="Tokens">n.</param>
/// <param name="Depth">L, a multiple of 4.</param>
/// <param name="Width">d of the networks that are trained.</param>
/// <param name="Networks">
/// At initialisation, of <see cref="WideWidth"/>; four times as many of the trained width.
/// </param>
/// <param name="InitialSequences">Sequences that each of these sees.</param>
/// <param name="Sequences">B of their batches.</param>
/// <param name="Runs">Independent runs of each placement.</param>
/// <param name="Steps">Of each run, a multiple of 3.</param>
internal sealed record TrainableSize(
    int Tokens, int Depth, int Width, int Networks, int InitialSequences, int Sequences, int Runs, int Steps)
{
    public const int Heads = 4;

    public static TrainableSize Of(ExperimentScale scale) => scale == ExperimentScale.Full
        ? new(32, 16, 64, 72, 4, 8, 10, 420)
        : new(8, 8, 32, 16, 4, 8, 4, 42);

    /// <summary>d of the networks at initialisation from which the trained width is carried to infinite width.</summary>
    public int WideWidth => 4 * Width;

    /// <summary>The layers whose token gradients are tested; at the output they are the unit.</summary>
    public IReadOnlyList<int> Layers => [0, Depth / 4, Depth / 2, 3 * Depth / 4];

    /// <summary>The steps after which the network in training is observed.</summary>
    public IReadOnlyList<int> Moments => [0, Every, 2 * Every, Steps];

    public int Every => Steps / 3;
}
