using Hybrid.Architectures;
using Hybrid.Theory;

namespace Hybrid.Lab.Probes;

/// <summary>What the theory says of the same architecture before training.</summary>
/// <param name="Q">[0..depth], over the counted tokens.</param>
/// <param name="U">[0..depth].</param>
/// <param name="Source">Where it started, in words; or why there is none.</param>
public sealed record ProbeTheory(double[] Q, double[] U, string Source)
{
    private const int Draws = 2;

    // n³ a head and layer: beyond so much the prediction for equal tokens is taken instead.
    private const double MostWork = 4e9;

    /// <summary>Whether there is a prediction.</summary>
    public bool IsThere => Q.Length > 0;

    /// <summary>
    /// From the Gram matrix of an actual embedded sequence by the Gram process, derivation section 8; where that does not apply, from the
    /// record's symmetric input; where the theory does not know the architecture, nothing.
    /// </summary>
    /// <param name="record">At initialisation.</param>
    /// <param name="input">C₀ of the first sequence, [n, n].</param>
    /// <param name="counted">Which of its tokens count.</param>
    /// <param name="seed">Names the draws.</param>
    public static ProbeTheory Of(Architecture record, double[] input, ReadOnlySpan<bool> counted, ulong seed)
    {
        int n = counted.Length;
        Architecture architecture = record.With(tokens: n);
        int[] tokens = [.. Enumerable.Range(0, n).Where(counted.ToArray().ElementAt)];
        try
        {
            double work = Math.Pow(n, 3) * architecture.Heads * architecture.Depth * Draws;
            if (work <= MostWork && tokens.Length > 1)
                return FromInput(architecture, input, tokens, seed);
            LayerPrediction[] layers = Predict.Architecture(architecture).Layers;
            return new(
                [.. layers.Select(layer => layer.Q)], [.. layers.Select(layer => layer.U)],
                "from the record's own input, of equally different tokens");
        }
        catch (Exception error)
            when (error is TheoryException or InvalidArchitectureException or ArgumentException or NotSupportedException)
        {
            return new([], [], $"none: {error.Message}");
        }
    }

    private static ProbeTheory FromInput(Architecture architecture, double[] input, int[] tokens, ulong seed)
    {
        int n = architecture.Tokens, depth = architecture.Depth;
        bool[] allowed = GramProcess.Allowed(n, architecture.Mask.At(1));
        GramLayer[][] draws = GramProcess.Draws(architecture, allowed, input, Draws, unchecked((int)(seed % int.MaxValue)));
        double[] q = new double[depth + 1], u = new double[depth + 1];
        for (int layer = 0; layer <= depth; layer++)
        {
            double own = 0, pairs = 0;
            foreach (GramLayer[] draw in draws)
            {
                double[] gram = draw[layer].Hidden;
                foreach (int i in tokens)
                {
                    own += gram[i * n + i] / tokens.Length / Draws;
                    foreach (int j in tokens)
                    {
                        // x_i·x_i/2 + x_j·x_j/2 − x_i·x_j, half a squared distance.
                        pairs += i == j ? 0
                            : (0.5 * gram[i * n + i] + 0.5 * gram[j * n + j] - gram[i * n + j])
                                / (tokens.Length * (tokens.Length - 1.0)) / Draws;
                    }
                }
            }

            (q[layer], u[layer]) = (own, pairs / own);
        }

        return new(q, u, "from the first sequence's own embedded tokens");
    }
}
