using Hybrid.Architectures;
using Hybrid.Import.Json;
using Hybrid.Lab.Comparisons;
using Hybrid.Lab.Engines;

namespace Hybrid.Lab.Checks;

/// <summary>What a check will do, fixed before anything is measured.</summary>
/// <param name="Architectures">The architectures, in the order of the report.</param>
/// <param name="Engine">The engine that measures.</param>
/// <param name="Samples">Networks drawn at an architecture's own width; at least <see cref="LeastSamples"/>.</param>
/// <param name="Seed">The seed of every ensemble.</param>
/// <param name="Threads">Threads that the engine may use.</param>
/// <param name="FamilyWiseRate">Probability that a correct theory fails the check anywhere.</param>
/// <param name="Memory">Bytes that the engines may take, as in <see cref="EnsembleRun"/>; null for half of the memory there is.</param>
public sealed record CheckPlan(
    IReadOnlyList<Architecture> Architectures,
    EngineEntry Engine,
    int Samples,
    ulong Seed,
    int Threads,
    double FamilyWiseRate = 0.01,
    long? Memory = null)
{
    /// <summary>Fewer samples than this give a standard error that says next to nothing.</summary>
    public const int LeastSamples = 4;

    /// <summary>The ensembles' common ground.</summary>
    public EnsembleRun Run => new(Engine, Threads, Seed, Memory);

    /// <summary>The strictness of every comparison, from the rate of the whole plan.</summary>
    internal ComparisonOptions Options => ComparisonOptions.ForFamily(FamilyWiseRate, Architectures.Sum(Comparison.Count));

    /// <summary>Refuses a plan that memory does not hold, before anything is drawn.</summary>
    /// <exception cref="InputException">Not even one engine fits.</exception>
    public void EnsureFits()
    {
        foreach (Architecture architecture in Architectures)
        {
            Run.EnginesFor(architecture, Samples);
            Run.EnginesFor(SecondWidth.Of(architecture), SecondWidth.Networks(architecture, Samples));
        }
    }

    /// <summary>All networks that will be drawn.</summary>
    public int Networks => Architectures.Sum(architecture => Samples + SecondWidth.Networks(architecture, Samples));
}
