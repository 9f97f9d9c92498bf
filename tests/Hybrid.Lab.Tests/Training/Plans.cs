using Hybrid.Architectures;
using Hybrid.Import.Records;
using Hybrid.Lab.Data;
using Hybrid.Lab.Tests.Fakes;
using Hybrid.Lab.Training;
using Hybrid.Networks.Training;
using Hybrid.Theory;

namespace Hybrid.Lab.Tests.Training;

/// <summary>Small plans for the bigram trainer.</summary>
internal static class Plans
{
    public static TrainingPlan Small(
        int steps = 40,
        OptimiserKind kind = OptimiserKind.AdamW,
        double learningRate = 0.1,
        string data = "markov:vocabulary=8,order=1,entropy=1",
        TrainingTask task = TrainingTask.NextToken,
        ScheduleKind schedule = ScheduleKind.Cosine)
    {
        using ITokenSource source = TokenSources.Open(data, 5);
        string mask = task == TrainingTask.NextToken ? "causal" : "none";
        Architecture architecture = ArchitectureOverrides.Apply(ArchitectureModule.Defaults, ["tokens=16", $"mask={mask}", "name=small"]);
        return new(
            new(
                new(architecture, task, source.Vocabulary),
                new(kind, learningRate, Schedule: schedule, WarmupSteps: 3),
                Sequences: 4,
                Steps: steps,
                Seed: 5),
            DataDescription.Of(source),
            "bigram",
            EvalEvery: 7,
            EvalSequences: 8,
            MeasureEvery: 9,
            CheckpointEvery: 10);
    }

    /// <summary>Begins the run of a plan in a folder, or continues it, until its end or the cancellation.</summary>
    public static TrainingResult Run(
        string path, TrainingPlan plan, CancellationToken cancellation = default, Action<TrainingProgress>? progress = null)
    {
        using RunDirectory directory = RunDirectory.Exists(path) ? RunDirectory.Open(path) : RunDirectory.Create(path, plan);
        using BigramTrainer trainer = new(directory.Plan.Options);
        using ITokenSource source = directory.Plan.Data.Open(directory.Plan.Options.Seed);
        directory.Plan.EnsureFits(source);
        return new TrainingRun(directory, trainer, source).Run(progress ?? (_ => { }), cancellation);
    }

    /// <summary>Runs until <paramref name="steps"/> steps are done and then asks to stop.</summary>
    public static TrainingResult RunUntil(string path, TrainingPlan plan, int steps)
    {
        using CancellationTokenSource stop = new();
        return Run(path, plan, stop.Token, now =>
        {
            if (now.Step == steps)
                stop.Cancel();
        });
    }
}
