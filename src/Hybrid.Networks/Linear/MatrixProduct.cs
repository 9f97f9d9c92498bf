using System.Numerics;

namespace Hybrid.Networks.Linear;

/// <summary>
/// Matrix products on all threads of a pool. Each thread computes its own rectangle of the result with its own packing
/// buffers, so threads never wait for each other and the result does not depend on how many there are. Nothing is
/// allocated per product.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
public sealed unsafe class MatrixProduct<T> : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // Below this many multiply-adds waking another thread costs more than it saves.
    private const long SmallestShared = 1 << 18;

    // Packing one element costs about as much as this many of its multiply-adds.
    private const int PackingCost = 16;

    private readonly WorkerPool pool;
    private readonly NativeBuffer<T> memory;
    private readonly NativeBuffer<PackingBuffers<T>> buffers;

    /// <summary>Packing buffers for every thread of <paramref name="pool"/>, which the caller keeps and disposes.</summary>
    public MatrixProduct(WorkerPool pool)
    {
        this.pool = pool;
        memory = new NativeBuffer<T>(PackingBuffers<T>.Length * pool.Threads, "packing of matrix products");
        buffers = new NativeBuffer<PackingBuffers<T>>(pool.Threads, "packing of matrix products");
        for (int thread = 0; thread < pool.Threads; thread++)
            buffers.Pointer[thread] = new PackingBuffers<T>(memory.Pointer + thread * PackingBuffers<T>.Length);
    }

    /// <summary>One entry per worker of the pool, for <see cref="BlockedProduct"/> inside a parallel region.</summary>
    public PackingBuffers<T>* Buffers => buffers.Pointer;

    /// <summary>C = α A·B, or C += α A·B if <paramref name="accumulate"/>; shapes as in <see cref="BlockedProduct"/>.</summary>
    public void Multiply(
        MatrixView<T> left,
        MatrixView<T> right,
        MatrixView<T> result,
        T alpha,
        bool accumulate = false)
    {
        BlockedProduct.RequireShapes(left, right, result);
        if (pool.Threads == 1 || (long)left.Rows * left.Columns * right.Columns < SmallestShared)
        {
            BlockedProduct.Multiply(buffers.Pointer[0], left, right, result, alpha, accumulate);
            return;
        }

        Job job = new()
        {
            Buffers = buffers.Pointer,
            Left = left,
            Right = right,
            Result = result,
            Alpha = alpha,
            Accumulate = accumulate,
            RowParts = RowParts(result.Rows, result.Columns, pool.Threads),
        };
        pool.Run(&Part, &job);
    }

    /// <summary>C = α X Xᵀ, at some 5/8 of the cost of <see cref="Multiply"/> on one thread; the same bits on any number.</summary>
    public void Gram(MatrixView<T> rows, MatrixView<T> result, T alpha)
    {
        if (pool.Threads == 1)
            BlockedProduct.Gram(buffers.Pointer[0], rows, result, alpha);
        else
            Multiply(rows, rows.Transposed, result, alpha);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        buffers.Dispose();
        memory.Dispose();
    }

    // Of all ways to cut C into rows × columns = threads rectangles, the one whose largest rectangle costs least.
    internal static int RowParts(int rows, int columns, int threads)
    {
        int best = 1;
        long least = long.MaxValue;
        for (int parts = 1; parts <= threads; parts++)
        {
            if (threads % parts != 0)
                continue;
            long height = Largest(rows, PackingBuffers<T>.TileRows, parts);
            long width = Largest(columns, PackingBuffers<T>.Lanes, threads / parts);
            long cost = height * width + PackingCost * (height + width);
            if (cost < least)
                (best, least) = (parts, cost);
        }

        return best;
    }

    private static long Largest(int count, int tile, int parts)
    {
        int tiles = (count + tile - 1) / tile;
        return (long)((tiles + parts - 1) / parts) * tile;
    }

    private static void Part(Job* job, int worker, int threads)
    {
        int columnParts = threads / job->RowParts;
        (int row, int rowEnd) = Cut(job->Result.Rows, PackingBuffers<T>.TileRows, worker / columnParts, job->RowParts);
        (int column, int columnEnd) = Cut(job->Result.Columns, PackingBuffers<T>.Lanes, worker % columnParts, columnParts);
        BlockedProduct.Multiply(
            job->Buffers[worker],
            job->Left.Slice(row, 0, rowEnd - row, job->Left.Columns),
            job->Right.Slice(0, column, job->Right.Rows, columnEnd - column),
            job->Result.Slice(row, column, rowEnd - row, columnEnd - column),
            job->Alpha,
            job->Accumulate);
    }

    // Share of `part`, in whole tiles of rows or registers of columns except at the end.
    private static (int Start, int End) Cut(int count, int tile, int part, int parts)
    {
        (int start, int end) = WorkerPool.Share((count + tile - 1) / tile, part, parts);
        return (Math.Min(start * tile, count), Math.Min(end * tile, count));
    }

    private struct Job
    {
        public PackingBuffers<T>* Buffers;
        public MatrixView<T> Left;
        public MatrixView<T> Right;
        public MatrixView<T> Result;
        public T Alpha;
        public bool Accumulate;
        public int RowParts;
    }
}
