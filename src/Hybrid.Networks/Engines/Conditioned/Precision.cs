using System.Numerics;
using System.Runtime.CompilerServices;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>Copies between double precision and the storage of a module.</summary>
internal static unsafe class Precision
{
    /// <summary>What doubles leave of a covariance, relative to its largest entry.</summary>
    internal const double Rounding = 1e-15;

    /// <summary>What singles leave of a gradient's covariance, relative to its largest entry.</summary>
    internal const double SingleRounding = 1e-6;

    /// <summary>destination = source rounded to <typeparamref name="T"/>; both row-major of one shape.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Narrow<T>(MatrixView<double> source, MatrixView<T> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int row = 0; row < source.Rows; row++)
        {
            double* from = source.Data + row * source.RowStride;
            T* to = destination.Data + row * destination.RowStride;
            int i = 0, lanes = Vector<double>.Count;
            for (; typeof(T) == typeof(float) && i + 2 * lanes <= source.Columns; i += 2 * lanes)
                Vector.Store(Vector.Narrow(Vector.Load(from + i), Vector.Load(from + i + lanes)), (float*)to + i);
            for (; i < source.Columns; i++)
                to[i] = T.CreateTruncating(from[i]);
        }
    }

    /// <summary>destination = source, exactly; both row-major of one shape.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Widen<T>(MatrixView<T> source, MatrixView<double> destination)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int row = 0; row < source.Rows; row++)
        {
            T* from = source.Data + row * source.RowStride;
            double* to = destination.Data + row * destination.RowStride;
            int i = 0, lanes = Vector<double>.Count;
            for (; typeof(T) == typeof(float) && i + 2 * lanes <= source.Columns; i += 2 * lanes)
            {
                Vector.Widen(Vector.Load((float*)from + i), out Vector<double> low, out Vector<double> high);
                Vector.Store(low, to + i);
                Vector.Store(high, to + i + lanes);
            }

            for (; i < source.Columns; i++)
                to[i] = double.CreateTruncating(from[i]);
        }
    }

    /// <summary>
    /// Whether singles carry the differences of the tokens whose pivoted factor this is: a column of one has no entry above
    /// twice its pivot.
    /// </summary>
    internal static bool Resolves(MatrixView<double> factor)
    {
        double largest = 0, least = double.PositiveInfinity;
        for (int k = 0; k < factor.Columns; k++)
        {
            double pivot = 0;
            for (int i = 0; i < factor.Rows; i++)
                pivot = Math.Max(pivot, Math.Abs(factor.Data[i * factor.RowStride + k]));
            (largest, least) = (Math.Max(largest, pivot), Math.Min(least, pivot));
        }

        return least * least >= SpannedRows<float>.LeastDifference * largest * largest;
    }
}
