using System.Numerics;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Blocks;

/// <summary>One vector added to every row: y = x W + b. Backwards its gradient is the sum of the rows' gradients.</summary>
internal unsafe struct RowBias<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Forwards y, backwards the gradient there: [R, columns].</summary>
    internal MatrixView<T> Rows;

    /// <summary>b: [1, columns].</summary>
    internal MatrixView<T> Bias;

    /// <summary>The gradient at b, chunk by chunk of rows: [chunks, columns].</summary>
    internal MatrixView<T> Sums;

    /// <summary>Adds b to every row.</summary>
    internal static void Forward(RowBias<T>* at, int worker, int threads)
    {
        (int start, int end) = WorkerPool.Share(at->Rows.Rows, worker, threads);
        for (int row = start; row < end; row++)
        {
            T* y = at->Rows.Data + row * at->Rows.RowStride;
            RowMath.Combine(T.One, y, T.One, at->Bias.Data, y, at->Rows.Columns);
        }
    }

    /// <summary>Sums from Rows.</summary>
    internal static void Backward(RowBias<T>* at, int worker, int threads)
    {
        (int start, int end) = RowChunks.Share(at->Rows.Rows, worker, threads);
        for (int row = start; row < end; row++)
        {
            T* sum = RowChunks.SumOf(at->Sums, row);
            RowMath.Combine(T.One, sum, T.One, at->Rows.Data + row * at->Rows.RowStride, sum, at->Rows.Columns);
        }
    }
}
