using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>
/// Normal rows of many coordinates in a frame of their own. For Γ: [p, ν] of independent N(0, 1), Γ = T O with orthonormal
/// rows O, uniformly distributed and independent of T (Bartlett 1933): T is lower triangular, T_ii = χ of ν − i degrees of
/// freedom (i from 0), T_ij normal for j &lt; i. So T stands for Γ wherever nothing else is known of Γ's coordinates, at
/// p²/2 random numbers instead of p ν.
/// </summary>
internal static unsafe class Bartlett
{
    /// <summary>Columns of T for p rows and ν ≥ 0 coordinates.</summary>
    internal static int Columns(int rows, int coordinates) => Math.Min(rows, coordinates);

    /// <summary>Draws T.</summary>
    /// <param name="result">T: [p, <see cref="Columns"/>], row-major.</param>
    /// <param name="coordinates">ν ≥ 0.</param>
    /// <param name="normals">Where the random numbers come from.</param>
    internal static void Fill(MatrixView<double> result, int coordinates, NormalSequence normals)
    {
        for (int i = 0; i < result.Rows; i++)
        {
            Span<double> row = result.Row(i);
            int below = Math.Min(i, row.Length);
            normals.Fill(row[..below]);
            row[below..].Clear();
            if (i < row.Length)
                row[i] = normals.Chi(coordinates - i);
        }
    }
}
