namespace Hybrid.Networks;

/// <summary>
/// What one random network left behind: the Gram matrices of the residual stream and of the loss gradient at every
/// block boundary. Every engine hands over this and nothing else, so that observables are defined once.
/// </summary>
public sealed class NetworkSample
{
    /// <summary>Buffers for <paramref name="tokens"/> tokens and <paramref name="depth"/> blocks.</summary>
    public NetworkSample(int tokens, int depth)
    {
        Tokens = tokens;
        Hidden = NewGrams(tokens, depth);
        Gradient = NewGrams(tokens, depth);
    }

    /// <summary>n, tokens in the sequence.</summary>
    public int Tokens { get; }

    /// <summary>
    /// [layer][i * n + j], layer 0..depth: x_i·x_j / d of the residual stream at the input of block layer + 1
    /// (layer = depth: at the network's output).
    /// </summary>
    public double[][] Hidden { get; }

    /// <summary>[layer][i * n + j]: G_i·G_j / d of the loss gradient at the same place; at the output the identity.</summary>
    public double[][] Gradient { get; }

    private static double[][] NewGrams(int tokens, int depth)
    {
        double[][] grams = new double[depth + 1][];
        for (int layer = 0; layer <= depth; layer++)
            grams[layer] = new double[tokens * tokens];
        return grams;
    }
}
