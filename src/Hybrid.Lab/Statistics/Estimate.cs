using Hybrid.Drawing;

namespace Hybrid.Lab.Statistics;

/// <summary>The mean of independent samples and its standard error.</summary>
/// <param name="Mean">The arithmetic mean; NaN for no samples.</param>
/// <param name="StandardError">s/√N with the unbiased sample variance s²; NaN for fewer than two samples.</param>
/// <param name="Samples">N, the number of independent samples.</param>
public readonly record struct Estimate(double Mean, double StandardError, int Samples)
{
    /// <summary>
    /// Mean and standard error of <paramref name="samples"/>, in two passes with the second pass's mean deviation taken
    /// out, so that a spread of 1e-12 of the mean keeps its digits. NaN and infinite samples propagate.
    /// </summary>
    public static Estimate Of(ReadOnlySpan<double> samples)
    {
        if (samples.IsEmpty)
            return new(double.NaN, double.NaN, 0);
        double sum = 0, largest = 0;
        foreach (double sample in samples)
        {
            sum += sample;
            largest = Math.Max(largest, Math.Abs(sample));
        }

        double mean = sum / samples.Length;
        if (!double.IsFinite(mean))
            return new(mean, double.NaN, samples.Length);

        int exponent = Magnitude.Of(largest);
        double deviations = 0, squares = 0;
        foreach (double sample in samples)
        {
            double deviation = Math.ScaleB(sample - mean, -exponent);
            deviations += deviation;
            squares += deviation * deviation;
        }

        mean += Math.ScaleB(deviations / samples.Length, exponent);
        if (samples.Length == 1)
            return new(mean, double.NaN, 1);
        double variance = Math.Max(0, squares - deviations * deviations / samples.Length) / (samples.Length - 1);
        return new(mean, Math.ScaleB(Math.Sqrt(variance / samples.Length), exponent), samples.Length);
    }

    /// <summary>Mean ± standard error, as tables show them.</summary>
    public override string ToString() => Numbers.Uncertain(Mean, StandardError);
}
