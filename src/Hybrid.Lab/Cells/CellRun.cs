using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Hybrid.Import.Json;
using Hybrid.Lab.Engines;

namespace Hybrid.Lab.Cells;

/// <summary>
/// Measures cells that are not finished, the largest first, and stores each as it finishes. Any number of processes may do so
/// on one folder: what two of them measure, they store equally.
/// </summary>
public static class CellRun
{
    /// <summary>Runs an assignment. Cancelled, it ends between two cells; those at work are asked to leave what they have done.</summary>
    /// <param name="work">The cells.</param>
    /// <param name="folder">Their folder.</param>
    /// <param name="assignment">Which of them.</param>
    /// <param name="threads">Threads to use, ≥ 1: cells at a time, or threads of one cell where there are fewer cells.</param>
    /// <param name="progress">Told at the start and after each cell, from any thread.</param>
    /// <param name="cancellation">Asks to stop.</param>
    /// <exception cref="InputException">The folder is of another plan, or cannot be written.</exception>
    /// <exception cref="EngineMissingException">This machine cannot measure the cells.</exception>
    public static CellRunOutcome Run(
        ICellWork work,
        CellFolder folder,
        CellAssignment assignment,
        int threads,
        Action<CellProgress> progress,
        CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        if (work.Plan.Hash != folder.Plan.Hash)
            throw new InputException($"{folder.FullPath}: holds the cells of another plan, {folder.Plan.DifferenceTo(work.Plan)}");
        string owner = assignment.Owner;
        folder.RemoveLeft();
        CollectLost(work, folder, owner);
        int[] mine = assignment.Shard.Take(assignment.Cells, work.Cells);
        HashSet<int> finished = CellScan.Finished(folder, mine, assignment.MayHold);
        ILookup<int, string> failures = CellFailures.Of(folder);
        Dictionary<int, int> attempts = mine.ToDictionary(index => index, index => failures[index].Count());
        Queue<int> open = new(mine.Where(index => !finished.Contains(index) && attempts[index] < CellFailures.Most));
        int done = mine.Count(finished.Contains), busy = 0, measured = 0, paused = 0;
        long start = Stopwatch.GetTimestamp();
        double left = open.Sum(index => work.Cells[index].Cost), worked = 0;
        int atATime = Math.Clamp(open.Count, 1, Math.Min(threads, work.MostAtATime));
        string machine = work.Device is string device ? $"{MachineKind.Here}, {device}" : MachineKind.Here;
        Lock gate = new();
        ExceptionDispatchInfo? fault = null;
        progress(new(done, mine.Length, null));
        using RunningMark mark = new(folder, owner);
        using CellWriter writer = new(folder, owner);
        Thread[] others = [.. Enumerable.Range(1, atATime - 1).Select(Helper)];
        Work();
        foreach (Thread other in others)
            other.Join();
        fault?.Throw();
        writer.Finish();
        return new(
            done, mine.Length, measured, paused, busy,
            [.. attempts.Where(item => item.Value >= CellFailures.Most).Select(item => item.Key).Order()],
            cancellation.IsCancellationRequested);

        Thread Helper(int number)
        {
            Thread thread = new(Work) { IsBackground = true, Name = $"cells {number}" };
            thread.Start();
            return thread;
        }

        int? Next()
        {
            lock (gate)
                return fault is null && !cancellation.IsCancellationRequested && open.TryDequeue(out int index) ? index : null;
        }

        void Work()
        {
            try
            {
                while (Next() is int index)
                    Measure(index);
            }
            catch (Exception error)
            {
                Interlocked.CompareExchange(ref fault, ExceptionDispatchInfo.Capture(error), null);
            }
        }

        void Measure(int index)
        {
            CellTask cell = work.Cells[index];
            string scratch = folder.Scratch(index), values;
            long began = Stopwatch.GetTimestamp();
            mark.Begin(index);
            try
            {
                values = cell.Measure(new(index, Math.Max(1, threads / atATime), attempts[index], scratch, cancellation)).ToJsonString();
            }
            catch (CellPausedException)
            {
                lock (gate)
                    paused++;
                return;
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
            catch (CellBusyException)
            {
                lock (gate)
                    busy++;
                return;
            }
            catch (EngineMissingException)
            {
                throw;
            }
            catch (Exception error)
            {
                Fail(index, error);
                return;
            }
            finally
            {
                mark.End(index);
            }

            writer.Write(new(index, cell.Key, values, Stopwatch.GetElapsedTime(began).TotalSeconds, machine));
            Remove(scratch);
            lock (gate)
            {
                (done, measured, worked, left) = (done + 1, measured + 1, worked + cell.Cost, left - cell.Cost);
                progress(new(done, mine.Length, Stopwatch.GetElapsedTime(start) * (Math.Max(0, left) / worked)));
            }
        }

        // At the end of the list once more: what disturbed it may have passed.
        void Fail(int index, Exception error)
        {
            CellFailures.Add(folder, index, work.Cells[index].Key, $"{error.GetType().Name}: {error.Message}\n{error.StackTrace}");
            lock (gate)
            {
                if (++attempts[index] < CellFailures.Most)
                    open.Enqueue(index);
            }
        }
    }

    /// <summary>What processes of an owner (null: of all) measured when they ended without a word counts as failed once.</summary>
    internal static int CollectLost(ICellWork work, CellFolder folder, string? owner)
    {
        int lost = 0;
        foreach (LeftMark mark in RunningMark.Of(folder, owner).Where(mark => !mark.Alive))
        {
            if (!RunningMark.TryTake(mark.Path))
                continue;
            HashSet<int> finished = CellScan.Finished(folder, mark.Cells, _ => true);
            foreach (int index in mark.Cells.Where(index => !finished.Contains(index)))
            {
                CellFailures.Add(
                    folder, index, work.Cells[index].Key,
                    "the process ended without a word: it was killed, ran out of memory or time, or its machine was lost "
                    + $"(on {mark.Host}{(mark.Job is null ? "" : $", job {mark.Job}")})");
                lost++;
            }

        }

        return lost;
    }

    private static void Remove(string scratch)
    {
        try
        {
            if (Directory.Exists(scratch))
                Directory.Delete(scratch, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Nothing reads it any more.
        }
    }
}

/// <summary>Which cells a process is to measure.</summary>
/// <param name="Batch">The batch whose list it is; null for all cells of the plan.</param>
/// <param name="Cells">The list.</param>
/// <param name="Shard">Its part.</param>
public sealed record CellAssignment(string? Batch, IReadOnlyList<int> Cells, CellShard Shard)
{
    /// <summary>A part of all cells of a plan.</summary>
    public static CellAssignment Of(CellPlan plan, CellShard shard) => new(null, [.. Enumerable.Range(0, plan.Cells)], shard);

    /// <summary>A part of a batch.</summary>
    public static CellAssignment Of(CellBatch batch, CellShard shard) => new(batch.Name, batch.Cells, shard);

    /// <summary>How files name whoever has it; two processes may have the same.</summary>
    internal string Owner => $"{Name}{Shard.Number}{Parts}";

    private string Name => $"{Batch ?? "all"}-";

    private string Parts => $"-of-{Shard.Of}";

    /// <summary>
    /// Whether a pack of another owner may hold cells of this assignment. Other parts of the same deal do not; and a batch has what was
    /// missing when it was made, so that the packs before it do not either, and those beside it hold at most what is measured twice.
    /// </summary>
    internal bool MayHold(string owner) =>
        owner == Owner || (Batch is null
            && !(owner.StartsWith(Name, StringComparison.Ordinal) && owner.EndsWith(Parts, StringComparison.Ordinal)));
}

/// <summary>How far a process has come with its cells.</summary>
/// <param name="Done">Finished, by whomever.</param>
/// <param name="Total">Of its assignment.</param>
/// <param name="Left">Estimated time to the end; null before the first cell of this process is finished.</param>
public readonly record struct CellProgress(int Done, int Total, TimeSpan? Left);

/// <summary>What a process leaves of its assignment.</summary>
/// <param name="Done">Cells finished, by whomever.</param>
/// <param name="Total">Cells of the assignment.</param>
/// <param name="Measured">Of those, measured by this process.</param>
/// <param name="Paused">Cells that it left in the middle, further than it had found them.</param>
/// <param name="Busy">Cells that another process is measuring.</param>
/// <param name="Failed">Cells that have failed <see cref="CellStatus.MostAttempts"/> times.</param>
/// <param name="Stopped">Whether it was asked to stop.</param>
public sealed record CellRunOutcome(
    int Done, int Total, int Measured, int Paused, int Busy, IReadOnlyList<int> Failed, bool Stopped)
{
    /// <summary>Whether all of its cells are finished.</summary>
    public bool Complete => Done == Total;

    /// <summary>Whether it is worth beginning again: it was stopped, and whoever begins again has less to do.</summary>
    public bool GoesOn => Stopped && !Complete && Measured + Paused > 0;
}
