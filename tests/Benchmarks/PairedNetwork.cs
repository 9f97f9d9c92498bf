using System.Diagnostics;
using Hybrid.Architectures;
using Hybrid.Benchmarks.Reference;
using Hybrid.Networks.Engines;
using Hybrid.Networks.Engines.Dense;
using Hybrid.Networks.Linear;
using Hybrid.Theory;

namespace Hybrid.Benchmarks;

/// <summary>
/// One forward and one backward pass of the same network here and in PyTorch, alternating on the same cores: with the
/// weights drawn each time (ours also measures every Gram matrix, PyTorch does not), and on weights that stand.
/// </summary>
internal static class PairedNetwork
{
    private const int Tokens = 64, Width = 768, Depth = 12, Heads = 12;

    public static int Run(int threads, int rounds)
    {
        using TorchProcess? torch = TorchProcess.TryStart(threads, out string reason);
        Console.WriteLine(torch is null ? $"PyTorch skipped: {reason}" : $"PyTorch: {torch.Description}");
        Console.WriteLine($"{Depth} blocks, width {Width}, {Tokens} tokens, {Heads} heads, pre-norm, tanh-GELU; milliseconds");
        Console.WriteLine($"{"",-28}{"hybrid",10}{"PyTorch",10}{"ratio",8}{"best",9}{"PyTorch",10}{"ratio",8}{"GFLOP/s",9}");
        foreach (int mlp in new[] { 3072, 768 })
        {
            Architecture architecture = Of(mlp);
            using DenseEngine engine = new(architecture, threads);
            NetworkSample sample = new(Tokens, Depth);
            int number = 0;
            Compare($"MLP {mlp}, weights drawn", () => engine.Run(1, number++, sample), torch, rounds, mlp, draw: true);

            using WorkerPool pool = new(threads);
            using MatrixProduct<float> product = new(pool);
            using DenseNetwork<float> network = new(architecture, pool, product);
            for (int layer = 1; layer <= Depth; layer++)
                network.Draw(1, 0, layer);
            Compare($"MLP {mlp}, weights stand", () => Pass(network), torch, rounds, mlp, draw: false);
        }

        return 0;
    }

    private static unsafe void Pass(DenseNetwork<float> network)
    {
        for (int token = 0; token < Tokens; token++)
        {
            for (int i = 0; i < Width; i++)
                network.Stream.Row(token)[i] = network.Gradient.Row(token)[i] = (i * 7 + token * 13) % 11 - 5;
        }

        for (int layer = 1; layer <= Depth; layer++)
            network.Forward(layer);
        for (int layer = Depth; layer >= 1; layer--)
            network.Backward(layer);
    }

    private static void Compare(string name, Action ours, TorchProcess? torch, int rounds, int mlp, bool draw)
    {
        double[] mine = new double[rounds], other = new double[rounds], ratios = new double[rounds];
        for (int round = -2; round < rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            ours();
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            double reference = torch?.Seconds(
                new { operation = "network", tokens = Tokens, width = Width, mlp, depth = Depth, heads = Heads, draw }) ?? double.NaN;
            if (round >= 0)
                (mine[round], other[round], ratios[round]) = (1e3 * seconds, 1e3 * reference, reference / seconds);
        }

        // Multiply-adds of the matrix products: 2 passes, every weight once per token in each; attention's are 1 % more.
        double work = 4.0 * Tokens * Depth * (4.0 * Width * Width + 2.0 * Width * mlp);
        Console.WriteLine(
            $"{name,-28}{PairedProduct.Median(mine),10:0.0}{PairedProduct.Median(other),10:0.0}{PairedProduct.Median(ratios),8:0.00}"
            + $"{mine.Min(),9:0.0}{other.Min(),10:0.0}{other.Min() / mine.Min(),8:0.00}{work / mine.Min() / 1e6,9:0}");
    }

    private static Architecture Of(int mlp)
    {
        Schedule one = Schedule.NewConstant(1);
        return ArchitectureModule.Defaults.With(
            name: "benchmark",
            tokens: Tokens,
            depth: Depth,
            width: Width,
            heads: Heads,
            mlpWidth: mlp,
            activation: Activation.GeluTanh,
            gated: false,
            norm: Placement.Pre,
            mask: Mask.None,
            attention: AttentionParameters.Of(one, one, 1, 1),
            mlp: MlpParameters.Of(one, one, 1, 0, 1),
            input: new InputParameters(1, 0.5));
    }
}
