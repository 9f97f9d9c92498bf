namespace Hybrid.Experiments.Sensitivity;

/// <summary>The size of the networks and of the ensembles.</summary>
internal sealed record SensitivitySize(int Tokens, int Depth, int Width, int Heads, int Samples)
{
    public static SensitivitySize Of(ExperimentScale scale) =>
        scale == ExperimentScale.Full ? new(16, 12, 512, 8, 96) : new(8, 6, 128, 4, 24);
}
