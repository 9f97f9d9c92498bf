using System.Runtime.ExceptionServices;

namespace Hybrid.Networks.Linear;

/// <summary>
/// Threads that wait for the next parallel region of one engine. A region is a static function and a pointer to its
/// state: entering it allocates nothing. Workers spin briefly before they sleep, since regions follow each other closely.
/// One caller at a time.
/// </summary>
public sealed unsafe class WorkerPool : IDisposable
{
    private const int SpinsBeforeSleep = 2_000;

    private readonly Thread[] workers;
    private readonly object gate = new();
    private delegate*<void*, int, int, void> region;
    private void* state;
    private ExceptionDispatchInfo? failure;
    private int generation;
    private int pending;
    private bool stopped;

    /// <summary>A pool in which <paramref name="threads"/> threads work, the caller's among them.</summary>
    /// <param name="threads">At least 1.</param>
    public WorkerPool(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        workers = new Thread[threads - 1];
        for (int index = 0; index < workers.Length; index++)
        {
            int worker = index + 1;
            workers[index] = new Thread(() => Work(worker)) { IsBackground = true, Name = $"hybrid worker {worker}" };
            workers[index].Start();
        }
    }

    /// <summary>Threads that share a region, the caller's included.</summary>
    public int Threads => workers.Length + 1;

    /// <summary>
    /// Calls body(state, worker, threads) once for every worker 0..threads−1, worker 0 on the calling thread, and returns
    /// when all are done. A failure of any worker is thrown here.
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
        pending = workers.Length;
        lock (gate)
        {
            generation++;
            Monitor.PulseAll(gate);
        }

        Attempt(0);
        SpinWait wait = default;
        while (Volatile.Read(ref pending) != 0)
            wait.SpinOnce(sleep1Threshold: -1);
        failure?.Throw();
    }

    /// <summary>The share [start, end) of <paramref name="count"/> items that falls to one worker; shares differ by one at most.</summary>
    public static (int Start, int End) Share(int count, int worker, int threads) =>
        ((int)((long)count * worker / threads), (int)((long)count * (worker + 1) / threads));

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            stopped = true;
            generation++;
            Monitor.PulseAll(gate);
        }

        foreach (Thread worker in workers)
            worker.Join();
    }

    private void Attempt(int worker)
    {
        try
        {
            region(state, worker, Threads);
        }
        catch (Exception exception)
        {
            failure = ExceptionDispatchInfo.Capture(exception);
        }
    }

    private void Work(int worker)
    {
        int seen = 0;
        while (true)
        {
            for (int spin = 0; spin < SpinsBeforeSleep && Volatile.Read(ref generation) == seen; spin++)
                Thread.SpinWait(8);
            lock (gate)
            {
                while (generation == seen)
                    Monitor.Wait(gate);
                seen = generation;
                if (stopped)
                    return;
            }

            Attempt(worker);
            Interlocked.Decrement(ref pending);
        }
    }
}
