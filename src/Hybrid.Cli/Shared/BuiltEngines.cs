using Hybrid.Lab.Engines;
using Hybrid.Networks.Engines.Conditioned;
using Hybrid.Networks.Engines.Dense;

namespace Hybrid.Cli.Shared;

/// <summary>The engines of the command, in the order in which one is taken where none is asked for.</summary>
public static class BuiltEngines
{
    /// <summary>The catalogue that every verb chooses from.</summary>
    public static readonly EngineCatalogue Catalogue = new(
    [
        new EngineEntry(
            "conditioned",
            "exact in distribution without weights, double precision; cost grows as width",
            (architecture, threads) => new ConditionedEngine(architecture, threads),
            ConditionedEngine.Bytes) { Features = ConditionedEngine.Features },
        new EngineEntry(
            "dense",
            "real weight matrices in single precision; cost grows as width²",
            (architecture, threads) => new DenseEngine(architecture, threads),
            DenseEngine.Bytes) { Features = DenseEngine.Features },
        TorchEntries.Ensembles,
    ]);
}
