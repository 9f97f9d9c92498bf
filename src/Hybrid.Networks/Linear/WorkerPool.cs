using System.Runtime.ExceptionServices;

namespace Hybrid.Networks.Linear;

/// <summary>
/// Threads that wait for the next parallel region of one engine. A region is a static function, a pointer to its state,
/// and as many shares as there are threads: entering it allocates nothing. Shares are claimed, not dealt: a thread that
/// the machine lets wait holds up nobody, because another takes its share. Workers spin briefly before they sleep, since
/// regions follow each other closely. One caller at a time.
/// </summary>
public sealed unsafe class WorkerPool : IDisposable
{
    private const int SpinsBeforeSleep = 2_000;

    private readonly Thread[] workers;
    private readonly object gate = new();
    private delegate*<void*, int, int, void> region;
    private void* state;
    private ExceptionDispatchInfo? failure;

    // Number of the region in the high half, its next unclaimed share in the low half.
    private long ticket;
    private int pending;
    private int sleepers;
    private volatile bool stopped;

    /// <summary>A pool in which <paramref name="threads"/> threads work, the caller's among them.</summary>
    /// <param name="threads">At least 1.</param>
    public WorkerPool(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ticket = threads;
        workers = new Thread[threads - 1];
        for (int index = 0; index < workers.Length; index++)
        {
            workers[index] = new Thread(Work) { IsBackground = true, Name = $"hybrid worker {index + 1}" };
            workers[index].Start();
        }
    }

    /// <summary>Threads that share a region, the caller's included; also the number of shares.</summary>
    public int Threads => workers.Length + 1;

    /// <summary>
    /// Calls body(state, share, shares) once for every share 0..threads−1, on any of the threads, and returns when all are
    /// done. No share runs twice or on two threads, so memory may be set aside per share. A failure of any is thrown here.
    /// </summary>
    public void Run<TState>(delegate*<TState*, int, int, void> body, TState* argument)
        where TState : unmanaged
    {
        if (workers.Length == 0)
        {
            body(argument, 0, 1);
            return;
        }

        region = (delegate*<void*, int, int, void>)body;
        state = argument;
        failure = null;
        Volatile.Write(ref pending, Threads);
        long number = (ticket >> 32) + 1;
        Interlocked.Exchange(ref ticket, number << 32);
        if (Volatile.Read(ref sleepers) > 0)
            WakeAll();

        WorkOn(number);
        SpinWait wait = default;
        while (Volatile.Read(ref pending) != 0)
            wait.SpinOnce(sleep1Threshold: -1);
        failure?.Throw();
    }

    /// <summary>The part [start, end) of <paramref name="count"/> items that falls to one share; parts differ by one at most.</summary>
    public static (int Start, int End) Share(int count, int share, int shares) =>
        ((int)((long)count * share / shares), (int)((long)count * (share + 1) / shares));

    /// <inheritdoc/>
    public void Dispose()
    {
        stopped = true;
        WakeAll();
        foreach (Thread worker in workers)
            worker.Join();
    }

    private void WakeAll()
    {
        lock (gate)
            Monitor.PulseAll(gate);
    }

    // Claims and runs shares of one region until none is left. A claim keeps its region open: pending cannot reach zero
    // before the share is done, so region and state are those that the claim was for.
    private void WorkOn(long number)
    {
        while (true)
        {
            long current = Volatile.Read(ref ticket);
            if (current >> 32 != number || (int)current >= Threads)
                return;
            if (Interlocked.CompareExchange(ref ticket, current + 1, current) != current)
                continue;
            try
            {
                region(state, (int)current, Threads);
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }

            Interlocked.Decrement(ref pending);
        }
    }

    private void Work()
    {
        long seen = 0;
        while (!stopped)
        {
            long current = Volatile.Read(ref ticket) >> 32;
            for (int spin = 0; current == seen && spin < SpinsBeforeSleep; spin++)
            {
                Thread.SpinWait(8);
                current = Volatile.Read(ref ticket) >> 32;
            }

            if (current == seen)
            {
                Sleep(seen);
                continue;
            }

            seen = current;
            WorkOn(current);
        }
    }

    // The caller writes the ticket before it reads sleepers, a worker counts itself before it reads the ticket: one of
    // the two sees the other, so no region is slept through.
    private void Sleep(long seen)
    {
        lock (gate)
        {
            Interlocked.Increment(ref sleepers);
            while (Volatile.Read(ref ticket) >> 32 == seen && !stopped)
                Monitor.Wait(gate);
            Interlocked.Decrement(ref sleepers);
        }
    }
}
