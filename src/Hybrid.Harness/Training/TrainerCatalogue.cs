using Hybrid.Harness.Engines;

namespace Hybrid.Harness.Training;

/// <summary>The engines of this build that train, by name.</summary>
/// <param name="Entries">What is there; the default first.</param>
public sealed record TrainerCatalogue(IReadOnlyList<TrainerEntry> Entries)
{
    /// <summary>The name of the engine that is taken where none is asked for.</summary>
    public string Default => Entries[0].Name;

    /// <summary>The entry of a name.</summary>
    /// <exception cref="EngineMissingException">The engine is known but not in this build.</exception>
    /// <exception cref="InputException">No engine of that name trains.</exception>
    public TrainerEntry Find(string name) => EngineCatalogue.Choose(name, Entries, entry => entry.Name);
}
