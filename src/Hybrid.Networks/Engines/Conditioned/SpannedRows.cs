using System.Numerics;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>
/// The rows B: [n, D] that an output matrix W: [D, d] of N(0, σ²) sees, as a factor L and orthonormal rows U of their span,
/// B = L U; and what the matrix answers to gradients g backwards. Forwards B W = σ L Φ with normal Φ = U W/σ. Backwards W is
/// known on the span only: g Wᵀ = σ (g Φᵀ) U + (fresh normals of rows' covariance σ² g gᵀ, off the span).
/// <para>
/// In double precision U is formed, level by level (<see cref="RowBasis"/>). In single precision it never is: from every
/// row that at half its place is taken off, so that collapsed rows leave their differences at their own size, one Gram
/// matrix S of these rows B′ is factored in double, and U = M B′ with M the inverse of the factor's pivots. Half its place,
/// since a causal average of i independent rows has 1/i² of its own to add: of its difference from the average of i/2, whose
/// square is 1/i, that is 1/i, where of the difference from the first row it would be 1/i². Where S is not well resolved by
/// the storage, <see cref="Take"/> refuses and the module is run again in double.
/// </para>
/// </summary>
internal sealed unsafe class SpannedRows<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>
    /// Squared size of differences, relative to the rows, from which on single precision carries them: they are 2⁻¹³ of the
    /// rows and more, and good to 2⁻¹¹ of themselves in every coordinate.
    /// </summary>
    internal const double LeastDifference = 1.0 / (1 << 26);

    // Smallest pivot relative to its row's own square: S is good to some 2⁻²⁰ of it.
    private const double LeastPivot = 1.0 / (1 << 10);

    private readonly ModuleScratch<T> scratch;

    // In double precision: stands where the span's rows do.
    private readonly RowBasis directions = new(default);

    internal SpannedRows(ModuleScratch<T> scratch) => this.scratch = scratch;

    /// <summary>
    /// Where the rows must be written, [n, D]: the span's own place in single precision, <paramref name="other"/> in
    /// double, where it takes the directions.
    /// </summary>
    internal static MatrixView<T> Destination(in RowSpan<T> span, MatrixView<T> other) => typeof(T) == typeof(float) ? span.Rows : other;

    /// <summary>
    /// Writes the span's factor L and what backwards stands for U; false where the storage does not resolve the rows.
    /// </summary>
    /// <param name="span">Where everything is kept.</param>
    /// <param name="rows">[n, D], where <see cref="Destination"/> has them.</param>
    /// <param name="rank">Columns of L.</param>
    internal bool Take(in RowSpan<T> span, MatrixView<T> rows, out int rank)
    {
        if (typeof(T) == typeof(double))
        {
            MatrixView<T> place = span.Rows;
            directions.Begin(new((double*)place.Data, span.Factor.Columns, place.Columns, place.RowStride, 1));
            directions.Append(new((double*)rows.Data, rows.Rows, rows.Columns, rows.RowStride, 1), span.Factor, scratch.Workspace);
            rank = directions.Rank;
            return true;
        }

        int n = rows.Rows;
        AnchorJob job = new() { Rows = rows };
        scratch.Pool.Run(&AnchorJob.Run, &job);
        MatrixView<T> narrow = scratch.Small(StorageMatrix.SpanGram, n, n);
        MatrixView<double> gram = scratch.Small(SmallMatrix.SpanGram, n, n), factor = scratch.Small(SmallMatrix.SpanFactor, n, n);
        scratch.Product.Gram(rows, narrow, T.One);
        Precision.Widen(narrow, gram);
        return Factor(span, gram, factor, Math.Min(n, rows.Columns), out rank);
    }

    /// <summary>D = F Φ″ + (K − F Φ″ Uᵀ) U.</summary>
    /// <param name="span">What <see cref="Take"/> has kept.</param>
    /// <param name="rank">Columns of L.</param>
    /// <param name="factor">F: [n, p] with F Fᵀ = σ² g gᵀ.</param>
    /// <param name="known">K = σ g Φᵀ: [n, rank]; overwritten.</param>
    /// <param name="noise">Φ″: [p, D].</param>
    /// <param name="result">D: [n, D].</param>
    internal void Recover(
        in RowSpan<T> span, int rank, MatrixView<double> factor, MatrixView<double> known, MatrixView<T> noise, MatrixView<T> result)
    {
        bool anchored = typeof(T) == typeof(float);
        int n = factor.Rows, p = factor.Columns, count = anchored ? n : rank;
        MatrixView<T> rows = span.Rows.Slice(0, 0, count, result.Columns);
        MatrixView<T> narrow = scratch.Small(StorageMatrix.NoiseByRows, p, count),
            mixture = scratch.Small(StorageMatrix.GradientByNoise, n, p);
        MatrixView<T> along = scratch.Small(StorageMatrix.KnownByRows, n, count);
        MatrixView<double> overlap = scratch.Small(SmallMatrix.NoiseByRows, p, count), coordinates = overlap;
        scratch.Product.Multiply(noise, rows.Transposed, narrow, T.One);
        Precision.Widen(narrow, overlap);
        MatrixView<double> inverse = span.Inverse.Slice(0, 0, rank, n);
        if (anchored)
        {
            coordinates = scratch.Small(SmallMatrix.NoiseByDirections, p, rank);
            scratch.SmallProduct.Multiply(overlap, inverse.Transposed, coordinates, 1);
        }

        scratch.SmallProduct.Multiply(factor, coordinates, known, -1, accumulate: true);
        MatrixView<double> byRows = known;
        if (anchored)
        {
            byRows = scratch.Small(SmallMatrix.KnownByRows, n, n);
            scratch.SmallProduct.Multiply(known, inverse, byRows, 1);
        }

        Precision.Narrow(byRows, along);
        Precision.Narrow(factor, mixture);
        scratch.Product.Multiply(mixture, noise, result, T.One);
        scratch.Product.Multiply(along, rows, result, T.One, accumulate: true);
    }

    // The row that is taken off another.
    private static int Anchor(int row) => row / 2;

    // Pivots of S must stand out of their rows' rounding, and S be within the storage's range; rows that are exactly their
    // anchors are no directions.
    private bool Factor(in RowSpan<T> span, MatrixView<double> gram, MatrixView<double> factor, int most, out int rank)
    {
        int n = gram.Rows;
        double* squares = scratch.Small(SmallMatrix.SpanSquares, 1, n).Data;
        double largest = 0, sum = 0;
        int different = 0;
        for (int i = 0; i < n; i++)
        {
            squares[i] = gram.Data[(long)i * n + i];
            largest = Math.Max(largest, squares[i]);
            sum += squares[i];
            different += squares[i] > 0 ? 1 : 0;
        }

        int* pivots = scratch.Workspace.Pivots;
        rank = PivotedCholesky.Factor(gram.Data, n, 0, most, factor.Data, pivots);
        bool resolved = double.IsFinite(sum) && rank == Math.Min(most, different);
        for (int j = 0; j < rank; j++)
        {
            double pivot = factor.Data[(long)pivots[j] * n + j], square = squares[pivots[j]];
            resolved &= square >= LeastDifference * largest && pivot * pivot >= LeastPivot * square;
        }

        if (!resolved)
            return false;
        PivotedCholesky.InvertPivots(factor.Data, pivots, n, rank, span.Inverse.Data);
        for (int i = 0; i < n; i++)
        {
            double* row = factor.Data + (long)i * n;
            if (i > 0)
                RowMath.Combine(1, row, 1, factor.Data + (long)Anchor(i) * n, row, rank);
            new ReadOnlySpan<double>(row, rank).CopyTo(span.Factor.Row(i));
        }

        return true;
    }

    private struct AnchorJob
    {
        public MatrixView<T> Rows;

        // The last row first, as anchors lie before the rows that they are taken off.
        public static void Run(AnchorJob* job, int worker, int threads)
        {
            MatrixView<T> rows = job->Rows;
            (int start, int end) = WorkerPool.Share(rows.Columns, worker, threads);
            for (int row = rows.Rows - 1; row > 0; row--)
            {
                T* at = rows.Data + row * rows.RowStride + start;
                RowMath.Combine(T.One, at, -T.One, rows.Data + Anchor(row) * rows.RowStride + start, at, end - start);
            }
        }
    }
}
