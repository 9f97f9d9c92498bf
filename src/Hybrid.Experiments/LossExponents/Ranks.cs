namespace Hybrid.Experiments.LossExponents;

/// <summary>Ranks from 0 for the least; ties share their mean rank, infinite values rank last.</summary>
internal static class Ranks
{
    public static double[] Of(IReadOnlyList<double> values) =>
        [.. values.Select(value => values.Count(other => other < value) + 0.5 * (values.Count(other => other == value) - 1))];
}
