using Hybrid.Experiments.Designs;

namespace Hybrid.Experiments.Departures;

/// <summary>The size of the networks and of their training.</summary>
/// <param name="Tokens">n.</param>
/// <param name="Depth">L, even.</param>
/// <param name="Width">d.</param>
/// <param name="Steps">Optimisation steps of a run.</param>
/// <param name="Runs">Independent runs of each placement, ≥ 2.</param>
/// <param name="Sequences">Sequences from whose embedded tokens the theory starts, and along which exponents are measured.</param>
internal sealed record DepartureSize(int Tokens, int Depth, int Width, int Steps, int Runs, int Sequences)
{
    /// <summary>H.</summary>
    public const int Heads = 2;

    public static DepartureSize Of(ExperimentScale scale) =>
        scale == ExperimentScale.Full ? new(16, 12, 64, 400, 12, 4) : new(8, 6, 32, 60, 3, 2);
}
