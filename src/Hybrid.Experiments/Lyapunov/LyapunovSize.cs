namespace Hybrid.Experiments.Lyapunov;

/// <summary>The size of networks and ensembles, and the length of orbits.</summary>
internal sealed record LyapunovSize(int Tokens, int Depth, int Width, int Heads, int Samples, int Products, int Orbits, int Steps)
{
    public static LyapunovSize Of(ExperimentScale scale) =>
        scale == ExperimentScale.Full ? new(16, 12, 512, 8, 96, 2000, 32, 100_000) : new(8, 6, 128, 4, 24, 500, 8, 5000);
}
