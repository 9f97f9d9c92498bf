using System.Diagnostics;
using Hybrid.Networks.Engines;
using Hybrid.Networks.Engines.Conditioned;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Random;

namespace Hybrid.Benchmarks;

/// <summary>
/// The parts of which a conditioned network consists, each at its best on one core: normals per second, products of a few
/// rows, triangles and heads, and in double precision the products and factorisations of its frames. Their sum, at the counts of
/// 12 blocks, 64 tokens and an MLP as wide as the stream, is the floor: what grows with the width, and what does not.
/// </summary>
internal static unsafe class ConditionedParts
{
    private const int Tokens = 64, Depth = 12, Narrow = 4 * Tokens;

    // Per block, in units of tokens · width normals and of tokens² · width multiply-adds. Triangles times normals: queries,
    // keys, values, pre-activations and what is fresh of two gradients. Mixtures: those gradients' known parts. Overlaps: two
    // of normals with the outputs, four of gradients with the images of the inputs. Gram matrices: contexts, hidden units,
    // four of gradients. In every head: logits, contexts, and their gradients' four products.
    private const int NormalUnits = 6, Triangles = 6, Mixtures = 2, Overlaps = 6, Grams = 6, HeadUnits = 6;

    // Per sublayer in double precision, in units of tokens³ multiply-adds. Triangles: branches 2, a frame's directions 2, what is fresh of
    // a gradient 3 and 3, what is off the stream 1. Mixtures: taking normals off a frame 2, entering it 3 and 2. Overlaps: normals by a
    // frame, gradients by images. Gram matrices: of a frame 2, of normals, gradients at branches and those off the stream 3 each, of what
    // a module sees and puts out 1 each; measuring a block's stream and gradient 5, half of that for each of its sublayers.
    private const int FrameTriangles = 11, FrameMixtures = 7, FrameOverlaps = 4, Factors = 6, Inverses = 3;
    private const double FrameGrams = 15.5;

    public static int Run(int width)
    {
        using WorkerPool pool = new(1);
        using MatrixProduct<float> product = new(pool);
        using NativeBuffer<float> memory = new(3L * Tokens * width + 3L * Tokens * Tokens, "parts");
        int count = Tokens * width, square = Tokens * Tokens;
        MatrixView<float> rows = memory.Matrix(0, Tokens, width), other = memory.Matrix(count, Tokens, width),
            made = memory.Matrix(2L * count, Tokens, width);
        MatrixView<float> full = memory.Matrix(3L * count, Tokens, Tokens), triangle = memory.Matrix(3L * count + square, Tokens, Tokens);
        MatrixView<float> small = memory.Matrix(3L * count + 2L * square, Tokens, Tokens);
        Gaussian.Fill(memory.Span(0, (int)memory.Length), new RandomKey(1, 0, 1, 0), 0, 1f);
        for (int i = 0; i < Tokens; i++)
            triangle.Row(i)[(i + 1)..].Clear();
        double normal = Best(() => Gaussian.Fill(memory.Span(0, count), new RandomKey(1, 0, 1, 0), 0, 1f));
        double overlap = Best(() => product.Multiply(rows, other.Transposed, small, 1));
        double gram = Best(() => product.Gram(rows, small, 1));
        double mixture = Best(() => product.Multiply(full, rows, made, 1e-3f));
        double mixed = Best(() => product.Multiply(triangle, rows, made, 1e-3f));
        double heads = Best(() =>
        {
            for (int head = 0; head < width / Tokens; head++)
            {
                MatrixView<float> left = rows.Slice(0, head * Tokens, Tokens, Tokens),
                    right = other.Slice(0, head * Tokens, Tokens, Tokens);
                product.Multiply(left, right.Transposed, small, 1);
            }
        });

        double work = 2e-9 * square * width;
        Console.WriteLine($"width {width}, one core, single precision: normals {1e-9 * count / normal:0.00} G/s");
        Console.WriteLine($"GFLOP/s: [n, d]·[d, n] {work / overlap:0}, [n, n]·[n, d] {work / mixture:0}, heads {work / heads:0}");
        Console.WriteLine($"of the whole product's time: Gram matrix {gram / overlap:0.00}, triangle·[n, d] {mixed / mixture:0.00}");
        double frames = 2 * Depth * Frames(pool);
        double products = Depth * (Triangles * mixed + Mixtures * mixture + Overlaps * overlap + Grams * gram + HeadUnits * heads);
        double normals = Depth * NormalUnits * normal, measured = Network(width), narrow = Network(Narrow);
        Console.WriteLine($"a network {1e3 * measured:0.0} ms: products {1e3 * products:0.0}, "
            + $"normals {1e3 * normals:0.0}; at width {Narrow} {1e3 * narrow:0.0} ms");
        double floor = products + normals + frames;
        Console.WriteLine($"frames in double {1e3 * frames:0.0}; products, normals and frames {1e3 * floor:0.0}: {floor / measured:P0}");
        double slope = (measured - narrow) / (width - Narrow);
        Console.WriteLine($"so {1e6 * slope:0.00} µs per unit of width (products and normals "
            + $"{1e6 * (products + normals) / width:0.00}) and {1e3 * (narrow - slope * Narrow):0.0} ms whatever the width");
        return 0;
    }

