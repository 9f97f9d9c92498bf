using System.Runtime.CompilerServices;

namespace Hybrid.Networks.Linear;

/// <summary>
/// Rank-revealing factorisation S = F Fᵀ of a positive semidefinite matrix: column by column, each from the first row whose
/// remaining diagonal entry is within a factor of the largest, until the largest falls to a tolerance. Row p_j of F (the
/// j-th pivot) ends at column j; where rows are alike they are taken in their order, so that F is a triangle, whose zeros
/// products skip.
/// </summary>
internal static unsafe class PivotedCholesky
{
    // How far below the largest a pivot may be; F's entries stay within its root of what the largest would leave.
    private const double Relaxed = 0.25;

    // Diagonals up to this size lie on the stack.
    private const int SmallSize = 512;

    /// <summary>Writes the factor's first columns and the pivots; returns how many there are.</summary>
    /// <param name="matrix">S: [size, size], row-major, symmetric.</param>
    /// <param name="size">Rows of S.</param>
    /// <param name="tolerance">Absolute: pivots at or below it are left out.</param>
    /// <param name="most">Upper bound on the rank.</param>
    /// <param name="factor">F: [size, size], row-major; columns from the returned rank on are zero.</param>
    /// <param name="pivots">[size]: the row that each column was taken from.</param>
    internal static int Factor(double* matrix, int size, double tolerance, int most, double* factor, int* pivots)
    {
        // Columns of F grow as contiguous rows of Fᵀ: column j is S's row p_j less Σ_{k<j} F_pk · column k, over F_pj. The
        // diagonal keeps what is left of itself, and −1, no pivot, where one was taken.
        Span<double> diagonal = size <= SmallSize ? stackalloc double[size] : new double[size];
        for (int i = 0; i < size; i++)
            diagonal[i] = matrix[(long)i * size + i];
        fixed (double* left = diagonal)
            return Factor(matrix, size, tolerance, Math.Min(size, most), factor, pivots, left);
    }

    /// <summary>
    /// M: [rank, size] with M E orthonormal rows where S = E Eᵀ: the inverse of the triangle of the pivots' rows of F, each
    /// column in its pivot's place.
    /// </summary>
    internal static void InvertPivots(double* factor, int* pivots, int size, int rank, double* inverse)
    {
        for (int i = 0; i < rank; i++)
        {
            // Row i of T M = I on the pivots' columns: M_i = (e_i − Σ_{k<i} T_ik M_k) / T_ii.
            double* row = inverse + (long)i * size;
            double* triangle = factor + (long)pivots[i] * size;
            new Span<double>(row, size).Clear();
            row[pivots[i]] = 1;
            RowMath.Subtract(triangle, 1, inverse, i, row, size);
            RowMath.Scale(1 / triangle[i], row, row, size);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Factor(double* matrix, int size, double tolerance, int most, double* factor, int* pivots, double* diagonal)
    {
        int rank = 0;
        for (; rank < most; rank++)
        {
            double largest = RowMath.Largest(diagonal, size);
            if (!(largest > tolerance))
                break;
            int pivot = 0;
            while (!(diagonal[pivot] >= Relaxed * largest))
                pivot++;
            double root = Math.Sqrt(diagonal[pivot]);
            double* column = factor + (long)rank * size;
            new ReadOnlySpan<double>(matrix + (long)pivot * size, size).CopyTo(new Span<double>(column, size));
            RowMath.Subtract(factor + pivot, size, factor, rank, column, size);
            RowMath.Scale(1 / root, column, column, size);
            for (int k = 0; k < rank; k++)
                column[pivots[k]] = 0;
            column[pivot] = root;
            pivots[rank] = pivot;
            RowMath.SubtractSquares(column, diagonal, size);
            diagonal[pivot] = -1;
        }

        new Span<double>(factor + (long)rank * size, checked((size - rank) * size)).Clear();
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j < i; j++)
                (factor[(long)i * size + j], factor[(long)j * size + i]) = (factor[(long)j * size + i], factor[(long)i * size + j]);
        }

        return rank;
    }
}
