using Hybrid.Lab.Statistics;

namespace Hybrid.Lab.Comparisons;

/// <summary>How large the errors of one quantity are over all layers and architectures of a check.</summary>
/// <param name="Quantity">The quantity; errors are relative to the scale of <see cref="QuantityComparison"/>.</param>
/// <param name="Comparisons">How many comparisons there are.</param>
/// <param name="AtWidth">|deviation| at the architectures' own widths: what a user of the theory meets.</param>
/// <param name="Extrapolated">|deviation| after extrapolation to infinite width: theory's error plus sampling noise.</param>
/// <param name="Tolerance">The tolerances: what size of error would have been found.</param>
public sealed record ErrorSummary(
    Quantity Quantity,
    int Comparisons,
    Percentiles AtWidth,
    Percentiles Extrapolated,
    Percentiles Tolerance)
{
    /// <summary>
    /// One summary for every quantity that occurs. Layers where a quantity is given rather than predicted (q and ρ of
    /// the input, g_d and g_o of the output's gradient) are left out: they would flatter the percentiles.
    /// </summary>
    public static IReadOnlyList<ErrorSummary> Of(IEnumerable<Comparison> comparisons) =>
    [
        .. comparisons
            .SelectMany(comparison => comparison.Quantities.Where(item => !IsGiven(item, comparison.Prediction.Architecture.Depth)))
            .GroupBy(item => item.Quantity)
            .OrderBy(group => group.Key)
            .Select(group => new ErrorSummary(
                group.Key,
                group.Count(),
                Percentiles.Of(group.Select(item => Math.Abs(item.Deviation))),
                Percentiles.Of(group.Select(item => Math.Abs(item.ExtrapolatedDeviation))),
                Percentiles.Of(group.Select(item => item.Tolerance)))),
    ];

    private static bool IsGiven(QuantityComparison item, int depth) =>
        item.Quantity is Quantity.Q or Quantity.Rho ? item.Layer == 0 : item.Layer == depth;
}
