using Hybrid.Harness.Engines;

namespace Hybrid.Cli;

/// <summary>The engines that this build of the command contains, the default first.</summary>
public static class BuiltEngines
{
    /// <summary>The catalogue that every verb chooses from.</summary>
    public static readonly EngineCatalogue Catalogue = new([]);
}
