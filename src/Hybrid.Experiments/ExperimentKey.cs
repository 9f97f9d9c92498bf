namespace Hybrid.Experiments;

/// <summary>Whose cells: equal keys mean that equal cell keys are the same measurement.</summary>
/// <param name="Experiment">The experiment's name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Seed">The run's seed.</param>
public readonly record struct ExperimentKey(string Experiment, int Version, ulong Seed);
