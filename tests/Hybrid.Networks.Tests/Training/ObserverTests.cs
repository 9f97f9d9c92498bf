using Hybrid.Architectures;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Training;
using Hybrid.Theory;
using Xunit;

namespace Hybrid.Networks.Tests.Training;

/// <summary>What an observer is shown is what the network is: the parts add up.</summary>
public sealed unsafe class ObserverTests
{
    private const int Sequences = 3;
    private static readonly double Rounding = Math.ScaleB(1, -24);

    public static TheoryData<Placement> Norms => [.. Networks.Norms];

    [Theory]
    [MemberData(nameof(Norms))]
    public void Branches_make_up_the_stream_where_its_sum_is_not_normalised(Placement norm)
    {
        ModelOptions model = Models.Of(norm);
        (Recorder seen, _) = Observe(model);
        Architecture architecture = model.Architecture;
        Assert.Equal(architecture.Depth + 1, seen.Streams.Count);
        Assert.Equal(2 * architecture.Depth, seen.Branches.Count);
        for (int layer = 1; layer <= architecture.Depth && !norm.IsPost; layer++)
        {
            double attention = architecture.Attention.Branch.At(layer), mlp = architecture.Mlp.Branch.At(layer);
            double skip = architecture.Attention.Skip.At(layer), mlpSkip = architecture.Mlp.Skip.At(layer);
            double[] expected = [.. seen.Streams[layer - 1].Select((x, i) =>
                mlpSkip * (skip * x + attention * seen.Branches[2 * layer - 2][i]) + mlp * seen.Branches[2 * layer - 1][i])];

            // Two sums and the rounding of the weights: some five roundings of the largest terms.
            double largest = expected.Max(Math.Abs);
            Near.Equal($"{norm} stream after block {layer}", expected, Wide(seen.Streams[layer]), 5 * Rounding * largest);
        }
    }

    [Theory]
    [MemberData(nameof(Norms))]
    public void The_gradient_at_the_embedded_tokens_adds_up_to_the_positions_gradient(Placement norm)
    {
        ModelOptions model = Models.Of(norm);
        (Recorder seen, float[] positions) = Observe(model);
        Assert.Equal(model.Architecture.Depth + 1, seen.Gradients.Count);
        float[] gradient = seen.Gradients[^1];
        double[] expected = [.. positions.Select((_, i) => Enumerable.Range(0, Sequences).Sum(b => (double)gradient[b * positions.Length + i]))];
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

    [Fact]
    public void An_observer_sees_the_same_where_activations_are_computed_again()
    {
        ModelOptions model = Models.Of(Placement.Peri, gated: true);
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

    private static double[] Wide(float[] values) => [.. values.Select(value => (double)value)];
}
