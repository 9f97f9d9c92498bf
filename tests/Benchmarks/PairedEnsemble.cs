using System.Diagnostics;
using Hybrid.Architectures;
using Hybrid.Benchmarks.Reference;
using Hybrid.Networks.Engines;
using Hybrid.Networks.Engines.Conditioned;
using Hybrid.Networks.Engines.Dense;
using Hybrid.Theory;

namespace Hybrid.Benchmarks;

/// <summary>
/// Seconds per random network, weights drawn, forwards and backwards: the conditioned engine (one network per core) against
/// PyTorch and the dense engine (all cores on one network), taking turns. Where weights of twelve blocks would pass 4 GiB,
/// the others run fewer blocks and their time is scaled to twelve: it is proportional to the blocks. Then what the width and
/// a second core do to the conditioned engine alone.
/// </summary>
internal static class PairedEnsemble
{
    // Networks · width of half a second on one core.
    private const int Tokens = 64, Depth = 12, HalfSecond = 12 * 1024;

    public static int Run(int threads, int rounds, int largestPair, int largest)
    {
        using TorchProcess? torch = TorchProcess.TryStart(threads, out string reason);
        Console.WriteLine(torch is null ? $"PyTorch skipped: {reason}" : $"PyTorch: {torch.Description}");
        Console.WriteLine(
            $"{Depth} blocks, {Tokens} tokens, MLP as wide as the stream, heads of 64, pre-norm, tanh-GELU; seconds per network");
        Console.WriteLine($"{"width",7}{"conditioned",13}{"dense",9}{"ratio",8}{"PyTorch",10}{"ratio",8}{"blocks",8}");
        for (int width = 512; width <= largestPair; width *= width < 1024 ? 2 : width < 4096 ? 4 : 2)
            Compare(width, threads, rounds, torch);

        Console.WriteLine();
        Console.WriteLine(
            $"{"width",7}{"processor",13}{"µs/width",10}{"one core",10}{$"{threads} cores",10}{"speed-up",10}{"GiB/engine",12}");
        for (int width = 1024; width <= largest; width *= 4)
            Scale(width, threads, rounds);
        return 0;
    }

    private static void Compare(int width, int threads, int rounds, TorchProcess? torch)
    {
        int blocks = (int)Math.Clamp((1L << 32) / (24L * width * width), 1, Depth);
        Architecture architecture = Of(width, Depth);
        using DenseEngine dense = new(Of(width, blocks), threads);
        NetworkSample buffer = new(Tokens, blocks);
        double[] ours = new double[rounds], denses = new double[rounds], torches = new double[rounds];
        for (int round = -1; round < rounds; round++)
        {
            int at = Math.Max(0, round);
            ours[at] = Seconds(architecture, threads, round);
            double scale = (double)Depth / blocks;
            long start = Stopwatch.GetTimestamp();
            dense.Run(1, at, buffer);
            denses[at] = scale * Stopwatch.GetElapsedTime(start).TotalSeconds;
            torches[at] = scale * (torch?.Seconds(
                new { operation = "network", tokens = Tokens, width, mlp = width, depth = blocks, heads = width / 64, draw = true })
                    ?? double.NaN);
        }

        Console.WriteLine(
            $"{width,7}{PairedProduct.Median(ours),13:0.0000}{PairedProduct.Median(denses),9:0.000}{Ratio(denses, ours),8:0.0}"
            + $"{PairedProduct.Median(torches),10:0.000}{Ratio(torches, ours),8:0.0}{blocks,8}");
    }

    private static void Scale(int width, int threads, int rounds)
    {
        Architecture architecture = Of(width, Depth);
        double bytes = (double)ConditionedEngine.Bytes(architecture);
        int fitting = Math.Min(threads, (int)(0.8 * GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / bytes));
        double[] processor = new double[rounds], one = new double[rounds], all = new double[rounds];
        for (int round = 0; round < rounds; round++)
        {
            processor[round] = ProcessorSeconds(architecture, round);
            one[round] = Seconds(architecture, 1, round);
            all[round] = fitting < threads ? double.NaN : Seconds(architecture, threads, round);
        }

        double seconds = PairedProduct.Median(processor);
        Console.WriteLine(
            $"{width,7}{seconds,13:0.0000}{1e6 * seconds / width,10:0.0}{PairedProduct.Median(one),10:0.0000}"
            + $"{PairedProduct.Median(all),10:0.0000}{Ratio(one, all),10:0.00}{bytes / (1L << 30),12:0.00}");
    }

    // Per network, of an ensemble of some half a second after each engine's first (which plans memory): time between the reports.
    private static double Seconds(Architecture architecture, int threads, int round)
    {
        int networks = threads * Math.Clamp(HalfSecond / architecture.Width, 2, 32);
        Clock clock = new(threads);
        Ensemble.Run(() => new ConditionedEngine(architecture), (ulong)(round + 2), threads + networks, threads, clock);
        return clock.Last / networks;
    }

    // Of the processor, per network, on one core: other work takes turns with it but hardly lengthens it.
    private static double ProcessorSeconds(Architecture architecture, int round)
    {
        const int networks = 4;
        using ConditionedEngine engine = new(architecture);
        NetworkSample sample = new(Tokens, Depth);
        engine.Run((ulong)(round + 2), 0, sample);
        TimeSpan before = Environment.CpuUsage.TotalTime;
        for (int number = 1; number <= networks; number++)
            engine.Run((ulong)(round + 2), number, sample);
        return (Environment.CpuUsage.TotalTime - before).TotalSeconds / networks;
    }

    private static double Ratio(double[] other, double[] ours) =>
        PairedProduct.Median([.. other.Zip(ours).Select(pair => pair.First / pair.Second)]);

    internal static Architecture Of(int width, int depth)
    {
        Schedule one = Schedule.NewConstant(1);
        return ArchitectureModule.Defaults.With(
            name: "benchmark",
            tokens: Tokens,
            depth: depth,
            width: width,
            heads: width / 64,
            mlpWidth: width,
            activation: Activation.GeluTanh,
            gated: false,
            norm: Placement.Pre,
            mask: Mask.None,
            attention: AttentionParameters.Of(one, one, 1, 1),
            mlp: MlpParameters.Of(one, one, 1, 0, 1),
            input: new InputParameters(1, 0.5));
    }

    // Seconds from the report with which every engine is warm to the last one.
    private sealed class Clock(int warm) : IProgress<int>
    {
        private long start;

        public double Last { get; private set; }

        public void Report(int value)
        {
            lock (this)
            {
                if (value == warm)
                    start = Stopwatch.GetTimestamp();
                else if (value > warm)
                    Last = Stopwatch.GetElapsedTime(start).TotalSeconds;
            }
        }
    }
}