    // Of one sublayer.
    private static double Frames(WorkerPool pool)
    {
        using MatrixProduct<double> product = new(pool);
        using NativeBuffer<double> memory = new(9L * Tokens * Tokens, "frames");
        using NativeBuffer<int> pivots = new(Tokens, "pivots");
        int square = Tokens * Tokens;
        MatrixView<double> rows = memory.Matrix(0, Tokens, 2 * Tokens), made = memory.Matrix(2L * square, Tokens, 2 * Tokens);
        MatrixView<double> full = memory.Matrix(4L * square, Tokens, Tokens), small = memory.Matrix(5L * square, Tokens, Tokens);
        MatrixView<double> triangle = memory.Matrix(6L * square, Tokens, Tokens), gramOf = memory.Matrix(7L * square, Tokens, Tokens);
        MatrixView<double> inverse = memory.Matrix(8L * square, Tokens, Tokens);
        Gaussian.Fill(memory.Span(0, (int)memory.Length), new RandomKey(1, 0, 1, 0), 0, 1.0);
        for (int i = 0; i < Tokens; i++)
            triangle.Row(i)[(i + 1)..].Clear();
        double mixture = Best(() => product.Multiply(full, rows, made, 1e-3)) / 2;
        double mixed = Best(() => product.Multiply(triangle, rows, made, 1e-3)) / 2;
        double overlap = Best(() => product.Multiply(rows, made.Transposed, small, 1e-3)) / 2;
        double gram = Best(() => product.Gram(rows, gramOf, 1)) / 2;
        double factor = Best(() => PivotedCholesky.Factor(gramOf.Data, Tokens, 0, Tokens, small.Data, pivots.Pointer));
        double invert = Best(() => PivotedCholesky.InvertPivots(small.Data, pivots.Pointer, Tokens, Tokens, inverse.Data));
        double work = 2e-9 * square * Tokens;
        Console.WriteLine($"double, GFLOP/s: [n, n]·[n, 2n] {work / mixture:0}, [n, 2n]·[2n, n] {work / overlap:0}; "
            + $"triangle {mixed / mixture:0.00}, Gram matrix {gram / overlap:0.00} of the whole product's time; "
            + $"factor {1e6 * factor:0} µs, its inverse {1e6 * invert:0} µs");
        return FrameMixtures * mixture + FrameTriangles * mixed + FrameOverlaps * overlap + FrameGrams * gram + Factors * factor
            + Inverses * invert;
    }

    private static double Network(int width)
    {
        using ConditionedEngine engine = new(PairedEnsemble.Of(width, Depth));
        NetworkSample sample = new(Tokens, Depth);
        int number = 0;
        return Best(() => engine.Run(1, number++, sample));
    }

    private static double Best(Action action)
    {
        double best = double.PositiveInfinity;
        for (int repeat = 0; repeat < 200; repeat++)
        {
            long start = Stopwatch.GetTimestamp();
            action();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }
}
