using Hybrid.Import.Files;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Lab.Data;
using Hybrid.Lab.Tests.Fakes;
using Hybrid.Lab.Training;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Training;
using Xunit;

namespace Hybrid.Lab.Tests.Training;

public class TrainingRunTests
{
    [Fact]
    public void A_bigram_model_learns_a_chain_of_order_1_to_its_optimum_and_not_below()
    {
        using TemporaryFolder folder = new();
        TrainingPlan plan = Plans.Small(steps: 1500, learningRate: 0.03) with { EvalSequences = 2000, EvalEvery = 1500 };
        TrainingResult result = Plans.Run(folder.Path("run"), plan);
        Assert.Equal((TrainingOutcome.Finished, 1500), (result.Outcome, result.Steps));
        using ITokenSource source = plan.Data.Open(5);
        double optimum = source.OptimalLoss(TrainingTask.NextToken, 16)!.Value;
        // 32 000 targets of loss ≤ ln 8 or so: standard error of the evaluation ≤ 1.3/√32000.
        double error = 1.3 / Math.Sqrt(32_000);
        Assert.InRange(result.FinalEvalLoss, optimum - 4 * error, optimum + 4 * error + 0.02);
        Assert.True(result.InitialEvalLoss > optimum + 0.5, $"nothing to learn: {result.InitialEvalLoss}");
    }

    [Fact]
    public void The_log_has_every_step_and_the_evaluations_that_were_asked_for()
    {
        using TemporaryFolder folder = new();
        TrainingResult result = Plans.Run(folder.Path("run"), Plans.Small());
        Assert.Equal(Enumerable.Range(0, 41), result.Trajectory.Select(entry => entry.Step));
        Assert.Equal([0, 7, 14, 21, 28, 35, 40], result.Evaluations.Select(entry => entry.Step));
        string[] lines = File.ReadAllLines(folder.Path("run/log.jsonl"));
        Assert.StartsWith("{\"step\":0,\"evalLoss\":", lines[0]);
        Assert.StartsWith("{\"step\":1,\"loss\":", lines[1]);
        Assert.DoesNotContain("seconds", lines[1]);
        Assert.Equal(40, File.ReadAllLines(folder.Path("run/times.jsonl")).Length);
        Assert.Equal(["step-000000030", "step-000000040"], Directory.GetDirectories(folder.Path("run/checkpoints")).Select(Path.GetFileName)
            .Order());
    }

    [Fact]
    public void An_evaluation_is_the_mean_loss_of_the_first_validation_sequences()
    {
        using TemporaryFolder folder = new();
        TrainingPlan plan = Plans.Small();
        TrainingResult result = Plans.Run(folder.Path("run"), plan);
        using BigramTrainer untrained = new(plan.Options);
        using ITokenSource source = plan.Data.Open(plan.Options.Seed);
        BatchMaker batches = new(source, plan.Options.Model, plan.Options.Seed);
        TokenBatch batch = new(plan.Options.Sequences, plan.Options.Model.Architecture.Tokens);
        double[] losses = [.. Enumerable.Range(0, plan.EvalSequences / plan.Options.Sequences).Select(number =>
        {
            batches.Fill(Split.Validation, number, batch);
            return untrained.Evaluate(batch);
        })];
        Assert.Equal(2, losses.Distinct().Count());
        Assert.Equal(losses.Average(), result.InitialEvalLoss, 1e-12);
    }

    [Theory]
    [InlineData(OptimiserKind.AdamW, TrainingTask.NextToken)]
    [InlineData(OptimiserKind.Sgd, TrainingTask.MaskedToken)]
    public void Stopped_anywhere_it_continues_to_the_same_bytes(OptimiserKind kind, TrainingTask task)
    {
        using TemporaryFolder folder = new();
        TrainingPlan plan = Plans.Small(kind: kind, task: task);
        Plans.Run(folder.Path("whole"), plan);
        foreach (int[] stops in (int[][])[[1], [9], [10], [11], [39], [3, 14, 15, 33]])
        {
            string path = folder.Path("stopped-" + string.Join('-', stops));
            foreach (int stop in stops)
            {
                TrainingResult stopped = Plans.RunUntil(path, plan, stop);
                Assert.Equal((TrainingOutcome.Stopped, stop), (stopped.Outcome, stopped.Steps));
            }

            Assert.Equal(TrainingOutcome.Finished, Plans.Run(path, plan).Outcome);
            EnsureSame(folder.Path("whole"), path);
        }
    }

