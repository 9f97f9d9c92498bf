namespace Hybrid.Experiments.LossExponents;

/// <summary>Where the places with the least losses lie among all, by their distance from the joint zero.</summary>
/// <param name="Best">The tenth of the places with the least losses, best first.</param>
/// <param name="Nearest">The tenth that lies nearest to the joint zero, nearest first.</param>
/// <param name="Percentile">
/// Mean over the best of the share of places that lie nearer to the joint zero, ties counted half: ½ if distance had nothing
/// to do with loss.
/// </param>
/// <param name="StandardDeviation">Of this mean for a tenth drawn at random without replacement
/// (Wilcoxon's rank sum; ties make it smaller).</param>
internal sealed record Nearness(IReadOnlyList<int> Best, IReadOnlyList<int> Nearest, double Percentile, double StandardDeviation)
{
    public static Nearness Of(IReadOnlyList<double> distances, IReadOnlyList<double> losses)
    {
        int count = losses.Count, tenth = (count + 9) / 10;
        int[] best = Least(losses), nearest = Least(distances);
        double[] ranks = Ranks.Of(distances);
        double variance = (count + 1.0) * (count - tenth) / (12.0 * tenth);
        return new(best, nearest, best.Average(place => ranks[place] + 0.5) / count, Math.Sqrt(variance) / count);

        int[] Least(IReadOnlyList<double> values) => [.. Enumerable.Range(0, count).OrderBy(place => values[place]).Take(tenth)];
    }
}
