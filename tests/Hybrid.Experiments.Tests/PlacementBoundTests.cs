using Hybrid.Architectures;
using Hybrid.Experiments.NormPlacement;
using Hybrid.Lab.Data;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Training;
using Xunit;

namespace Hybrid.Experiments.Tests;

public class PlacementBoundTests
{
    [Fact]
    [Trait("guards", "(10.1) by network")]
    public void Peri_the_bound_is_the_input_and_what_the_trained_gains_allow()
    {
        using MeasuredTrainer trainer = Trainer(Placement.Peri, tokens: 8, depth: 3, width: 16, heads: 2, step: 0.5);
        TokenBatch batch = Trained(trainer);
        NamedTensor gain = trainer.Parameters.Single(tensor => tensor.Name == "blocks.2.mlp.gain.out");
        trainer.Write(gain, 3, [-2.5f]);
        PeriBound bound = new(trainer.Options.Model.Architecture);
        bound.Read(trainer);
        trainer.Observe(batch, bound, backward: false);

        Streams streams = new();
        trainer.Observe(batch, streams, backward: false);
        double growth = 0, largest = 0, output = 0;
        for (int layer = 1; layer <= 3; layer++)
        {
            foreach (string sublayer in (string[])["attention", "mlp"])
                growth += 0.5 * trainer.Matrix($"blocks.{layer}.{sublayer}.gain.out").Row(0).ToArray().Max(Math.Abs) * 4;
            output = streams.Norms[layer].Zip(streams.Norms[0], (norm, input) => norm / (input + growth)).Max();
            largest = Math.Max(largest, output);
        }

        Assert.Equal(largest, bound.Tally.LargestRatio, 1e-12);
        Assert.Equal(output, bound.Tally.LastRatio, 1e-12);
        Assert.InRange(largest, 0, 1);
        Assert.Equal((3 * batch.Inputs.Length, 0), (bound.Tally.Checks, bound.Tally.Violations));
    }

    [Fact]
    public void Peri_gains_that_grew_unseen_are_caught()
    {
        using MeasuredTrainer trainer = Trainer(Placement.Peri, tokens: 8, depth: 3, width: 16, heads: 2, step: 1);
        TokenBatch batch = Trained(trainer);
        PeriBound bound = new(trainer.Options.Model.Architecture);
        bound.Read(trainer);
        foreach (NamedTensor gain in trainer.Parameters.Where(tensor => tensor.Name.EndsWith("gain.out", StringComparison.Ordinal)))
            trainer.Write(gain, 0, [.. Enumerable.Repeat(100f, 16)]);
        trainer.Observe(batch, bound, backward: false);
        Assert.Equal(bound.Tally.Checks, bound.Tally.Violations);
    }

    [Fact]
    public void What_is_not_a_number_violates_a_bound()
    {
        BoundTally tally = new(1e-6);
        tally.Add([1 + 5e-7, 0.5]);
        tally.Add([double.NaN, 1 + 2e-6]);
        Assert.Equal((4, 2), (tally.Checks, tally.Violations));
    }

    [Fact]
    [Trait("guards", "(10.2) by network")]
    public void Pre_trained_streams_stay_within_the_bound_of_their_weights()
    {
        using MeasuredTrainer trainer = Trainer(Placement.Pre, tokens: 8, depth: 3, width: 16, heads: 2, step: 1);
        TokenBatch batch = Trained(trainer);
        Streams streams = new();
        trainer.Observe(batch, streams, backward: false);
        double[] bounds = WeightBound.Of(trainer, streams.Norms[0].Max());
        Assert.All(streams.Norms.Zip(bounds).Skip(1), layer => Assert.InRange(layer.First.Max(), 0, layer.Second));
    }

    // Token 2 reads token 1 with one head and itself with the other: ‖[z₁, z₂]‖ = √2 · √d although ‖W_V‖ = ‖W_O‖ = 1.
    [Fact]
    [Trait("guards", "(10.2) by closed form")]
    public void Pre_heads_that_read_different_tokens_reach_the_bound_and_exceed_that_of_one_head()
    {
        using MeasuredTrainer trainer = Trainer(Placement.Pre, tokens: 2, depth: 1, width: 2, heads: 2, step: 1);
        const float far = 20, small = 1e-3f;
        foreach ((string name, float[] values) in (IEnumerable<(string, float[])>)
        [
            ("position.embedding", [0, 0, 0, 0]),
            ("token.embedding", [small, 0, 0, small, .. new float[12]]),
            ("blocks.1.attention.query", [0, 0, far, far]),
            ("blocks.1.attention.key", [far, 0, 0, far]),
            ("blocks.1.attention.value", [1, 0, 0, 1]),
            ("blocks.1.attention.out", [1, 0, 0, 1]),
            ("blocks.1.mlp.out", new float[8]),
        ])
        {
            trainer.Write(trainer.Parameters.Single(tensor => tensor.Name == name), 0, values);
        }

        TokenBatch batch = new(1, 2);
        (batch.Inputs[0], batch.Inputs[1]) = (0, 1);
        Streams streams = new();
        trainer.Observe(batch, streams, backward: false);
        double bound = WeightBound.Of(trainer, streams.Norms[0].Max())[1];
        Assert.Equal(2 + small, bound, 1e-6);
        Assert.InRange(streams.Norms[1].Max(), 2, bound);
        Assert.True(streams.Norms[1].Max() > small + Math.Sqrt(2));
    }

    private static MeasuredTrainer Trainer(Placement norm, int tokens, int depth, int width, int heads, double step)
    {
        Schedule skip = Schedule.NewConstant(1), branch = Schedule.NewConstant(step);
        Architecture architecture = ArchitectureModule.Defaults.With(
            name: "bounded",
            tokens: tokens,
            depth: depth,
            width: width,
            heads: heads,
            mlpWidth: 2 * width,
            activation: Activation.GeluTanh,
            gated: false,
            norm: norm,
            mask: Mask.Causal,
            attention: AttentionParameters.Of(skip, branch, 1, 1),
            mlp: MlpParameters.Of(skip, branch, 1, 0, 1),
            input: new(1, 0));
        return new(
            new(new ModelOptions(architecture, TrainingTask.NextToken, 8), new OptimiserOptions(LearningRate: 0.03), tokens == 2 ? 1 : 4,
                20, 1),
            1);
    }

    /// <summary>Twenty steps, and the batch of the last.</summary>
    private static TokenBatch Trained(MeasuredTrainer trainer)
    {
        BatchMaker batches = new(new MarkovSource(new MarkovOptions(8, 1, 1, 3)), trainer.Options.Model, 1);
        TokenBatch batch = new(trainer.Options.Sequences, trainer.Options.Model.Architecture.Tokens);
        for (int step = 0; step < trainer.Options.Steps; step++)
        {
            batches.Fill(Split.Train, step, batch);
            trainer.Step(batch);
        }

        return batch;
    }

    /// <summary>Keeps the norm of every token at every boundary.</summary>
    private sealed class Streams : IPassObserver<float>
    {
        public List<double[]> Norms { get; } = [];

        public void Stream(int layer, MatrixView<float> stream) =>
            Norms.Add([.. Enumerable.Range(0, stream.Rows).Select(row => Math.Sqrt(stream.Row(row).ToArray().Sum(x => (double)x * x)))]);
    }
}
