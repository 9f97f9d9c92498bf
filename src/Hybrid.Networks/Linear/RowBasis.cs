namespace Hybrid.Networks.Linear;

/// <summary>
/// Orthonormal rows that span all vectors appended so far, in the order of appending. Vectors that hardly differ are
/// resolved level by level: a pivoted Cholesky factorisation of the Gram matrix takes the directions whose squared size
/// is above a millionth of the level's largest (so that squaring the condition number costs at most half the digits of a
/// double), they are taken off, and the next level starts afresh at the size of what is left. A collapsed set of tokens
/// has two levels, the common direction and the differences, each to full relative precision.
/// </summary>
public sealed unsafe class RowBasis : IDisposable
{
    // A level's smallest squared size relative to its largest; orthogonality is then good to 1e-16/1e-6.
    private const double Level = 1e-6;

    // Squared size, relative to the largest vector appended, at which what is left is rounding: (4e-14)².
    private const double Rounding = 1.6e-27;

    private readonly NativeBuffer<double>? owned;
    private MatrixView<double> rows;

    /// <summary>An empty basis that can grow to <paramref name="capacity"/> rows of <paramref name="dimension"/> coordinates.</summary>
    public RowBasis(int capacity, int dimension)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        owned = new NativeBuffer<double>((long)capacity * dimension, $"a basis of {capacity} vectors of {dimension} coordinates");
        rows = owned.Matrix(0, capacity, dimension);
    }

    /// <summary>An empty basis in somebody else's memory, [capacity, dimension], row-major.</summary>
    internal RowBasis(MatrixView<double> memory) => rows = memory;

    /// <summary>Most rows.</summary>
    public int Capacity => rows.Rows;

    /// <summary>Coordinates of a row.</summary>
    public int Dimension => rows.Columns;

    /// <summary>Rows so far: the dimension of the span.</summary>
    public int Rank { get; private set; }

    /// <summary>Q: [Rank, Dimension], orthonormal.</summary>
    public MatrixView<double> Rows => rows.Slice(0, 0, Rank, Dimension);

    /// <summary>Forgets all rows.</summary>
    public void Clear() => Rank = 0;

    /// <summary>Forgets all rows and goes on in other memory, as the constructor takes it.</summary>
    internal void Begin(MatrixView<double> memory) => (rows, Rank) = (memory, 0);

    /// <summary>
    /// Extends the basis so that it spans <paramref name="vectors"/> too, and writes C with vectors = C Q, to 4e-14 of the
    /// largest vector.
    /// </summary>
    /// <param name="vectors">[n, Dimension]; n at most the workspace's vectors.</param>
    /// <param name="coefficients">C: [n, Capacity]; columns from the new Rank on are zero.</param>
    /// <param name="workspace">Its large scratch matrix and the first two small ones are overwritten.</param>
    /// <exception cref="InvalidOperationException">The span would exceed the capacity.</exception>
    public void Append(MatrixView<double> vectors, MatrixView<double> coefficients, ConditioningWorkspace workspace)
    {
        int n = vectors.Rows;
        if (vectors.Columns != Dimension || coefficients.Rows != n || coefficients.Columns != Capacity || n > workspace.Vectors)
        {
            throw new ArgumentException(
                $"a basis of capacity {Capacity} × {Dimension} must get at most "
                + $"{workspace.Vectors} vectors [n, {Dimension}] and coefficients "
                + $"[n, {Capacity}], got [{n}, {vectors.Columns}] and [{coefficients.Rows}, {coefficients.Columns}]");
        }

        for (int i = 0; i < n; i++)
            coefficients.Row(i).Clear();
        MatrixView<double> residual = vectors;
        if (Rank > 0)
        {
            residual = workspace.Large(n, Dimension);
            Copy(vectors, residual);
            Project(residual, coefficients, workspace);
            Project(residual, coefficients, workspace);
        }

        double rounding = Rounding * LargestSquare(vectors);
        for (int found = 0; ;)
        {
            MatrixView<double> gram = workspace.Small(0, n, n);
            workspace.Product.Gram(residual, gram, 1);
            double largest = 0;
            for (int i = 0; i < n; i++)
                largest = Math.Max(largest, gram.Data[(long)i * n + i]);
            if (!(largest > rounding))
                return;
            MatrixView<double> factor = workspace.Small(1, n, n);
            int added = PivotedCholesky.Factor(
                gram.Data, n, Math.Max(Level * largest, rounding), n, factor.Data, workspace.Pivots);
            Take(residual, factor, added, coefficients, workspace);
            found += added;
            if (found == n)
                return;

            // residual − F Q_new; what rounding left of it along the basis is taken off once more.
            MatrixView<double> rest = workspace.Large(n, Dimension);
            if (residual.Data != rest.Data)
                Copy(residual, rest);
            workspace.Product.Multiply(
                factor.Slice(0, 0, n, added), Rows.Slice(Rank - added, 0, added, Dimension), rest, -1, accumulate: true);
            residual = rest;
            Project(residual, coefficients, workspace);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => owned?.Dispose();

    // New rows T⁻¹ residual[pivots], and C's columns for them.
    private void Take(
        MatrixView<double> residual, MatrixView<double> factor, int added, MatrixView<double> coefficients, ConditioningWorkspace workspace)
    {
        int n = residual.Rows;
        if (Rank + added > Capacity)
        {
            throw new InvalidOperationException(
                $"the basis holds at most {Capacity} directions, and {Rank + added} were asked for; plan a larger capacity");
        }

        for (int i = 0; i < n; i++)
            factor.Row(i)[..added].CopyTo(coefficients.Row(i)[Rank..]);
        MatrixView<double> inverse = workspace.Small(0, added, n);
        PivotedCholesky.InvertPivots(factor.Data, workspace.Pivots, n, added, inverse.Data);
        workspace.Product.Multiply(inverse, residual, rows.Slice(Rank, 0, added, Dimension), 1);
        Rank += added;
    }

    // A = residual Qᵀ; residual −= A Q; C += A.
    private void Project(MatrixView<double> residual, MatrixView<double> coefficients, ConditioningWorkspace workspace)
    {
        MatrixView<double> overlap = workspace.Small(0, residual.Rows, Rank);
        workspace.Product.Multiply(residual, Rows.Transposed, overlap, 1);
        workspace.Product.Multiply(overlap, Rows, residual, -1, accumulate: true);
        for (int i = 0; i < residual.Rows; i++)
        {
            double* row = coefficients.Data + i * coefficients.RowStride;
            RowMath.Combine(1, row, 1, overlap.Data + i * overlap.RowStride, row, Rank);
        }
    }

    private static double LargestSquare(MatrixView<double> vectors)
    {
        double largest = 0;
        for (int i = 0; i < vectors.Rows; i++)
        {
            double* row = vectors.Data + i * vectors.RowStride;
            largest = Math.Max(largest, RowMath.Dot(row, row, vectors.Columns));
        }

        return largest;
    }

    private static void Copy(MatrixView<double> source, MatrixView<double> destination)
    {
        for (int i = 0; i < source.Rows; i++)
            source.Row(i).CopyTo(destination.Row(i));
    }
}
