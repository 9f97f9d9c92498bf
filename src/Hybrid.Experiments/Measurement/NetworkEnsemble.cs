using Hybrid.Architectures;
using Hybrid.Experiments.Cells;
using Hybrid.Networks.Engines;
using Hybrid.Networks.Engines.Conditioned;

namespace Hybrid.Experiments.Measurement;

/// <summary>Ensembles of whole networks on the conditioned engine, one thread, reduced to named numbers.</summary>
internal static class NetworkEnsemble
{
    /// <summary>Networks 0 … samples − 1 of the ensemble <paramref name="seed"/>; every network names the same numbers.</summary>
    public static CellValues Measure(
        Architecture architecture,
        ulong seed,
        int samples,
        Func<EnsembleMember, IEnumerable<KeyValuePair<string, double>>> observe)
    {
        using ConditionedEngine engine = new(architecture);
        NetworkSample buffer = new(architecture.Tokens, architecture.Depth);
        return CellValues.Of(Enumerable.Range(0, samples).Select(Observe));

        IEnumerable<KeyValuePair<string, double>> Observe(int sample)
        {
            engine.Run(seed, sample, buffer);
            return observe(EnsembleMember.Of(sample, buffer));
        }
    }
}
