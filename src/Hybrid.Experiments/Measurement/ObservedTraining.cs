using Hybrid.Experiments.Cells;
using Hybrid.Lab.Cells;
using Hybrid.Lab.Data;
using Hybrid.Lab.Training;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Training;

namespace Hybrid.Experiments.Measurement;

/// <summary>
/// One training run of an experiment's cell. On disk it keeps what an interrupted attempt leaves for the next one, and nothing else.
/// </summary>
internal static class ObservedTraining
{
    private const int TestBatches = 16;

    /// <summary>
    /// Trains and shows the network with the first validation batch before the first step, after every
    /// <paramref name="every"/> steps and after the last, until it ends or diverges as a training run does. A diverged
    /// network is not shown again. Asked to stop, it ends after a step with a checkpoint and its record in the attempt's folder; another
    /// attempt goes on from there to the same bits.
    /// </summary>
    /// <param name="options">The run.</param>
    /// <param name="source">Its data.</param>
    /// <param name="attempt">Where it may leave what it has done.</param>
    /// <param name="every">≥ 1.</param>
    /// <param name="observe">Adds what it sees to the record, in which alone it may keep anything from one time to the next.</param>
    /// <returns>The record, with the mean cross-entropy on sequences that were never seen, nats per token; +∞ where the run
    /// diverged.</returns>
    /// <exception cref="CellPausedException">Stopped.</exception>
    /// <exception cref="CellBusyException">Another process has the folder.</exception>
    public static ObservedRun Run(
        TrainingOptions options, ITokenSource source, CellAttempt attempt, int every,
        Action<IMeasuredTrainer, TokenBatch, RunRecord> observe)
    {
        using IMeasuredTrainer trainer = attempt.Engines.Trainers(options);
        using PausedTraining? pause = attempt.Scratch is string folder ? Held(folder) : null;
        BatchMaker batches = new(source, options.Model, options.Seed);
        TokenBatch batch = new(options.Sequences, options.Model.Architecture.Tokens), validation = new(batch.Sequences, batch.Tokens);
        batches.Fill(Split.Validation, 0, validation);
        DivergenceRule divergence = new(options.Model.Vocabulary);
        RunRecord record = pause?.Restore(trainer) is string text ? RunRecord.Parse(text) : new();
        foreach (LogEntry entry in record.Steps)
            divergence.Observe(entry);
        if (trainer.StepsDone == 0)
            observe(trainer, validation, record);
        for (int first = trainer.StepsDone + 1, step = first; step <= options.Steps; step++)
        {
            if (step > first && pause is not null && attempt.Cancellation.IsCancellationRequested)
            {
                pause.Save(trainer, record.ToText());
                throw new CellPausedException(attempt.Cancellation);
            }

            batches.Fill(Split.Train, step - 1, batch);
            StepResult result = trainer.Step(batch);
            LogEntry entry = new(step, result.Loss, result.GradientNorm, result.LearningRate, null);
            if (divergence.Observe(entry) is not null)
                return new(record, double.PositiveInfinity);
            record.Steps.Add(entry);
            if (step % every == 0 || step == options.Steps)
                observe(trainer, validation, record);
        }

        double sum = 0;
        for (int number = 0; number < TestBatches; number++)
        {
            batches.Fill(Split.Test, number, batch);
            sum += trainer.Evaluate(batch);
        }

        return new(record, sum / TestBatches);
    }

    private static PausedTraining Held(string folder)
    {
        try
        {
            return PausedTraining.Open(folder);
        }
        catch (RunInUseException error)
        {
            throw new CellBusyException(error.Message, error);
        }
    }
}

/// <summary>A run that came to its end.</summary>
/// <param name="Record">What was seen of it.</param>
/// <param name="Loss">Test loss, nats per token; +∞ where it diverged.</param>
internal sealed record ObservedRun(RunRecord Record, double Loss)
{
    /// <summary>The record's numbers and the loss, as a cell holds them.</summary>
    public CellValues Values => CellValues.Of([Record.Numbers.Append(KeyValuePair.Create(TrainedLoss.Loss, Loss))]);
}

/// <summary>The loss at the end of a training run and nothing else.</summary>
internal static class TrainedLoss
{
    /// <summary>The name of the test loss, nats per token; +∞ where the run diverged.</summary>
    public const string Loss = "loss";

    /// <summary>One run from the seed of the options.</summary>
    public static CellValues Measure(TrainingOptions options, ITokenSource source, CellAttempt attempt) =>
        ObservedTraining.Run(options, source, attempt, options.Steps, (_, _, _) => { }).Values;
}
