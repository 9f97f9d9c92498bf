using System.Text.Json.Nodes;
using Hybrid.Import.Json;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Training;
using Hybrid.Networks.Training;

namespace Hybrid.Experiments.Runs;

/// <summary>The engine that trains the networks of an experiment, where it is another than its own.</summary>
/// <param name="Trainers">The engines by name.</param>
/// <param name="Name">Which of them.</param>
/// <param name="Device">Where and in which precision; looked for where a cell is measured.</param>
public sealed record ExperimentEngine(TrainerCatalogue Trainers, string Name, DeviceChoice Device)
{
    /// <summary>Engine and precision, unless it is the single one, on which results depend; of files and of the store.</summary>
    public string Label => Device.Precision is null or "single" ? Name : $"{Name}-{Device.Precision}";

    /// <summary>A trainer of one thread, as it begins.</summary>
    /// <exception cref="EngineMissingException">The engine cannot run on this machine, or the device is not there.</exception>
    /// <exception cref="InputException">There is no such engine, or it offers no such choice.</exception>
    public ITrainer Create(TrainingOptions options) => Trainers.Find(Name, Device).Create(options, 1);

    /// <summary>Says where the engine cannot run on this machine.</summary>
    /// <exception cref="EngineMissingException">The engine cannot run on this machine, or the device is not there.</exception>
    /// <exception cref="InputException">There is no such engine, or it offers no such choice.</exception>
    public void EnsureThere() => Trainers.Find(Name, Device);

    /// <summary>What a plan says of it.</summary>
    internal void AddTo(JsonObject question)
    {
        question["engine"] = Name;
        question["device"] = Device.Device;
        question["precision"] = Device.Precision;
    }

    /// <summary>Reads <see cref="AddTo"/>; null where a plan names no engine.</summary>
    internal static ExperimentEngine? Of(JsonObject question, TrainerCatalogue trainers) => (string?)question["engine"] is string name
        ? new(trainers, name, new((string?)question["device"], (string?)question["precision"]))
        : null;
}
