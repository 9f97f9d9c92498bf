using Hybrid.Architectures;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Measurement;
using Hybrid.Lab.Comparisons;
using Hybrid.Lab.Data;
using Hybrid.Lab.Statistics;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Training;
using Hybrid.Theory;

namespace Hybrid.Experiments.GradientFlow;

/// <summary>
/// Trainable networks of one placement before training, on data, beside the Gram process (derivation section 8).
/// The process is given what the blocks are given in the same network: C₀ of the embedded tokens and Γ_L of the loss's gradient
/// at the output, of every sequence.
/// </summary>
internal sealed class InitialGradients
{
    /// <summary>Log growth per block backwards of the weights' gradients.</summary>
    public const string Rate = "rate";

    /// <summary>log ‖∂L/∂W‖² summed over the last block's matrices.</summary>
    public const string LastPower = "log power of the last block";

    private readonly TrainableTransformer _network;

    public InitialGradients(Placement norm, TrainableSize size)
    {
        _network = new(norm, Activation.Relu, Math.Sqrt(2), size.Tokens, size.Depth, size.WideWidth, TrainableSize.Heads,
            size.InitialSequences, 1);
        Pair = new($"{Placement}, trainable, before training, {size.InitialSequences} sequences of {size.Tokens}", _network.Architecture,
            size.Networks, Measure);
    }

    public string Placement => _network.Placement;

    public WidthPair Pair { get; }

    /// <summary>g_d after a block in units of that at the output, measured over predicted.</summary>
    public static string Diagonal(int layer) => $"g_d {layer}";

    /// <summary>g_d − g_o in the same units, measured over predicted.</summary>
    public static string Difference(int layer) => $"difference {layer}";

    /// <summary>The prediction of a number, mean over networks and draws.</summary>
    public static string Predicted(string name) => $"predicted {name}";

    /// <summary>What the theory predicts of a number for these data, at the larger width.</summary>
    public double Prediction(CellResults results, string name) => Pair.AtWidth(results, Predicted(name)).Mean;

    /// <summary>Measured over predicted at infinite width.</summary>
    public Extrapolation Ratio(CellResults results, string name) => Pair.Extrapolate(results, name, 1);

    /// <summary>A number of the networks of the trained width, of which there are the most.</summary>
    public Estimate AtTrainedWidth(CellResults results, string name) => results[Pair.Second][name];

    private CellValues Measure(Architecture architecture, CellAttempt attempt, int samples)
    {
        TrainableTransformer network = _network with { Width = architecture.Width };
        InitialNetwork[] networks =
            [.. Enumerable.Range(0, samples).Select(sample => Observe(attempt, network.Options(attempt.Seed + (ulong)sample), sample))];
        Dictionary<string, Estimate> values = new()
        {
            [Rate] = Estimate.Of([.. networks.Select(one => WeightGradients.Rate(one.Blocks))]),
            [LastPower] = Estimate.Of([.. networks.Select(one => Math.Log(one.Blocks[^1]))]),
        };
        for (int layer = 0; layer <= architecture.Depth; layer++)
        {
            int at = layer;
            Add(values, Diagonal(layer), [.. networks.Select(one => (one.Measured.Diagonal[at], one.Predicted.Diagonal[at]))]);
            Add(values, Difference(layer), [.. networks.Select(one => (one.Measured.Difference[at], one.Predicted.Difference[at]))]);
        }

        return new(values);
    }

    /// <summary>
    /// Measured over predicted as 1 + (m − p)/p̄ of each network, p̄ the mean over networks: its mean is the ratio of the means,
    /// and its standard error has what differs between data, which m and p share, taken out.
    /// </summary>
    private static void Add(Dictionary<string, Estimate> values, string name, (double Measured, double Predicted)[] networks)
    {
        Estimate predicted = Estimate.Of([.. networks.Select(network => network.Predicted)]);
        values.Add(Predicted(name), predicted);
        values.Add(name, Estimate.Of([.. networks.Select(network => 1 + (network.Measured - network.Predicted) / predicted.Mean)]));
    }

    private static InitialNetwork Observe(CellAttempt attempt, TrainingOptions options, int sample)
    {
        Architecture architecture = options.Model.Architecture;
        int n = architecture.Tokens;
        TokenBatch batch = new(options.Sequences, n);
        new BatchMaker(TrainingChain.Source, options.Model, options.Seed).Fill(Split.Validation, sample, batch);
        SequenceGrams grams = new(n, architecture.Depth);
        double[] blocks;
        using (IMeasuredTrainer trainer = attempt.Engines.Trainers(options))
        {
            trainer.Observe(batch, grams);
            blocks = WeightGradients.Blocks(trainer);
        }

        bool[] allowed = GramProcess.Allowed(n, architecture.Mask);
        double[][] output = grams.Gradient(architecture.Depth);
        GramLayer[][] draws = [.. Enumerable.Range(0, options.Sequences).Select(sequence => GramProcess.DrawsTowards(
            architecture, allowed, grams.Input[sequence], output[sequence], 1, DrawSeed(options.Seed, sequence))[0])];
        IEnumerable<int> layers = Enumerable.Range(0, architecture.Depth + 1);
        return new(
            GradientProfile.Of([.. layers.Select(grams.Gradient)]),
            GradientProfile.Of([.. layers.Select(layer => draws.Select(draw => draw[layer].Gradient).ToArray())]),
            blocks);
    }

    /// <summary>A seed of its own for every network and sequence.</summary>
    private static int DrawSeed(ulong seed, int sequence) => unchecked((int)(seed ^ (seed >> 32)) * 31 + sequence);

    private readonly record struct InitialNetwork(GradientProfile Measured, GradientProfile Predicted, double[] Blocks);
}
