using Hybrid.Architectures;
using Hybrid.Import.Json;
using Hybrid.Lab.Engines;
using Hybrid.Networks.Training;

namespace Hybrid.Lab.Training;

/// <summary>The engines that train, by name.</summary>
/// <param name="Entries">What is there; the default first.</param>
public sealed record TrainerCatalogue(IReadOnlyList<TrainerEntry> Entries)
{
    /// <summary>The name of the engine that is taken where none is asked for.</summary>
    public string Default => Entries[0].Name;

    /// <summary>The entry of a name.</summary>
    /// <exception cref="InputException">No engine of that name trains.</exception>
    public TrainerEntry Find(string name) => EngineCatalogue.Choose(name, Entries, entry => entry.Name);

    /// <summary>The entry of a name for a choice of device.</summary>
    /// <exception cref="EngineMissingException">The engine cannot run on this machine, or the device is not there.</exception>
    /// <exception cref="InputException">No engine of that name trains, or it offers no such choice.</exception>
    public TrainerEntry Find(string name, DeviceChoice choice)
    {
        TrainerEntry entry = Find(name);
        return choice.Apply(name, entry, entry.OnDevice);
    }

    /// <summary>A trainer for a plan, as it begins.</summary>
    /// <exception cref="EngineMissingException">The plan's engine cannot run on this machine, or the device is not there.</exception>
    /// <exception cref="InputException">The engine has no such device, or refuses the plan, or it does not fit into memory.</exception>
    public ITrainer Create(TrainingPlan plan, int threads, DeviceChoice choice)
    {
        TrainerEntry entry = Fitting(plan, threads, choice);
        try
        {
            return entry.Create(plan.Options, threads);
        }
        catch (ArgumentException error) when (error is not InvalidArchitectureException)
        {
            throw new InputException(
                $"engine {entry.Name} cannot train '{plan.Options.Model.Architecture.Name}': {error.Message}", error);
        }
    }

    /// <summary>Refuses a new run that does not fit into memory, or that the processor has no prospect of ending within a day.</summary>
    /// <exception cref="EngineMissingException">The plan's engine cannot run on this machine, or the device is not there.</exception>
    /// <exception cref="InputException">It says how much the run takes.</exception>
    public void EnsureFeasible(TrainingPlan plan, int threads, DeviceChoice choice)
    {
        TrainerEntry entry = Fitting(plan, threads, choice);
        if (entry.OnDevice is null || choice.Device == DeviceChoice.Processor)
            TrainingCost.EnsureWithinADay(plan, threads);
    }

    private TrainerEntry Fitting(TrainingPlan plan, int threads, DeviceChoice choice)
    {
        TrainerEntry entry = Find(plan.Engine, choice);
        string name = plan.Options.Model.Architecture.Name;
        Int128 bytes = entry.Bytes(plan.Options, threads), memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (bytes > memory)
        {
            throw new InputException(
                $"training '{name}' takes {MemorySize.Text(bytes)} of memory, and there are {MemorySize.Text(memory)}; "
                + "give --recompute, a smaller --batch, or --set width=…, depth=… or tokens=…");
        }

        return entry;
    }
}

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
