using Hybrid.Import.Json;
using Hybrid.Networks.Training;

namespace Hybrid.Lab.Training;

/// <summary>What a run that is resumed may be asked to be.</summary>
public static class Resumption
{
    /// <summary>
    /// Accepts the plan that the run has, or one that differs in having more steps at a constant learning rate, whose past
    /// would have been the same, or in its engine, from which the run goes on as the other one to rounding.
    /// </summary>
    /// <exception cref="InputException">The plan differs in anything else; the message says in what.</exception>
    public static void Accept(RunDirectory directory, TrainingPlan asked)
    {
        IReadOnlyList<(string Path, string Stored, string Given)> differences = PlanDifferences.Between(directory.Plan, asked);
        if (differences.Count == 0)
            return;
        (string path, string stored, string given) = differences.OrderBy(difference => difference.Path is "engine").First();
        string reason = differences.Any(difference => difference.Path is not ("steps" or "engine"))
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

    /// <summary>Why a run cannot be given another length; "" where it can.</summary>
    private static string LengthRefusal(TrainingOptions stored, int steps) =>
        steps == stored.Steps ? ""
        : steps < stored.Steps ? "a run does not become shorter: leave --steps out"
        : stored.Optimiser.Schedule == ScheduleKind.Cosine ? "a cosine schedule ends at its last step, and with more of them every "
            + "step so far would have had another learning rate: leave --steps out"
        : "";
}
