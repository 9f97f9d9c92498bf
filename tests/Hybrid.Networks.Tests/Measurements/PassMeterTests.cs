using Hybrid.Architectures;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Model;
using Hybrid.Networks.Tests.Training;
using Hybrid.Networks.Training;
using Xunit;

namespace Hybrid.Networks.Tests.Measurements;

public sealed class PassMeterTests
{
    public static TheoryData<Placement, Wiring> Blocks => Models.BlockCases;

    [Theory]
    [MemberData(nameof(Blocks))]
    public void What_the_meter_says_is_what_the_streams_own_numbers_say(Placement norm, Wiring wiring)
    {
        ModelOptions model = Models.Of(norm, wiring: wiring);
        using DenseTrainer trainer = new(Models.Options(model), threads: 1);
        TokenBatch batch = Models.Batch(model, 3);
        Recorder recorder = new();
        trainer.Observe(batch, recorder);
        PassMeter meter = new(model.Architecture);
        trainer.Observe(batch, meter);
        PassMeasurement measured = meter.Measurement;

        int n = model.Architecture.Tokens, depth = model.Architecture.Depth;
        for (int layer = 0; layer <= depth; layer++)
        {
            double[][] x = recorder.Streams[layer], g = recorder.Gradients[layer];
            StreamMeasures stream = measured.Streams[layer];
            (double q, double p) = Overlaps(x, n);
            double[] flat = [.. x.SelectMany(row => row)];
            double rows = x.Length;
            Near.Equal($"layer {layer}", [q, p, 1 - p / q], [stream.Q, stream.P, stream.U], 1e-12, 1e-12);
            Near.Equal("mean absolute", flat.Average(Math.Abs), stream.MeanAbsolute, 0, 1e-12);
            Near.Equal("coordinate variance", x.Average(Variance), stream.CoordinateVariance, 0, 1e-12);
            double data = Enumerable.Range(0, x[0].Length).Average(k => Variance([.. x.Select(row => row[k])]));
            Near.Equal("data variance", data, stream.DataVariance, 0, 1e-12);
            Near.Equal("largest norm", x.Max(row => Math.Sqrt(Dot(row, row))), stream.LargestNorm, 0, 1e-12);
            (double diagonal, double offDiagonal) = Overlaps(g, n);
            Near.Equal(
                "gradient", [diagonal, offDiagonal],
                [measured.Gradients[layer].Diagonal, measured.Gradients[layer].OffDiagonal], 1e-12 * diagonal);
        }

        for (int block = 1; block <= depth; block++)
        {
            Check(recorder.Streams[block - 1], recorder.Added[(block, ModuleKind.Attention)], measured.Attention[block - 1]);
            double[][] read = wiring.IsParallel ? recorder.Streams[block - 1] : recorder.Middles[block];
            Check(read, recorder.Added[(block, ModuleKind.Mlp)], measured.Mlp[block - 1]);
            double entropy = recorder.Probabilities[block].Average(row => -row.Where(a => a > 0).Sum(a => a * Math.Log(a)));
            Near.Equal("entropy", entropy, measured.Entropy[block - 1], 0, 1e-12);
        }

        static void Check(double[][] stream, double[][] branch, BranchMeasures measures)
        {
            double cosine = stream.Zip(branch, (x, f) => Dot(x, f) / Math.Sqrt(Dot(x, x) * Dot(f, f))).Average();
            Near.Equal("branch", [branch.Average(f => Dot(f, f) / f.Length), cosine], [measures.Q, measures.Correlation], 1e-12, 1e-12);
        }
    }

    [Fact]
    public void The_stream_is_the_stream_before_plus_the_weighted_branch()
    {
        ModelOptions model = Models.Of(Placement.Peri);
        using DenseTrainer trainer = new(Models.Options(model), threads: 1);
        Recorder recorder = new();
        trainer.Observe(Models.Batch(model, 3), recorder);
        Architecture architecture = model.Architecture;
        for (int block = 1; block <= architecture.Depth; block++)
        {
            Sum(recorder.Streams[block - 1], recorder.Added[(block, ModuleKind.Attention)], recorder.Middles[block],
                architecture.Attention.Skip.At(block), architecture.Attention.Branch.At(block));
            Sum(recorder.Middles[block], recorder.Added[(block, ModuleKind.Mlp)], recorder.Streams[block],
                architecture.Mlp.Skip.At(block), architecture.Mlp.Branch.At(block));
        }

        // Each entry is rounded to single precision three times.
        static void Sum(double[][] x, double[][] f, double[][] sum, double skip, double weight)
        {
            for (int i = 0; i < x.Length; i++)
                Near.Equal($"row {i}", [.. x[i].Zip(f[i], (a, b) => skip * a + weight * b)], sum[i], 1e-6);
        }
    }

