using System.Numerics;

namespace Hybrid.Networks.Linear;

/// <summary>
/// Sums over rows that do not depend on the number of threads: rows are cut into chunks of fixed size, each chunk is summed
/// by one thread in the order of its rows, and the chunks' sums are added in their order.
/// </summary>
internal static unsafe class RowChunks
{
    /// <summary>Rows of a chunk; the last may be shorter.</summary>
    internal const int Rows = 32;

    /// <summary>Chunks of so many rows.</summary>
    internal static long Count(long rows) => (rows + Rows - 1) / Rows;

    /// <summary>The rows that fall to one worker, in whole chunks.</summary>
    internal static (int Start, int End) Share(int rows, int worker, int threads)
    {
        (int start, int end) = WorkerPool.Share((int)Count(rows), worker, threads);
        return (Math.Min(start * Rows, rows), Math.Min(end * Rows, rows));
    }

    /// <summary>
    /// The sum to which <paramref name="row"/> adds, cleared where a chunk begins; null where no sums are taken.
    /// sums: [chunks, columns], or without rows.
    /// </summary>
    internal static T* SumOf<T>(MatrixView<T> sums, int row)
        where T : unmanaged
    {
        if (sums.Rows == 0)
            return null;
        if (row % Rows == 0)
            sums.Row(row / Rows).Clear();
        return sums.Data + row / Rows * sums.RowStride;
    }

    /// <summary>result = Σ of the chunks' sums. sums: [chunks, columns], result: [1, columns].</summary>
    internal static void Add<T>(MatrixView<T> sums, MatrixView<T> result)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        sums.Row(0).CopyTo(result.Row(0));
        for (int chunk = 1; chunk < sums.Rows; chunk++)
            RowMath.Combine(T.One, result.Data, T.One, sums.Data + chunk * sums.RowStride, result.Data, result.Columns);
    }
}
