using Hybrid.Architectures;

namespace Hybrid.Lab.Speed;

/// <summary>Arithmetic of one random network with real weights: products alone, a multiplication and an addition counted as two.</summary>
public static class NetworkOperations
{
    /// <summary>
    /// Forwards, every matrix of a block multiplies n tokens, and attention takes Q Kᵀ and A V; backwards, the gradient passes
    /// every matrix once, and attention four products. Masked entries are counted, as engines compute them.
    /// </summary>
    public static double Of(Architecture architecture)
    {
        double n = architecture.Tokens, d = architecture.Width, m = architecture.MlpWidth;
        double weights = 4 * d * d + (architecture.Gated ? 3 : 2) * d * m;
        const int Passes = 2, AttentionProducts = 6;
        return architecture.Depth * (Passes * 2 * n * weights + AttentionProducts * 2 * n * n * d);
    }
}
