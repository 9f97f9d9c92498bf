using Hybrid.Lab.Engines;
using Hybrid.Networks.Training;

namespace Hybrid.Lab.Training;

/// <summary>An engine that trains.</summary>
/// <param name="Name">The name that --engine takes.</param>
/// <param name="Create">Draws the initial weights; the second argument is the number of threads, on which no result depends.</param>
/// <param name="Bytes">About how much memory the trainer takes with so many threads.</param>
public sealed record TrainerEntry(
    string Name,
    Func<TrainingOptions, int, ITrainer> Create,
    Func<TrainingOptions, int, Int128> Bytes)
{
    /// <summary>Makes the entry for a choice of device, or null of an engine that trains on the processor in one way.</summary>
    public Func<DeviceChoice, TrainerEntry>? OnDevice { get; init; }
}
