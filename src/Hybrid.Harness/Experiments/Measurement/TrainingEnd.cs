namespace Hybrid.Harness.Experiments.Measurement;

/// <summary>How a training run ended.</summary>
/// <param name="Steps">The last step; of a diverged run the one that showed it.</param>
/// <param name="TestLoss">Mean cross-entropy on sequences that were never seen, nats per token; +∞ where the run diverged.</param>
internal readonly record struct TrainingEnd(int Steps, double TestLoss)
{
    /// <summary>Whether the run diverged, as <see cref="Training.DivergenceRule"/> says.</summary>
    public bool Diverged => double.IsPositiveInfinity(TestLoss);
}
