namespace Hybrid.Lab.Statistics;

/// <summary>
/// The standard error of any smooth statistic of independent
/// groups, by leaving out one group after another (Tukey 1958).
/// </summary>
internal static class Jackknife
{
    /// <summary>The statistic of all groups with its standard error, √((G − 1)/G Σ (θ₋ᵍ − mean)²).</summary>
    /// <param name="groups">G ≥ 2.</param>
    /// <param name="statistic">Of the groups with the given numbers.</param>
    public static Estimate Of(int groups, Func<IReadOnlyList<int>, double> statistic)
    {
        int[] all = [.. Enumerable.Range(0, groups)];
        double[] without = [.. all.Select(left => statistic([.. all.Where(group => group != left)]))];
        double mean = without.Average(), squares = without.Sum(value => (value - mean) * (value - mean));
        return new(statistic(all), Math.Sqrt((groups - 1.0) / groups * squares), groups);
    }
}
