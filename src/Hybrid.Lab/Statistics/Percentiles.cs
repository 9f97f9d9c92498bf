namespace Hybrid.Lab.Statistics;

/// <summary>The 50th, 90th and 99th percentile of a set of sizes of error.</summary>
/// <param name="P50">The median.</param>
/// <param name="P90">The 90th percentile.</param>
/// <param name="P99">The 99th percentile.</param>
public readonly record struct Percentiles(double P50, double P90, double P99)
{
    /// <summary>Percentiles by linear interpolation between order statistics; NaN for an empty set.</summary>
    public static Percentiles Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values];
        Array.Sort(sorted);
        return new(Quantile(sorted, 0.5), Quantile(sorted, 0.9), Quantile(sorted, 0.99));
    }

    private static double Quantile(double[] sorted, double fraction)
    {
        if (sorted.Length == 0)
            return double.NaN;
        double position = fraction * (sorted.Length - 1);
        int below = (int)position;
        int above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
    }
}
