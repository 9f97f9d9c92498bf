namespace Hybrid.Networks.Engines;

/// <summary>
/// The permutation-symmetric observables of one layer of one network, derivation (1.1) and section 5: means over tokens and
/// over pairs of different tokens. Dimensionless. With one token P equals Q, U is 0 and the off-diagonal gradient 0.
/// </summary>
/// <param name="Q">q, mean squared norm per coordinate; ≥ 0.</param>
/// <param name="P">p, mean overlap of two different tokens per coordinate.</param>
/// <param name="U">u = 1 − ρ, from 0 (collapsed) to 1 + 1/(n−1).</param>
/// <param name="GradientDiagonal">g_d, mean squared gradient per coordinate; ≥ 0.</param>
/// <param name="GradientOffDiagonal">g_o, mean overlap of two different tokens' gradients per coordinate.</param>
public readonly record struct LayerObservables(double Q, double P, double U, double GradientDiagonal, double GradientOffDiagonal)
{
    /// <summary>ρ = p/q, from −1/(n−1) to 1.</summary>
    public double Rho => P / Q;

    /// <summary>Reads the observables of <paramref name="layer"/>, 0..depth, off a sample's Gram matrices.</summary>
    public static LayerObservables Of(NetworkSample sample, int layer)
    {
        (double q, double p) = Means(sample.Hidden[layer], sample.Tokens);
        (double gradientDiagonal, double gradientOffDiagonal) = Means(sample.Gradient[layer], sample.Tokens);
        // q − p is formed from double sums over the stream itself, so u keeps its digits down to the stream's rounding.
        return sample.Tokens == 1
            ? new(q, q, 0, gradientDiagonal, 0)
            : new(q, p, (q - p) / q, gradientDiagonal, gradientOffDiagonal);
    }

    private static (double Diagonal, double OffDiagonal) Means(ReadOnlySpan<double> gram, int tokens)
    {
        double diagonal = 0, total = 0;
        for (int i = 0; i < tokens; i++)
        {
            diagonal += gram[i * tokens + i];
            foreach (double entry in gram.Slice(i * tokens, tokens))
                total += entry;
        }

        int pairs = tokens * (tokens - 1);
        return (diagonal / tokens, pairs == 0 ? 0 : (total - diagonal) / pairs);
    }
}
