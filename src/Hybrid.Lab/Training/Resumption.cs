using Hybrid.Import.Json;
using Hybrid.Networks.Training;

namespace Hybrid.Lab.Training;

/// <summary>What a run that is resumed may be asked to be.</summary>
public static class Resumption
{
    private static readonly string[] Free = ["engine", TrainingPlanJson.KeepName, TrainingPlanJson.KeepBestName];

    /// <summary>
    /// Finds the checkpoint that a run continues from. Damaged ones at the end are set aside while there is one before them, and so are
    /// files of lines that were damaged before it, of which what can be read is kept: no step depends on them. Then the plan and the log
    /// must be what they were when it was taken.
    /// </summary>
    /// <param name="directory">The run.</param>
    /// <param name="strict">Refuse what is damaged.</param>
    /// <param name="acceptChanges">Go on with a plan or a log that was changed.</param>
    /// <param name="warn">Told of everything that was not as it should be.</param>
    /// <exception cref="InputException">The run cannot be continued, or only if one of the two is told.</exception>
    public static void Prepare(RunDirectory directory, bool strict, bool acceptChanges, Action<string> warn)
    {
        CheckpointStore checkpoints = directory.Checkpoints;
        while (checkpoints.Latest is int newest && checkpoints.Damage(newest) is string damage)
        {
            int[] steps = checkpoints.Steps();
            if (steps.Length == 1)
                throw new InputException($"{damage}; no other checkpoint is left: restore it, or begin a new run in another --out");
            if (strict)
                throw new InputException($"{damage}; leave out --strict to set it aside and continue from the one of step {steps[^2]}");
            warn($"{damage}; it is now {checkpoints.SetAside(newest)}, and the run continues from the checkpoint of step {steps[^2]}");
        }

        if (checkpoints.Latest is not int latest)
            return;
        Mend(directory, directory.Log, latest, step => new(step, null, null, null, null), strict, warn);
        Mend(directory, directory.Times, latest, step => new(step, null), strict, warn);
        if (checkpoints.RunOf(latest) is RunIdentity run)
            Compare(directory, latest, run, acceptChanges, warn);
    }

    /// <summary>
    /// Accepts the plan that the run has, or one that differs in having more steps at a constant learning rate, whose past
    /// would have been the same, in its engine, from which the run goes on as the other one to rounding, or in which checkpoints
    /// are kept.
    /// </summary>
    /// <exception cref="InputException">The plan differs in anything else; the message says in what.</exception>
    public static void Accept(RunDirectory directory, TrainingPlan asked)
    {
        IReadOnlyList<(string Path, string Stored, string Given)> differences = PlanDifferences.Between(directory.Plan, asked);
        if (differences.Count == 0)
            return;
        (string path, string stored, string given) = differences.OrderBy(difference => Free.Contains(difference.Path)).First();
        string reason = differences.Any(difference => difference.Path is not "steps" && !Free.Contains(difference.Path))
            ? "leave the option out"
            : LengthRefusal(directory.Plan.Options, asked.Options.Steps);
        if (reason == "")
            directory.Change(asked);
        else
        {
            throw new InputException($"--resume continues the run of {directory.FullPath} as it is: "
                + $"{path} is {stored} there, got {given}; {reason}, or begin a new run in another --out");
        }
    }

    private static void Mend<T>(
        RunDirectory directory, StepLines<T> lines, int step, Func<int, T> empty, bool strict, Action<string> warn)
        where T : class
    {
        if (lines.DamageUpTo(step) is not string damage)
            return;
        if (strict)
            throw new InputException($"{damage}; restore the file, or leave out --strict to go on without what cannot be read");
        SavedLines saved = lines.Salvage(step, empty);
        warn($"{damage}; the file is now {directory.Replace(lines, saved)}, and the run continues without {saved.Lost} of "
            + $"{saved.Lines.Count} lines");
    }

    private static void Compare(RunDirectory directory, int step, RunIdentity run, bool acceptChanges, Action<string> warn)
    {
        string[] changed =
        [
            .. run.Configs.Contains(directory.ConfigHash) ? (string[])[] : [directory.ConfigPath],
            .. directory.Log.IdentityAt(step) == run.Log ? (string[])[] : [directory.LogPath],
        ];
        if (changed.Length == 0)
            return;
        string what = $"{string.Join(" and ", changed)} {(changed.Length == 1 ? "is" : "are")} not as when the checkpoint of step {step} "
            + "was taken";
        if (!acceptChanges)
            throw new InputException($"{what}; restore what was changed, or give --accept-changes to go on with it");
        warn($"{what}; the run goes on with what is there");
        directory.AcceptChanges();
    }

    /// <summary>Why a run cannot be given another length; "" where it can.</summary>
    private static string LengthRefusal(TrainingOptions stored, int steps) =>
        steps == stored.Steps ? ""
        : steps < stored.Steps ? "a run does not become shorter: leave --steps out"
        : stored.Optimiser.Schedule == ScheduleKind.Cosine ? "a cosine schedule ends at its last step, and with more of them every "
            + "step so far would have had another learning rate: leave --steps out"
        : "";
}
