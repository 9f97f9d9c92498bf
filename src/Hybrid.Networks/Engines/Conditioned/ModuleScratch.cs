using System.Numerics;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Random;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>
/// What the modules of one network share in one precision: threads, products, scratch memory. Normal numbers are those of
/// the single stream in either precision, so that a module that is run again in double is the same module.
/// </summary>
internal sealed unsafe class ModuleScratch<T> : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // Normals per share of a thread: a multiple of the generator's blocks, small enough for the first-level cache.
    private const int Chunk = 1 << 11;

    private readonly CoordinatePlan plan;
    private readonly NativeBuffer<double> memory;

    internal ModuleScratch(
        CoordinatePlan plan, NativeBuffer<double> memory, WorkerPool pool, MatrixProduct<double> product, ConditioningWorkspace workspace)
    {
        (this.plan, this.memory, Pool, SmallProduct, Workspace) = (plan, memory, pool, product, workspace);
        Product = typeof(T) == typeof(double) ? (MatrixProduct<T>)(object)product : new MatrixProduct<T>(pool);
    }

    /// <summary>Threads.</summary>
    internal WorkerPool Pool { get; }

    /// <summary>Products in the module's storage.</summary>
    internal MatrixProduct<T> Product { get; }

    /// <summary>Products of small matrices, in double.</summary>
    internal MatrixProduct<double> SmallProduct { get; }

    /// <summary>Scratch of the factorisations.</summary>
    internal ConditioningWorkspace Workspace { get; }

    /// <summary>A serial stream.</summary>
    internal NormalSequence Normals { get; } = new();

    /// <summary>A scratch matrix of at most [n, n] in the module's storage.</summary>
    internal MatrixView<T> Small(StorageMatrix name, int rows, int columns) =>
        new((T*)Wide(plan.ModuleSmall, (int)name), rows, columns);

    /// <summary>A scratch matrix of at most [n, n] doubles.</summary>
    internal MatrixView<double> Small(SmallMatrix name, int rows, int columns) => new(Wide(plan.Small, (int)name), rows, columns);

    /// <summary>Scratch [rows, columns], at most [n, w] doubles.</summary>
    internal MatrixView<double> Strip(int rows, int columns) => plan.Noise.In(memory).Slice(0, 0, rows, columns);

    /// <summary>Scratch [rows, columns] for what is fresh of a gradient behind an output matrix.</summary>
    internal MatrixView<T> Noise(int rows, int columns) => new(plan.ModuleNoise.As<T>(memory).Data, rows, columns);

    /// <summary>[n, d] where vectors have all their coordinates.</summary>
    internal MatrixView<T> Vectors => plan.VectorStorage.As<T>(memory);

    /// <summary>S = F Fᵀ to a tolerance relative to S's largest diagonal entry; returns F's columns, at most so many.</summary>
    internal int Factor(MatrixView<double> matrix, int most, MatrixView<double> factor, double tolerance)
    {
        int n = matrix.Rows;
        double largest = 0;
        for (int i = 0; i < n; i++)
            largest = Math.Max(largest, matrix.Data[(long)i * n + i]);
        return PivotedCholesky.Factor(matrix.Data, n, tolerance * largest, most, factor.Data, Workspace.Pivots);
    }

    /// <summary>Fills contiguous rows with elements first, first + 1, … of a stream, N(0, σ²).</summary>
    internal void Draw(MatrixView<T> destination, in RandomKey key, double standardDeviation, long first = 0)
    {
        DrawJob job = new()
        {
            Destination = destination.Data,
            Length = (long)destination.Rows * destination.Columns,
            Key = key,
            First = first,
            StandardDeviation = standardDeviation,
        };
        Pool.Run(&DrawJob.Fill, &job);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (typeof(T) != typeof(double))
            Product.Dispose();
    }

    private double* Wide(Slot slot, int index)
    {
        MatrixView<double> all = slot.In(memory);
        return all.Data + (long)index * all.Columns * all.Columns;
    }

    private struct DrawJob
    {
        public T* Destination;
        public long Length;
        public RandomKey Key;
        public long First;
        public double StandardDeviation;

        public static void Fill(DrawJob* job, int worker, int threads)
        {
            float* singles = stackalloc float[Chunk];
            long chunks = (job->Length + Chunk - 1) / Chunk;
            for (long chunk = chunks * worker / threads; chunk < chunks * (worker + 1) / threads; chunk++)
            {
                long start = chunk * Chunk;
                int count = (int)Math.Min(Chunk, job->Length - start);
                if (typeof(T) == typeof(float))
                {
                    Span<float> destination = new((float*)job->Destination + start, count);
                    Gaussian.Fill(destination, job->Key, job->First + start, (float)job->StandardDeviation);
                    continue;
                }

                Gaussian.Fill(new Span<float>(singles, count), job->Key, job->First + start, (float)job->StandardDeviation);
                Precision.Widen(
                    new MatrixView<float>(singles, 1, count), new MatrixView<double>((double*)job->Destination + start, 1, count));
            }
        }
    }
}
