using Hybrid.Experiments.Designs;

namespace Hybrid.Experiments.Runs;

/// <summary>One run of an experiment, fixed before anything is measured.</summary>
/// <param name="Experiment">Which.</param>
/// <param name="Scale">How much of it.</param>
/// <param name="Seed">The seed of every random number.</param>
/// <param name="Parallel">Cells at a time, ≥ 1; results do not depend on it.</param>
public sealed record ExperimentPlan(IExperiment Experiment, ExperimentScale Scale, ulong Seed, int Parallel)
{
    /// <summary>The registered design, computed once.</summary>
    public ExperimentDesign Design { get; } = Experiment.Design(Scale);
}
