namespace Hybrid.Lab.Slurm;

/// <summary>The task of Slurm that this process is.</summary>
public static class SlurmTask
{
    /// <summary>The number of the signal by which the standard template has Slurm say that a task's time is nearly over: SIGUSR1.</summary>
    public const int TimeIsOver = 10;

    /// <summary>
    /// Slurm's name for the task, such as 17_3 of an array or 18; null where this process is none.
    /// </summary>
    public static string? Name
    {
        get
        {
            string? array = Environment.GetEnvironmentVariable("SLURM_ARRAY_JOB_ID");
            string? task = Environment.GetEnvironmentVariable("SLURM_ARRAY_TASK_ID");
            return array is not null && task is not null ? $"{array}_{task}" : Environment.GetEnvironmentVariable("SLURM_JOB_ID");
        }
    }

    /// <summary>
    /// Has Slurm put a task in line again; it ends this process then, if it has not ended by itself.
    /// </summary>
    /// <returns>Why it does not, or null.</returns>
    public static string? Requeue(string name)
    {
        (int code, string output, string error) = SlurmSubmission.Call("scontrol", "requeue", name);
        return code == 0 ? null : $"{output}{error}".Trim();
    }
}
