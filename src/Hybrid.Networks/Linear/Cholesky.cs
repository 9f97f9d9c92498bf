namespace Hybrid.Networks.Linear;

/// <summary>Factorisation of small positive definite matrices in double precision, in place and row-major.</summary>
internal static unsafe class Cholesky
{
    /// <summary>Overwrites S: [size, size] with the lower triangle L of S = L Lᵀ; false when S is not positive definite.</summary>
    internal static bool TryFactor(double* matrix, int size)
    {
        for (int i = 0; i < size; i++)
        {
            double* row = matrix + (long)i * size;
            for (int j = 0; j <= i; j++)
            {
                double* other = matrix + (long)j * size;
                double rest = row[j] - RowMath.Dot(row, other, j);
                if (j < i)
                    row[j] = rest / other[j];
                else if (rest > 0)
                    row[i] = Math.Sqrt(rest);
                else
                    return false;
            }
        }

        return true;
    }

    /// <summary>inverse = L⁻¹ for the lower triangle L that <see cref="TryFactor"/> left; zeros above the diagonal.</summary>
    internal static void InvertLower(double* lower, double* inverse, int size)
    {
        new Span<double>(inverse, checked(size * size)).Clear();
        for (int i = 0; i < size; i++)
        {
            // Row i of L M = I: M_i = (e_i − Σ_{k<i} L_ik M_k) / L_ii.
            double* row = inverse + (long)i * size;
            double* factors = lower + (long)i * size;
            for (int k = 0; k < i; k++)
                RowMath.Combine(1, row, -factors[k], inverse + (long)k * size, row, k + 1);
            row[i] = 1;
            RowMath.Scale(1 / factors[i], row, row, i + 1);
        }
    }
}
