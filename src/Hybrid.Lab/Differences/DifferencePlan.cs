using Hybrid.Architectures;
using Hybrid.Import.Json;
using Hybrid.Lab.Engines;
using Hybrid.Networks.Engines.Dense;

namespace Hybrid.Lab.Differences;

/// <summary>One engine of a difference.</summary>
/// <param name="Entry">The engine; it draws the dense engine's weights from the same keys.</param>
/// <param name="Rounding">Largest relative error of one rounding there: 2⁻²⁴ in single precision.</param>
public sealed record DifferenceEngine(EngineEntry Entry, double Rounding);

/// <summary>One network through two engines.</summary>
/// <param name="Architecture">Whose network it is.</param>
/// <param name="First">One engine.</param>
/// <param name="Second">The other.</param>
/// <param name="Seed">The seed of its weights.</param>
/// <param name="Threads">Threads of each engine, ≥ 1; the engines run one after the other.</param>
/// <param name="Memory">Bytes that one engine may take; null: half of what there is.</param>
public sealed record DifferencePlan(
    Architecture Architecture, DifferenceEngine First, DifferenceEngine Second, ulong Seed, int Threads, long? Memory = null)
{
    /// <summary>Draws of random changes that measure the condition.</summary>
    public const int Draws = 4;

    /// <summary>Networks that are run: the reference, its changed copies, and one for each engine.</summary>
    public const int Passes = 1 + Draws + 2;

    /// <summary>2⁻²⁴, the rounding of single precision.</summary>
    public static readonly double SingleRounding = Math.ScaleB(1, -24);

    /// <summary>The reference: the same networks in double precision.</summary>
    public static readonly DifferenceEngine Double = new(
        new EngineEntry(
            "double",
            "the dense engine's weights in double precision, the reference",
            (architecture, threads) => new DoubleEngine(architecture, threads),
            DoubleEngine.Bytes),
        Math.ScaleB(1, -53));

    /// <summary>K, the terms of the longest sum that a pass forms: d, d_mlp or n.</summary>
    public int LongestSum => Math.Max(Architecture.Width, Math.Max(Architecture.MlpWidth, Architecture.Tokens));

    /// <summary>
    /// Size of the roundings of an entry in one product, of both engines: (ε₁ + ε₂) √K, since a sum of K terms rounds K partial
    /// sums, independently.
    /// </summary>
    public double Rounding => (First.Rounding + Second.Rounding) * Math.Sqrt(LongestSum);

    /// <summary>Refuses a plan whose engines do not fit the memory, before anything runs.</summary>
    /// <exception cref="InputException">One does not fit.</exception>
    public void EnsureFits()
    {
        foreach (DifferenceEngine engine in (DifferenceEngine[])[First, Second, Double])
            Run(engine).EnginesFor(Architecture, 1);
    }

    internal EnsembleRun Run(DifferenceEngine engine) => new(engine.Entry, Threads, Seed, Memory);
}
