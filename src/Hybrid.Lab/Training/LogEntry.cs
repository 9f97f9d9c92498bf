namespace Hybrid.Lab.Training;

/// <summary>One line of the trajectory.</summary>
/// <param name="Step">0 for the state before training, which has an evaluation and nothing else; 1, 2, … for the optimiser's steps.</param>
/// <param name="Loss">Mean cross-entropy of the step's batch before its update, nats; NaN where it was not finite. Null at step 0.</param>
/// <param name="GradientNorm">Norm of the whole gradient before clipping. Null at step 0.</param>
/// <param name="LearningRate">η of the step. Null at step 0.</param>
/// <param name="EvalLoss">Mean cross-entropy of the validation sequences after the update, nats; null where none was taken.</param>
public sealed record LogEntry(int Step, double? Loss, double? GradientNorm, double? LearningRate, double? EvalLoss);
