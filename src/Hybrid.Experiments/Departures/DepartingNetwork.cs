using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Measurement;
using Hybrid.Networks.Training;
using Hybrid.Theory;

namespace Hybrid.Experiments.Departures;

/// <summary>One placement: what theory says of its gradients before training, its training runs, and numbers over them.</summary>
internal sealed class DepartingNetwork : TrainedRuns
{
    private const int WarmupSteps = 50, Sequences = 8;

    private readonly DepartureSize _size;

    public DepartingNetwork(Placement norm, DepartureSize size)
    {
        (_size, Placement) = (size, PlacementName.Of(norm));
        TrainableTransformer network = new(
            norm, Activation.Gelu, 1, size.Tokens, size.Depth, size.Width, DepartureSize.Heads, Sequences, size.Steps)
        {
            Projection = TrainableTransformer.ResidualProjection(size.Depth),
            WarmupSteps = WarmupSteps,
        };
        Architecture architecture = network.Architecture;
        LayerPrediction[] layers = Predict.Architecture(architecture).Layers;
        double Mean(IEnumerable<int> blocks) => blocks.Average(block => layers[block].GradientDiagonal);
        GradientRatio = Mean(FirstHalf) / Mean(SecondHalf);
        OptimiserOptions optimiser = network.Options(0).Optimiser;
        Runs = [.. Enumerable.Range(1, size.Runs).Select(run => new Cell(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Placement}, {RecordHash.Of(architecture)}, η = {optimiser.LearningRate}, decay {optimiser.WeightDecay}, "
                    + $"{optimiser.WarmupSteps} of {size.Steps} steps warm-up, {Sequences} sequences, "
                    + $"{size.Sequences} of them measured, run {run}"),
            (double)size.Depth * size.Width * size.Steps,
            attempt => Train(network.Options(attempt.Seed), attempt)))];
    }

    /// <summary>none, pre, post, peri or output.</summary>
    public string Placement { get; }

    /// <summary>Predicted g_d behind the blocks of the first half over that of the second half, means over blocks.</summary>
    public double GradientRatio { get; }

    /// <summary>The step of the last measurement.</summary>
    public int End => _size.Steps;

    private IEnumerable<int> FirstHalf => Enumerable.Range(1, _size.Depth / 2);

    private IEnumerable<int> SecondHalf => Enumerable.Range(_size.Depth / 2 + 1, _size.Depth - _size.Depth / 2);

    /// <summary>A block's departure after training less that before it, which is the finite width's.</summary>
    public double Departure(CellValues run, int block) =>
        run[DepartureMeter.Step(block, End)].Mean - run[DepartureMeter.Step(block, 0)].Mean;

    /// <summary>Mean of that over the blocks of a half.</summary>
    public double Departure(CellValues run, bool first) => (first ? FirstHalf : SecondHalf).Average(block => Departure(run, block));

    /// <summary>Mean over blocks of a number at a step.</summary>
    public double Mean(CellValues run, Func<int, int, string> name, int step) =>
        Enumerable.Range(1, _size.Depth).Average(block => run[name(block, step)].Mean);

    private CellValues Train(TrainingOptions options, CellAttempt attempt)
    {
        DepartureMeter meter = new(options.Model, _size);
        ObservedRun run = ObservedTraining.Run(
            options, TrainingChain.Source, attempt, options.Steps,
            (trainer, batch, record) => record.Numbers.AddRange(meter.Numbers(trainer, batch, options.Seed)));
        return run.Values;
    }
}
