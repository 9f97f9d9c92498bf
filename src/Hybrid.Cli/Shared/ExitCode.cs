namespace Hybrid.Cli.Shared;

/// <summary>What the command's exit code means; part of its contract.</summary>
public static class ExitCode
{
    /// <summary>
    /// Done; for check: theory and measurement agree; for diff: both engines do; for suggest: the budget is reached;
    /// for train: finished, or diverged, which is a finding; for experiment: it ran and no hypothesis is refuted.
    /// </summary>
    public const int Agrees = 0;

    /// <summary>
    /// check: theory and measurement disagree, or the samples are too few to tell; diff: the engines part;
    /// suggest: no change within the budget was found; experiment: a hypothesis is refuted.
    /// </summary>
    public const int Disagrees = 1;

    /// <summary>The input cannot be used; stderr names the field, what was received and what is legal.</summary>
    public const int BadInput = 2;

    /// <summary>The engine or its device is not there; stderr says how to get it.</summary>
    public const int EngineMissing = 3;

    /// <summary>A fault of the command itself.</summary>
    public const int Internal = 99;

    /// <summary>Stopped by Ctrl-C or SIGTERM; no file is half-written, and train has saved a checkpoint.</summary>
    public const int Cancelled = 130;
}
