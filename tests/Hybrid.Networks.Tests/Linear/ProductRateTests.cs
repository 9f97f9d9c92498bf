using System.Diagnostics;
using Hybrid.Networks.Linear;
using Xunit;

namespace Hybrid.Networks.Tests.Linear;

/// <summary>The rate that long work is refused by.</summary>
public unsafe class ProductRateTests
{
    private const int Size = 256, Rounds = 20;

    // Both are the best of some, of products of about the same rate; what else runs may take half of a core away.
    [Fact]
    public void It_is_that_of_products_of_numbers_without_zeros()
    {
        using WorkerPool pool = new(1);
        using MatrixProduct<float> product = new(pool);
        using NativeBuffer<float> memory = new(3 * Size * Size, "test");
        for (int i = 0; i < 3 * Size * Size; i++)
            memory.Pointer[i] = 1 + i % 7;
        double least = double.PositiveInfinity;
        for (int round = 0; round < Rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            product.Multiply(
                memory.Matrix(0, Size, Size), memory.Matrix(Size * Size, Size, Size), memory.Matrix(2 * Size * Size, Size, Size), 1);
            least = Math.Min(least, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        Assert.InRange(ProductRate.Measure(1) / (2.0 * Size * Size * Size / least), 0.25, 4);
    }
}
