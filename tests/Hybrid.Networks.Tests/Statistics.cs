using MathNet.Numerics;
using Xunit;

namespace Hybrid.Networks.Tests;

/// <summary>Statistical claims with computed tolerances; every failure prints name, expected, actual and deviation.</summary>
internal static class Statistics
{
    /// <summary>A normal statistic leaves ±5 standard errors by chance once in 1.7 million.</summary>
    public const double StandardErrors = 5;

    /// <summary>Fails unless |actual − expected| ≤ 5 standard errors + the stated bias.</summary>
    public static void Agrees(string name, double expected, double actual, double standardError, double bias = 0)
    {
        Assert.True(double.IsFinite(actual), $"{name}: must be finite, got {actual}");
        double deviation = Math.Abs(actual - expected), tolerance = StandardErrors * standardError + bias;
        Assert.True(
            deviation <= tolerance,
            $"{name}: expected {expected:g9} ± {standardError:g3} (bias ≤ {bias:g3}), "
            + $"got {actual:g9}, off by {deviation / standardError:f1} standard errors");
    }

    /// <summary>Φ(x).</summary>
    public static double NormalCumulative(double x) => 0.5 * SpecialFunctions.Erfc(-x / Math.Sqrt(2));

    /// <summary>
    /// P(K > √N D) of the Kolmogorov–Smirnov law, 2 Σ (−1)^(k−1) exp(−2 k² x²), at effective size N.
    /// </summary>
    public static double KolmogorovTail(double distance, double effectiveSize)
    {
        double x = distance * Math.Sqrt(effectiveSize), sum = 0;
        if (x < 0.3)
            return 1; // the series needs many terms there, and the tail is 1 − 1e-5
        for (int k = 1; k <= 20; k++)
            sum += (k % 2 == 1 ? 2 : -2) * Math.Exp(-2 * k * k * x * x);
        return sum;
    }

    /// <summary>Kolmogorov–Smirnov distance between a sample (sorted in place) and a continuous law.</summary>
    public static double Distance(double[] sample, Func<double, double> cumulative)
    {
        Array.Sort(sample);
        double distance = 0;
        for (int i = 0; i < sample.Length; i++)
        {
            double value = cumulative(sample[i]);
            distance = Math.Max(distance, Math.Max(value - (double)i / sample.Length, (double)(i + 1) / sample.Length - value));
        }

        return distance;
    }

    /// <summary>Kolmogorov–Smirnov distance between two samples of numbers (both sorted in place).</summary>
    public static double Distance(double[] first, double[] second)
    {
        Assert.DoesNotContain(first.Concat(second), double.IsNaN);
        Array.Sort(first);
        Array.Sort(second);
        double distance = 0;
        for (int i = 0, j = 0; i < first.Length && j < second.Length;)
        {
            double value = Math.Min(first[i], second[j]);
            while (i < first.Length && first[i] <= value)
                i++;
            while (j < second.Length && second[j] <= value)
                j++;
            distance = Math.Max(distance, Math.Abs((double)i / first.Length - (double)j / second.Length));
        }

        return distance;
    }

    /// <summary>Mean and standard error of the mean.</summary>
    public static (double Mean, double StandardError) MeanOf(IReadOnlyCollection<double> values)
    {
        double mean = values.Average();
        double variance = values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1);
        return (mean, Math.Sqrt(variance / values.Count));
    }
}
