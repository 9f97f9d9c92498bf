using Hybrid.Architectures;
using Hybrid.Networks.Engines;
using Hybrid.Networks.Engines.Conditioned;
using Hybrid.Networks.Engines.Dense;
using Hybrid.Networks.Inputs;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Random;
using Hybrid.Networks.Tests.Training;
using Xunit;

namespace Hybrid.Networks.Tests.Engines.Conditioned;

/// <summary>
/// The conditioned engine against networks with all their weights, by two-sample Kolmogorov–Smirnov tests. Widths are as
/// small as tokens allow, where an error of order n/d would be of order one. 14 statistics of every architecture; after
/// Bonferroni all together raise a false alarm once in a thousand (seeds are fixed: this run's answer never changes).
/// </summary>
public sealed class EqualityInDistributionTests
{
    private const int Samples = 3000;

    private static readonly string[] Statistics =
    [
        "q at the output", "x_0·x_1 at the output", "‖x_0‖² after block 1", "ratio of two norms", "g_d at the input",
        "G_0·G_last at the input", "‖G_0‖² at block 1's output", "attention entropy, block 1", "attention entropy, block 2",
        "a logit difference, block 1", "a logit difference, block 2", "largest attention, block 2", "q g_d", "entropy · g_d",
    ];

    private static readonly Dictionary<string, Architecture> Shapes = new()
    {
        ["pre, tanh, biases"] = Networks.Of(Placement.Pre, Activation.Tanh, 4, 2, 6, 2, 5, biasStd: 0.5, logitStd: 2, inStd: 2),
        ["post, ReLU, causal"] =
            Networks.Of(Placement.Post, Activation.Relu, 5, 2, 6, 1, 8, Mask.Causal, logitStd: 1.5, attentionBranch: 0.7),
        ["peri, gated GELU, 4 heads"] = Networks.Of(Placement.Peri, Activation.Gelu, 4, 2, 8, 4, 7, gated: true, biasStd: 0.3, skip: 0.8),
        ["output, gated SiLU, causal"] =
            Networks.Of(Placement.Output, Activation.Silu, 4, 2, 5, 1, 5, Mask.Causal, gated: true, logitStd: 3),
        ["none, erf, few hidden units"] = Networks.Of(Placement.None, Activation.Erf, 5, 2, 6, 3, 3, skip: 0.9, correlation: 0.9),
        ["pre, GELU, heads wider than twice the tokens"] =
            Networks.Of(Placement.Pre, Activation.Gelu, 3, 2, 14, 2, 6, logitStd: 2, biasStd: 0.3),
        ["post, tanh, one wide head, causal"] =
            Networks.Of(Placement.Post, Activation.Tanh, 3, 2, 11, 1, 4, Mask.Causal, logitStd: 2, inStd: 2),
        ["peri, SiLU, as many tokens as coordinates"] = Networks.Of(Placement.Peri, Activation.Silu, 5, 2, 5, 5, 7, logitStd: 2),
        ["ALiBi, weak logits"] =
            Networks.WithHead(Networks.Of(Placement.Pre, Activation.Tanh, 4, 2, 12, 3, 7, logitStd: 0.1), positions: Positions.Alibi),
        ["experts of one hidden unit with strong biases"] = Networks.WithExperts(
            Networks.Of(Placement.Pre, Activation.Relu, 4, 2, 8, 2, 1, inStd: 0.2, biasStd: 2, attentionBranch: 0.5), Gate.Renormalised),
        // Eight tokens: their uniform attention, an eighth, is exact in singles too.
        ["experts of two hidden units, one line"] = Networks.WithExperts(
            Networks.Of(Placement.Pre, Activation.Tanh, 8, 2, 8, 2, 2, inStd: 2, attentionBranch: 0.2, mlpBranch: 3, correlation: 1),
            Gate.Renormalised),
        ["more experts' rows than coordinates, side by side, gated, causal"] = Networks.WithExperts(
            Networks.Of(
                Placement.Peri, Activation.Silu, 6, 2, 7, 1, 5, Mask.Causal, gated: true, inStd: 1.5, mlpBranch: 1.5,
                wiring: Wiring.Parallel),
            Gate.Softmax,
            shared: 0.5),
        ["experts on an unnormalised stream, collapsed tokens"] = Networks.WithExperts(
            Networks.Of(Placement.None, Activation.Tanh, 4, 2, 12, 2, 7, inStd: 2, mlpBranch: 2, correlation: 1 - 1e-9), Gate.Sigmoid),
        ["dynamic tanh, experts, causal"] = Networks.WithExperts(
            Networks.Of(Placement.Pre, Activation.Gelu, 5, 2, 6, 2, 4, Mask.Causal, inStd: 2, biasStd: 0.5)
                .With(normKind: NormKind.NewDyT(0.8)),
            Gate.Renormalised,
            shared: 0.3),
        ["dynamic tanh, side by side, heads wider than twice the tokens"] = Networks.Of(
            Placement.Peri, Activation.Silu, 3, 2, 14, 2, 6, gated: true, logitStd: 2, wiring: Wiring.Parallel)
            .With(normKind: NormKind.NewDyT(0.8)),
        ["dynamic tanh, collapsed tokens"] = Networks.Of(
            Placement.Pre, Activation.Tanh, 4, 2, 8, 2, 6, logitStd: 2, inStd: 1.5, correlation: 1 - 1e-9)
            .With(normKind: NormKind.NewDyT(0.8)),
        ["rotary, heads wider than twice the tokens"] = Networks.WithHead(
            Networks.Of(Placement.Pre, Activation.Tanh, 3, 2, 16, 2, 6, logitStd: 3), positions: Positions.NewRope(30, 1)),
        ["keys and values for all queries, heads wider than twice the tokens"] =
            Networks.WithHead(Networks.Of(Placement.Pre, Activation.Tanh, 3, 2, 16, 2, 6, logitStd: 3), keyValueHeads: 1),
        ["queries and keys normalised, heads wider than twice the tokens"] =
            Networks.WithHead(Networks.Of(Placement.Pre, Activation.Tanh, 3, 2, 16, 2, 6, logitStd: 3), norm: QueryKeyNorm.Head),
        ["queries and keys normalised together, heads wider than twice the tokens"] = Networks.WithHead(
            Networks.Of(Placement.Pre, Activation.Tanh, 3, 2, 16, 2, 6, Mask.Causal, logitStd: 3), norm: QueryKeyNorm.All),
        ["pre, tanh, strong MLP, few coordinates beside the tokens"] =
            Networks.Of(Placement.Pre, Activation.Tanh, 8, 2, 10, 2, 40, inStd: 2, attentionBranch: 0.2, mlpBranch: 3),
        ["none, ReLU, few coordinates beside the tokens"] = Networks.Of(Placement.None, Activation.Relu, 6, 2, 8, 2, 30, inStd: 3),
        ["pre, ReLU, one line"] = Networks.Of(Placement.Pre, Activation.Relu, 4, 2, 6, 1, 6, correlation: 1, biasStd: 0.5),
    };

