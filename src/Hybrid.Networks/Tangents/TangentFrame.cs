using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Tangents;

/// <summary>
/// Orthonormalisation of tangent vectors between the steps of a map: the factor R of T = R Q, whose diagonal's logarithms,
/// averaged over steps, are the leading Lyapunov exponents (Benettin's method).
/// </summary>
public static unsafe class TangentFrame
{
    /// <summary>
    /// Overwrites the rows by orthonormal rows with the same leading spans and writes log R_kk: how much the part of
    /// row k off the rows before it has grown since it was a unit vector; −∞ for a dependent row, which becomes 0.
    /// </summary>
    /// <param name="rows">[k, length].</param>
    /// <param name="logarithms">[k].</param>
    public static void Orthonormalise(MatrixView<double> rows, Span<double> logarithms)
    {
        int length = rows.Columns;
        for (int k = 0; k < rows.Rows; k++)
        {
            double* row = rows.Data + k * rows.RowStride;

            // Twice: the second pass takes off what rounding left of a row that lay almost in the others' span.
            for (int pass = 0; pass < 2; pass++)
            {
                for (int j = 0; j < k; j++)
                {
                    double* other = rows.Data + j * rows.RowStride;
                    RowMath.Combine(1, row, -RowMath.Dot(row, other, length), other, row, length);
                }
            }

            double norm = Math.Sqrt(RowMath.Dot(row, row, length));
            logarithms[k] = Math.Log(norm);
            RowMath.Scale(norm > 0 ? 1 / norm : 0, row, row, length);
        }
    }
}
