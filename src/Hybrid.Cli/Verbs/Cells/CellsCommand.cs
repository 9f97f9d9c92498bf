using System.CommandLine;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Import.Json;
using Hybrid.Lab.Cells;
using Hybrid.Lab.Slurm;

namespace Hybrid.Cli.Verbs;

/// <summary>hybrid cells: what is done, lost and failing of a folder's cells; measures, retries and merges them.</summary>
internal static class CellsCommand
{
    private static readonly string[] Actions = ["status", "merge", "retry", "run", "template"];

    public static Verb Create(Session session)
    {
        Verb verb = new(
            "cells",
            "Looks after the cells of a sweep, phase, experiment or agreement: status; merge into one store; retry what is missing; run a "
                + "part; template prints Slurm's script.",
            "hybrid cells status grid",
            "hybrid cells merge grid",
            "hybrid cells retry grid --slurm",
            "hybrid cells run grid --shard 3/10",
            "hybrid cells template");
        Argument<string> action = new("ACTION") { Description = "status, merge, retry, run or template." };
        Options.Complete(action, () => Actions);
        Argument<string?> path = new("FOLDER")
        {
            Description = "The folder that sweep, phase or experiment made with --out.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<string?> batch = new("--batch")
        {
            Description = "run: the list of cells, as a submission or a retry named it; all cells if not given.",
            HelpName = "NAME",
        };
        Option<bool> requeue = new("--requeue")
        {
            Description = "run: a task of Slurm whose time is nearly over is put in line again, if it has come any further.",
        };
        Option<bool> again = new("--again") { Description = "retry: also cells that have failed three times." };
        Option<int> threads = Options.Threads();
        Option<bool> json = Options.Json();
        verb.Arguments.Add(action);
        verb.Arguments.Add(path);
        foreach (Option option in (Option[])[batch, requeue, again, threads, json])
            verb.Options.Add(option);
        CellOptions cells = new(verb);
        return verb.Does(parsed =>
        {
            string word = parsed.GetRequiredValue(action);
            if (!Actions.Contains(word))
            {
                throw new InputException(
                    $"ACTION must be one of {string.Join(", ", Actions)}, got '{word}'{NearestName.Question(word, Actions)}");
            }

            bool apart = cells.Asked(parsed);
            if (word == "template")
            {
                session.Terminal.Out.Write(SlurmTemplate.Standard);
                return ExitCode.Agrees;
            }

            CellFolder folder = CellFolder.Open(parsed.GetValue(path) ?? "");
            if (word == "status")
                return Status(session, folder, parsed.GetValue(json));
            ICellWork work = CellKinds.Open(folder, session);
            int count = Options.ThreadsOf(parsed, threads);
            switch (word)
            {
                case "merge":
                    return Merge(session, work, folder, parsed.GetValue(json));
                case "run":
                    CellShard shard = cells.Shard(parsed) ?? CellShard.Whole;
                    CellAssignment assignment = parsed.GetValue(batch) is string name
                        ? CellAssignment.Of(CellBatch.Read(folder, name), shard)
                        : CellAssignment.Of(work.Plan, shard);
                    return CellJobs.Measure(session, work, folder, assignment, count, parsed.GetValue(requeue));
                default:
                    if (cells.Slurm(parsed) && cells.Submit(parsed))
                        SlurmSubmission.EnsureAvailable();
                    IReadOnlyList<int> missing = CellRetry.Missing(work, folder, parsed.GetValue(again));
                    return cells.Slurm(parsed)
                        ? CellJobs.Submit(session, work, folder, missing, "retry",
                            cells.Of(parsed, SlurmSubmission.Earlier(folder)), cells.Submit(parsed))
                        : Retry(session, work, folder, missing, apart ? cells.Shard(parsed) : null, count);
            }
        });
    }

    private static int Status(Session session, CellFolder folder, bool json)
    {
        CellStatus status = CellStatus.Of(folder);
        IReadOnlyDictionary<string, int> tasks = SlurmSubmission.Tasks(folder);
        if (json)
            Json.Write(session.Terminal.Out, CellsOutput.ToNode(folder, status, tasks));
        else
            CellsOutput.Write(session.Terminal, folder, status, tasks);
        return status.Complete ? ExitCode.Agrees : ExitCode.Disagrees;
    }

    private static int Merge(Session session, ICellWork work, CellFolder folder, bool json)
    {
        CellStatus status = CellStatus.Of(folder);
        if (status.Complete || status.Foreign.Count > 0)
            return CellKinds.Finish(session, work, folder, json);
        session.Terminal.Error.WriteLine(
            $"hybrid: {status.Total - status.Done} of {status.Total} cells are missing: {status.Running.Count} run, "
            + $"{status.Failed.Count} failed, {status.Missing.Count} wait for hybrid cells retry {folder.FullPath}");
        return ExitCode.Disagrees;
    }

    /// <summary>Here, all of what is missing or a part of it: the list is fixed in a batch whose name is said.</summary>
    private static int Retry(
        Session session, ICellWork work, CellFolder folder, IReadOnlyList<int> missing, CellShard? shard, int threads)
    {
        if (missing.Count == 0)
        {
            session.Terminal.Out.WriteLine("no cell is missing");
            CellStatus status = CellStatus.Of(folder);
            return status.Complete ? ExitCode.Agrees : ExitCode.Disagrees;
        }

        CellBatch batch = CellRetry.Prepare(folder, missing);
        session.Terminal.Out.WriteLine($"{batch.Name}: {missing.Count} cells, {CellJobs.Numbers(missing)}");
        return CellJobs.Measure(session, work, folder, CellAssignment.Of(batch, shard ?? CellShard.Whole), threads);
    }
}
