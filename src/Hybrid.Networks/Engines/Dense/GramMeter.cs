using System.Numerics;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Engines.Dense;

/// <summary>Gram matrices X Xᵀ/d of stored rows, accumulated in double precision whatever the storage.</summary>
internal sealed unsafe class GramMeter<T> : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly WorkerPool pool;
    private readonly MatrixProduct<double> product;
    private readonly NativeBuffer<double> widened;

    internal GramMeter(int tokens, int width, WorkerPool pool, MatrixProduct<double> product)
    {
        this.pool = pool;
        this.product = product;
        widened = new NativeBuffer<double>((long)tokens * width, "double-precision copy of the stream");
    }

    /// <summary>result[i·n + j] = x_i·x_j/d; rows: [n, d].</summary>
    internal void Measure(MatrixView<T> rows, double[] result)
    {
        MatrixView<double> wide = widened.Matrix(0, rows.Rows, rows.Columns);
        WidenJob job = new() { Source = rows, Destination = wide };
        pool.Run(&WidenJob.Run, &job);
        fixed (double* gram = result)
        {
            MatrixView<double> view = new(gram, rows.Rows, rows.Rows);
            product.Gram(wide, view, 1.0 / rows.Columns);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => widened.Dispose();

    private struct WidenJob
    {
        public MatrixView<T> Source;
        public MatrixView<double> Destination;

        public static void Run(WidenJob* job, int worker, int threads)
        {
            (int start, int end) = WorkerPool.Share(job->Source.Rows, worker, threads);
            for (int row = start; row < end; row++)
            {
                Span<T> source = job->Source.Row(row);
                Span<double> destination = job->Destination.Row(row);
                for (int i = 0; i < source.Length; i++)
                    destination[i] = double.CreateTruncating(source[i]);
            }
        }
    }
}
