using Hybrid.Architectures;
using Hybrid.Networks.Engines.Dense;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Training;
using Xunit;

namespace Hybrid.Networks.Tests.Training;

public sealed unsafe class DenseTrainerTests
{
    private static readonly double SingleRounding = Math.ScaleB(1, -24);

    public static TheoryData<Placement, Wiring> Blocks => Models.BlockCases;

    public static TheoryData<Placement, Wiring, int> BlocksAndSequences
    {
        get
        {
            TheoryData<Placement, Wiring, int> cases = [];
            foreach ((Placement norm, Wiring wiring) in Models.Blocks)
            {
                cases.Add(norm, wiring, 1);
                cases.Add(norm, wiring, 7);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(BlocksAndSequences))]
    public void Bits_depend_neither_on_threads_nor_on_recomputation(Placement norm, Wiring wiring, int sequences)
    {
        // Rows fill one chunk or three, heads are cut into rows or not, and nothing divides evenly by 3. Attention's 39 numbers of a token
        // are fewer than the hidden layer's and kept, or more and formed again, where recomputation of whole blocks has them as they were.
        int mlpWidth = sequences == 1 ? 50 : 31;
        ModelOptions model = Models.Of(norm, tokens: 13, width: 36, mlpWidth: mlpWidth, wiring: wiring);
        TrainingOptions options = Models.Options(model, sequences, optimiser: new(ClipNorm: 0.5));
        float[] expected = Trained(options, threads: 1);
        Assert.Equal(expected, Trained(options, threads: 2));
        Assert.Equal(expected, Trained(options, threads: 3));
        Assert.Equal(expected, Trained(options with { Recompute = true }, threads: 2));

        float[] Trained(TrainingOptions which, int threads)
        {
            using DenseTrainer trainer = new(which, threads);
            for (int step = 0; step < 4; step++)
                trainer.Step(Models.Batch(model, sequences, step));
            return State(trainer, [.. trainer.Parameters, .. trainer.OptimiserState]);
        }
    }

    [Fact]
    public void A_step_allocates_nothing_that_grows_with_depth_or_rows()
    {
        long shallow = Allocated(Models.Of(Placement.Pre, depth: 2), sequences: 2);
        Assert.Equal(shallow, Allocated(Models.Of(Placement.Pre, depth: 6), sequences: 2));
        Assert.Equal(shallow, Allocated(Models.Of(Placement.Pre, depth: 2), sequences: 9));

        long Allocated(ModelOptions model, int sequences)
        {
            TrainingOptions options = Models.Options(model, sequences, optimiser: new(ClipNorm: 0.5));
            using DenseTrainer trainer = new(options, threads: 1);
            TokenBatch batch = Models.Batch(model, sequences, 0);
            trainer.Step(batch);
            return Allocations.Of(() => trainer.Step(batch));
        }
    }

    [Fact]
    public void Initial_blocks_are_those_of_the_random_network_of_the_same_seed()
    {
        ModelOptions model = Models.Of(Placement.Peri, gated: true);
        using DenseTrainer trainer = new(Models.Options(model, seed: 9), 2);
        using WorkerPool pool = new(1);
        using MatrixProduct<float> product = new(pool);
        using DenseNetwork<float> network = new(model.Architecture, pool, product);
        (MatrixRole Role, string Name)[] matrices =
        [
            (MatrixRole.Query, "attention.query"), (MatrixRole.Key, "attention.key"), (MatrixRole.Value, "attention.value"),
            (MatrixRole.AttentionOut, "attention.out"), (MatrixRole.MlpIn, "mlp.in"), (MatrixRole.MlpBias, "mlp.bias"),
            (MatrixRole.MlpUp, "mlp.up"), (MatrixRole.MlpOut, "mlp.out"),
        ];
        for (int layer = 1; layer <= model.Architecture.Depth; layer++)
        {
            network.Draw(9, 0, layer);
            foreach ((MatrixRole role, string name) in matrices)
            {
                MatrixView<float> drawn = network.Matrix(layer, role), initial = trainer.Matrix($"blocks.{layer}.{name}");
                Assert.Equal(new Span<float>(drawn.Data, drawn.Rows * drawn.Columns).ToArray(), new Span<float>(
                    initial.Data, initial.Rows * initial.Columns).ToArray());
            }
        }
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Every_normalisation_has_its_gain_under_its_name(Placement norm, Wiring wiring)
    {
        Architecture architecture = Models.Of(norm, depth: 1, wiring: wiring).Architecture;
        using DenseTrainer trainer = new(Models.Options(Models.Of(norm, depth: 1, wiring: wiring)), 1);
        bool parallel = wiring.IsParallel;
        List<string> expected = [];
        foreach (string module in new[] { "attention", "mlp" })
        {
            if (norm.Before)
                expected.Add($"blocks.1.{module}.gain.in");
            if (norm.OnBranch || (norm.OnSum && !parallel))
                expected.Add($"blocks.1.{module}.gain.out");
            if (norm.OnBranch && norm.OnSum && !parallel)
                expected.Add($"blocks.1.{module}.gain.sum");
        }

        if (norm.OnSum && parallel)
            expected.Add("blocks.1.gain.sum");
        if (architecture.Norm.IsBlindToScale)
            expected.Add("final.gain");
        Assert.Equal(expected, trainer.Parameters.Select(tensor => tensor.Name).Where(name => name.Contains("gain")));
    }

    [Fact]
    public void Embedded_tokens_have_the_norm_and_the_correlation_that_the_theory_is_told()
    {
        const int Width = 1024, Tokens = 8;
        ModelOptions model = Models.Of(Placement.Pre, width: Width, heads: 1, mlpWidth: 1, depth: 1, tokens: Tokens, vocabulary: 16);
        using DenseTrainer trainer = new(Models.Options(model, sequences: 1), 2);
        TokenBatch batch = new(1, Tokens);
        for (int i = 0; i < Tokens; i++)
            batch.Inputs[i] = i;
        Recorder recorder = new();
        trainer.Observe(batch, recorder, backward: false);
        float[] x = recorder.Streams[0];
        (double q, double rho) = (model.Architecture.Input.Norm, model.Architecture.Input.Correlation);
        for (int i = 0; i < Tokens; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double overlap = 0;
                for (int k = 0; k < Width; k++)
                    overlap += (double)x[i * Width + k] * x[j * Width + k] / Width;

                // Gaussian: the variance of an overlap is (1 + ρ²) q²/d, of a squared norm 2 q²/d; 36 of them within 4.5 σ.
                double deviation = q * Math.Sqrt((i == j ? 2 : 1 + rho * rho) / Width);
                Near.Equal($"x_{i}·x_{j}/d", i == j ? q : rho * q, overlap, 4.5 * deviation);
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Initial_logits_of_a_normalised_token_have_the_deviation_that_is_asked_for(bool tied)
    {
        ModelOptions model = Models.Of(Placement.Pre, tied: tied, width: 512, heads: 4, vocabulary: 256, logitStd: 1.7);
        using DenseTrainer trainer = new(Models.Options(model, sequences: 1), 2);
        MatrixView<float> vocabulary = trainer.Matrix(tied ? "token.embedding" : "unembedding");
        Recorder recorder = new();
        trainer.Observe(Models.Batch(model, 1), recorder, backward: false);

        // A token's own embedding is in its stream, so with tied embeddings its logit is left out: 255 or more others, whose
        // squares have relative deviation √2; 5 tokens share the embedding, hence no gain is counted from them.
        double squares = 0;
        int count = 0;
        for (int row = 0; row < 5; row++)
        {
            for (int v = 0; v < 256; v++)
            {
                if (Models.Batch(model, 1).Inputs.Contains(v))
                    continue;
                squares += Math.Pow(recorder.LogitRows[row * 256 + v], 2);
                count++;
            }
        }

        Assert.Equal(tied ? 512 : 256, vocabulary.Columns);
        Near.Equal("variance of logits", 1.7 * 1.7, squares / count, 0, relative: 4 * Math.Sqrt(2.0 / 250));
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void A_batch_gives_the_mean_of_its_sequences(Placement norm, Wiring wiring)
    {
        const int Sequences = 3;
        ModelOptions model = Models.Of(norm, wiring: wiring);
        TokenBatch batch = Models.Batch(model, Sequences);
        int n = batch.Tokens;
        using DenseTrainer whole = new(Models.Options(model, Sequences), 2);
        double loss = whole.Observe(batch, new Recorder());
        float[] gradient = State(whole, whole.Gradients);

        using DenseTrainer single = new(Models.Options(model, 1), 2);
        double[] sum = new double[gradient.Length];
        double mean = 0;
        for (int sequence = 0; sequence < Sequences; sequence++)
        {
            TokenBatch one = new(1, n);
            batch.Inputs.AsSpan(sequence * n, n).CopyTo(one.Inputs);
            batch.Targets.AsSpan(sequence * n, n).CopyTo(one.Targets);
            mean += single.Observe(one, new Recorder()) / Sequences;
            float[] part = State(single, single.Gradients);
            for (int i = 0; i < part.Length; i++)
                sum[i] += (double)part[i] / Sequences;
        }

        // Sums of 15 rows through about 10 products of depth up to 12: some 100 roundings of the largest entries.
        double scale = Math.Sqrt(sum.Sum(entry => entry * entry));
        Near.Equal($"{norm} {wiring} loss", mean, loss, 0, relative: 100 * SingleRounding);
        Near.Equal($"{norm} {wiring} gradient", sum, [.. gradient.Select(entry => (double)entry)], 100 * SingleRounding * scale);
    }

    [Fact]
    public void A_state_read_out_and_written_into_another_trainer_continues_bit_by_bit()
    {
        ModelOptions model = Models.Of(Placement.Pre);
        TrainingOptions options = Models.Options(model);
        using DenseTrainer first = new(options, 2), second = new(options with { Seed = 77 }, 2);
        Advance(first, 0, 3);
        foreach (NamedTensor tensor in first.Parameters.Concat(first.OptimiserState))
        {
            float[] values = new float[tensor.Length];
            first.Read(tensor, 0, values);
            second.Write(tensor, 0, values);
        }

        second.StepsDone = first.StepsDone;
        Advance(first, 3, 6);
        Advance(second, 3, 6);
        Assert.Equal(State(first, first.Parameters), State(second, second.Parameters));

        void Advance(DenseTrainer trainer, int from, int to)
        {
            for (int step = from; step < to; step++)
                trainer.Step(Models.Batch(model, 3, step));
        }
    }

    [Fact]
    public void A_step_whose_loss_is_not_finite_updates_nothing_and_a_restored_network_goes_on()
    {
        ModelOptions model = Models.Of(Placement.None);
        TokenBatch batch = Models.Batch(model, 3);
        using DenseTrainer trainer = new(Models.Options(model), 2), untouched = new(Models.Options(model), 2);
        NamedTensor embedding = trainer.Parameters[0];
        float[] values = new float[embedding.Length];
        trainer.Read(embedding, 0, values);
        trainer.Write(embedding, 0, [.. values.Select(_ => float.NaN)]);
        float[] before = State(trainer, [.. trainer.Parameters.Skip(1), .. trainer.OptimiserState]);
        StepResult result = trainer.Step(batch);
        Assert.False(double.IsFinite(result.Loss));
        Assert.False(double.IsFinite(result.GradientNorm));
        Assert.Equal(0, trainer.StepsDone);
        Assert.Equal(before, State(trainer, [.. trainer.Parameters.Skip(1), .. trainer.OptimiserState]));

        trainer.Write(embedding, 0, values);
        trainer.Step(batch);
        untouched.Step(batch);
        Assert.Equal(State(untouched, untouched.Parameters), State(trainer, trainer.Parameters));
    }

    [Fact]
    public void A_run_beyond_the_memory_is_refused_with_the_bytes_it_needs()
    {
        ModelOptions model = Models.Of(Placement.Pre, width: 1 << 14, heads: 1, mlpWidth: 1 << 16, depth: 1000);
        TrainingOptions options = Models.Options(model);
        InsufficientMemoryException thrown = Assert.Throws<InsufficientMemoryException>(() => new DenseTrainer(options, 2));
        Assert.Contains($"takes {DenseTrainer.Bytes(options, 2)} bytes", thrown.Message);
    }

    [Fact]
    public void Options_out_of_their_range_are_refused_by_name()
    {
        TrainingOptions good = Models.Options(Models.Of(Placement.Pre));
        ModelOptions model = good.Model;
        Refused("input.correlation must be ≥ 0", good with { Model = Models.Of(Placement.Pre, correlation: -0.1) });
        Refused("causal mask", good with { Model = model with { Architecture = Networks.Of(Placement.Pre, Activation.Tanh) } });
        Refused("no mask", good with { Model = model with { Task = TrainingTask.MaskedToken } });
        Refused("vocabulary must be from 2 to 256, got 257", good with { Model = model with { Vocabulary = 257 } });
        Refused("logitStd must be finite and > 0", good with { Model = model with { LogitStd = 0 } });
        Refused("beta2 must be in [0, 1), got 1", good with { Optimiser = good.Optimiser with { Beta2 = 1 } });
        Refused("learningRate", good with { Optimiser = good.Optimiser with { LearningRate = double.NaN } });
        Refused("sequences must be at least 1, got 0", good with { Sequences = 0 });

        static void Refused(string message, TrainingOptions options) =>
            Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(() => new DenseTrainer(options, 1)).Message);
    }

    private static float[] State(DenseTrainer trainer, IReadOnlyList<NamedTensor> tensors)
    {
        List<float> state = [];
        foreach (NamedTensor tensor in tensors)
        {
            float[] values = new float[tensor.Length];
            trainer.Read(tensor, 0, values);
            state.AddRange(values);
        }

        return [.. state];
    }
}
