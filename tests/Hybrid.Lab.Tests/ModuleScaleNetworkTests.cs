using Hybrid.Architectures;
using Hybrid.Networks.Engines;
using Hybrid.Networks.Engines.Dense;
using Hybrid.Networks.Inputs;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Random;
using Hybrid.Theory;
using Microsoft.FSharp.Core;
using Xunit;

namespace Hybrid.Lab.Tests;

/// <summary>Activations of every module, attention's sharpness and the scatter of finite networks, against networks with weights.</summary>
public class ModuleScaleNetworkTests
{
    private const int Networks = 24;

    public static TheoryData<Placement, Mask> Cases => new()
    {
        { Placement.Pre, Mask.None },
        { Placement.Post, Mask.None },
        { Placement.None, Mask.None },
        { Placement.Peri, Mask.Causal },
        { Placement.Output, Mask.Causal },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    [Trait("guards", "(14.2) (14.3) by network")]
    public void Networks_have_the_activations_and_the_attention_that_the_theory_foretells(Placement norm, Mask mask)
    {
        // Where nothing normalises before attention, logits grow with the stream: weaker ones keep rows from settling on one token.
        double logitStd = norm.Before || norm.OnSum ? 2 : 0.5;
        Architecture architecture = Of(norm, mask, tokens: 16, depth: 3, width: 512, heads: 2, logitStd);
        ModuleScales[] foretold = ModuleScalesModule.Of(architecture);
        double[][] measured = Measured(architecture);

        // Means shift by terms of the order of their variance at finite width, (14.4); logits of a head of d_k coordinates
        // have an excess kurtosis of 6/d_k.
        double scatter = FiniteWidth.Scatter(architecture), width = scatter * scatter + 6.0 * architecture.Heads / architecture.Width;
        for (int block = 0; block < architecture.Depth; block++)
        {
            ModuleScales scales = foretold[block];
            double uniform = mask.IsCausal ? Enumerable.Range(1, 16).Average(count => Math.Log(count)) : Math.Log(16);
            Check("stream", scales.Output * scales.Output, 0, scales.Output * scales.Output);
            Check("queries", scales.Query * scales.Query, 1, scales.Query * scales.Query);
            Check("S1", scales.S1, 2, scales.S1);
            Check("entropy", scales.Entropy, 3, uniform - scales.Entropy);

            void Check(string name, double expected, int place, double scale)
            {
                double[] values = [.. measured.Select(network => network[4 * block + place])];
                double mean = values.Average();
                double error = Math.Sqrt(values.Sum(x => (x - mean) * (x - mean)) / (Networks * (Networks - 1.0)));
                double tolerance = 4 * error + width * scale + 1e-6 * expected;
                Assert.True(
                    Math.Abs(mean - expected) <= tolerance,
                    $"{name} of block {block + 1}: expected {expected:G5}, measured {mean:G5} ± {error:G2}, allowed {tolerance:G2}");
                Assert.True(
                    tolerance < 0.2 * expected,
                    $"{name} of block {block + 1}: a tolerance of {tolerance:G2} decides nothing about {expected:G4}");
            }
        }
    }

    public static TheoryData<string, HeadParameters, Mask> Heads => new()
    {
        { "turned, normalised by head", Head(Positions.NewRope(100, 1), QueryKeyNorm.Head), Mask.Causal },
        { "normalised together, a cap", Head(Positions.None, QueryKeyNorm.All, softCap: 2), Mask.NewWindow(6) },
        { "a sink, half turned", Head(Positions.NewRope(100, 0.5), QueryKeyNorm.None, sink: 1), Mask.NewPrefix(4) },
        { "slopes", Head(Positions.Alibi, QueryKeyNorm.None), Mask.None },
    };

    [Theory]
    [MemberData(nameof(Heads))]
    [Trait("guards", "(14.2) (14.3) by network")]
    public void Heads_that_are_drawn_attend_as_those_of_networks(string name, HeadParameters head, Mask mask)
    {
        Architecture defaults = Of(Placement.Pre, mask, tokens: 16, depth: 2, width: 512, heads: 16, logitStd: 2);
        Architecture architecture = defaults.With(attention: defaults.Attention.With(head: head));
        ModuleScales[] foretold = ModuleScalesModule.Of(architecture);
        double[][] measured = Measured(architecture);
        int draws = Predict.Architecture(architecture).Draws;
        for (int block = 0; block < architecture.Depth; block++)
        {
            ModuleScales scales = foretold[block];
            Check("S1", scales.S1, 2);
            Check("entropy", scales.Entropy, 3);

            // The theory's means are over draws of heads, which scatter as those of networks do; at finite width the streams' overlaps
            // shift by terms of the order of their variance, (14.4), and what stands in exponents with them.
            void Check(string what, double expected, int place)
            {
                double[] values = [.. measured.Select(network => network[4 * block + place])];
                double mean = values.Average(), error = Deviation(values) * Math.Sqrt(1.0 / Networks + 1.0 / draws);
                double scatter = FiniteWidth.Scatter(architecture), tolerance = 4 * error + scatter * scatter * expected;
                Assert.True(
                    Math.Abs(mean - expected) <= tolerance && tolerance < 0.1 * expected,
                    $"{name}, {what} of block {block + 1}: expected {expected:G5}, measured {mean:G5}, allowed {tolerance:G2}");
            }
        }
    }

    [Theory]
    [InlineData(32)]
    [InlineData(128)]
    [Trait("guards", "(14.4) by network")]
    public void One_network_of_finite_width_lies_off_the_mean_by_what_is_foretold_to_a_factor_of_two(int width)
    {
        const int samples = 100;
        foreach (Placement norm in Placement.All)
        {
            Architecture architecture = Of(norm, Mask.None, tokens: 16, depth: 8, width, heads: 2, logitStd: 1);
            IReadOnlyList<EnsembleMember> members = Ensemble.Run(() => new DenseEngine(architecture, 1), 5, samples, 2);
            double foretold = FiniteWidth.Scatter(architecture);

            // The error of a standard deviation of 100 values is 7 %; three of them, and the factor of two.
            double slack = 2 * (1 + 3 / Math.Sqrt(2.0 * samples));
            double gradient = Deviation(members.Select(member => Math.Log(member.Layers[0].GradientDiagonal)));
            double difference = Deviation(members.Select(member => Math.Log(member.Layers[^1].U)));
            Assert.True(
                gradient < slack * foretold && gradient > foretold / slack,
                $"{norm}: ln g_d scatters by {gradient:G3}, foretold {foretold:G3}");
            Assert.True(
                difference < slack * foretold && difference > foretold / slack,
                $"{norm}: ln u scatters by {difference:G3}, foretold {foretold:G3}");
        }
    }

    private static HeadParameters Head(Positions positions, QueryKeyNorm norm, double? softCap = null, double? sink = null) => new(
        null, null, positions, norm, Schedule.NewConstant(1), OptionModule.OfNullable(softCap), OptionModule.OfNullable(sink));

    private static double Deviation(IEnumerable<double> values)
    {
        double[] all = [.. values];
        double mean = all.Average();
        return Math.Sqrt(all.Sum(x => (x - mean) * (x - mean)) / (all.Length - 1));
    }

    private static Architecture Of(Placement norm, Mask mask, int tokens, int depth, int width, int heads, double logitStd)
    {
        Architecture defaults = Architecture.Defaults;
        Schedule branch = Schedule.NewConstant(norm.Equals(Placement.None) ? 0.5 : 1);
        return defaults.With(
            tokens: tokens,
            depth: depth,
            width: width,
            heads: heads,
            mlpWidth: 2 * width,
            norm: norm,
            mask: mask,
            attention: defaults.Attention.With(branch: branch, logitStd: logitStd),
            mlp: defaults.Mlp.With(branch: branch, inStd: 1.5),
            input: new InputParameters(1, 0.2));
    }

    /// <summary>[network][4 · block + …]: mean squares of the stream after it and of its queries, S1, entropy.</summary>
    private static double[][] Measured(Architecture architecture)
    {
        (int n, int d, int depth) = (architecture.Tokens, architecture.Width, architecture.Depth);
        using WorkerPool pool = new(2);
        using MatrixProduct<float> product = new(pool);
        using MatrixProduct<double> wide = new(pool);
        using DenseNetwork<float> network = new(architecture, pool, product);
        using ExactGram tokens = new(
            GramFactor.Equicorrelated(n, architecture.Input.Norm, architecture.Input.Correlation), d, pool, wide, "input tokens");
        double[][] result = new double[Networks][];
        for (int sample = 0; sample < Networks; sample++)
        {
            result[sample] = new double[4 * depth];
            tokens.Fill(network.Stream, RandomStream.InputTokens.OfInput(3, sample));
            for (int layer = 1; layer <= depth; layer++)
            {
                double[][] before = Rows(network.Stream);
                network.Draw(3, sample, layer);
                network.Forward(layer);
                Span<double> block = result[sample].AsSpan(4 * (layer - 1));
                block[0] = Rows(network.Stream).Average(MeanSquare);
                block[1] = Queries(network.Matrix(layer, MatrixRole.Query), before, architecture.Norm.Before);
                (block[2], block[3]) = Sharpness(network.Probabilities(layer), n);
            }
        }

        return result;
    }

    private static double[][] Rows(MatrixView<float> view) =>
        [.. Enumerable.Range(0, view.Rows).Select(i => view.Row(i).ToArray().Select(x => (double)x).ToArray())];

    private static double MeanSquare(double[] row) => row.Average(x => x * x);

    private static double Queries(MatrixView<float> weights, double[][] stream, bool normalised)
    {
        double sum = 0;
        foreach (double[] token in stream)
        {
            double scale = normalised ? 1 / Math.Sqrt(MeanSquare(token)) : 1;
            double[] query = new double[weights.Columns];
            for (int k = 0; k < token.Length; k++)
            {
                Span<float> row = weights.Row(k);
                for (int c = 0; c < query.Length; c++)
                    query[c] += scale * token[k] * row[c];
            }

            sum += MeanSquare(query);
        }

        return sum / stream.Length;
    }

    /// <summary>Where a sink takes weight, of what is left.</summary>
    private static (double S1, double Entropy) Sharpness(ReadOnlySpan<float> probabilities, int tokens)
    {
        double squares = 0, entropy = 0;
        for (int start = 0; start < probabilities.Length; start += tokens)
        {
            double sum = 0;
            foreach (float a in probabilities.Slice(start, tokens))
                sum += a;
            foreach (float a in probabilities.Slice(start, tokens))
            {
                squares += a / sum * (a / sum);
                entropy -= a > 0 ? a / sum * Math.Log(a / sum) : 0;
            }
        }

        double rows = probabilities.Length / tokens;
        return (squares / rows, entropy / rows);
    }
}
