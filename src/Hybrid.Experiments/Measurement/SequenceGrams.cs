using Hybrid.Networks.Linear;
using Hybrid.Networks.Training;

namespace Hybrid.Experiments.Measurement;

/// <summary>The Gram matrices of one pass, sequence by sequence: row-major n×n, per coordinate.</summary>
/// <param name="tokens">n.</param>
/// <param name="depth">L.</param>
/// <param name="everyBoundary">Whether the stream is kept at every boundary, not at the input alone.</param>
internal sealed class SequenceGrams(int tokens, int depth, bool everyBoundary = false) : IPassObserver<float>
{
    private readonly double[][][] gradients = new double[depth + 1][][], streams = new double[depth + 1][][];

    /// <summary>C₀ of every sequence: the embedded tokens.</summary>
    public double[][] Input => streams[0];

    /// <summary>C of every sequence after block <paramref name="layer"/>, 0..depth.</summary>
    public double[][] Stream(int layer) => streams[layer];

    /// <summary>Γ of every sequence after block <paramref name="layer"/>, 0..depth.</summary>
    public double[][] Gradient(int layer) => gradients[layer];

    /// <inheritdoc/>
    public PassStages Stages => PassStages.Stream | PassStages.Gradient;

    /// <inheritdoc/>
    public void Stream(int layer, MatrixView<float> stream)
    {
        if (everyBoundary || layer == 0)
            streams[layer] = Of(stream);
    }

    /// <inheritdoc/>
    public void Gradient(int layer, MatrixView<float> gradient) => gradients[layer] = Of(gradient);

    /// <summary>log √q and log(1 − ρ) of one sequence's C [n, n], the latter by squared distances.</summary>
    public static (double Norm, double Angle) Logs(double[] gram, int tokens)
    {
        double own = 0, pairs = 0;
        for (int i = 0; i < tokens; i++)
        {
            own += gram[i * tokens + i] / tokens;
            for (int j = 0; j < tokens; j++)
            {
                double squared = 0.5 * gram[i * tokens + i] + 0.5 * gram[j * tokens + j] - gram[i * tokens + j];
                pairs += i == j ? 0 : squared / (tokens * (tokens - 1.0));
            }
        }

        return (0.5 * Math.Log(own), Math.Log(pairs / own));
    }

    private double[][] Of(MatrixView<float> rows) => [.. Enumerable.Range(0, rows.Rows / tokens).Select(sequence =>
    {
        double[] gram = new double[tokens * tokens];
        for (int i = 0; i < tokens; i++)
        {
            for (int j = 0; j <= i; j++)
                gram[i * tokens + j] = gram[j * tokens + i] = Overlap(rows.Row(sequence * tokens + i), rows.Row(sequence * tokens + j));
        }

        return gram;
    })];

    private static double Overlap(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        double sum = 0;
        for (int k = 0; k < x.Length; k++)
            sum += (double)x[k] * y[k];
        return sum / x.Length;
    }
}
