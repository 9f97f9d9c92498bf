using Hybrid.Harness.Engines;
using Hybrid.Networks.Conditioned;
using Hybrid.Networks.Dense;
using Hybrid.Theory;

namespace Hybrid.Cli;

/// <summary>The engines that this build of the command contains, the default first.</summary>
public static class BuiltEngines
{
    /// <summary>The catalogue that every verb chooses from.</summary>
    public static readonly EngineCatalogue Catalogue = new(
    [
        new EngineEntry(
            "dense",
            "real weight matrices in single precision; cost grows as width²",
            (architecture, threads) => new DenseEngine(architecture, threads),
            DenseBytes),
        new EngineEntry(
            "conditioned",
            "exact in distribution without weights, double precision; cost grows as width",
            (architecture, threads) => new ConditionedEngine(architecture, threads),
            ConditionedEngine.Bytes),
    ]);

    /// <summary>The weights, and as much again as allowance for activations.</summary>
    private static Int128 DenseBytes(Architecture architecture)
    {
        Int128 width = architecture.Width, projections = architecture.Gated ? 3 : 2;
        return 2 * sizeof(float) * (Int128)architecture.Depth * (4 * width * width + projections * width * architecture.MlpWidth);
    }
}
