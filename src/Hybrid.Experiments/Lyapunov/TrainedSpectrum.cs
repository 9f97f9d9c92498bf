using Hybrid.Architectures;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Measurement;
using Hybrid.Lab.Statistics;
using Hybrid.Networks.Tangents;
using Hybrid.Networks.Training;

namespace Hybrid.Experiments.Lyapunov;

/// <summary>
/// Runs of one placement with the k leading exponents along data forwards and backwards, before and after training.
/// </summary>
internal sealed class TrainedSpectrum
{
    /// <summary>The test loss at the end, nats per token; +∞ where the run diverged.</summary>
    public const string Loss = "loss";

    /// <summary>The ways that tangents are carried, in names.</summary>
    public const string Forwards = "forwards", Backwards = "backwards";

    private const int Heads = 2;

    public TrainedSpectrum(Placement norm, TrainedSize size)
    {
        Size = size;
        // erf is smooth, as central differences want it.
        TrainableTransformer network = new(norm, Activation.Erf, 1, size.Tokens, size.Depth, size.Width, Heads, size.Sequences, size.Steps);
        Placement = network.Placement;
        Runs = [.. Enumerable.Range(1, size.Runs).Select(run => new Cell(
            $"{network.Key}, {size.Exponents} exponents on {size.Trajectories} sequences, run {run}", network.Cost,
            attempt => Measure(network.Options(attempt.Seed), size, attempt)))];
    }

    public TrainedSize Size { get; }

    public string Placement { get; }

    public IReadOnlyList<Cell> Runs { get; }

    /// <summary>Before and after training, with the step.</summary>
    public IReadOnlyList<(string Name, int Step)> Moments => [("before", 0), ("after", Size.Steps)];

    /// <summary>Exponent number k from 1 of a block, mean over sequences.</summary>
    public static string Exponent(string way, int block, int k, int step) => $"{way} {block} {k} @{step}";

    /// <summary>Exponent number k per block, mean over blocks and sequences.</summary>
    public static string Mean(string way, int k, int step) => $"{way} {k} @{step}";

    /// <summary>The sum of the k leading exponents forwards less that backwards, per block.</summary>
    public static string Difference(int k, int step) => $"forwards − backwards, {k} leading @{step}";

    /// <summary>The largest difference, over blocks, of the sums of all measured exponents.</summary>
    public static string Mismatch(int step) => $"mismatch @{step}";

    /// <summary>λ_1 per block, mean of both ways.</summary>
    public static string Leading(int step) => $"λ_1 @{step}";

    /// <summary>A number over the runs that reached its step.</summary>
    public Estimate Of(CellResults results, string name) => Estimate.Of(Values(results, name));

    /// <summary>The same run by run.</summary>
    public double[] Values(CellResults results, string name) => [.. Finished(results, name).Select(run => run[name].Mean)];

    /// <summary>The runs that reached the step of a number.</summary>
    public IEnumerable<CellValues> Finished(CellResults results, string name) =>
        Runs.Select(run => results[run]).Where(run => run.Names.Contains(name));

    private static CellValues Measure(TrainingOptions options, TrainedSize size, CellAttempt attempt)
    {
        ObservedRun run = ObservedTraining.Run(options, TrainingChain.Source, attempt, options.Steps, (trainer, batch, record) =>
        {
            List<KeyValuePair<string, double>> values = record.Numbers;
            int step = trainer.StepsDone;
            (ExponentEstimate[][] forward, ExponentEstimate[][] backward) =
                trainer.Exponents(batch, size.Trajectories, size.Exponents, options.Seed);
            double[] ahead = Add(values, Forwards, forward, step), back = Add(values, Backwards, backward, step);
            foreach (int k in (IEnumerable<int>)[1, size.Exponents])
                values.Add(new(Difference(k, step), ahead.Take(k).Sum() - back.Take(k).Sum()));
            values.Add(new(Mismatch(step), forward.Zip(backward, (f, b) => Math.Abs(Sum(f) - Sum(b))).Max()));
            values.Add(new(Leading(step), 0.5 * (ahead[0] + back[0])));
        });
        return CellValues.Of([run.Record.Numbers.Append(new(Loss, run.Loss))]);
    }

    /// <summary>Names the exponents of one way and returns their means over the blocks.</summary>
    private static double[] Add(List<KeyValuePair<string, double>> values, string way, ExponentEstimate[][] blocks, int step)
    {
        double[] means = [.. Enumerable.Range(0, blocks[0].Length).Select(k => blocks.Average(block => block[k].Mean))];
        for (int k = 1; k <= means.Length; k++)
        {
            values.Add(new(Mean(way, k, step), means[k - 1]));
            for (int block = 1; block <= blocks.Length; block++)
                values.Add(new(Exponent(way, block, k, step), blocks[block - 1][k - 1].Mean));
        }

        return means;
    }

    private static double Sum(ExponentEstimate[] exponents) => exponents.Sum(exponent => exponent.Mean);
}

/// <summary>The size of the networks that are trained.</summary>
/// <param name="Tokens">n.</param>
/// <param name="Depth">L.</param>
/// <param name="Width">d.</param>
/// <param name="Sequences">B of a batch.</param>
/// <param name="Trajectories">Sequences of the validation batch whose exponents are measured.</param>
/// <param name="Exponents">k leading exponents.</param>
/// <param name="Runs">Independent runs of each placement.</param>
/// <param name="Steps">Of each run.</param>
internal sealed record TrainedSize(
    int Tokens, int Depth, int Width, int Sequences, int Trajectories, int Exponents, int Runs, int Steps)
{
    public static TrainedSize Of(ExperimentScale scale) =>
        scale == ExperimentScale.Full ? new(16, 12, 64, 16, 4, 6, 16, 400) : new(8, 6, 32, 8, 2, 3, 4, 40);

    /// <summary>Networks so small that their whole spectrum is measured: n d = 64.</summary>
    public static TrainedSize Complete(ExperimentScale scale) =>
        scale == ExperimentScale.Full ? new(4, 6, 16, 16, 4, 64, 4, 400) : new(4, 3, 16, 8, 1, 64, 2, 40);
}
