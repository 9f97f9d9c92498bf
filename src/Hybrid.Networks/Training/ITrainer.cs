namespace Hybrid.Networks.Training;

/// <summary>
/// A network in training on one engine. Its state is the number of steps done, the parameters and the optimiser's numbers:
/// whoever reads these and writes them into another trainer of the same options continues the same trajectory, on the
/// same engine bit by bit. One caller at a time.
/// </summary>
public interface ITrainer : IDisposable
{
    /// <summary>dense or torch.</summary>
    string Engine { get; }

    /// <summary>What the trainer was made for.</summary>
    TrainingOptions Options { get; }

    /// <summary>Steps done. Writing it is part of restoring a state.</summary>
    int StepsDone { get; set; }

    /// <summary>The parameters, in a fixed order.</summary>
    IReadOnlyList<NamedTensor> Parameters { get; }

    /// <summary>The optimiser's numbers, in a fixed order: "mean.NAME" and "square.NAME" for AdamW, "momentum.NAME" for SGD.</summary>
    IReadOnlyList<NamedTensor> OptimiserState { get; }

    /// <summary>Copies entries [offset, offset + destination.Length) of a tensor out.</summary>
    void Read(NamedTensor tensor, long offset, Span<float> destination);

    /// <summary>Copies entries [offset, offset + source.Length) of a tensor in.</summary>
    void Write(NamedTensor tensor, long offset, ReadOnlySpan<float> source);

    /// <summary>
    /// One step of the optimiser on a batch of Options.Sequences
    /// sequences. After a loss that is not finite nothing is updated.
    /// </summary>
    StepResult Step(TokenBatch batch);

    /// <summary>Mean cross-entropy over the targets of a batch, nats; changes nothing.</summary>
    double Evaluate(TokenBatch batch);
}

/// <summary>What one optimisation step saw, before its update.</summary>
/// <param name="Loss">Mean cross-entropy over the batch's targets, nats; not finite if the network diverged.</param>
/// <param name="GradientNorm">Euclidean norm of the whole gradient before clipping; not finite if the network diverged.</param>
/// <param name="LearningRate">η of this step.</param>
public readonly record struct StepResult(double Loss, double GradientNorm, double LearningRate);
