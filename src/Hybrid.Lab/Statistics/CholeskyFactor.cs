namespace Hybrid.Lab.Statistics;

/// <summary>The Cholesky factor of small symmetric positive definite matrices.</summary>
internal static class CholeskyFactor
{
    /// <summary>
    /// Puts L⁻¹ in place of the lower triangle of A = LLᵀ; the upper one is neither read nor written. Two thirds of n³
    /// multiplications, all along rows.
    /// </summary>
    /// <param name="a">n×n, row-major.</param>
    /// <param name="n">≥ 1.</param>
    /// <exception cref="ArgumentException">A is not positive definite in double precision.</exception>
    public static void Invert(double[] a, int n)
    {
        double[] own = new double[n];
        for (int i = 0; i < n; i++)
        {
            // Rows above hold L⁻¹ already: L's own row left of the diagonal is A's times (L⁻¹)ᵀ.
            Span<double> row = a.AsSpan(i * n, i + 1);
            for (int j = 0; j < i; j++)
            {
                ReadOnlySpan<double> inverse = a.AsSpan(j * n, j + 1);
                double sum = 0;
                for (int k = 0; k <= j; k++)
                    sum += row[k] * inverse[k];
                own[j] = sum;
            }

            double pivot = row[i];
            for (int j = 0; j < i; j++)
                pivot -= own[j] * own[j];
            if (!(pivot > 0))
                throw new ArgumentException($"the matrix must be positive definite, its pivot {i} is {pivot}", nameof(a));
            double scale = 1 / Math.Sqrt(pivot);

            // L⁻¹'s row: −(Σ_k L_ik (L⁻¹)_k·)/L_ii.
            row.Clear();
            for (int k = 0; k < i; k++)
            {
                ReadOnlySpan<double> inverse = a.AsSpan(k * n, k + 1);
                for (int j = 0; j <= k; j++)
                    row[j] -= own[k] * inverse[j];
            }

            for (int j = 0; j < i; j++)
                row[j] *= scale;
            row[i] = scale;
        }
    }
}
