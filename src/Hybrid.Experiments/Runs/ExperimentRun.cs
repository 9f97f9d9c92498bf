using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Hybrid.Experiments.Cells;
using Hybrid.Import.Json;

namespace Hybrid.Experiments.Runs;

/// <summary>Registers an experiment, measures the cells that are not stored yet, stores each as it finishes.</summary>
public static class ExperimentRun
{
    /// <summary>
    /// Runs a plan on a store. <paramref name="progress"/> is told at the start and after each cell, from any thread.
    /// Cancelled, the cells at work are finished and stored, and the outcome is incomplete; the same plan on the same store
    /// continues. A cell's result depends on its key and the plan's seed alone, so neither parallelism nor interruptions
    /// change any number.
    /// </summary>
    /// <exception cref="InputException">The store holds other predictions for the experiment, or cannot be written.</exception>
    public static ExperimentOutcome Run(
        ExperimentPlan plan,
        CellStore store,
        Action<ExperimentProgress> progress,
        CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(plan.Parallel, 1);
        long start = Stopwatch.GetTimestamp();
        string name = plan.Experiment.Name;
        // Where every cell is finished, as on the machine that merges others' cells, no device is looked for.
        Lazy<CellEngines> engines = new(() => plan.Engines);
        ExperimentKey key = plan.Key;
        DateTimeOffset registered = store.Register(key, plan.Scale, Registration.Text(plan));

        Dictionary<string, Cell> grid = plan.Design.Cells.ToDictionary(cell => cell.Key);
        Dictionary<string, StoredCell> finished =
            store.Cells(key).Where(cell => grid.ContainsKey(cell.Cell)).ToDictionary(cell => cell.Cell);
        int reused = finished.Count;
        // The largest first, so that no core is left alone with one at the end.
        Queue<Cell> open = new(plan.Design.Cells.Where(cell => !finished.ContainsKey(cell.Key)).OrderByDescending(cell => cell.Cost));
        double left = open.Sum(cell => cell.Cost), done = 0;
        Lock gate = new();
        ExceptionDispatchInfo? failure = null;
        progress(new(finished.Count, grid.Count, null));

        Thread[] others = [.. Enumerable.Range(1, Math.Min(plan.Parallel, Math.Max(1, open.Count)) - 1).Select(Helper)];
        Work();
        foreach (Thread other in others)
            other.Join();
        failure?.Throw();
        return new(
            plan,
            registered,
            new CellResults(finished.ToDictionary(cell => cell.Key, cell => cell.Value.Values)),
            reused,
            Stopwatch.GetElapsedTime(start).TotalSeconds,
            finished.Values.Sum(cell => cell.Seconds));

        Thread Helper(int number)
        {
            Thread thread = new(Work) { IsBackground = true, Name = $"experiment {number}" };
            thread.Start();
            return thread;
        }

        Cell? Next()
        {
            lock (gate)
            {
                return failure is null && !cancellation.IsCancellationRequested && open.TryDequeue(out Cell? cell) ? cell : null;
            }
        }

        void Work()
        {
            try
            {
                while (Next() is Cell cell)
                {
                    long began = Stopwatch.GetTimestamp();
                    CellValues values = cell.Measure(new(CellSeed.Of(plan.Seed, name, cell.Key)) { Engines = engines.Value });
                    StoredCell stored = new(cell.Key, values, Stopwatch.GetElapsedTime(began).TotalSeconds);
                    store.Insert(key, stored);
                    lock (gate)
                    {
                        finished.Add(cell.Key, stored);
                        (done, left) = (done + cell.Cost, left - cell.Cost);
                        progress(new(finished.Count, grid.Count, Stopwatch.GetElapsedTime(start) * (Math.Max(0, left) / done)));
                    }
                }
            }
            catch (Exception error)
            {
                Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(error), null);
            }
        }
    }
}

/// <summary>How far an experiment has come.</summary>
/// <param name="Done">Cells finished, those of earlier runs included.</param>
/// <param name="Total">Cells of the grid.</param>
/// <param name="Left">Estimated time to the end; null before the first cell of this run is finished.</param>
public readonly record struct ExperimentProgress(int Done, int Total, TimeSpan? Left);
