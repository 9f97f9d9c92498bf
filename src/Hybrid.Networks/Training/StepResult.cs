namespace Hybrid.Networks.Training;

/// <summary>What one optimisation step saw, before its update.</summary>
/// <param name="Loss">Mean cross-entropy over the batch's targets, nats; not finite if the network diverged.</param>
/// <param name="GradientNorm">Euclidean norm of the whole gradient before clipping; not finite if the network diverged.</param>
/// <param name="LearningRate">η of this step.</param>
public readonly record struct StepResult(double Loss, double GradientNorm, double LearningRate);
