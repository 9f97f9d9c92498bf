using Hybrid.Harness.Statistics;
using Hybrid.Networks;
using Hybrid.Theory;

namespace Hybrid.Harness.Engines;

/// <summary>Draws and measures an ensemble of networks with one engine whose buffers are planned once and reused.</summary>
/// <param name="Engine">The engine.</param>
/// <param name="Threads">How many threads it may use; the result does not depend on it.</param>
/// <param name="Seed">The ensemble's seed.</param>
public sealed record EnsembleRun(EngineEntry Engine, int Threads, ulong Seed)
{
    /// <summary>
    /// Measures networks number <paramref name="first"/> to first + <paramref name="samples"/> − 1. Disjoint numbers are
    /// independent networks, at equal widths and at different ones. <paramref name="progress"/> is told after each.
    /// </summary>
    public Measurement Measure(
        Architecture architecture,
        int first,
        int samples,
        Action progress,
        CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using INetworkEngine engine = Create(architecture);
        NetworkSample buffer = new(architecture.Tokens, architecture.Depth);
        LayerObservables[][] observables = new LayerObservables[samples][];
        for (int sample = 0; sample < samples; sample++)
        {
            cancellation.ThrowIfCancellationRequested();
            engine.Run(Seed, first + sample, buffer);
            observables[sample] =
                [.. Enumerable.Range(0, architecture.Depth + 1).Select(layer => LayerObservables.Of(buffer, layer))];
            progress();
        }

        return Measurement.Of(architecture, Engine.Name, Seed, observables);
    }

    /// <summary>What an engine refuses beyond the architecture's own ranges, such as more tokens than coordinates.</summary>
    private INetworkEngine Create(Architecture architecture)
    {
        try
        {
            return Engine.Create(architecture, Threads);
        }
        catch (ArgumentException error) when (error is not InvalidArchitectureException)
        {
            throw new InputException($"engine {Engine.Name} cannot build '{architecture.Name}' at width {architecture.Width}: {error.Message}", error);
        }
    }
}