    [Fact]
    public void Equal_tokens_have_u_of_zero_and_nearly_equal_ones_keep_its_digits()
    {
        // x_i = e + δ_i with δ of size 1e-3: u is of order 1e-6, and the double-precision sums give it to 1e-9 of itself.
        const int n = 4, d = 64;
        System.Random random = new(3);
        float[] rows = new float[n * d];
        for (int k = 0; k < d; k++)
        {
            float shared = random.NextSingle();
            for (int i = 0; i < n; i++)
                rows[i * d + k] = shared + 1e-3f * random.NextSingle();
        }

        double[][] exact = [.. rows.Chunk(d).Select(row => row.Select(x => (double)x).ToArray())];
        double pairs = 0, square = exact.Sum(row => Dot(row, row));
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
                pairs += exact[i].Zip(exact[j], (a, b) => (a - b) * (a - b)).Sum() / 2;
        }

        Near.Equal("u", pairs / (n * (n - 1)) / (square / n), Measure(rows, n, d).U, 0, 1e-9);
        float[] equal = [.. Enumerable.Range(0, n).SelectMany(_ => rows[..d])];
        Assert.Equal(0, Measure(equal, n, d).U, 1e-30);
    }

    private static unsafe StreamMeasures Measure(float[] rows, int tokens, int width)
    {
        PassMeter meter = new(Networks.Of(Placement.None, Activation.Tanh, tokens, 1, width, 1, width, Mask.None, false));
        fixed (float* data = rows)
            meter.Stream(0, new MatrixView<float>(data, tokens, width));
        return meter.Measurement.Streams[0];
    }

    private static (double Diagonal, double OffDiagonal) Overlaps(double[][] rows, int n)
    {
        double diagonal = 0, offDiagonal = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            for (int j = i / n * n; j < (i / n + 1) * n; j++)
                (diagonal, offDiagonal) = i == j
                    ? (diagonal + Dot(rows[i], rows[i]), offDiagonal)
                    : (diagonal, offDiagonal + Dot(rows[i], rows[j]));
        }

        double count = rows.Length * rows[0].Length;
        return (diagonal / count, offDiagonal / (count * (n - 1)));
    }

    private static double Dot(double[] x, double[] y) => x.Zip(y, (a, b) => a * b).Sum();

    private static double Variance(double[] values)
    {
        double mean = values.Average();
        return values.Average(x => (x - mean) * (x - mean));
    }

    /// <summary>Copies everything that passes.</summary>
    private sealed class Recorder : IPassObserver<float>
    {
        public Dictionary<int, double[][]> Streams { get; } = [];

        public Dictionary<int, double[][]> Middles { get; } = [];

        public Dictionary<int, double[][]> Gradients { get; } = [];

        public Dictionary<int, double[][]> Probabilities { get; } = [];

        public Dictionary<(int Layer, ModuleKind ModuleKind), double[][]> Added { get; } = [];

        public void Stream(int layer, MatrixView<float> stream) => Streams[layer] = Copy(stream);

        public void Middle(int layer, MatrixView<float> stream) => Middles[layer] = Copy(stream);

        public void Gradient(int layer, MatrixView<float> gradient) => Gradients[layer] = Copy(gradient);

        void IPassObserver<float>.Added(int layer, ModuleKind module, MatrixView<float> added) => Added[(layer, module)] = Copy(added);

        void IPassObserver<float>.Probabilities(int layer, MatrixView<float> probabilities) => Probabilities[layer] = Copy(probabilities);

        private static double[][] Copy(MatrixView<float> rows)
        {
            double[][] copy = new double[rows.Rows][];
            for (int i = 0; i < copy.Length; i++)
                copy[i] = [.. rows.Row(i).ToArray().Select(x => (double)x)];
            return copy;
        }
    }
}
