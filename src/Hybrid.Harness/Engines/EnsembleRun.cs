using Hybrid.Harness.Statistics;
using Hybrid.Networks;
using Hybrid.Theory;

namespace Hybrid.Harness.Engines;

/// <summary>Draws and measures ensembles with one kind of engine: whole networks in parallel while memory lasts.</summary>
/// <param name="Engine">The engine.</param>
/// <param name="Threads">How many threads it may use; the result does not depend on it.</param>
/// <param name="Seed">The ensemble's seed.</param>
public sealed record EnsembleRun(EngineEntry Engine, int Threads, ulong Seed)
{
    /// <summary>
    /// Measures networks number <paramref name="first"/> to first + <paramref name="samples"/> − 1. Disjoint numbers are
    /// independent networks, at equal widths and at different ones. <paramref name="progress"/> is told after each
    /// network, from any thread.
    /// </summary>
    /// <exception cref="InputException">The engine cannot build the architecture.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; networks at work are finished first.</exception>
    public Measurement Measure(
        Architecture architecture,
        int first,
        int samples,
        Action progress,
        CancellationToken cancellation)
    {
        // Half of the memory there is, so that a check never pushes the machine into swapping; one engine always runs.
        Int128 memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;
        int engines = (int)Int128.Clamp(memory / Int128.Max(1, Engine.Bytes(architecture)), 1, Math.Min(Threads, samples));
        IReadOnlyList<EnsembleMember> members = Ensemble.Run(
            () => Create(architecture, Math.Max(1, Threads / engines)),
            Seed,
            samples,
            engines,
            new Relay(progress),
            cancellation,
            first);
        cancellation.ThrowIfCancellationRequested();
        return Measurement.Of(architecture, Engine.Name, Seed, [.. members.Select(member => member.Layers)]);
    }

    /// <summary>What an engine refuses beyond the architecture's own ranges, such as more tokens than coordinates.</summary>
    private INetworkEngine Create(Architecture architecture, int threads)
    {
        try
        {
            return Engine.Create(architecture, threads);
        }
        catch (ArgumentException error) when (error is not InvalidArchitectureException)
        {
            throw new InputException(
                $"engine {Engine.Name} cannot build '{architecture.Name}' at width {architecture.Width}: {error.Message}",
                error);
        }
    }

    /// <summary>Progress at once and on the caller's thread, unlike the framework's Progress.</summary>
    private sealed class Relay(Action progress) : IProgress<int>
    {
        public void Report(int value) => progress();
    }
}