    // Validation is read at step 0 to measure and to evaluate, at steps 9, 18, 27 and 36 to measure, and at 40 to evaluate and to measure.
    [Theory]
    [InlineData(1, 0)]
    [InlineData(4, 18)]
    [InlineData(8, 40)]
    public void Stopped_while_it_measures_it_keeps_its_steps_and_measures_when_it_continues(int reading, int step)
    {
        using TemporaryFolder folder = new();
        TrainingPlan plan = Plans.Small(learningRate: 1e-3) with { EvalEvery = 100 };
        ModelOptions model = plan.Options.Model;
        string[] small = ["depth=2", "width=8", "mlpWidth=8", "heads=2"];
        model = model with { Architecture = ArchitectureOverrides.Apply(model.Architecture, small) };
        plan = plan with { Options = plan.Options with { Model = model } };
        string whole = folder.Path("whole"), path = folder.Path("stopped");
        Assert.Equal(TrainingOutcome.Finished, Run(whole, int.MaxValue).Outcome);
        TrainingResult stopped = Run(path, reading);
        Assert.Equal((TrainingOutcome.Stopped, step), (stopped.Outcome, stopped.Steps));
        string measurement = $"measurements/step-{step:000000000}.json";
        Assert.False(File.Exists(Path.Combine(path, measurement)));
        Assert.True(Directory.Exists(Path.Combine(path, $"checkpoints/step-{step:000000000}")));
        Assert.Equal(TrainingOutcome.Finished, Run(path, int.MaxValue).Outcome);
        Assert.Equal(File.ReadAllBytes(Path.Combine(whole, measurement)), File.ReadAllBytes(Path.Combine(path, measurement)));
        EnsureSame(whole, path);

        TrainingResult Run(string at, int readings)
        {
            using CancellationTokenSource stop = new();
            using RunDirectory directory = RunDirectory.Exists(at) ? RunDirectory.Open(at) : RunDirectory.Create(at, plan);
            using MeasuredTrainer trainer = new(plan.Options, threads: 1);
            using ITokenSource source = plan.Data.Open(plan.Options.Seed);
            return new TrainingRun(directory, trainer, new StoppingSource(source, readings, stop)).Run(_ => { }, stop.Token);
        }
    }

    // What a kill leaves: a log that is ahead of the last checkpoint, its last line torn anywhere, half of a checkpoint.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(60)]
    [InlineData(1000)]
    public void A_log_torn_behind_its_checkpoint_is_cut_back_and_written_again(int lost)
    {
        using TemporaryFolder folder = new();
        TrainingPlan plan = Plans.Small();
        Plans.Run(folder.Path("whole"), plan);
        string path = folder.Path("torn");
        Plans.Run(path, plan);
        Directory.Delete(Path.Combine(path, "checkpoints/step-000000040"), recursive: true);
        Directory.CreateDirectory(Path.Combine(path, "checkpoints/step-000000040.partial"));
        using (FileStream log = new(Path.Combine(path, "log.jsonl"), FileMode.Open))
            log.SetLength(log.Length - lost);
        Assert.Equal(TrainingOutcome.Finished, Plans.Run(path, plan).Outcome);
        EnsureSame(folder.Path("whole"), path);
        Assert.Empty(Directory.GetDirectories(path, "*.partial", SearchOption.AllDirectories));
    }

    [Fact]
    public void Killed_before_its_first_checkpoint_it_begins_again()
    {
        using TemporaryFolder folder = new();
        TrainingPlan plan = Plans.Small();
        Plans.Run(folder.Path("whole"), plan);
        string path = folder.Path("killed");
        Plans.Run(path, plan);
        Directory.Delete(Path.Combine(path, "checkpoints"), recursive: true);
        Plans.Run(path, plan);
        EnsureSame(folder.Path("whole"), path);
    }

    [Fact]
    public void A_finished_run_stays_as_it_is()
    {
        using TemporaryFolder folder = new();
        TrainingPlan plan = Plans.Small();
        TrainingResult first = Plans.Run(folder.Path("run"), plan);
        DateTime written = File.GetLastWriteTimeUtc(folder.Path("run/log.jsonl"));
        TrainingResult again = Plans.Run(folder.Path("run"), plan);
        Assert.Equal(TrainingOutcome.Finished, again.Outcome);
        Assert.Equal(first.Trajectory, again.Trajectory);
        Assert.Equal(written, File.GetLastWriteTimeUtc(folder.Path("run/log.jsonl")));
    }

    [Fact]
    public void A_loss_that_leaves_all_bounds_is_an_outcome_that_stays()
    {
        using TemporaryFolder folder = new();
        TrainingPlan plan = Plans.Small(kind: OptimiserKind.Sgd, learningRate: 1e4, schedule: ScheduleKind.Constant);
        TrainingResult result = Plans.Run(folder.Path("run"), plan);
        Assert.Equal(TrainingOutcome.Diverged, result.Outcome);
        Assert.Contains("for 16 steps", result.Reason);
        Assert.InRange(result.Steps, 17, 20);
        TrainingResult again = Plans.Run(folder.Path("run"), plan);
        Assert.Equal((result.Outcome, result.Reason, result.Steps), (again.Outcome, again.Reason, again.Steps));
    }

