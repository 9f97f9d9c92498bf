using System.CommandLine;
using System.Globalization;
using Hybrid.Cli.Output;
using Hybrid.Import.Json;
using Hybrid.Lab.Cells;
using Hybrid.Lab.Slurm;

namespace Hybrid.Cli.Shared;

/// <summary>Measures the cells of a folder here, or has Slurm do it.</summary>
internal static class CellJobs
{
    /// <summary>The words that run this command again in another process.</summary>
    public static IReadOnlyList<string> Command
    {
        get
        {
            const string Host = "dotnet";
            string? process = Environment.ProcessPath;
            string name = Path.GetFileNameWithoutExtension(process ?? "");
            return name == Path.GetFileNameWithoutExtension(typeof(Cli).Assembly.Location) ? [process!]
                : [name == Host ? process! : Host, typeof(Cli).Assembly.Location];
        }
    }

    /// <summary>Lays the plan down and does what the options ask: a part here, or an array. The exit code.</summary>
    public static int Do(Session session, ParseResult parsed, CellOptions options, ICellWork work, string path, int threads)
    {
        CellFolder folder = CellFolder.Create(path, work.Plan);
        if (options.Shard(parsed) is CellShard shard)
            return Measure(session, work, folder, CellAssignment.Of(work.Plan, shard), threads);
        if (options.Submit(parsed))
            SlurmSubmission.EnsureAvailable();
        CellStatus status = CellStatus.Of(folder);
        return Submit(session, work, folder, status.Missing, "cells", options.Of(parsed, new()), options.Submit(parsed));
    }

    /// <summary>Measures an assignment and says what came of it on stderr. The exit code: 0 if nothing of it is left.</summary>
    /// <param name="session">The session.</param>
    /// <param name="work">The cells.</param>
    /// <param name="folder">Their folder.</param>
    /// <param name="assignment">Which of them.</param>
    /// <param name="threads">≥ 1.</param>
    /// <param name="requeue">Whether a task of Slurm whose time is over is put in line again, if it has come any further.</param>
    public static int Measure(
        Session session, ICellWork work, CellFolder folder, CellAssignment assignment, int threads, bool requeue = false)
    {
        CellRunOutcome outcome;
        using (ProgressLine progress = new(session.Terminal))
        {
            outcome = CellRun.Run(
                work, folder, assignment, threads,
                now => progress.Report("cells", $"cells of {folder.FullPath}", now.Done, now.Total, now.Left), session.Cancellation);
        }

        TextWriter error = session.Terminal.Error;
        string where = folder.FullPath;
        if (outcome.Stopped && !outcome.Complete)
        {
            error.WriteLine($"hybrid: stopped with {outcome.Done} of {outcome.Total} cells finished; the same command continues");
            if (requeue && session.TimeIsOver() && SlurmTask.Name is string task)
                Requeue(error, outcome, task);
            return ExitCode.Cancelled;
        }

        error.WriteLine($"hybrid: {outcome.Done} of {outcome.Total} cells are finished, {outcome.Measured} of them by this process");
        if (outcome.Failed.Count > 0)
        {
            error.WriteLine($"hybrid: failed {CellStatus.MostAttempts} times and left alone: cells {Numbers(outcome.Failed)}; "
                + $"hybrid cells status {where} has their logs");
        }

        if (outcome.Busy > 0)
            error.WriteLine($"hybrid: {outcome.Busy} cells are being measured by other processes");
        return outcome.Complete ? ExitCode.Agrees : ExitCode.Disagrees;
    }

    /// <summary>A task that has come no further would come no further again.</summary>
    private static void Requeue(TextWriter error, CellRunOutcome outcome, string task)
    {
        if (!outcome.GoesOn)
        {
            error.WriteLine($"hybrid: the time of task {task} is too short for any of its cells; give hybrid cells retry a longer --time");
            return;
        }

        error.WriteLine($"hybrid: the time of task {task} is over; it goes back in line");
        error.Flush();
        if (SlurmTask.Requeue(task) is string reason)
            error.WriteLine($"hybrid: it does not ({reason}); hybrid cells retry continues");
    }

    /// <summary>Writes the arrays of a list of cells and submits them. The exit code.</summary>
    public static int Submit(
        Session session, ICellWork work, CellFolder folder, IReadOnlyList<int> cells, string name, SlurmOptions options, bool submit)
    {
        TextWriter output = session.Terminal.Out;
        if (cells.Count == 0)
        {
            output.WriteLine("no cell is missing");
            return ExitCode.Agrees;
        }

        // One cell, the smallest, tells what the others take; its result is kept.
        double? pace = options.Time is null ? Pace(session, work, folder, cells) : null;
        cells = [.. cells.Except(pace is null ? [] : CellStatus.Finished(folder, cells))];
        if (cells.Count == 0)
        {
            output.WriteLine("the first cell was the only one that was missing");
            return ExitCode.Agrees;
        }

        foreach (SlurmSubmission made in SlurmSubmission.Write(work, folder, cells, name, options, Command, pace, submit))
        {
            SlurmArray array = made.Array;
            string minutes = Math.Ceiling(array.Seconds / 60).ToString("0", CultureInfo.InvariantCulture);
            string time = options.Time is string given ? $", {given} each" : double.IsFinite(array.Seconds) ? $", {minutes} min each" : "";
            output.WriteLine($"{made.Batch}: {array.Cells.Count} cells in {array.Tasks} tasks, {array.MemoryMiB} MiB{time}, "
                + (made.Job is string job ? $"job {job}" : $"script {made.Script}"));
        }

        output.WriteLine($"hybrid cells status {folder.FullPath} says how they come on, hybrid cells merge what they found");
        return ExitCode.Agrees;
    }

    /// <summary>Cells as numbers, the first of many.</summary>
    public static string Numbers(IReadOnlyList<int> cells)
    {
        const int Shown = 8;
        string first = string.Join(", ", cells.Take(Shown));
        return cells.Count <= Shown ? first : $"{first} and {cells.Count - Shown} more";
    }

    private static double? Pace(Session session, ICellWork work, CellFolder folder, IReadOnlyList<int> cells)
    {
        int smallest = cells.MinBy(cell => (work.Cells[cell].Cost, cell));
        CellRun.Run(work, folder, new(null, [smallest], CellShard.Whole), 1, _ => { }, session.Cancellation);
        session.Cancellation.ThrowIfCancellationRequested();
        return CellStatus.SecondsOf(folder, smallest) is double seconds
            ? Math.Max(seconds, 1e-3) / work.Cells[smallest].Cost
            : throw new InputException($"the first cell, {smallest} ({work.Cells[smallest].Key}), fails; "
                + $"hybrid cells status {folder.FullPath} has its log");
    }
}
