namespace Hybrid.Lab.Data;

/// <summary>Shannon entropies in nats.</summary>
internal static class Entropy
{
    /// <summary>−Σ p ln p of probabilities that sum to 1; 0 ln 0 = 0.</summary>
    public static double Of(ReadOnlySpan<double> probabilities)
    {
        double sum = 0;
        foreach (double p in probabilities)
            sum -= p > 0 ? p * Math.Log(p) : 0;
        return sum;
    }

    /// <summary>
    /// Σ_c weight(c) · entropy of row c: the entropy of the column given the row. Rows are as long as
    /// <paramref name="columns"/>.
    /// </summary>
    public static double Conditional(ReadOnlySpan<double> weights, ReadOnlySpan<double> rows, int columns)
    {
        double sum = 0;
        for (int c = 0; c < weights.Length; c++)
            sum += weights[c] * Of(rows.Slice(c * columns, columns));
        return sum;
    }
}
