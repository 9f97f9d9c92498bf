using System.Diagnostics;

namespace Hybrid.Networks.Linear;

/// <summary>How fast this machine multiplies matrices now.</summary>
public static unsafe class ProductRate
{
    private const int Size = 384, Rounds = 5;

    /// <summary>
    /// Floating-point operations a second of products in single precision, a multiplication and an addition counted as two: the best of
    /// five of some milliseconds.
    /// </summary>
    /// <param name="threads">≥ 1.</param>
    public static double Measure(int threads)
    {
        using WorkerPool pool = new(threads);
        using MatrixProduct<float> product = new(pool);
        using NativeBuffer<float> memory = new(3 * Size * Size, "a product to be timed");

        // of zeros nothing would be multiplied
        memory.Span(0, 2 * Size * Size).Fill(1);
        MatrixView<float> View(int number) => new(memory.Pointer + (number * Size * Size), Size, Size);
        double best = 0;
        // the first round is the compiler's
        for (int round = 0; round <= Rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            product.Multiply(View(0), View(1), View(2), 1);
            double rate = 2.0 * Size * Size * Size / Stopwatch.GetElapsedTime(start).TotalSeconds;
            if (round > 0)
                best = Math.Max(best, rate);
        }

        return best;
    }
}
