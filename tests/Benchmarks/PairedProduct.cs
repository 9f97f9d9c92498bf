using System.Diagnostics;
using Hybrid.Benchmarks.Reference;
using Hybrid.Networks.Linear;

namespace Hybrid.Benchmarks;

/// <summary>
/// Our matrix product and OpenBLAS (through PyTorch) on the same cores, one after the other in every round, so that
/// whatever else the machine does strikes both alike. The ratio is the median of the rounds' ratios; beside it the ratio
/// of each side's best round, which a busy machine disturbs least.
/// </summary>
internal static unsafe class PairedProduct
{
    private static readonly (int M, int K, int N)[] Shapes =
    [
        (2048, 2048, 2048), (1024, 1024, 1024), (512, 512, 512), (64, 768, 3072), (64, 3072, 768), (64, 768, 768),
        (768, 64, 3072), (64, 64, 64),
    ];

    public static int Run(int threads, int rounds)
    {
        double peak = PeakSpeed.Measure(threads);
        using TorchProcess? torch = TorchProcess.TryStart(threads, out string reason);
        Console.WriteLine(torch is null ? $"PyTorch skipped: {reason}" : $"PyTorch: {torch.Description}");
        Console.WriteLine($"measured float32 peak of {threads} threads: {peak:0} GFLOP/s");
        Console.WriteLine(
            $"{"m",6}{"k",6}{"n",6}{"hybrid",10}{"OpenBLAS",10}{"ratio",8}{"best",9}{"OpenBLAS",10}{"ratio",8}{"of peak",9}  GFLOP/s");
        using WorkerPool pool = new(threads);
        using MatrixProduct<float> product = new(pool);
        foreach ((int m, int k, int n) in Shapes)
            Compare(product, torch, peak, rounds, m, k, n);
        return 0;
    }

    private static void Compare(
        MatrixProduct<float> product, TorchProcess? torch, double peak, int rounds, int m, int k, int n)
    {
        using NativeBuffer<float> a = Noise((long)m * k), b = Noise((long)k * n), c = Noise((long)m * n);
        double work = 2.0 * m * k * n;
        int repeats = (int)Math.Clamp(1e9 / work, 1, 100);
        double[] ours = new double[rounds], theirs = new double[rounds], ratios = new double[rounds];
        for (int round = -2; round < rounds; round++)
        {
            double mine = double.MaxValue, other = torch is null ? double.NaN : double.MaxValue;
            for (int repeat = 0; repeat < repeats; repeat++)
            {
                long start = Stopwatch.GetTimestamp();
                product.Multiply(a.Matrix(0, m, k), b.Matrix(0, k, n), c.Matrix(0, m, n), 1);
                mine = Math.Min(mine, Stopwatch.GetElapsedTime(start).TotalSeconds);
            }

            for (int repeat = 0; torch is not null && repeat < repeats; repeat++)
                other = Math.Min(other, torch.Seconds(new { operation = "product", m, k, n }));
            if (round < 0)
                continue;
            (ours[round], theirs[round], ratios[round]) = (work / mine / 1e9, work / other / 1e9, other / mine);
        }

        Console.WriteLine(
            $"{m,6}{k,6}{n,6}{Median(ours),10:0.0}{Median(theirs),10:0.0}{Median(ratios),8:0.00}"
            + $"{ours.Max(),9:0.0}{theirs.Max(),10:0.0}{ours.Max() / theirs.Max(),8:0.00}{ours.Max() / peak,9:P0}");
    }

    internal static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    internal static NativeBuffer<float> Noise(long length)
    {
        NativeBuffer<float> buffer = new(length, "benchmark operand");
        Random random = new(1);
        for (long i = 0; i < length; i++)
            buffer.Pointer[i] = random.NextSingle() - 0.5f;
        return buffer;
    }
}
