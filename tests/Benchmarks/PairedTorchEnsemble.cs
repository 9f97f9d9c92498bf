using Hybrid.Architectures;
using Hybrid.Lab.Speed;
using Hybrid.Networks.Engines;
using Hybrid.Networks.Engines.Dense;
using Hybrid.Theory;
using Hybrid.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Benchmarks;

/// <summary>
/// Random networks on the engine torch and on the dense engine, in turn in one process, and libtorch's own products of the same shapes:
/// every network's rows with every matrix of it, forwards and transposed, each matrix from memory as a network finds it.
/// </summary>
internal static class PairedTorchEnsemble
{
    private const int Networks = 4, Matrices = 6;
    private static readonly int[] Widths = [256, 512, 1024];

    public static void Run(int threads, int rounds, bool processor)
    {
        Console.WriteLine($"pre-tanh-critical, {Networks} networks at a time, drawing and measuring included; networks per second, medians");
        Console.WriteLine(
            $"{"d",5}{"dense",9}{"torch",9}{"torch/dense",13}{"GFLOP/s",9}{"products",10}{"of products",13}  GFLOP/s of libtorch's products");
        foreach (int width in Widths)
            Compare(width, threads, rounds, processor);
    }

    private static void Compare(int width, int threads, int rounds, bool processor)
    {
        Architecture architecture = Presets.All.First(preset => preset.Architecture.Name == "pre-tanh-critical").Architecture
            .With(width: width, mlpWidth: width);
        using DenseEngine dense = new(architecture, threads);
        using TorchEngine torch = new(architecture, new TorchOptions(TorchDevice.Cpu, MostNetworks: Networks), threads);
        using OwnProducts products = new(architecture);
        NetworkSample[] samples =
            [.. Enumerable.Range(0, Networks).Select(_ => new NetworkSample(architecture.Tokens, architecture.Depth))];
        double[,] seconds = new double[3, rounds];
        for (int round = -2; round < rounds; round++)
        {
            double[] times = [Time(Dense), Time(() => torch.Run(1, 0, samples)), Time(products.Run)];
            for (int which = 0; round >= 0 && which < times.Length; which++)
                seconds[which, round] = times[which];
        }

        double speed = Networks * NetworkOperations.Of(architecture) / Median(1) / 1e9, rate = products.Operations / Median(2) / 1e9;
        Console.WriteLine(
            $"{width,5}{Networks / Median(0),9:0.0}{Networks / Median(1),9:0.0}{Median(0) / Median(1),13:0.00}{speed,9:0}{rate,10:0}"
            + $"{speed / rate,13:P0}");

        double Median(int which) =>
            PairedProduct.Median([.. Enumerable.Range(0, rounds).Select(round => seconds[which, round])]);

        void Dense()
        {
            for (int network = 0; network < Networks; network++)
                dense.Run(1, network, samples[network]);
        }

        double Time(Action work)
        {
            TimeSpan start = PeakSpeed.Clock(processor);
            work();
            return (PeakSpeed.Clock(processor) - start).TotalSeconds;
        }
    }

    private sealed class OwnProducts : IDisposable
    {
        private readonly Tensor rows;
        private readonly Tensor[] matrices;

        internal OwnProducts(Architecture architecture)
        {
            int width = architecture.Width;
            rows = randn(Networks, architecture.Tokens, width);
            matrices = [.. Enumerable.Range(0, Matrices * architecture.Depth).Select(_ => randn(Networks, width, width))];
            Operations = 2.0 * 2 * matrices.Length * Networks * architecture.Tokens * width * width;
        }

        internal double Operations { get; }

        internal void Run()
        {
            using DisposeScope scope = NewDisposeScope();
            foreach (Tensor matrix in matrices)
                rows.bmm(matrix).Dispose();
            foreach (Tensor matrix in matrices.Reverse())
                rows.bmm(matrix.transpose(1, 2)).Dispose();
        }

        public void Dispose()
        {
            rows.Dispose();
            foreach (Tensor matrix in matrices)
                matrix.Dispose();
        }
    }
}
