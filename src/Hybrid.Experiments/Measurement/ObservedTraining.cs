using Hybrid.Experiments.Cells;
using Hybrid.Lab.Data;
using Hybrid.Lab.Training;
using Hybrid.Networks.Training;

namespace Hybrid.Experiments.Measurement;

/// <summary>One training run of an experiment's cell: dense engine, one thread, nothing kept on disk.</summary>
internal static class ObservedTraining
{
    private const int TestBatches = 16;

    /// <summary>
    /// Trains and shows the network with the first validation batch before the first step, after every
    /// <paramref name="every"/> steps and after the last, until it ends or diverges as a training run does. A diverged
    /// network is not shown again.
    /// </summary>
    /// <returns>Mean cross-entropy on sequences that were never seen, nats per token; +∞ where the run diverged.</returns>
    public static double Run(TrainingOptions options, ITokenSource source, int every, Action<DenseTrainer, TokenBatch> observe)
    {
        using DenseTrainer trainer = new(options, threads: 1);
        BatchMaker batches = new(source, options.Model, options.Seed);
        TokenBatch batch = new(options.Sequences, options.Model.Architecture.Tokens), validation = new(batch.Sequences, batch.Tokens);
        batches.Fill(Split.Validation, 0, validation);
        DivergenceRule divergence = new(options.Model.Vocabulary);
        observe(trainer, validation);
        for (int step = 1; step <= options.Steps; step++)
        {
            batches.Fill(Split.Train, step - 1, batch);
            StepResult result = trainer.Step(batch);
            if (divergence.Observe(new(step, result.Loss, result.GradientNorm, result.LearningRate, null)) is not null)
                return double.PositiveInfinity;
            if (step % every == 0 || step == options.Steps)
                observe(trainer, validation);
        }

        double sum = 0;
        for (int number = 0; number < TestBatches; number++)
        {
            batches.Fill(Split.Test, number, batch);
            sum += trainer.Evaluate(batch);
        }

        return sum / TestBatches;
    }
}

/// <summary>The loss at the end of a training run and nothing else.</summary>
internal static class TrainedLoss
{
    /// <summary>The name of the test loss, nats per token; +∞ where the run diverged.</summary>
    public const string Loss = "loss";

    /// <summary>One run from the seed of the options.</summary>
    public static CellValues Measure(TrainingOptions options, ITokenSource source) =>
        CellValues.Of([[KeyValuePair.Create(Loss, ObservedTraining.Run(options, source, options.Steps, (_, _) => { }))]]);
}
