using Hybrid.Architectures;
using Hybrid.Benchmarks.Reference;
using Hybrid.Networks.Training;
using Hybrid.Theory;

namespace Hybrid.Benchmarks;

/// <summary>
/// A full training step (forward, backward, clipping, AdamW) here and in PyTorch, alternating on the same cores, with
/// PyTorch's normalisation composed (the same function as ours) and as its fused layer norm. Then where our time goes. On a
/// machine that others use, processor time on one thread tells more than the clock on the wall.
/// </summary>
internal static class PairedTraining
{
    internal const int Vocabulary = 256;

    internal static readonly Shape[] Shapes = [new(128, 8, 64, 16), new(256, 12, 128, 8), new(64, 24, 64, 16)];

    public static int Run(int threads, int rounds, bool processor)
    {
        double peak = PeakSpeed.Measure(threads, processor);
        using TorchProcess? torch = TorchProcess.TryStart(threads, out string reason);
        Console.WriteLine(torch is null ? $"PyTorch skipped: {reason}" : $"PyTorch: {torch.Description}");
        Console.WriteLine($"measured float32 peak of {threads} threads: {peak:0} GFLOP/s; load {LoadAverage()}");
        Console.WriteLine(
            "pre-norm, tanh-GELU, causal, MLP of 4 d, heads of 32, vocabulary of 256; thousands of tokens per second"
            + $"{(processor ? " of processor time" : "")}, medians");
        Console.WriteLine(
            $"{"d",5}{"L",4}{"n",5}{"B",4}{"hybrid",9}{"PyTorch",9}{"ratio",7}{"fused",9}{"ratio",7}{"best",9}{"PyTorch",9}{"ratio",7}"
            + $"{"GFLOP/s",9}{"of peak",9}{"MiB",7}{"PyTorch",9}");
        foreach (Shape shape in Shapes)
            Compare(shape, torch, peak, rounds, threads, processor);
        foreach (Shape shape in processor ? [] : Shapes)
            TrainingParts.Print(Options(shape), Batch(shape), rounds, threads);
        Console.WriteLine($"load {LoadAverage()}");
        return 0;
    }

    private static void Compare(Shape shape, TorchProcess? torch, double peak, int rounds, int threads, bool processor)
    {
        File.WriteAllText("/proc/self/clear_refs", "5");
        using DenseTrainer trainer = new(Options(shape), threads);
        TokenBatch batch = Batch(shape);
        double[] ours = new double[rounds], theirs = new double[rounds], ratios = new double[rounds];
        double[] fused = new double[rounds], fusedRatios = new double[rounds];
        for (int round = -2; round < rounds; round++)
        {
            (double mine, double other) = (Step(), Torch("rms"));
            if (round >= 0)
                (ours[round], theirs[round], ratios[round]) = (shape.Rows / mine / 1e3, shape.Rows / other / 1e3, other / mine);
        }

        double memory = PeakBytes(), torchMemory = torch?.PeakBytes() ?? double.NaN;
        for (int round = -2; round < rounds; round++)
        {
            (double mine, double other) = (Step(), Torch("layer"));
            if (round >= 0)
                (fused[round], fusedRatios[round]) = (shape.Rows / other / 1e3, other / mine);
        }

        double work = shape.WorkPerToken * ours.Max() / 1e6;
        Console.WriteLine(
            $"{shape.Width,5}{shape.Depth,4}{shape.Tokens,5}{shape.Sequences,4}"
            + $"{PairedProduct.Median(ours),9:0.0}{PairedProduct.Median(theirs),9:0.0}"
            + $"{PairedProduct.Median(ratios),7:0.00}{PairedProduct.Median(fused),9:0.0}{PairedProduct.Median(fusedRatios),7:0.00}"
            + $"{ours.Max(),9:0.0}{theirs.Max(),9:0.0}{ours.Max() / theirs.Max(),7:0.00}{work,9:0}{work / peak,9:P0}"
            + $"{memory / (1 << 20),7:0}{torchMemory / (1 << 20),9:0}");

        double Step()
        {
            TimeSpan start = PeakSpeed.Clock(processor);
            trainer.Step(batch);
            return (PeakSpeed.Clock(processor) - start).TotalSeconds;
        }

        double Torch(string norm) => torch?.Seconds(new
        {
            operation = "training",
            tokens = shape.Tokens,
            width = shape.Width,
            mlp = 4 * shape.Width,
            depth = shape.Depth,
            heads = shape.Width / 32,
            sequences = shape.Sequences,
            vocabulary = Vocabulary,
            norm,
            processor,
        }) ?? double.NaN;
    }

    internal static double PeakBytes() => StatusBytes("VmHWM");

    internal static double ResidentBytes() => StatusBytes("VmRSS");

    private static double StatusBytes(string name) => File.ReadLines("/proc/self/status")
        .Where(line => line.StartsWith(name)).Select(
            line => 1024.0 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1])).Single();

    internal static string LoadAverage() => string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ')[..3]);

    internal static TokenBatch Batch(Shape shape) => RandomTokens.Of(Vocabulary, shape.Sequences, shape.Tokens);

    internal static TrainingOptions Options(Shape shape)
    {
        Schedule one = Schedule.NewConstant(1);
        Architecture architecture = ArchitectureModule.Defaults.With(
            name: "benchmark",
            tokens: shape.Tokens,
            depth: shape.Depth,
            width: shape.Width,
            heads: shape.Width / 32,
            mlpWidth: 4 * shape.Width,
            activation: Activation.GeluTanh,
            gated: false,
            norm: Placement.Pre,
            mask: Mask.Causal,
            attention: AttentionParameters.Of(one, one, 1, 1),
            mlp: MlpParameters.Of(one, one, 1, 0, 1),
            input: new InputParameters(1, 0));
        return new TrainingOptions(
            new ModelOptions(architecture, TrainingTask.NextToken, Vocabulary), new OptimiserOptions(), shape.Sequences, 1000, 1);
    }

    internal sealed record Shape(int Width, int Depth, int Tokens, int Sequences)
    {
        public int Rows => Tokens * Sequences;

        // Operations of the matrix products, forwards and twice that backwards; attention without regard to the mask.
        public double WorkPerToken => 6.0 * (Depth * (12.0 * Width * Width + 2.0 * Tokens * Width) + Width * Vocabulary);
    }
}
