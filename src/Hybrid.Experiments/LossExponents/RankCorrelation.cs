namespace Hybrid.Experiments.LossExponents;

/// <summary>
/// Spearman's rank correlation, in Fisher's z, whose standard error is about 1.03/√(n − 3) (Fieller,
/// Hartley and Pearson 1957).
/// </summary>
/// <param name="Value">ρ_s, from −1 to 1.</param>
/// <param name="Count">n ≥ 4 pairs.</param>
internal readonly record struct RankCorrelation(double Value, int Count)
{
    /// <summary>Of pairs; 0 where all of one kind are equal, which have no order.</summary>
    public static RankCorrelation Of(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        double value = MathNet.Numerics.Statistics.Correlation.Pearson(Ranks.Of(x), Ranks.Of(y));
        return new(double.IsNaN(value) ? 0 : value, x.Count);
    }

    /// <summary>The interval at a critical value of the normal distribution.</summary>
    public (double Low, double High) Interval(double critical)
    {
        double z = Math.Atanh(Math.Clamp(Value, -1 + 1e-12, 1 - 1e-12)), half = critical * 1.03 / Math.Sqrt(Count - 3);
        return (Math.Tanh(z - half), Math.Tanh(z + half));
    }
}

/// <summary>Ranks from 0 for the least; ties share their mean rank, infinite values rank last.</summary>
internal static class Ranks
{
    public static double[] Of(IReadOnlyList<double> values) =>
        [.. values.Select(value => values.Count(other => other < value) + 0.5 * (values.Count(other => other == value) - 1))];
}
