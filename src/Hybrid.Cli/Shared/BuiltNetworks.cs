using Hybrid.Lab.Probes;

namespace Hybrid.Cli.Shared;

/// <summary>The engines of the command that run networks whose weights are given, the default first.</summary>
public static class BuiltNetworks
{
    /// <summary>The catalogue that hybrid probe chooses from.</summary>
    public static readonly NetworkCatalogue Catalogue = new([NetworkEntry.Dense, TorchEntries.Networks]);
}
