using Hybrid.Architectures;
using Hybrid.Lab.Engines;
using Hybrid.Networks.Engines.Conditioned;
using Hybrid.Networks.Engines.Dense;
using Hybrid.Networks.Tangents;

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
            ConditionedEngine.Bytes)
        {
            Features = ConditionedEngine.Features,
            Line = new((architecture, _) => new LineExponents(architecture, DifferencesIn(architecture)), _ => 0),
            Spectrum = (architecture, exponents, threads) => new LyapunovSpectrum(architecture, exponents, threads),
            HasWeightGradients = true,
        },
        new EngineEntry(
            "dense",
            "real weight matrices in single precision; cost grows as width²",
            (architecture, threads) => new DenseEngine(architecture, threads),
            DenseEngine.Bytes)
        {
            Features = DenseEngine.Features,
            HasWeights = true,
            Line = new(
                (architecture, threads) => new DenseLineEngine(architecture, threads, DifferencesIn(architecture)),
                architecture => DenseLineEngine.Bytes(architecture, DifferencesIn(architecture))),
        },
        TorchEntries.Ensembles,
    ]);

    /// <summary>Differences between equal tokens that a network carries: as many as are independent, 4 at most.</summary>
    internal static int DifferencesIn(Architecture architecture) =>
        Math.Min(LineExponents.StandardDifferences, Math.Max(1, architecture.Width - 1));
}
