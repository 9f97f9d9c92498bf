namespace Hybrid.Lab.Training;

/// <summary>Where a run is. Rates are those of this process.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Loss">Training loss of the last step, nats.</param>
/// <param name="EvalLoss">The last evaluation, nats.</param>
/// <param name="Evaluated">Whether that evaluation was of this step.</param>
/// <param name="StepsPerSecond">Steps per second, evaluations and checkpoints included.</param>
/// <param name="TokensPerSecond">Tokens seen by the network per second.</param>
/// <param name="Left">Time left at this rate.</param>
public sealed record TrainingProgress(
    int Step,
    int Steps,
    double Loss,
    double EvalLoss,
    bool Evaluated,
    double StepsPerSecond,
    double TokensPerSecond,
    TimeSpan Left);
