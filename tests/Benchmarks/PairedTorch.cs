using Hybrid.Benchmarks.Reference;
using Hybrid.Networks.Training;
using Hybrid.Torch;
using Hybrid.Torch.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Benchmarks;

/// <summary>
/// A full training step (forward, backward, clipping, AdamW) of the engine torch, of the dense engine and of a plain TorchSharp
/// model, in turn in one process on the same threads: seconds of the processor on one thread, of the clock on the wall on more; then
/// random networks. Run it under the host that .ci/torch-host prints where the system's own libraries are too old for libtorch.
/// </summary>
internal static class PairedTorch
{
    // Rounds before the first that counts: the runtime compiles in the background what it has met often, on the processor's time.
    private const int WarmUp = 8;

    public static int Run(int threads, int rounds)
    {
        if (TorchRuntime.WhyMissing() is { } reason)
        {
            Console.Error.WriteLine(reason);
            return 3;
        }

        TorchRuntime.Threads = threads;
        bool processor = threads == 1;
        double peak = PeakSpeed.Measure(threads, processor);
        Console.WriteLine(
            $"{threads} threads; thousands of tokens per second{(processor ? " of processor time" : "")}, medians of {rounds}; "
            + $"float32 peak {peak:0} GFLOP/s; load {PairedTraining.LoadAverage()}");
        Console.WriteLine($"{"d",5}{"L",4}{"n",5}{"B",4}{"dense",9}{"torch",9}{"plain",9}{"plain/torch",13}{"plain/dense",13}");
        foreach (PairedTraining.Shape shape in PairedTraining.Shapes)
            Compare(shape, threads, rounds, processor);
        PairedTorchEnsemble.Run(threads, rounds, processor);
        Console.WriteLine($"load {PairedTraining.LoadAverage()}");
        return 0;
    }

    /// <summary>A plain TorchSharp model of a shape.</summary>
    public static PlainTransformer Plain(PairedTraining.Shape shape) =>
        new(PairedTraining.Vocabulary, shape.Tokens, shape.Width, shape.Depth, shape.Width / 32);

    private static void Compare(PairedTraining.Shape shape, int threads, int rounds, bool processor)
    {
        TrainingOptions options = PairedTraining.Options(shape);
        TokenBatch batch = PairedTraining.Batch(shape);
        using DenseTrainer dense = new(options, threads);
        using TorchTrainer trainer = new(options, TorchDevice.Cpu, threads: threads);
        using PlainTraining plain = new(Plain(shape), batch, CPU, ScalarType.Float32);
        Action[] steps = [() => dense.Step(batch), () => trainer.Step(batch), plain.Step];
        double[,] seconds = new double[3, rounds];
        for (int round = -WarmUp; round < rounds; round++)
        {
            // Each follows each of the others: threads of one may still wait by spinning when the next begins.
            for (int turn = 0; turn < steps.Length; turn++)
            {
                int which = (round + WarmUp + turn) % steps.Length;
                double time = Time(steps[which]);
                if (round >= 0)
                    seconds[which, round] = time;
            }
        }

        double[] median = [.. Enumerable.Range(0, 3).Select(which => Median(round => seconds[which, round]))];
        Console.WriteLine(
            $"{shape.Width,5}{shape.Depth,4}{shape.Tokens,5}{shape.Sequences,4}{Rate(0),9:0.00}{Rate(1),9:0.00}{Rate(2),9:0.00}"
            + $"{Median(round => seconds[2, round] / seconds[1, round]),13:0.00}"
            + $"{Median(round => seconds[2, round] / seconds[0, round]),13:0.00}");

        double Time(Action step)
        {
            TimeSpan start = PeakSpeed.Clock(processor);
            step();
            return (PeakSpeed.Clock(processor) - start).TotalSeconds;
        }

        double Median(Func<int, double> value) => PairedProduct.Median([.. Enumerable.Range(0, rounds).Select(value)]);
        double Rate(int which) => shape.Rows / median[which] / 1e3;
    }
}
