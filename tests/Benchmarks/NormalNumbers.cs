using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Random;

namespace Hybrid.Benchmarks;

/// <summary>
/// Normal numbers per second on one core, into the first-level cache and into memory, beside what the core can at most
/// write to memory. The runtime's switch DOTNET_EnableAVX512=0 makes the same run with 256-bit registers.
/// </summary>
internal static unsafe class NormalNumbers
{
    // Bytes that the first-level cache holds, and that no cache holds.
    private const int Near = 1 << 14, Far = 1 << 26;

    private const int Cycles = 3_000_000;

    public static int Run()
    {
        using NativeBuffer<double> memory = new(Far / sizeof(double), "normal numbers");
        double* start = memory.Pointer;
        RandomKey key = new(1, 0, 1, 0);
        double write = Best(100, () => new Span<byte>(start, Far).Fill(1));
        double cycle = Best(1000, () => Chain(Cycles)) / Cycles;
        Console.WriteLine($"one core, {(Vector512.IsHardwareAccelerated ? 512 : 256)}-bit registers, "
            + $"{1e-9 / cycle:0.00} GHz; writing alone: {1e-9 * Far / write:0.0} GB/s to memory");
        Console.WriteLine($"{"",-8}{"in cache",12}{"cycles each",14}{"to memory",12}{"written",12}");
        Row("single", sizeof(float), cycle, bytes => Gaussian.Fill(new Span<float>(start, bytes / sizeof(float)), key, 0, 1));
        Row("double", sizeof(double), cycle, bytes => Gaussian.Fill(new Span<double>(start, bytes / sizeof(double)), key, 0, 1));
        return 0;
    }

    private static void Row(string name, int size, double cycle, Action<int> fill)
    {
        double near = Best(20_000, () => fill(Near)) / (Near / size), far = Best(100, () => fill(Far)) / (Far / size);
        Console.WriteLine(
            $"{name,-8}{1e-9 / near,10:0.00} G/s{near / cycle,14:0.00}{1e-9 / far,10:0.00} G/s{1e-9 * size / far,7:0.0} GB/s");
    }

    private static double Best(int repeats, Action action)
    {
        double best = double.PositiveInfinity;
        for (int repeat = 0; repeat < repeats; repeat++)
        {
            long start = Stopwatch.GetTimestamp();
            action();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    // A 64-bit multiplication takes three cycles on every processor in question, and each waits for the one before it.
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static ulong Chain(int cycles)
    {
        ulong value = 1;
        for (int step = 0; step < cycles / 3; step++)
            value *= 0x9E3779B97F4A7C15;
        return value;
    }
}
