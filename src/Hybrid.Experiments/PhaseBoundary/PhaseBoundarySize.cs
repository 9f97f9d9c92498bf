namespace Hybrid.Experiments.PhaseBoundary;

/// <summary>The size of networks and ensembles, and where a line is measured, in fractions of its predicted zero.</summary>
/// <param name="Depth">L.</param>
/// <param name="Width">d, the larger of the two.</param>
/// <param name="Samples">Networks at that width.</param>
/// <param name="Offsets">x/x* − 1 of the measured points.</param>
/// <param name="Every">1 for every line, 5 for every fifth.</param>
internal sealed record PhaseBoundarySize(int Depth, int Width, int Samples, IReadOnlyList<double> Offsets, int Every)
{
    public static PhaseBoundarySize Of(ExperimentScale scale) => scale == ExperimentScale.Full
        ? new(8, 512, 768, [-0.2, -0.1, 0, 0.1, 0.2], 1)
        : new(4, 128, 64, [-0.25, 0, 0.25], 5);
}
