namespace Hybrid.Lab.Training;

/// <summary>How a run ended.</summary>
public enum TrainingOutcome
{
    /// <summary>All steps are done.</summary>
    Finished,

    /// <summary>The loss left all bounds (<see cref="DivergenceRule"/>): a finding, not an error.</summary>
    Diverged,

    /// <summary>It was asked to stop, and saved a checkpoint to continue from.</summary>
    Stopped,
}
