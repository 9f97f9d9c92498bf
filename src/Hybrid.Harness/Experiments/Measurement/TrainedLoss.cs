using Hybrid.Harness.Data;
using Hybrid.Networks.Dense.Training;
using Hybrid.Networks.Training;

namespace Hybrid.Harness.Experiments.Measurement;

/// <summary>Trains one network on the dense engine, one thread, and evaluates it on sequences that it has never seen.</summary>
internal static class TrainedLoss
{
    /// <summary>The name of the test loss at the end, nats per token; +∞ where a step's loss or gradient was not finite.</summary>
    public const string Loss = "loss";

    private const int TestBatches = 16;

    /// <summary>One run from the seed of the options.</summary>
    public static CellValues Measure(TrainingOptions options, ITokenSource source)
    {
        using DenseTrainer trainer = new(options, threads: 1);
        BatchMaker batches = new(source, options.Model, options.Seed);
        TokenBatch batch = new(options.Sequences, options.Model.Architecture.Tokens);
        for (int step = 0; step < options.Steps; step++)
        {
            batches.Fill(Split.Train, step, batch);
            StepResult result = trainer.Step(batch);
            if (!double.IsFinite(result.Loss) || !double.IsFinite(result.GradientNorm))
                return Result(double.PositiveInfinity);
        }

        double sum = 0;
        for (int number = 0; number < TestBatches; number++)
        {
            batches.Fill(Split.Test, number, batch);
            sum += trainer.Evaluate(batch);
        }

        return Result(sum / TestBatches);
    }

    private static CellValues Result(double loss) => CellValues.Of([[KeyValuePair.Create(Loss, loss)]]);
}
