namespace Hybrid.Lab.Statistics;

/// <summary>
/// A smooth function of some inputs, fitted to noisy values: Gaussian-process regression with the kernel
/// exp(−Σ_b d_b²/2ℓ_b²), d_b the distance within block b of the inputs (Rasmussen and Williams 2006, chapter 2). Lengths ℓ_b
/// and noise are those of a fixed list whose fits to all values but one miss that one by the least mean square: unlike the
/// evidence this asks nothing of how the values scatter about a smooth function.
/// </summary>
internal sealed class GaussianProcess
{
    // In the inputs' own units; a block of infinite length does not matter at all.
    private static readonly double[] Lengths = [0.5, 1, 2, 4, double.PositiveInfinity];

    // Variance of the noise over that of the signal.
    private static readonly double[] Noises = [1e-3, 1e-2, 1e-1, 1];

    private readonly IReadOnlyList<double[]> _inputs;
    private readonly IReadOnlyList<int> _blocks;
    private readonly double _mean;
    private readonly double[] _lengths;
    private readonly double[] _weights;

    private GaussianProcess(
        IReadOnlyList<double[]> inputs, IReadOnlyList<int> blocks, double mean, double[] lengths, double[] weights) =>
        (_inputs, _blocks, _mean, _lengths, _weights) = (inputs, blocks, mean, lengths, weights);

    /// <summary>Fits all values about their mean.</summary>
    /// <param name="inputs">One row for each value, ≥ 1.</param>
    /// <param name="values">Finite.</param>
    /// <param name="blocks">The block of each input, from 0 without gaps.</param>
    public static GaussianProcess Fit(IReadOnlyList<double[]> inputs, IReadOnlyList<double> values, IReadOnlyList<int> blocks)
    {
        int n = inputs.Count;
        double mean = values.Average();
        double[] centred = [.. values.Select(value => value - mean)];
        double[] kernel = new double[n * n], factor = new double[n * n], weights = new double[n];
        GaussianProcess? best = null;
        double least = double.PositiveInfinity;
        foreach (double[] lengths in Choices(blocks.Max() + 1))
        {
            for (int i = 0; i < n; i++)
            {
                for (int j = 0; j <= i; j++)
                    kernel[i * n + j] = Kernel(inputs[i], inputs[j], blocks, lengths);
            }

            foreach (double noise in Noises)
            {
                kernel.CopyTo(factor, 0);
                for (int i = 0; i < n; i++)
                    factor[i * n + i] += noise;
                CholeskyFactor.Invert(factor, n);
                double squares = LeftOut(factor, centred, weights);
                if (squares < least)
                    (best, least) = (new(inputs, blocks, mean, lengths, [.. weights]), squares);
            }
        }

        return best!;
    }

    /// <summary>
    /// K⁻¹ v as weights, and the sum of squares of every value minus its fit to all others, in closed form (5.12 there):
    /// K⁻¹ = MᵀM with M the inverse of K's Cholesky factor.
    /// </summary>
    private static double LeftOut(double[] inverseFactor, double[] values, double[] weights)
    {
        int n = values.Length;
        double[] diagonal = new double[n];
        Array.Clear(weights);
        for (int i = 0; i < n; i++)
        {
            ReadOnlySpan<double> row = inverseFactor.AsSpan(i * n, i + 1);
            double projection = 0;
            for (int j = 0; j < row.Length; j++)
                projection += row[j] * values[j];
            for (int j = 0; j < row.Length; j++)
            {
                weights[j] += row[j] * projection;
                diagonal[j] += row[j] * row[j];
            }
        }

        double squares = 0;
        for (int j = 0; j < n; j++)
            squares += weights[j] / diagonal[j] * (weights[j] / diagonal[j]);
        return squares;
    }

    /// <summary>The fitted function.</summary>
    public double At(double[] input)
    {
        double sum = _mean;
        for (int i = 0; i < _inputs.Count; i++)
            sum += _weights[i] * Kernel(_inputs[i], input, _blocks, _lengths);
        return sum;
    }

    private static double Kernel(double[] x, double[] y, IReadOnlyList<int> blocks, double[] lengths)
    {
        double exponent = 0;
        for (int k = 0; k < x.Length; k++)
        {
            double distance = (x[k] - y[k]) / lengths[blocks[k]];
            exponent -= 0.5 * distance * distance;
        }

        return Math.Exp(exponent);
    }

    /// <summary>Every choice of one length for each block.</summary>
    private static IEnumerable<double[]> Choices(int blocks) => blocks == 0
        ? [[]]
        : Choices(blocks - 1).SelectMany(others => Lengths.Select(length => (double[])[.. others, length]));
}