    // Every placement in every wiring, a mask wherever branches are not normalised, so either occurs with either; and every feature.
    private static readonly Dictionary<string, Architecture> Cases = new(
        Shapes.Concat(
            Models.Blocks.Select(block => KeyValuePair.Create($"{block.Norm}, {block.Wiring}", Block(block.Norm, block.Wiring))))
            .Concat(Networks.Features.Select(feature => KeyValuePair.Create(feature.Key, feature.Value(Plain))))
            .Where(named => !Features.Of(named.Value).Except(ConditionedEngine.Features).Any()));

    private static Architecture Plain => Networks.Of(
        Placement.Pre, Activation.Tanh, 4, 2, 12, 3, 7, logitStd: 2, inStd: 1.5, biasStd: 0.4, attentionBranch: 0.8);

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("guards", "(12.1) (12.2) (12.3) (12.4) (12.5) (12.6) (12.7) (12.8) (12.9) by network")]
    public void Every_statistic_has_the_law_of_networks_with_weights(string name)
    {
        Architecture architecture = Cases[name];
        double[][] dense = Collect(architecture, 1, Dense), conditioned = Collect(architecture, 2, Conditioned);
        for (int k = 0; k < Statistics.Length; k++)
        {
            double distance = Tests.Statistics.Distance(dense[k], conditioned[k]);
            double tail = Tests.Statistics.KolmogorovTail(distance, Samples / 2.0);
            Assert.True(
                tail > 1e-3 / (Cases.Count * Statistics.Length),
                $"{name}, {Statistics[k]}: distance {distance:f4} has probability {tail:g3} between equal laws");
        }
    }

    private static Architecture Block(Placement norm, Wiring wiring) => Networks.Of(
        norm, Activation.Tanh, 4, 2, 10, 2, 7, norm.OnBranch ? Mask.None : Mask.Causal, gated: norm.Before, logitStd: 2, inStd: 1.5,
        biasStd: 0.4, attentionBranch: 0.8, mlpBranch: 1.2, skip: 0.9, wiring: wiring);

    private static double[][] Collect(Architecture architecture, ulong seed, Func<Architecture, ulong, IEnumerable<double[]>> engine)
    {
        double[][] columns = [.. Statistics.Select(_ => new double[Samples])];
        int sample = 0;
        foreach (double[] row in engine(architecture, seed))
        {
            for (int k = 0; k < row.Length; k++)
                columns[k][sample] = Math.Round(row[k], 9); // where tokens coincide, rounding is all that would differ
            sample++;
        }

        return columns;
    }

    private static IEnumerable<double[]> Conditioned(Architecture architecture, ulong seed)
    {
        using ConditionedEngine engine = new(architecture);
        NetworkSample result = new(architecture.Tokens, architecture.Depth);
        for (int sample = 0; sample < Samples; sample++)
        {
            engine.Run(seed, sample, result);
            yield return Row(architecture, result, engine.Network.Probabilities);
        }
    }

    private static IEnumerable<double[]> Dense(Architecture architecture, ulong seed)
    {
        (int n, int d) = (architecture.Tokens, architecture.Width);
        using WorkerPool pool = new(1);
        using MatrixProduct<double> product = new(pool);
        using DenseNetwork<double> network = new(architecture, pool, product);
        using ExactGram tokens = new(GramFactor.Equicorrelated(n, architecture.Input.Norm, architecture.Input.Correlation), d, pool,
            product, "tokens");
        using ExactGram gradients = new(GramFactor.Identity(n), d, pool, product, "gradients");
        using GramMeter<double> meter = new(n, d, pool, product);
        NetworkSample result = new(n, architecture.Depth);
        for (int sample = 0; sample < Samples; sample++)
        {
            tokens.Fill(network.Stream, RandomStream.InputTokens.OfInput(seed, sample));
            gradients.Fill(network.Gradient, RandomStream.LossGradient.OfInput(seed, sample));
            for (int layer = 1; layer <= architecture.Depth; layer++)
            {
                network.Draw(seed, sample, layer);
                network.Forward(layer);
                meter.Measure(network.Stream, result.Hidden[layer]);
            }

            for (int layer = architecture.Depth; layer >= 1; layer--)
            {
                network.Backward(layer);
                meter.Measure(network.Gradient, result.Gradient[layer - 1]);
            }

            yield return Row(architecture, result, network.Probabilities);
        }
    }

    private delegate ReadOnlySpan<double> Attention(int layer);

    private static double[] Row(Architecture architecture, NetworkSample sample, Attention attention)
    {
        int n = architecture.Tokens;
        double[] output = sample.Hidden[2], middle = sample.Hidden[1], input = sample.Gradient[0];
        double q = LayerObservables.Of(sample, 2).Q, gradient = LayerObservables.Of(sample, 0).GradientDiagonal;
        (double entropy1, double entropy2) = (Entropy(attention(1), n), Entropy(attention(2), n));
        double largest = 0;
        foreach (double weight in attention(2)[((n - 1) * n)..(n * n)])
            largest = Math.Max(largest, weight);
        // The last token sees itself and the one before it under any mask.
        return
        [
            q, output[1], middle[0], output[0] / output[n + 1] + middle[0] / middle[n + 1], gradient,
            input[n - 1], sample.Gradient[1][0], entropy1, entropy2,
            Difference(attention(1)), Difference(attention(2)), largest, q * gradient, entropy2 * gradient,
        ];

        double Difference(ReadOnlySpan<double> weights) => Math.Log(weights[n * n - 2] / weights[n * n - 1]);
    }

    private static double Entropy(ReadOnlySpan<double> weights, int n)
    {
        double sum = 0;
        foreach (double weight in weights)
            sum -= weight > 0 ? weight * Math.Log(weight) : 0;
        return sum * n / weights.Length;
    }
}
