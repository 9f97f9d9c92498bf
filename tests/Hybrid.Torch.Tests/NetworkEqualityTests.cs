using Hybrid.Import.Checkpoints;
using Hybrid.Import.Tests.Checkpoints;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Model;
using Hybrid.Networks.Tangents;
using Hybrid.Networks.Tests;
using Hybrid.Networks.Tests.Training;
using Hybrid.Networks.Training;
using Hybrid.Torch.Training;
using TorchSharp;
using Xunit;

namespace Hybrid.Torch.Tests;

/// <summary>Checkpoints of every family on the dense engine and on TorchSharp: everything that passes, and every gradient.</summary>
public sealed class NetworkEqualityTests : IDisposable
{
    // As in training: relative to a tensor's norm, in two blocks.
    private static readonly double Rounding = Target.RoundingOfPasses(blocks: 2);

    private static long Live => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
    private readonly LiveTensors live = new();

    public void Dispose() => live.AssertNoneIsLeft();

    public static TheoryData<string> Families =>
    [
        "gpt2", "gpt_neox", "llama", "mistral", "qwen2", "qwen3", "olmo2", "gemma2", "gemma3", "bert", "roberta", "minilm", "vit",
    ];

    [Theory]
    [MemberData(nameof(Families))]
    public void All_that_passes_and_every_gradient_agree(string family)
    {
        using (Pair pair = new(family))
        {
            bool head = pair.Dense.Model.Form!.Output!.Head != HeadKind.None;
            Recorder expected = new(), actual = new();
            double loss = pair.Dense.Observe(pair.Batch, expected, head);
            Near.Equal("loss", loss, pair.Torch.Observe(pair.Batch, actual, head), 0, Rounding);
            Agree("stream", expected.Streams, actual.Streams);
            Agree("attention", expected.Attention, actual.Attention);
            Agree("branch", expected.Branches, actual.Branches);
            Agree("added", expected.Added, actual.Added);
            Agree("logits", [expected.LogitRows], [actual.LogitRows]);
            Agree("gradient", expected.Gradients, actual.Gradients);
            Assert.Equal(expected.Middles, actual.Middles);
            if (head)
                GradientsAgree(pair);
        }
    }

    // Means of squares, of entropies and of cosines over tokens, each of which is a number of order 1 with the stream's roundings.
    [Theory]
    [MemberData(nameof(Families))]
    public void One_meter_measures_the_same_of_both(string family)
    {
        using Pair pair = new(family);
        PassMeter meter = new(pair.Dense.Model.Architecture);
        pair.Dense.Observe(pair.Batch, meter, backward: false);
        PassMeasurement expected = meter.Measurement;
        pair.Torch.Observe(pair.Batch, meter, backward: false);
        PassMeasurement actual = meter.Measurement;
        Near.Equal("entropy", expected.Entropy, actual.Entropy, Rounding, Rounding);
        for (int layer = 0; layer < expected.Streams.Length; layer++)
        {
            Near.Equal($"q of layer {layer}", expected.Streams[layer].Q, actual.Streams[layer].Q, 0, 2 * Rounding);
            Near.Equal($"u of layer {layer}", expected.Streams[layer].U, actual.Streams[layer].U, 2 * Rounding);
        }

        for (int block = 0; block < expected.Attention.Length; block++)
        {
            foreach ((BranchMeasures wanted, BranchMeasures got) in (ReadOnlySpan<(BranchMeasures, BranchMeasures)>)
                [(expected.Attention[block], actual.Attention[block]), (expected.Mlp[block], actual.Mlp[block])])
            {
                Near.Equal($"q of a branch of block {block + 1}", wanted.Q, got.Q, 0, 2 * Rounding);
                Near.Equal($"cosine of a branch of block {block + 1}", wanted.Correlation, got.Correlation, Rounding);
            }
        }
    }

    // A block's Jacobian has rounding of its largest stretch: what is left of a tangent that grows by less is off by more, and so is
    // the frame with which the next block begins.
    [Theory]
    [InlineData("gpt2")]
    [InlineData("qwen3")]
    [InlineData("gemma2")]
    [InlineData("roberta")]
    public void Exponents_by_autograd_are_those_of_differences_in_double_precision(string family)
    {
        const int Count = 3;
        using (Pair pair = new(family))
        {
            (ExponentEstimate[][] forward, ExponentEstimate[][] backward) = pair.Dense.Exponents(pair.Batch, Count, 1);
            (ExponentEstimate[][] Forward, ExponentEstimate[][] Backward) actual = pair.Torch.Exponents(pair.Batch, Count, 1);
            double rounding = Rounding * Math.Exp(Gap(forward) + Gap(backward));
            for (int block = 0; block < forward.Length; block++)
            {
                for (int k = 0; k < Count; k++)
                {
                    Near.Equal($"λ_{k + 1} of block {block + 1}", forward[block][k].Mean, actual.Forward[block][k].Mean, rounding);
                    Near.Equal(
                        $"λ_{k + 1} of block {block + 1} backwards", backward[block][k].Mean, actual.Backward[block][k].Mean, rounding);
                }
            }
        }

        static double Gap(ExponentEstimate[][] exponents) => exponents.Sum(block => block[0].Mean - block.Min(estimate => estimate.Mean));
    }

