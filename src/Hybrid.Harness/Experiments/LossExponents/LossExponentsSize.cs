namespace Hybrid.Harness.Experiments.LossExponents;

/// <summary>The size of the networks, of the grid and of the training.</summary>
/// <param name="Depth">L.</param>
/// <param name="Branches">a of both sublayers.</param>
/// <param name="InStds">σ_w.</param>
/// <param name="Runs">Independent runs of each architecture, ≥ 2.</param>
/// <param name="Steps">Optimisation steps of a run.</param>
internal sealed record LossExponentsSize(int Depth, IReadOnlyList<double> Branches, IReadOnlyList<double> InStds, int Runs, int Steps)
{
    public static LossExponentsSize Of(ExperimentScale scale) => scale == ExperimentScale.Full
        ? new(16, [0.2, 0.5, 0.8], [0.5, 1, 2, 4, 8, 16], 3, 800)
        : new(16, [0.2, 0.8], [0.5, 2, 16], 2, 60);
}
