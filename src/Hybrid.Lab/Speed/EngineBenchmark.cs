using System.Diagnostics;
using Hybrid.Architectures;
using Hybrid.Import.Json;
using Hybrid.Lab.Engines;
using Hybrid.Networks.Engines;

namespace Hybrid.Lab.Speed;

/// <summary>Runs an engine as an ensemble does, for a time that is asked for.</summary>
public static class EngineBenchmark
{
    /// <summary>
    /// Every engine runs one batch to warm up; then all run batch after batch until <paramref name="seconds"/> are over, at
    /// least one, and finish what they have begun.
    /// </summary>
    /// <exception cref="InputException">The memory does not hold one engine, or the engine cannot build the architecture.</exception>
    public static EngineSpeed Run(EnsembleRun run, Architecture architecture, double seconds, CancellationToken cancellation)
    {
        int engines = run.EnginesFor(architecture, int.MaxValue), networks = 0, batch = 0;
        TimeSpan duration = TimeSpan.FromSeconds(seconds);
        long start = 0;
        using Barrier warm = new(engines, _ => start = Stopwatch.GetTimestamp());
        Exception? failure = null;
        Thread[] threads = [.. Enumerable.Range(0, engines).Select(number => new Thread(() => Work(number)) { IsBackground = true })];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        double elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (failure is not null)
            throw failure;
        cancellation.ThrowIfCancellationRequested();
        return new(architecture, engines, batch, networks, elapsed);

        void Work(int number)
        {
            try
            {
                using INetworkEngine engine = run.Create(architecture, Math.Max(1, run.Threads / engines));
                NetworkSample[] results =
                    [.. Enumerable.Range(0, engine.BatchSize).Select(_ => new NetworkSample(architecture.Tokens, architecture.Depth))];
                engine.Run(run.Seed, number * results.Length, results);
                Volatile.Write(ref batch, Math.Min(results.Length, engine.BatchSize));
                warm.SignalAndWait(cancellation);
                do
                {
                    int size = Math.Min(results.Length, engine.BatchSize);
                    int before = Interlocked.Add(ref networks, size) - size;
                    engine.Run(run.Seed, before, results.AsSpan(0, size));
                }
                while (Stopwatch.GetElapsedTime(start) < duration && !cancellation.IsCancellationRequested);
            }
            catch (Exception error)
            {
                Interlocked.CompareExchange(ref failure, error, null);
                warm.RemoveParticipant();
            }
        }
    }
}

/// <summary>How fast an engine draws and runs random networks of one architecture.</summary>
/// <param name="Architecture">What was run.</param>
/// <param name="Engines">Engines at a time.</param>
/// <param name="BatchSize">Networks that each runs at once.</param>
/// <param name="Networks">Networks that were run, warm-up apart.</param>
/// <param name="Seconds">In how long.</param>
public sealed record EngineSpeed(Architecture Architecture, int Engines, int BatchSize, int Networks, double Seconds)
{
    /// <summary>Networks drawn, run forwards and backwards, and measured in a second.</summary>
    public double NetworksPerSecond => Networks / Seconds;

    /// <summary>
    /// Products of networks with real weights, in 10¹² operations a second. Of an engine without weights it is what one with
    /// weights would need to be as fast.
    /// </summary>
    public double TeraOperationsPerSecond => NetworksPerSecond * NetworkOperations.Of(Architecture) / 1e12;
}