    [Theory]
    [InlineData(double.NaN, 1, "the loss is not finite")]
    [InlineData(double.PositiveInfinity, 1, "the loss is not finite")]
    [InlineData(2, double.NaN, "the gradient is not finite")]
    [InlineData(4, 1, null)]
    public void What_is_not_finite_is_a_divergence_at_once(double loss, double gradient, string? reason)
    {
        DivergenceRule rule = new(8);
        Assert.Null(rule.Observe(new(0, null, null, null, 2)));
        Assert.Null(rule.Observe(new(1, 1, 1, 1, null)));
        Assert.Equal(reason, rule.Observe(new(2, loss, gradient, 1, null)));
    }

    [Fact]
    public void A_spike_that_heals_is_no_divergence()
    {
        DivergenceRule rule = new(8);
        rule.Observe(new(1, 2, 1, 1, null));
        for (int step = 2; step < 100; step++)
            Assert.Null(rule.Observe(new(step, step % DivergenceRule.Patience == 0 ? 2 : 100, 1, 1, null)));
    }

    [Fact]
    public void A_log_with_a_line_missing_before_the_checkpoint_is_an_error_that_names_it()
    {
        using TemporaryFolder folder = new();
        string path = folder.Path("run"), log = Path.Combine(path, "log.jsonl");
        Plans.Run(path, Plans.Small());
        string[] lines = File.ReadAllLines(log);
        File.WriteAllLines(log, lines.Where((_, i) => i != 7));
        Assert.Contains(
            $"{log}: line 8 must be of step 7, got step 8", Assert.Throws<InputException>(() => Plans.Run(path, Plans.Small())).Message);
        File.WriteAllLines(log, lines[..30]);
        Assert.Contains($"{log}: holds 30 whole lines and none of step 40", Assert.Throws<InputException>(
            () => Plans.Run(path, Plans.Small())).Message);
        File.WriteAllLines(log, ["{\"step\":0,\"evalLoss\":1}", "rubbish", .. lines[2..]]);
        Assert.Contains($"{log}: line 2 is not JSON", Assert.Throws<InputException>(() => Plans.Run(path, Plans.Small())).Message);
    }

    [Fact]
    public void Progress_tells_where_the_run_is_and_how_fast_it_goes()
    {
        using TemporaryFolder folder = new();
        List<TrainingProgress> told = [];
        Plans.Run(folder.Path("run"), Plans.Small(), default, told.Add);
        Assert.Equal(Enumerable.Range(1, 40), told.Select(now => now.Step));
        Assert.All(told, now => Assert.Equal(now.StepsPerSecond * 4 * 16, now.TokensPerSecond, 1e-6 * now.TokensPerSecond));
        // to the ticks that a time span has
        Assert.All(told, now => Assert.Equal((40 - now.Step) / now.StepsPerSecond, now.Left.TotalSeconds, 1e-7));
        Assert.Equal(TimeSpan.Zero, told[^1].Left);
        Assert.Equal([7, 14, 21, 28, 35, 40], told.Where(now => now.Evaluated).Select(now => now.Step));
    }

    /// <summary>Trajectory and last checkpoint, byte by byte.</summary>
    /// <summary>A source that asks to stop where its first validation sequence is read for so many times.</summary>
    private sealed class StoppingSource(ITokenSource source, int readings, CancellationTokenSource stop) : ITokenSource
    {
        private int _readings;

        public int Vocabulary => source.Vocabulary;
        public string Description => source.Description;
        public FileIdentity? File => source.File;
        public IReadOnlyList<ReferenceLoss> References => source.References;

        public double? OptimalLoss(TrainingTask task, int tokens) => source.OptimalLoss(task, tokens);

        public long Sequences(Split split, int length) => source.Sequences(split, length);

        public void Fill(Split split, long sequence, Span<byte> tokens)
        {
            source.Fill(split, sequence, tokens);
            if (split == Split.Validation && sequence == 0 && ++_readings == readings)
                stop.Cancel();
        }

        public void Dispose()
        {
        }
    }

    private static void EnsureSame(string expected, string actual)
    {
        Assert.Equal(File.ReadAllText(Path.Combine(expected, "log.jsonl")), File.ReadAllText(Path.Combine(actual, "log.jsonl")));
        foreach (string file in (string[])["weights.safetensors", "optimiser.safetensors", "state.json"])
        {
            string name = Path.Combine("checkpoints/step-000000040", file);
            Assert.Equal(File.ReadAllBytes(Path.Combine(expected, name)), File.ReadAllBytes(Path.Combine(actual, name)));
        }
    }
}
