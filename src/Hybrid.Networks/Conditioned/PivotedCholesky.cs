using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Conditioned;

/// <summary>
/// Rank-revealing factorisation S = F Fᵀ of a positive semidefinite matrix: outer products, the largest remaining
/// diagonal entry first, until that entry falls to a tolerance. Row p_j of F (the j-th pivot) ends at column j.
/// </summary>
internal static unsafe class PivotedCholesky
{
    /// <summary>Writes the factor's first columns and the pivots; returns how many there are.</summary>
    /// <param name="matrix">S: [size, size], row-major, symmetric; overwritten by what is left of it.</param>
    /// <param name="size">Rows of S.</param>
    /// <param name="tolerance">Absolute: pivots at or below it are left out.</param>
    /// <param name="most">Upper bound on the rank.</param>
    /// <param name="factor">F: [size, size], row-major; columns from the returned rank on are zero.</param>
    /// <param name="pivots">[size]: the row that each column was taken from.</param>
    internal static int Factor(double* matrix, int size, double tolerance, int most, double* factor, int* pivots)
    {
        new Span<double>(factor, checked(size * size)).Clear();
        for (int rank = 0; rank < Math.Min(size, most); rank++)
        {
            int pivot = 0;
            for (int i = 1; i < size; i++)
            {
                if (matrix[(long)i * size + i] > matrix[(long)pivot * size + pivot])
                    pivot = i;
            }

            double* row = matrix + (long)pivot * size;
            if (!(row[pivot] > tolerance))
                return rank;
            pivots[rank] = pivot;

            // Column of F: row / √pivot. It is kept where S's row was until every other row has used it.
            RowMath.Scale(1 / Math.Sqrt(row[pivot]), row, row, size);
            for (int i = 0; i < size; i++)
            {
                double entry = row[i];
                factor[(long)i * size + rank] = entry;
                if (i != pivot && entry != 0)
                    RowMath.Combine(1, matrix + (long)i * size, -entry, row, matrix + (long)i * size, size);
            }

            new Span<double>(row, size).Clear();
            for (int i = 0; i < size; i++)
                matrix[(long)i * size + pivot] = 0;
        }

        return Math.Min(size, most);
    }

    /// <summary>
    /// M: [rank, size] with M E orthonormal rows where S = E Eᵀ: the inverse of the triangle of the pivots' rows of F, each
    /// column in its pivot's place.
    /// </summary>
    internal static void InvertPivots(double* factor, int* pivots, int size, int rank, double* inverse)
    {
        new Span<double>(inverse, checked(rank * size)).Clear();
        for (int i = 0; i < rank; i++)
        {
            // Row i of T M = I on the pivots' columns: M_i = (e_i − Σ_{k<i} T_ik M_k) / T_ii.
            double* row = inverse + (long)i * size;
            double* triangle = factor + (long)pivots[i] * size;
            for (int k = 0; k < i; k++)
                RowMath.Combine(1, row, -triangle[k], inverse + (long)k * size, row, size);
            row[pivots[i]] = 1;
            RowMath.Scale(1 / triangle[i], row, row, size);
        }
    }
}
