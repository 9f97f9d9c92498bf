using System.Globalization;
using Hybrid.Harness.Data;
using Hybrid.Harness.Experiments.Measurement;
using Hybrid.Harness.Statistics;
using Hybrid.Networks.Training;
using Hybrid.Theory;

namespace Hybrid.Harness.Experiments.LossExponents;

/// <summary>One architecture of the grid with what the theory says of it before training, and its runs.</summary>
internal sealed class TrainedArchitecture
{
    private const int Tokens = 16, Width = 32, Heads = 2, MlpWidth = 64, Sequences = 16, WarmupSteps = 20;
    private const double LearningRate = 3e-3;

    public TrainedArchitecture(double branch, double inStd, LossExponentsSize size, ITokenSource source)
    {
        Branch = branch;
        Subject = string.Create(CultureInfo.InvariantCulture, $"a = {branch}, σ_w = {inStd}");
        Schedule skip = Schedule.NewConstant(Math.Sqrt(1 - branch * branch)), weight = Schedule.NewConstant(branch);
        Architecture architecture = new(
            Subject,
            Tokens,
            size.Depth,
            Width,
            Heads,
            MlpWidth,
            Activation.Erf,
            false,
            Norm.Pre,
            Mask.Causal,
            new AttentionParameters(skip, weight, 1, 1),
            new MlpParameters(skip, weight, inStd, 0, 1),
            new InputParameters(1, 0));
        Prediction prediction = Predict.Architecture(architecture);
        Angle = prediction.Layers.Skip(1).Sum(layer => layer.AngleExponent);
        Gradient = prediction.Layers.Skip(1).Sum(layer => layer.GradientExponent);
        TrainingOptions options = new(
            new ModelOptions(architecture, TrainingTask.NextToken, source.Vocabulary),
            new OptimiserOptions(LearningRate: LearningRate, WarmupSteps: WarmupSteps),
            Sequences,
            size.Steps,
            Seed: 0);
        Runs = [.. Enumerable.Range(1, size.Runs).Select(run => new Cell(
            string.Create(CultureInfo.InvariantCulture, $"{Subject}, depth {size.Depth}, {size.Steps} steps, run {run}"),
            (double)size.Depth * size.Steps,
            seed => TrainedLoss.Measure(options with { Seed = seed }, source)))];
    }

    /// <summary>The row of the tables.</summary>
    public string Subject { get; }

    /// <summary>a of both sublayers.</summary>
    public double Branch { get; }

    /// <summary>Σλ_a over the layers.</summary>
    public double Angle { get; }

    /// <summary>Σλ_g over the layers.</summary>
    public double Gradient { get; }

    /// <summary>max(|Σλ_a|, |Σλ_g|): how far from trainable the theory puts it.</summary>
    public double Distance => Math.Max(Math.Abs(Angle), Math.Abs(Gradient));

    public IReadOnlyList<Cell> Runs { get; }

    /// <summary>Test loss over the runs.</summary>
    public Estimate Loss(CellResults results) => Estimate.Of([.. Runs.Select(run => results[run][TrainedLoss.Loss].Mean)]);
}