    // Each stops where ten iterations add less than the tolerance to the square, from below.
    [Theory]
    [InlineData("gpt2")]
    [InlineData("gemma3")]
    public void Operator_norms_agree_of_whole_matrices_and_of_halves(string family)
    {
        const double Tolerance = 1e-9;
        using Pair pair = new(family);
        foreach (string name in pair.Dense.Parameters.Select(tensor => tensor.Name).Where(name => name.StartsWith("blocks.")))
        {
            foreach (int parts in (int[])[1, 2])
            {
                Near.Equal(
                    $"‖{name}‖", [.. pair.Dense.OperatorNorms(name, Tolerance, parts).Select(norm => norm.Value)],
                    [.. pair.Torch.OperatorNorms(name, Tolerance, parts).Select(norm => norm.Value)], 0, Tolerance);
            }
        }
    }

    [Fact]
    public void What_an_observer_does_not_care_for_stays_where_it_is()
    {
        using Pair pair = new("gpt2");
        StreamsAlone streams = new();
        pair.Torch.Observe(pair.Batch, streams, backward: false);
        Assert.Equal(pair.Dense.Model.Architecture.Depth + 1, streams.Seen);
    }

    [Fact]
    public void A_network_beyond_the_memory_and_a_pass_back_without_gradients_are_refused()
    {
        using Pair pair = new("gpt2");
        ModelOptions model = pair.Dense.Model;
        Assert.Contains("and 1000 are allowed; ask for no gradients, fewer sequences", Assert.Throws<InsufficientMemoryException>(
            () => new TorchNetwork(model, 1, gradients: true, Target.Device, memory: 1000)).Message);
        using TorchNetwork forwards = new(model, 1, gradients: false, Target.Device);
        TokenBatch one = new(1, model.Architecture.Tokens);
        Assert.Contains("planned with gradients", Assert.Throws<InvalidOperationException>(
            () => forwards.Observe(one, new Recorder())).Message);
    }

    private static void GradientsAgree(Pair pair)
    {
        (string Name, float[] Expected, float[] Actual)[] gradients =
        [
            .. pair.Dense.Parameters.Select(tensor => "gradient." + tensor.Name)
                .Select(name => (name, Values(pair.Dense.Matrix(name)), Values(pair.Torch.Matrix(name)))),
        ];

        // Biases of keys have none: it is what sums as large as a hundredth of the largest gradient leave that is compared.
        double floor = 0.01 * gradients.Max(gradient => Norm(gradient.Expected));
        foreach ((string name, float[] expected, float[] actual) in gradients)
            Agree(name, expected, actual, floor);
    }

    private static void Agree(string name, IReadOnlyList<float[]> expected, IReadOnlyList<float[]> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (int index = 0; index < expected.Count; index++)
            Agree($"{name} {index}", expected[index], actual[index], 0);
    }

    // Norm of the difference over the norm.
    private static void Agree(string name, float[] expected, float[] actual, double floor)
    {
        Assert.Equal(expected.Length, actual.Length);
        double difference = Norm([.. actual.Zip(expected, (got, wanted) => got - wanted)]), size = Math.Max(floor, Norm(expected));
        Near.Equal($"{name}, relative error", 0, size > 0 ? difference / size : difference, Rounding);
    }

    private static double Norm(float[] values) => Math.Sqrt(values.Sum(value => (double)value * value));

    private static float[] Values(MatrixView<float> matrix) =>
        [.. Enumerable.Range(0, matrix.Rows).SelectMany(row => matrix.Row(row).ToArray())];

    private sealed class StreamsAlone : IPassObserver<float>
    {
        public int Seen { get; private set; }

        public PassStages Stages => PassStages.Stream;

        public void Stream(int layer, MatrixView<float> stream) => Seen++;

        public void Probabilities(int layer, MatrixView<float> probabilities) => Assert.Fail("attention was brought");

        public void Added(int layer, ModuleKind module, MatrixView<float> added) => Assert.Fail("a branch was brought");

        public void Logits(MatrixView<float> logits) => Assert.Fail("logits were brought");
    }

    /// <summary>One checkpoint on both engines.</summary>
    private sealed class Pair : IDisposable
    {
        public Pair(string family)
        {
            Fixture fixture = Fixture.Read(family);
            using Checkpoint checkpoint = Checkpoint.Open(Fixture.Folder(family));
            ModelOptions model = checkpoint.Model(fixture.Ids[0].Length);
            Batch = fixture.Batch(model);
            Dense = new(model, Batch.Sequences, gradients: true, threads: 2);
            Torch = new(model, Batch.Sequences, gradients: true, Target.Device, Target.Precision);
            checkpoint.Load(Dense);
            checkpoint.Load(Torch);
        }

        public TokenBatch Batch { get; }

        public MeasuredNetwork Dense { get; }

        public TorchNetwork Torch { get; }

        public void Dispose()
        {
            Dense.Dispose();
            Torch.Dispose();
        }
    }
}
