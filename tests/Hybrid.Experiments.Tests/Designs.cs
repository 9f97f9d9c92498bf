using System.Collections.Concurrent;
using Hybrid.Experiments.Catalogue;
using Hybrid.Experiments.Designs;

namespace Hybrid.Experiments.Tests;

/// <summary>Designs of the catalogue's experiments, each made once: predictions of all its architectures belong to it.</summary>
internal static class Designs
{
    private static readonly ConcurrentDictionary<(string, ExperimentScale), Lazy<ExperimentDesign>> Made = new();

    public static ExperimentDesign Of(string name, ExperimentScale scale = ExperimentScale.Quick) =>
        Made.GetOrAdd((name, scale), key => new(() => ExperimentCatalogue.Find(key.Item1).Design(key.Item2))).Value;
}
