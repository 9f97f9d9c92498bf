using Hybrid.Architectures;
using Hybrid.Experiments.Cells;
using Hybrid.Networks.Engines;
using Hybrid.Networks.Tangents;

namespace Hybrid.Experiments.Measurement;

/// <summary>Ensembles of whole networks, as many at once as their engine takes, reduced to named numbers.</summary>
internal static class NetworkEnsemble
{
    /// <summary>Networks 0 … samples − 1 of an attempt's ensemble; every network names the same numbers.</summary>
    public static CellValues Measure(
        Architecture architecture,
        CellAttempt attempt,
        int samples,
        Func<EnsembleMember, IEnumerable<KeyValuePair<string, double>>> observe,
        bool weightGradients = false)
    {
        using INetworkEngine engine = attempt.Engines.Networks(architecture);
        return CellValues.Of(Run(engine, attempt.Seed, samples, weightGradients).Select(observe));
    }

    /// <summary>Networks 0 … samples − 1 of the ensemble <paramref name="seed"/>.</summary>
    public static IReadOnlyList<EnsembleMember> Run(INetworkEngine engine, ulong seed, int samples, bool weightGradients = false)
    {
        Architecture architecture = engine.Architecture;
        NetworkSample[] buffers = [.. Enumerable.Range(0, Math.Min(samples, engine.BatchSize))
            .Select(_ => new NetworkSample(architecture.Tokens, architecture.Depth, weightGradients))];
        List<EnsembleMember> members = [];
        while (members.Count < samples)
        {
            int first = members.Count, count = Math.Min(buffers.Length, samples - first);
            engine.Run(seed, first, buffers.AsSpan(0, count));
            members.AddRange(buffers.Take(count).Select((buffer, index) => EnsembleMember.Of(first + index, buffer)));
        }

        return members;
    }

    /// <summary>Leading exponents, [block − 1][k], of networks 0 … samples − 1 of an attempt's ensemble.</summary>
    public static IReadOnlyList<double[][]> Spectra(Architecture architecture, CellAttempt attempt, int samples, int exponents)
    {
        using ISpectrumEngine engine = attempt.Engines.Spectra(architecture, exponents);
        double[][][] spectra = [.. Enumerable.Range(0, samples)
            .Select(_ => Enumerable.Range(0, architecture.Depth).Select(_ => new double[exponents]).ToArray())];
        engine.Run(attempt.Seed, 0, spectra);
        return spectra;
    }
}
