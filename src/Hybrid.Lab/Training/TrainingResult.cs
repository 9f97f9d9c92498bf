using Hybrid.Lab.Data;

namespace Hybrid.Lab.Training;

/// <summary>What a run has come to, all of it read from its log.</summary>
/// <param name="Plan">What was to be done.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Reason">Why it diverged, otherwise null.</param>
/// <param name="Trajectory">Step 0 and every step done.</param>
/// <param name="TokensPerSecond">Tokens seen per second of optimisation, over all processes that worked
/// on the run; NaN before the first step.</param>
public sealed record TrainingResult(
    TrainingPlan Plan,
    TrainingOutcome Outcome,
    string? Reason,
    IReadOnlyList<LogEntry> Trajectory,
    double TokensPerSecond)
{
    /// <summary>Steps done.</summary>
    public int Steps => Trajectory.Count == 0 ? 0 : Trajectory[^1].Step;

    /// <summary>Training loss of the first step, nats; NaN before it, or where its line was lost.</summary>
    public double InitialLoss => Trajectory.Count > 1 ? Trajectory[1].Loss ?? double.NaN : double.NaN;

    /// <summary>How many of the last steps <see cref="FinalLoss"/> averages: a tenth of them, at most 100.</summary>
    public int FinalSteps => Math.Clamp(Steps / 10, 1, 100);

    /// <summary>Mean training loss of the last <see cref="FinalSteps"/> steps, nats; NaN before the first.</summary>
    public double FinalLoss =>
        Trajectory.Skip(1).TakeLast(FinalSteps).Select(entry => entry.Loss).OfType<double>().DefaultIfEmpty(double.NaN).Average();

    /// <summary>Evaluation loss before the first step, nats.</summary>
    public double InitialEvalLoss => Evaluations.Select(entry => entry.EvalLoss!.Value).FirstOrDefault(double.NaN);

    /// <summary>Evaluation loss last taken, nats.</summary>
    public double FinalEvalLoss => Evaluations.Select(entry => entry.EvalLoss!.Value).LastOrDefault(double.NaN);

    /// <summary>The steps at which the network was evaluated.</summary>
    public IEnumerable<LogEntry> Evaluations => Trajectory.Where(entry => entry.EvalLoss is not null);
}

/// <summary>How a run ended.</summary>
public enum TrainingOutcome
{
    /// <summary>All steps are done.</summary>
    Finished,

    /// <summary>The loss left all bounds (<see cref="DivergenceRule"/>): a finding, not an error.</summary>
    Diverged,

    /// <summary>It was asked to stop, and saved a checkpoint to continue from.</summary>
    Stopped,

    /// <summary>It has not ended.</summary>
    Running,
}

/// <summary>A run's result beside what its data allow.</summary>
/// <param name="Result">What the run has come to.</param>
/// <param name="Optimum">The optimal loss, nats per target, or null where it is not known.</param>
/// <param name="References">Other losses to compare with.</param>
/// <param name="PeakMemory">The most memory that the process has had, bytes.</param>
public sealed record TrainingReport(
    TrainingResult Result,
    double? Optimum,
    IReadOnlyList<ReferenceLoss> References,
    long PeakMemory);
