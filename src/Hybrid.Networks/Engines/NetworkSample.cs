using Hybrid.Architectures;
using Hybrid.Networks.Model;

namespace Hybrid.Networks.Engines;

/// <summary>
/// What one random network left behind: the Gram matrices of the residual stream and of the loss gradient at every
/// block boundary. Every engine hands over this and nothing else, so that observables are defined once.
/// </summary>
public sealed class NetworkSample
{
    /// <summary>Buffers for <paramref name="tokens"/> tokens and <paramref name="depth"/> blocks.</summary>
    /// <param name="tokens">n.</param>
    /// <param name="depth">L.</param>
    /// <param name="weightGradients">Whether an engine that has <see cref="WeightGradients"/> at a price is to measure them.</param>
    public NetworkSample(int tokens, int depth, bool weightGradients = false)
    {
        (Tokens, AsksForWeightGradients) = (tokens, weightGradients);
        Hidden = NewGrams(tokens, depth);
        Gradient = NewGrams(tokens, depth);
        WeightGradients = new double[depth][];
        for (int block = 0; block < depth; block++)
        {
            WeightGradients[block] = new double[Enum.GetValues<MatrixRole>().Length];
            Array.Fill(WeightGradients[block], double.NaN);
        }
    }

    /// <summary>n, tokens in the sequence.</summary>
    public int Tokens { get; }

    /// <summary>Whether an engine that has <see cref="WeightGradients"/> at a price is to measure them; others need not be asked.</summary>
    public bool AsksForWeightGradients { get; }

    /// <summary>
    /// [layer][i * n + j], layer 0..depth: x_i·x_j / d of the residual stream at the input of block layer + 1
    /// (layer = depth: at the network's output).
    /// </summary>
    public double[][] Hidden { get; }

    /// <summary>[layer][i * n + j]: G_i·G_j / d of the loss gradient at the same place; at the output the identity.</summary>
    public double[][] Gradient { get; }

    /// <summary>
    /// [layer − 1][role], layer 1..depth: ‖∂L/∂W‖_F² of every parameter of block layer, for the loss whose gradient at the
    /// output has g_d = 1 (so ‖G_i‖² = d there). NaN where the engine does not measure it or the matrix does not exist.
    /// </summary>
    public double[][] WeightGradients { get; }

    /// <summary>Refuses an architecture that these buffers do not hold.</summary>
    /// <exception cref="ArgumentException">Other tokens or another depth.</exception>
    public void EnsureShape(Architecture architecture)
    {
        if (Tokens != architecture.Tokens || Hidden.Length != architecture.Depth + 1)
        {
            throw new ArgumentException(
                $"the sample must hold {architecture.Tokens} tokens and {architecture.Depth} blocks, got {Tokens} and {Hidden.Length - 1}");
        }
    }

    private static double[][] NewGrams(int tokens, int depth)
    {
        double[][] grams = new double[depth + 1][];
        for (int layer = 0; layer <= depth; layer++)
            grams[layer] = new double[tokens * tokens];
        return grams;
    }
}
