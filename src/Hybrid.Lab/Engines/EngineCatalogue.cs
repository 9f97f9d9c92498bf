using Hybrid.Architectures;
using Hybrid.Import.Json;

namespace Hybrid.Lab.Engines;

/// <summary>The engines of the command by name.</summary>
/// <param name="Entries">What is there, in the order in which one is taken where none is asked for.</param>
public sealed record EngineCatalogue(IReadOnlyList<EngineEntry> Entries)
{
    /// <summary>
    /// The name of the engine that is taken where none is asked for: the first that can draw networks of all
    /// <paramref name="architectures"/> and runs on this machine; where none does, the first, which says why it cannot.
    /// </summary>
    public string DefaultFor(params ReadOnlySpan<Architecture> architectures)
    {
        foreach (EngineEntry entry in Entries)
        {
            bool knows = true;
            foreach (Architecture architecture in architectures)
                knows &= entry.Knows(architecture);
            if (knows && entry.WhyMissing() is null)
                return entry.Name;
        }

        return Entries[0].Name;
    }

    /// <summary>The entry of a name.</summary>
    /// <exception cref="InputException">There is no engine of that name.</exception>
    public EngineEntry Find(string name) => Choose(name, Entries, entry => entry.Name);

    /// <summary>The entry of a name for a choice of device.</summary>
    /// <exception cref="EngineMissingException">The engine cannot run on this machine, or the device is not there.</exception>
    /// <exception cref="InputException">There is no engine of that name, or it offers no such choice.</exception>
    public EngineEntry Find(string name, DeviceChoice choice)
    {
        EngineEntry entry = Find(name);
        return choice.Apply(name, entry, entry.OnDevice);
    }

    /// <summary>The entry of a name among those of one kind of work.</summary>
    internal static T Choose<T>(string name, IReadOnlyList<T> entries, Func<T, string> nameOf)
        where T : class
    {
        if (entries.FirstOrDefault(entry => nameOf(entry) == name) is T found)
            return found;
        string present = string.Join(", ", entries.Select(nameOf));
        throw new InputException($"--engine must be one of {present}, got '{name}'{NearestName.Question(name, entries.Select(nameOf))}");
    }
}

/// <summary>An engine cannot run on this machine, or its device is not there (exit code 3).</summary>
public sealed class EngineMissingException(string message) : Exception(message);
