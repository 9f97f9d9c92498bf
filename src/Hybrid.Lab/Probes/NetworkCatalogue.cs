using Hybrid.Import.Json;
using Hybrid.Lab.Engines;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Training;

namespace Hybrid.Lab.Probes;

/// <summary>The engines that run networks whose weights are given, by name.</summary>
/// <param name="Entries">What is there; the default first.</param>
public sealed record NetworkCatalogue(IReadOnlyList<NetworkEntry> Entries)
{
    /// <summary>The name of the engine that is taken where none is asked for.</summary>
    public string Default => Entries[0].Name;

    /// <summary>The entry of a name for a choice of device.</summary>
    /// <exception cref="EngineMissingException">The engine cannot run on this machine, or the device is not there.</exception>
    /// <exception cref="InputException">No engine of that name runs them, or it offers no such choice.</exception>
    public NetworkEntry Find(string name, DeviceChoice choice)
    {
        NetworkEntry entry = EngineCatalogue.Choose(name, Entries, item => item.Name);
        return choice.Apply(name, entry, entry.OnDevice);
    }
}

/// <summary>An engine that runs networks whose weights are given.</summary>
/// <param name="Name">The name that --engine takes.</param>
/// <param name="Create">
/// Plans a network of a model for so many sequences, with gradients or without; the last argument is the number of threads.
/// </param>
public sealed record NetworkEntry(string Name, Func<ModelOptions, int, bool, int, IMeasuredNetwork> Create)
{
    /// <summary>The dense engine.</summary>
    public static readonly NetworkEntry Dense =
        new("dense", (model, sequences, gradients, threads) => new MeasuredNetwork(model, sequences, gradients, threads));

    /// <summary>Makes the entry for a choice of device, or null of an engine that runs on the processor in one way.</summary>
    public Func<DeviceChoice, NetworkEntry>? OnDevice { get; init; }

    /// <summary>Where it runs and what it was told there, of an engine that has a choice.</summary>
    public string? Device { get; init; }
}
