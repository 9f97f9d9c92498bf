using Hybrid.Architectures;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Training;
using Xunit;

namespace Hybrid.Networks.Tests.Training;

/// <summary>What an observer is shown is what the network is: the parts add up.</summary>
public sealed unsafe class ObserverTests
{
    private const int Sequences = 3;
    private static readonly double Rounding = Math.ScaleB(1, -24);

    public static TheoryData<Placement, Wiring> Blocks => Models.BlockCases;

    [Theory]
    [MemberData(nameof(Blocks))]
    public void What_is_added_makes_up_the_stream(Placement norm, Wiring wiring)
    {
        ModelOptions model = Models.Of(norm, wiring: wiring);
        (Recorder seen, _) = Observe(model);
        Architecture architecture = model.Architecture;
        int width = architecture.Width;
        Assert.Equal(architecture.Depth + 1, seen.Streams.Count);
        Assert.Equal(2 * architecture.Depth, seen.Added.Count);
        int added = 0;
        for (int layer = 1; layer <= architecture.Depth; layer++)
        {
            double[] x = Wide(seen.Streams[layer - 1]);
            foreach (Step step in BlockModule.At(architecture, layer).Steps)
            {
                x = [.. x.Select(entry => step.Skip * entry)];
                foreach (Sublayer sublayer in step.Sublayers)
                {
                    float[] part = seen.Added[added++];
                    x = [.. x.Select((entry, i) => entry + sublayer.Branch * part[i])];
                }

                // Gains are 1 at first.
                if (step.NormalisesSum)
                    x = [.. x.Chunk(width).SelectMany(Normalised)];
            }

            // Sums, normalisations and the rounding of weights: some twelve roundings of the largest terms.
            Near.Equal($"{norm} {wiring} stream after block {layer}", x, Wide(seen.Streams[layer]), 12 * Rounding * x.Max(Math.Abs));
        }
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void What_is_added_is_the_modules_own_output_but_where_it_is_normalised(Placement norm, Wiring wiring)
    {
        ModelOptions model = Models.Of(norm, wiring: wiring);
        (Recorder seen, _) = Observe(model);
        Assert.Equal(seen.Added.Count, seen.Branches.Count);
        foreach ((float[] branch, float[] added) in seen.Branches.Zip(seen.Added))
        {
            // The sum of the squares is taken in double precision; the scale and its product are rounded.
            double[] expected = norm.OnBranch ? [.. Wide(branch).Chunk(model.Architecture.Width).SelectMany(Normalised)] : Wide(branch);
            Near.Equal($"{norm} {wiring}", expected, Wide(added), norm.OnBranch ? 3 * Rounding * expected.Max(Math.Abs) : 0, Rounding);
        }
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void A_stream_is_shown_between_the_steps_of_a_block(Placement norm, Wiring wiring)
    {
        ModelOptions model = Models.Of(norm, wiring: wiring);
        (Recorder seen, _) = Observe(model);
        Assert.Equal(
            model.Architecture.Depth * (BlockModule.At(model.Architecture, 1).Steps.Length - 1), seen.Middles);
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void The_gradient_at_the_embedded_tokens_adds_up_to_the_positions_gradient(Placement norm, Wiring wiring)
    {
        ModelOptions model = Models.Of(norm, wiring: wiring);
        (Recorder seen, float[] positions) = Observe(model);
        Assert.Equal(model.Architecture.Depth + 1, seen.Gradients.Count);
        float[] gradient = seen.Gradients[^1];
        double[] expected =
            [.. positions.Select((_, i) => Enumerable.Range(0, Sequences).Sum(b => (double)gradient[b * positions.Length + i]))];
        Near.Equal($"{norm} gradient of the positions", expected, Wide(positions), Sequences * Rounding * expected.Max(Math.Abs));
    }

    [Theory]
    [InlineData(TrainingTask.NextToken)]
    [InlineData(TrainingTask.MaskedToken)]
    public void Rows_of_attention_are_probabilities_over_the_tokens_that_the_mask_allows(TrainingTask task)
    {
        ModelOptions model = Models.Of(Placement.Pre, task);
        (Recorder seen, _) = Observe(model);
        int n = model.Architecture.Tokens;
        foreach (float[] attention in seen.Attention)
        {
            Assert.Equal(Sequences * model.Architecture.Heads * n * n, attention.Length);
            for (int row = 0; row < attention.Length / n; row++)
            {
                int allowed = task == TrainingTask.NextToken ? row % n + 1 : n;
                Span<float> weights = attention.AsSpan(row * n, n);
                Assert.Equal(-1, weights[..allowed].IndexOf(0f));
                Assert.Equal(-1, weights[allowed..].IndexOfAnyExcept(0f));
                double sum = 0;
                foreach (float weight in weights)
                    sum += weight;
                Near.Equal($"row {row}", 1, sum, (n + 2) * Rounding);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void An_observer_sees_the_same_where_activations_are_computed_again(Placement norm, Wiring wiring)
    {
        ModelOptions model = Models.Of(norm, gated: true, wiring: wiring);
        (Recorder kept, _) = Observe(model);
        (Recorder again, _) = Observe(model, recompute: true);
        foreach ((float[] one, float[] other) in kept.Streams.Concat(kept.Gradients).Zip(again.Streams.Concat(again.Gradients)))
            Assert.Equal(one, other);
    }

    private static (Recorder Seen, float[] Positions) Observe(ModelOptions model, bool recompute = false)
    {
        using DenseTrainer trainer = new(Models.Options(model, Sequences, recompute: recompute), 2);
        Recorder seen = new();
        trainer.Observe(Models.Batch(model, Sequences), seen);
        MatrixView<float> positions = trainer.Matrix("gradient.position.embedding");
        return (seen, new Span<float>(positions.Data, positions.Rows * positions.Columns).ToArray());
    }

    private static double[] Normalised(double[] x)
    {
        double scale = 1 / Math.Sqrt(x.Average(entry => entry * entry));
        return [.. x.Select(entry => scale * entry)];
    }

    private static double[] Wide(float[] values) => [.. values.Select(value => (double)value)];
}
