using Hybrid.Experiments.Designs;

namespace Hybrid.Experiments.LossExponents;

/// <summary>The grid of each placement and the length of the training.</summary>
/// <param name="Branches">a of both sublayers.</param>
/// <param name="InStds">σ_w.</param>
/// <param name="LogitStds">σ_A, ≥ 2 of them.</param>
/// <param name="Depths">L.</param>
/// <param name="Runs">Independent runs of each network, ≥ 2.</param>
/// <param name="Steps">Optimisation steps of a run.</param>
internal sealed record LossExponentsSize(
    IReadOnlyList<double> Branches,
    IReadOnlyList<double> InStds,
    IReadOnlyList<double> LogitStds,
    IReadOnlyList<int> Depths,
    int Runs,
    int Steps)
{
    public static LossExponentsSize Of(ExperimentScale scale) => scale == ExperimentScale.Full
        ? new([0.1, 0.2, 0.4, 0.6, 0.8], [0.5, 1, 2, 4, 8], [0.5, 2], [4, 8, 16], 2, 600)
        : new([0.2, 0.8], [0.5, 8], [0.5, 2], [4, 8], 2, 40);
}
