namespace Hybrid.Experiments.Lyapunov;

/// <summary>The size of the networks that are trained.</summary>
/// <param name="Tokens">n.</param>
/// <param name="Depth">L.</param>
/// <param name="Width">d.</param>
/// <param name="Sequences">B of a batch.</param>
/// <param name="Trajectories">Sequences of the validation batch whose exponents are measured.</param>
/// <param name="Exponents">k leading exponents.</param>
/// <param name="Runs">Independent runs of each placement.</param>
/// <param name="Steps">Of each run.</param>
internal sealed record TrainedSize(
    int Tokens, int Depth, int Width, int Sequences, int Trajectories, int Exponents, int Runs, int Steps)
{
    public static TrainedSize Of(ExperimentScale scale) =>
        scale == ExperimentScale.Full ? new(16, 12, 64, 16, 4, 6, 16, 400) : new(8, 6, 32, 8, 2, 3, 4, 40);

    /// <summary>Networks so small that their whole spectrum is measured: n d = 64.</summary>
    public static TrainedSize Complete(ExperimentScale scale) =>
        scale == ExperimentScale.Full ? new(4, 6, 16, 16, 4, 64, 4, 400) : new(4, 3, 16, 8, 1, 64, 2, 40);
}
