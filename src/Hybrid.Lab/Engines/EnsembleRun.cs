using Hybrid.Architectures;
using Hybrid.Import.Json;
using Hybrid.Lab.Statistics;
using Hybrid.Networks.Engines;

namespace Hybrid.Lab.Engines;

/// <summary>Draws and measures ensembles with one kind of engine: whole networks in parallel while memory lasts.</summary>
/// <param name="Engine">The engine.</param>
/// <param name="Threads">How many threads it may use; the result does not depend on it.</param>
/// <param name="Seed">The ensemble's seed.</param>
/// <param name="Memory">
/// Bytes that the engines' buffers may take together; null allows half of the memory there is, so that a run never pushes
/// the machine into swapping. Less memory means fewer engines at a time, never other results.
/// </param>
public sealed record EnsembleRun(EngineEntry Engine, int Threads, ulong Seed, long? Memory = null)
{
    /// <summary>Bytes that networks may take where nothing is said: half of what there is.</summary>
    internal static long UsualMemory => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2;

    /// <summary>
    /// Bytes that the networks of a cell may take: half of what there is as elsewhere, or all of it where one engine needs that much,
    /// for which the cell's task was given its memory.
    /// </summary>
    public static long MemoryOfCell(EngineEntry engine, Architecture architecture) =>
        (long)Int128.Clamp(engine.Bytes(architecture), UsualMemory, 2 * UsualMemory);

    /// <summary>How many engines work on <paramref name="samples"/> networks at a time.</summary>
    /// <exception cref="InvalidArchitectureException">The engine cannot draw such networks.</exception>
    /// <exception cref="InputException">The memory does not hold even one.</exception>
    public int EnginesFor(Architecture architecture, int samples)
    {
        Features.EnsureSupported($"engine {Engine.Name}", [.. Engine.Features], architecture);
        long memory = Memory ?? UsualMemory;
        Int128 bytes = Engine.Bytes(architecture);
        if (bytes > memory)
        {
            throw new InputException(
                $"engine {Engine.Name} does not fit into memory: '{architecture.Name}' "
                + $"at width {architecture.Width} takes {MemorySize.Text(bytes)}, "
                + $"and {MemorySize.Text(memory)} are allowed{(Memory is null ? ", half of what there is" : "")}; "
                + "allow more with --memory, or give a smaller "
                + "--width, or --set tokens=… or depth=…");
        }

        return Ensemble.ThreadsWithin(memory, bytes, Math.Max(1, Math.Min(Math.Min(Threads, samples), Engine.MostEngines)));
    }

    /// <summary>
    /// Measures networks number <paramref name="first"/> to first + <paramref name="samples"/> − 1. Disjoint numbers are
    /// independent networks, at equal widths and at different ones. <paramref name="progress"/> is told after each
    /// network, from any thread. Cancelled, it finishes the networks at work and measures those that are finished:
    /// <see cref="Measurement.Samples"/> says how many.
    /// </summary>
    /// <exception cref="InputException">The engine cannot build the architecture, or memory does not hold it.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before any network was finished.</exception>
    public Measurement Measure(
        Architecture architecture,
        int first,
        int samples,
        Action progress,
        CancellationToken cancellation)
    {
        int engines = EnginesFor(architecture, samples);
        IReadOnlyList<EnsembleMember> members = Ensemble.Run(
            () => Create(architecture, Math.Max(1, Threads / engines)),
            Seed,
            samples,
            engines,
            new Relay(progress),
            cancellation,
            first);
        if (members.Count == 0)
            cancellation.ThrowIfCancellationRequested();
        return Measurement.Of(architecture, Engine.Name, Seed, [.. members.Select(member => member.Layers)]);
    }

    /// <summary>What an engine refuses beyond the architecture's own ranges, such as more tokens than coordinates.</summary>
    internal INetworkEngine Create(Architecture architecture, int threads)
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
