namespace Hybrid.Networks.Inputs;

/// <summary>
/// A factor F: [tokens, rank] of a target Gram matrix C = F Fᵀ, with as few columns as C has rank, so that singular
/// targets (all tokens equal, the regular simplex) are as exact as any other.
/// </summary>
public sealed class GramFactor
{
    private const double Rounding = 1e-15;

    private GramFactor(int tokens, int rank)
    {
        Tokens = tokens;
        Rank = rank;
        Values = new double[(long)tokens * rank];
    }

    /// <summary>n, rows of F.</summary>
    public int Tokens { get; }

    /// <summary>Columns of F: the rank of the target.</summary>
    public int Rank { get; }

    /// <summary>F, row-major.</summary>
    internal double[] Values { get; }

    /// <summary>The unit matrix: tokens that are orthogonal and of norm √d.</summary>
    public static GramFactor Identity(int tokens) => Equicorrelated(tokens, 1, 0);

    /// <summary>
    /// q on the diagonal and q·ρ off it. C has the eigenvalue q(1 + (n−1)ρ) on the mean (1, …, 1)/√n and q(1 − ρ) on
    /// every contrast; the columns of F are the eigenvectors (Helmert's contrasts) times the roots of their eigenvalues.
    /// </summary>
    /// <param name="tokens">n ≥ 1.</param>
    /// <param name="norm">q > 0.</param>
    /// <param name="correlation">ρ from −1/(n−1) to 1.</param>
    public static GramFactor Equicorrelated(int tokens, double norm, double correlation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens, 1);

        // −1/(n−1) is not a double in general, so what rounding leaves of the mean's eigenvalue counts as zero.
        double mean = 1 + (tokens - 1) * correlation;
        bool hasMean = mean > Rounding * tokens;
        bool hasContrasts = correlation < 1 && tokens > 1;
        if (!(norm > 0) || mean < -Rounding * tokens || correlation > 1)
        {
            throw new ArgumentOutOfRangeException(
                nameof(correlation),
                $"must have norm > 0 and a correlation from −1/(tokens−1) to 1, got norm {norm}, "
                + $"correlation {correlation} and {tokens} tokens");
        }

        int first = hasMean ? 1 : 0;
        GramFactor factor = new(tokens, first + (hasContrasts ? tokens - 1 : 0));
        for (int token = 0; token < tokens; token++)
        {
            Span<double> row = factor.Values.AsSpan(token * factor.Rank, factor.Rank);
            if (hasMean)
                row[0] = Math.Sqrt(norm * mean / tokens);
            for (int k = Math.Max(token, 1); hasContrasts && k < tokens; k++)
            {
                // Contrast k: the first k tokens against token k.
                double weight = Math.Sqrt(norm * (1 - correlation) / ((double)k * (k + 1)));
                row[first + k - 1] = token < k ? weight : -k * weight;
            }
        }

        return factor;
    }

    /// <summary>Fails unless vectors of <paramref name="width"/> coordinates can have this Gram matrix.</summary>
    /// <param name="width">d.</param>
    /// <param name="what">What is drawn, for the message.</param>
    /// <exception cref="ArgumentException">The rank exceeds the width: no such vectors exist.</exception>
    internal void RequireWidth(int width, string what)
    {
        if (Rank > width)
        {
            throw new ArgumentException(
                $"{what}: {Tokens} tokens whose Gram matrix has rank {Rank} need width ≥ {Rank}, "
                + $"got width {width}; use fewer tokens or a larger width");
        }
    }
}
