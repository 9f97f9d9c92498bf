using Hybrid.Import.Json;

namespace Hybrid.Lab.Engines;

/// <summary>The engines of the command by name.</summary>
/// <param name="Entries">What is there, the default first.</param>
public sealed record EngineCatalogue(IReadOnlyList<EngineEntry> Entries)
{
    /// <summary>The name of the engine that is taken where none is asked for.</summary>
    public string Default => Entries[0].Name;

    /// <summary>
    /// The name of the engine that is taken for ensembles at initialisation: conditioned, whose cost grows least with the
    /// width, where the catalogue has it.
    /// </summary>
    public string EnsembleDefault => Entries.Any(entry => entry.Name == "conditioned") ? "conditioned" : Default;

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
