using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Hypotheses;
using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.NormPlacement;

/// <summary>Numbers decided by means over runs, of which divergence may have left too few.</summary>
internal static class Decided
{
    /// <summary>A mean against the registered bound, above (+1) or below it (−1).</summary>
    public static TestedNumber ByMean(RegisteredNumber bound, int side, Estimate measured, double rate) =>
        BySpread(bound, side, measured.Mean, new(measured.StandardError, measured.Samples - 1), rate);

    /// <summary>A difference of two means, first − second, against the registered bound (Student's t, Welch).</summary>
    public static PlannedTest ByDifference(
        RegisteredNumber bound, int side, Func<CellResults, Estimate> first, Func<CellResults, Estimate> second) =>
        new(bound, (results, level) => ByDifference(bound, side, first(results), second(results), level));

    /// <summary>The same of measured means.</summary>
    public static TestedNumber ByDifference(RegisteredNumber bound, int side, Estimate first, Estimate second, double rate) => BySpread(
        bound,
        side,
        first.Mean - second.Mean,
        new Spread(first.StandardError, first.Samples - 1) + new Spread(second.StandardError, second.Samples - 1),
        rate);

    /// <summary>Means of fewer than two runs have no standard error and decide nothing.</summary>
    private static TestedNumber BySpread(RegisteredNumber bound, int side, double measured, Spread spread, double rate) =>
        double.IsFinite(spread.StandardError)
            ? TestedNumber.OnSide(bound, side, measured, spread.CriticalValue(rate) * spread.StandardError)
            : TestedNumber.Undecided(bound) with { Measured = measured, Side = side };
}
