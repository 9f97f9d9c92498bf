using System.Numerics;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Random;

namespace Hybrid.Networks.Inputs;

/// <summary>
/// Random vectors whose Gram matrix X Xᵀ / d is a given one: not on average but in every draw, to the rounding of the
/// storage. Gaussian rows are orthonormalised, which leaves a uniformly random frame, and mixed by a factor of the target.
/// Buffers are planned once; drawing allocates nothing.
/// </summary>
public sealed unsafe class ExactGram : IDisposable
{
    // Normals per parallel share are a multiple of this many, so that shares start where the generator's blocks do.
    private const int Grain = 64;

    private readonly WorkerPool pool;
    private readonly MatrixProduct<double> product;
    private readonly int tokens, rank, width;
    private readonly NativeBuffer<double> memory;
    private readonly MatrixView<double> factor, noise, frame, gram, inverse, drawn;

    /// <summary>Plans draws of <paramref name="target"/>.Tokens vectors of <paramref name="width"/> coordinates.</summary>
    /// <param name="target">Factor of the Gram matrix that every draw has.</param>
    /// <param name="width">d, at least the target's rank.</param>
    /// <param name="pool">Threads that share the work; stays the caller's.</param>
    /// <param name="product">Products on the same pool; stays the caller's.</param>
    /// <param name="what">What is drawn, for the message of a failure.</param>
    /// <exception cref="ArgumentException">The rank exceeds the width: no such vectors exist.</exception>
    public ExactGram(GramFactor target, int width, WorkerPool pool, MatrixProduct<double> product, string what)
    {
        target.RequireWidth(width, what);
        this.pool = pool;
        this.product = product;
        this.width = width;
        (tokens, rank) = (target.Tokens, target.Rank);
        long square = (long)rank * rank, rows = (long)rank * width, mixed = (long)tokens * rank;
        memory = new NativeBuffer<double>(mixed + 2 * square + 2 * rows + (long)tokens * width, what);
        factor = memory.Matrix(0, tokens, rank);
        gram = memory.Matrix(mixed, rank, rank);
        inverse = memory.Matrix(mixed + square, rank, rank);
        noise = memory.Matrix(mixed + 2 * square, rank, width);
        frame = memory.Matrix(mixed + 2 * square + rows, rank, width);
        drawn = memory.Matrix(mixed + 2 * square + 2 * rows, tokens, width);
        target.Values.CopyTo(new Span<double>(factor.Data, target.Values.Length));
    }

    /// <summary>Draws the vectors that <paramref name="key"/> names into the rows of <paramref name="destination"/>.</summary>
    /// <param name="destination">[tokens, width], row-major.</param>
    /// <param name="key">Names the draw; the double stream of the key is used, elements 0 to rank · width.</param>
    public void Fill<T>(MatrixView<T> destination, in RandomKey key)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (destination.Rows != tokens || destination.Columns != width || destination.ColumnStride != 1)
        {
            throw new ArgumentException(
                $"the destination must be row-major [{tokens}, {width}], got [{destination.Rows}, {destination.Columns}]");
        }

        DrawJob job = new() { Noise = noise, Key = key };
        pool.Run(&Draw, &job);

        // Rows orthogonal and of norm √d: twice, since the first pass leaves an error of the condition number times ε.
        Orthogonalise(noise, frame);
        Orthogonalise(frame, noise);
        if (typeof(T) == typeof(double))
        {
            product.Multiply(factor, noise, new((double*)destination.Data, tokens, width, destination.RowStride, 1), 1);
            return;
        }

        product.Multiply(factor, noise, drawn, 1);
        for (int token = 0; token < tokens; token++)
        {
            Span<double> source = drawn.Row(token);
            Span<T> row = destination.Row(token);
            for (int i = 0; i < width; i++)
                row[i] = T.CreateTruncating(source[i]);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => memory.Dispose();

    // result = L⁻¹ rows, where rows·rowsᵀ / d = L Lᵀ.
    private void Orthogonalise(MatrixView<double> rows, MatrixView<double> result)
    {
        product.Gram(rows, gram, 1.0 / width);
        if (!Cholesky.TryFactor(gram.Data, rank))
        {
            throw new InvalidOperationException(
                $"{rank} Gaussian vectors of width {width} were linearly dependent in double precision; use another seed");
        }

        Cholesky.InvertLower(gram.Data, inverse.Data, rank);
        product.Multiply(inverse, rows, result, 1);
    }

    private static void Draw(DrawJob* job, int worker, int threads)
    {
        for (int row = 0; row < job->Noise.Rows; row++)
        {
            Span<double> values = job->Noise.Row(row);
            (int start, int end) = WorkerPool.Share((values.Length + Grain - 1) / Grain, worker, threads);
            (start, end) = (Math.Min(start * Grain, values.Length), Math.Min(end * Grain, values.Length));
            Gaussian.Fill(values[start..end], job->Key, (long)row * values.Length + start, 1);
        }
    }

    private struct DrawJob
    {
        public MatrixView<double> Noise;
        public RandomKey Key;
    }
}
