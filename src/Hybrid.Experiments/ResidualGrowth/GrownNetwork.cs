using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Measurement;
using Hybrid.Import.Records;
using Hybrid.Lab.Statistics;
using Hybrid.Networks.Training;

namespace Hybrid.Experiments.ResidualGrowth;

/// <summary>One placement on one task: its prediction before training, its untrained networks and its training runs.</summary>
internal sealed class GrownNetwork
{
    private const double LearningRate = 1e-3, WeightDecay = 0.01;
    private const int WarmupSteps = 50, Sequences = 8;

    private readonly ResidualGrowthSize _size;

    public GrownNetwork(GrowthTask task, Placement norm, ResidualGrowthSize size)
    {
        (Task, _size) = (task, size);
        Placement = PlacementName.Of(norm);
        Subject = $"{Placement}, {task.Name}";
        double projection = TrainableTransformer.ResidualProjection(size.Depth);
        TrainableTransformer network = new(
            norm, Activation.Gelu, 1, size.Tokens, size.Depth, size.Width, size.Heads, Sequences, size.Steps)
        {
            Projection = projection,
        };
        Architecture architecture = network.Architecture.With(name: Subject, mlpWidth: size.MlpWidth);
        TrainingOptions options = new(
            new ModelOptions(architecture, TrainingTask.NextToken, task.Source.Vocabulary),
            new OptimiserOptions(LearningRate: LearningRate, WeightDecay: WeightDecay, WarmupSteps: WarmupSteps),
            Sequences,
            size.Steps,
            Seed: 0);
        Predicted = InitialStream.Predict(options, task.Source);
        Initial = new(
            $"{Subject}, {task.Source.Description}, untrained",
            ArchitectureWidth.At(architecture, 4 * size.Width),
            size.Samples,
            (wide, attempt, samples) =>
                InitialStream.Measure(options with { Model = options.Model with { Architecture = wide } }, task.Source, attempt, samples));
        Runs = [.. Enumerable.Range(1, size.Runs).Select(run => new Cell(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Subject}, {task.Source.Description}, n = {size.Tokens}, "
                    + $"L = {size.Depth}, d = {size.Width}, {size.Heads} heads, MLP {size.MlpWidth}, "
                    + $"σ_V = σ_v = {projection:0.####}, η = {LearningRate}, decay {WeightDecay}, "
                    + $"{WarmupSteps} of {size.Steps} steps warm-up, {Sequences} sequences, run {run}"),
            // Some six passes of a step against one of an untrained network, in the cost's unit of a pair of widths.
            6.0 * size.Steps * Sequences * size.Tokens * size.Depth * (size.Width + size.MlpWidth),
            attempt => Train(options with { Seed = attempt.Seed }, attempt)))];
    }

    public GrowthTask Task { get; }

    public string Placement { get; }

    /// <summary>The row of the tables.</summary>
    public string Subject { get; }

    /// <summary>The least loss on the task, nats per token.</summary>
    public double Optimum => Task.Optimum(_size.Tokens);

    /// <summary>q before training by boundary, at infinite width.</summary>
    public Estimate[] Predicted { get; }

    /// <summary>q of untrained networks at four times the width of the trained ones and at that width itself.</summary>
    public WidthPair Initial { get; }

    /// <summary>The training runs.</summary>
    public IReadOnlyList<Cell> Runs { get; }

    public IEnumerable<Cell> Cells => [.. Initial.Cells, .. Runs];

    /// <summary>Test loss of every run, nats per token; +∞ where it diverged.</summary>
    public double[] Losses(CellResults results) => [.. Runs.Select(run => results[run][TrainedLoss.Loss].Mean)];

    /// <summary>The streams after so many steps, of the runs that did not diverge.</summary>
    public StreamProfile[] Profiles(CellResults results, int step) =>
        [.. Runs.Where(run => double.IsFinite(results[run][TrainedLoss.Loss].Mean)).Select(
            run => new StreamProfile(name => results[run][At(name, step)].Mean))];

    private static string At(string name, int step) => string.Create(CultureInfo.InvariantCulture, $"{name} @{step}");

    private CellValues Train(TrainingOptions options, CellAttempt attempt)
    {
        ObservedRun run = ObservedTraining.Run(options, Task.Source, attempt, _size.Every, (trainer, batch, record) =>
            record.Numbers.AddRange(StreamProfile.Numbers(trainer, batch)
                .Select(number => KeyValuePair.Create(At(number.Key, trainer.StepsDone), number.Value))));
        return run.Values;
    }
}
