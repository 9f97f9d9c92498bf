using System.Runtime.ExceptionServices;

namespace Hybrid.Networks.Engines;

/// <summary>
/// Many networks of one architecture, whole networks in parallel: every thread has an engine of its own
/// and takes the next numbers, as many as its engine runs at once. What comes back is ordered by number
/// and depends on the seed alone, not on threads or on who took what.
/// </summary>
public static class Ensemble
{
    /// <summary>Draws and measures networks number first .. first + samples − 1 of the ensemble <paramref name="seed"/>.</summary>
    /// <param name="factory">Makes one engine, called once on each thread; engines of one thread each are fastest.</param>
    /// <param name="seed">The ensemble's seed.</param>
    /// <param name="samples">How many networks, ≥ 0.</param>
    /// <param name="threads">Networks at a time, ≥ 1; see <see cref="ThreadsWithin"/>.</param>
    /// <param name="progress">Told the number of finished networks after each one; calls may come from any thread.</param>
    /// <param name="cancellation">Stops taking new networks; those that run are finished and returned with the others.</param>
    /// <param name="first">Number of the first network, ≥ 0.</param>
    /// <returns>The finished networks, by number; fewer than asked only after a cancellation.</returns>
    public static IReadOnlyList<EnsembleMember> Run(
        Func<INetworkEngine> factory,
        ulong seed,
        int samples,
        int threads,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default,
        int first = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(samples);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, int.MaxValue - samples);
        EnsembleMember?[] members = new EnsembleMember?[samples];
        ExceptionDispatchInfo? failure = null;
        int taken = 0, finished = 0;

        Thread[] others = new Thread[Math.Max(0, Math.Min(threads, samples) - 1)];
        for (int index = 0; index < others.Length; index++)
        {
            others[index] = new Thread(Work) { IsBackground = true, Name = $"ensemble {index + 1}" };
            others[index].Start();
        }

        Work();
        foreach (Thread thread in others)
            thread.Join();
        failure?.Throw();
        return [.. members.OfType<EnsembleMember>()];

        void Work()
        {
            try
            {
                if (samples == 0 || cancellation.IsCancellationRequested)
                    return;
                using INetworkEngine engine = factory();
                NetworkSample[] buffers = [.. Enumerable.Range(0, Math.Min(samples, engine.BatchSize))
                    .Select(_ => new NetworkSample(engine.Architecture.Tokens, engine.Architecture.Depth))];
                while (Volatile.Read(ref failure) is null && !cancellation.IsCancellationRequested)
                {
                    int batch = Math.Min(buffers.Length, engine.BatchSize);
                    int start = Interlocked.Add(ref taken, batch) - batch, count = Math.Min(batch, samples - start);
                    if (count <= 0)
                        return;
                    engine.Run(seed, first + start, buffers.AsSpan(0, count));
                    for (int index = 0; index < count; index++)
                    {
                        members[start + index] = EnsembleMember.Of(first + start + index, buffers[index]);
                        progress?.Report(Interlocked.Increment(ref finished));
                    }
                }
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(exception), null);
            }
        }
    }

    /// <summary>How many engines may run at a time: as many as asked for, fewer if they would not fit the memory.</summary>
    /// <param name="memory">Bytes that the ensemble may take.</param>
    /// <param name="engineBytes">Bytes of one engine, such as ConditionedEngine.Bytes gives.</param>
    /// <param name="threads">Most engines at a time, ≥ 1.</param>
    /// <exception cref="InsufficientMemoryException">Not even one engine fits.</exception>
    public static int ThreadsWithin(long memory, Int128 engineBytes, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        if (engineBytes > memory)
        {
            throw new InsufficientMemoryException(
                $"one engine takes {engineBytes} bytes ({(double)engineBytes / (1L << 30):0.00} GiB) and {memory} are allowed; "
                + "allow more memory, or ask for fewer tokens, a smaller width or fewer blocks");
        }

        return (int)Int128.Min(threads, memory / Int128.Max(1, engineBytes));
    }
}
