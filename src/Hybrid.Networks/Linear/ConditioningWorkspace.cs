using Hybrid.Networks.Random;

namespace Hybrid.Networks.Linear;

/// <summary>
/// What the conditioned matrices of one network share: threads, products and scratch memory, planned once for asks of at
/// most so many vectors of at most so many coordinates. One caller at a time.
/// </summary>
public sealed unsafe class ConditioningWorkspace : IDisposable
{
    // Normals per share of a thread: a multiple of the generator's blocks, small enough for the first-level cache.
    private const int Chunk = 1 << 11;

    private readonly WorkerPool pool;
    private readonly NativeBuffer<double> small, large;
    private readonly NativeBuffer<int> pivots;

    /// <summary>Plans scratch memory; pool and product stay the caller's.</summary>
    /// <param name="pool">Threads that share the drawing of normals.</param>
    /// <param name="product">Products on the same pool.</param>
    /// <param name="vectors">Most vectors that a matrix is asked about in all, on either side.</param>
    /// <param name="dimension">Most coordinates of such a vector.</param>
    public ConditioningWorkspace(WorkerPool pool, MatrixProduct<double> product, int vectors, int dimension)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(vectors, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        this.pool = pool;
        Product = product;
        Vectors = vectors;
        Dimension = dimension;
        small = new NativeBuffer<double>(SmallBuffers * Square, "factors of the conditioned matrices");
        large = new NativeBuffer<double>((long)vectors * dimension, "scratch of the conditioned matrices");
        pivots = new NativeBuffer<int>(vectors, "pivots of the conditioned matrices");
    }

    private const int SmallBuffers = 4;

    /// <summary>Most vectors that a matrix is asked about in all, on either side.</summary>
    public int Vectors { get; }

    /// <summary>Most coordinates of such a vector.</summary>
    public int Dimension { get; }

    internal MatrixProduct<double> Product { get; }

    internal int* Pivots => pivots.Pointer;

    private long Square => (long)Vectors * Vectors;

    /// <summary>Bytes that a workspace of these sizes takes.</summary>
    public static long Bytes(long vectors, long dimension) =>
        sizeof(double) * (SmallBuffers * vectors * vectors + vectors * dimension) + sizeof(int) * vectors;

    /// <inheritdoc/>
    public void Dispose()
    {
        small.Dispose();
        large.Dispose();
        pivots.Dispose();
    }

    /// <summary>A scratch matrix with at most Vectors rows and columns; 0 and 1 belong to <see cref="RowBasis"/>.</summary>
    internal MatrixView<double> Small(int index, int rows, int columns) => small.Matrix(index * Square, rows, columns);

    /// <summary>The scratch matrix of at most Vectors rows of at most Dimension columns, which <see cref="RowBasis"/> overwrites.</summary>
    internal MatrixView<double> Large(int rows, int columns) => large.Matrix(0, rows, columns);

    /// <summary>Fills contiguous rows with elements offset, offset + 1, … of a stream.</summary>
    internal void Draw(MatrixView<double> destination, in RandomKey key, long offset, double standardDeviation)
    {
        DrawJob job = new()
        {
            Destination = destination.Data,
            Length = (long)destination.Rows * destination.Columns,
            Key = key,
            Offset = offset,
            StandardDeviation = standardDeviation,
        };
        pool.Run(&DrawJob.Fill, &job);
    }

    private struct DrawJob
    {
        public double* Destination;
        public long Length;
        public RandomKey Key;
        public long Offset;
        public double StandardDeviation;

        public static void Fill(DrawJob* job, int worker, int threads)
        {
            long chunks = (job->Length + Chunk - 1) / Chunk;
            for (long chunk = chunks * worker / threads; chunk < chunks * (worker + 1) / threads; chunk++)
            {
                long start = chunk * Chunk;
                Span<double> part = new(job->Destination + start, (int)Math.Min(Chunk, job->Length - start));
                Gaussian.Fill(part, job->Key, job->Offset + start, job->StandardDeviation);
            }
        }
    }
}
