using System.Diagnostics;
using Hybrid.Networks.Conditioned;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Random;

namespace Hybrid.Benchmarks;

/// <summary>
/// The parts of which a conditioned network consists, each at its best on one core: normals per second, products of a few
/// rows, factorisations. The floor of a pass is their sum at the counts printed, which are those of 12 blocks, 64 tokens,
/// an MLP as wide as the stream.
/// </summary>
internal static unsafe class ConditionedParts
{
    private const int Tokens = 64, Depth = 12;

    // Per block, in units of tokens · width normals and of tokens² · width multiply-adds: directions of four inputs (8),
    // six actions forwards, logits and values (2), Gram matrices measured (2); backwards four last asks of 5 products
    // plus Gram matrix and overlap of two more matrices (24), attention (4). Twelve of them are Gram matrices, whose upper
    // triangle is mirrored: four of the inputs, two measured, six of gradients.
    private const int NormalUnits = 10, GramUnits = 4 + 2 + 6, ProductUnits = 8 + 6 + 2 + 2 + 24 + 4 - GramUnits, Factorisations = 8;

    public static int Run(int width)
    {
        using WorkerPool pool = new(1);
        using MatrixProduct<double> product = new(pool);
        using NativeBuffer<double> memory = new(2L * Tokens * width + 2L * Tokens * Tokens, "parts");
        using NativeBuffer<float> singles = new((long)Tokens * width, "parts");
        MatrixView<double> wide = memory.Matrix(0, Tokens, width), other = memory.Matrix((long)Tokens * width, Tokens, width);
        MatrixView<double> small = memory.Matrix(2L * Tokens * width, Tokens, Tokens);
        RandomKey key = new(1, 0, 1, 0);
        int count = Tokens * width;
        double single = Best(() => Gaussian.Fill(singles.Span(0, count), key, 0, 1f)) / count;
        double normal = Best(() => Gaussian.Fill(memory.Span(0, count), key, 0, 1.0)) / count;
        double gram = Best(() => product.Gram(wide, small, 1));
        double overlap = Best(() => product.Multiply(wide, other.Transposed, small, 1));
        double mix = Best(() => product.Multiply(small, wide, other, 1e-6));
        using ConditioningWorkspace workspace = new(pool, product, Tokens, width);
        using RowBasis basis = new(Tokens, width);
        using NativeBuffer<double> coefficients = new((long)Tokens * Tokens, "coefficients");
        double directions = Best(() =>
        {
            basis.Clear();
            basis.Append(wide, coefficients.Matrix(0, Tokens, Tokens), workspace);
        });
        double factorisation = Math.Max(0, directions - gram - mix);

        double work = 2.0 * Tokens * Tokens * width;
        Console.WriteLine($"width {width}, one core: singles {1e-9 / single:0.00} G/s ({4e-9 / single:0.0} GB/s written), doubles {1e-9 / normal:0.00} G/s");
        Console.WriteLine($"products [n, d]·[d, n] {1e-9 * work / overlap:0.0} GFLOP/s, Gram matrices in {gram / overlap:0.00} of that time, [n, n]·[n, d] {1e-9 * work / mix:0.0} GFLOP/s; factorisation {1e6 * factorisation:0} µs");
        double normals = Depth * NormalUnits * normal * count, products = Depth * (GramUnits * gram + ProductUnits * (overlap + mix) / 2);
        double factorisations = Depth * Factorisations * factorisation, floor = normals + products + factorisations;
        Console.WriteLine($"floor of a network {floor:0.000} s: normals {normals / floor:P0}, products {products / floor:P0}, factorisations {factorisations / floor:P0}");
        return 0;
    }

    private static double Best(Action action)
    {
        double best = double.PositiveInfinity;
        for (int repeat = 0; repeat < 60; repeat++)
        {
            long start = Stopwatch.GetTimestamp();
            action();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }
}
