using Hybrid.Lab.Engines;
using Hybrid.Lab.Probes;
using Hybrid.Lab.Training;

namespace Hybrid.Cli.Shared;

/// <summary>What every verb works with: the streams, the engines, and the outside world's wish to stop.</summary>
/// <param name="Terminal">The streams.</param>
/// <param name="Engines">The engines, the default first.</param>
/// <param name="Cancellation">Set by Ctrl-C.</param>
public sealed record Session(Terminal Terminal, EngineCatalogue Engines, CancellationToken Cancellation)
{
    /// <summary>The engines that train, the default first.</summary>
    public TrainerCatalogue Trainers { get; init; } = BuiltTrainers.Catalogue;

    /// <summary>The engines that run networks whose weights are given, the default first.</summary>
    public NetworkCatalogue Networks { get; init; } = BuiltNetworks.Catalogue;

    /// <summary>Whether the wish to stop came because a task's time on a cluster is nearly over.</summary>
    public Func<bool> TimeIsOver { get; init; } = () => false;
}
