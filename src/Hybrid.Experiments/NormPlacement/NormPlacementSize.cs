using Hybrid.Experiments.Designs;
using static Hybrid.Networks.Training.OptimiserKind;

namespace Hybrid.Experiments.NormPlacement;

/// <summary>The size of the networks, of the grid and of the training.</summary>
/// <param name="Depth">L, ≥ 6 so that three forms of growth can be compared.</param>
/// <param name="Width">d; the MLP is twice as wide.</param>
/// <param name="Steps">Δt, the branch weight of both sublayers, the largest first.</param>
/// <param name="Settings">Optimisers; the first is the gentlest, whose networks the figures show.</param>
/// <param name="Runs">Independent runs of each network with each optimiser, ≥ 2.</param>
/// <param name="Decays">Weight decays that are compared under pre, ascending from 0.</param>
/// <param name="DecayRuns">Runs of each of them, ≥ 2.</param>
/// <param name="TrainingSteps">Optimisation steps of a run.</param>
/// <param name="Every">Steps between two checks of the peri bound.</param>
internal sealed record NormPlacementSize(
    int Depth,
    int Width,
    IReadOnlyList<double> Steps,
    IReadOnlyList<OptimiserSetting> Settings,
    int Runs,
    IReadOnlyList<double> Decays,
    int DecayRuns,
    int TrainingSteps,
    int Every)
{
    public static NormPlacementSize Of(ExperimentScale scale) => scale == ExperimentScale.Full
        ? new(
            Depth: 16,
            Width: 64,
            Steps: [1, 0.5, 0.1],
            Settings:
            [
                new(AdamW, 1e-2, WarmupSteps: 30),
                new(AdamW, 1e-2),
                new(AdamW, 3e-2),
                new(AdamW, 1e-1),
                new(Sgd, 0.1),
                new(Sgd, 0.2),
                new(Sgd, 0.4),
                new(Sgd, 0.8),
                new(Sgd, 1.6),
            ],
            Runs: 5,
            Decays: [0, 0.1, 1],
            DecayRuns: 8,
            TrainingSteps: 200,
            Every: 10)
        : new(
            Depth: 8,
            Width: 32,
            Steps: [1, 0.1],
            Settings: [new(AdamW, 1e-2, WarmupSteps: 10), new(AdamW, 3e-2), new(Sgd, 0.4), new(Sgd, 1.6)],
            Runs: 2,
            Decays: [0, 1],
            DecayRuns: 2,
            TrainingSteps: 40,
            Every: 10);
}
