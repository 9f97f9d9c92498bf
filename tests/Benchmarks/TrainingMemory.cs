using Hybrid.Benchmarks.Reference;
using Hybrid.Networks.Training;
using Hybrid.Torch;
using Hybrid.Torch.Training;
using static TorchSharp.torch;

namespace Hybrid.Benchmarks;

/// <summary>
/// The most memory that a process holds while it trains, on the dense engine, the engine torch and a plain TorchSharp model: all of it,
/// and what is beyond the runtime and libtorch, which are loaded before. Run it as <see cref="PairedTorch"/>.
/// </summary>
internal static class TrainingMemory
{
    /// <summary>Runs in a cell's process: the trainer's name and the width.</summary>
    public const string Cell = "training-memory-cell";

    private const int Steps = 4;

    public static int Run()
    {
        if (TorchRuntime.WhyMissing() is { } reason)
        {
            Console.Error.WriteLine(reason);
            return 3;
        }

        Console.WriteLine("MiB of a process that trains, and beyond what it holds before");
        Console.WriteLine($"{"d",5}{"L",4}{"n",5}{"B",4}{"dense",14}{"torch",14}{"plain",14}{"dense/plain",13}{"beyond",9}");
        foreach (PairedTraining.Shape shape in PairedTraining.Shapes)
        {
            double[] dense = Cost("dense"), plain = Cost("plain");
            Console.WriteLine(
                $"{shape.Width,5}{shape.Depth,4}{shape.Tokens,5}{shape.Sequences,4}{Show(dense)}{Show(Cost("torch"))}{Show(plain)}"
                + $"{dense[0] / plain[0],13:0.00}{dense[1] / plain[1],9:0.00}");

            double[] Cost(string trainer) => OwnProcess.Numbers(Cell, trainer, $"{shape.Width}");
        }

        return 0;

        static string Show(double[] cost) => $"{cost[0],7:0}{cost[1],7:0}";
    }

    /// <summary>A cell's own process: prints both numbers.</summary>
    public static int Measured(string trainer, int width)
    {
        PairedTraining.Shape shape = PairedTraining.Shapes.Single(shape => shape.Width == width);
        TrainingOptions options = PairedTraining.Options(shape);
        TokenBatch batch = PairedTraining.Batch(shape);
        if (trainer != "dense")
        {
            TorchRuntime.Threads = 1;
            using Tensor loaded = ones(8, 8).matmul(ones(8, 8));
        }

        double before = PairedTraining.ResidentBytes();
        (IDisposable owner, Action step) = Trainer();
        using (owner)
        {
            for (int number = 0; number < Steps; number++)
                step();
        }

        double peak = PairedTraining.PeakBytes();
        OwnProcess.Print(peak / (1 << 20), (peak - before) / (1 << 20));
        return 0;

        (IDisposable, Action) Trainer()
        {
            switch (trainer)
            {
                case "dense":
                    DenseTrainer dense = new(options, threads: 1);
                    return (dense, () => dense.Step(batch));
                case "torch":
                    TorchTrainer torch = new(options, TorchDevice.Cpu, threads: 1);
                    return (torch, () => torch.Step(batch));
                default:
                    PlainTraining plain = new(PairedTorch.Plain(shape), batch, CPU, ScalarType.Float32);
                    return (plain, plain.Step);
            }
        }
    }
}
