using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;

namespace Hybrid.Experiments.Runs;

/// <summary>One run of an experiment, fixed before anything is measured.</summary>
/// <param name="Experiment">Which.</param>
/// <param name="Scale">How much of it.</param>
/// <param name="Seed">The seed of every random number.</param>
/// <param name="Parallel">Cells at a time, ≥ 1; results do not depend on it.</param>
/// <param name="Engine">What measures its cells; null: its own engines.</param>
public sealed record ExperimentPlan(
    IExperiment Experiment, ExperimentScale Scale, ulong Seed, int Parallel, ExperimentEngine? Engine = null)
{
    /// <summary>The name of its results: those of another engine are results of their own.</summary>
    public string Name => (Scale == ExperimentScale.Quick ? $"{Experiment.Name}-quick" : Experiment.Name)
        + (Engine is null ? "" : $"-{Engine.Label}");

    /// <summary>Whose its cells are in a store.</summary>
    public ExperimentKey Key =>
        new(Engine is null ? Experiment.Name : $"{Experiment.Name} on {Engine.Label}", Experiment.Version, Seed);

    /// <summary>What measures its cells, on the device, which is looked for here and now.</summary>
    internal CellEngines Engines => Engine?.Found() ?? CellEngines.Own;

    /// <summary>The registered design, computed once.</summary>
    public ExperimentDesign Design { get; } = Experiment.Design(Scale);
}
