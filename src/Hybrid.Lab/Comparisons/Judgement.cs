using Hybrid.Lab.Statistics;

namespace Hybrid.Lab.Comparisons;

/// <summary>
/// The criterion by which one number of the theory is held against networks: |m∞ − prediction| ≤ k·SE + curvature + floor.
/// </summary>
/// <param name="Difference">m∞ − prediction.</param>
/// <param name="StandardError">Of both in quadrature.</param>
/// <param name="Tolerance">k·SE + curvature + floor, with k the critical value of Student's t at the stated rate.</param>
/// <param name="Agreement">The verdict.</param>
internal readonly record struct Judgement(double Difference, double StandardError, double Tolerance, Agreement Agreement)
{
    /// <summary>
    /// Judges. <paramref name="prediction"/> has the error <paramref name="predictionError"/>, <paramref name="floor"/> is what
    /// arithmetic alone may cause, and a tolerance beyond <paramref name="largest"/> is too wide to say anything. NaN on either side is a
    /// disagreement, never an agreement by default.
    /// </summary>
    public static Judgement Of(
        double prediction, Spread predictionError, Extrapolation extrapolation, double floor, double largest, double falsePositiveRate)
    {
        Spread spread = extrapolation.Spread + predictionError;
        double difference = extrapolation.Value - prediction;
        double tolerance = spread.CriticalValue(falsePositiveRate) * spread.StandardError + extrapolation.Curvature + floor;
        return new(difference, spread.StandardError, tolerance, !(Math.Abs(difference) <= tolerance) ? Agreement.Disagrees
            : tolerance <= largest ? Agreement.Agrees
            : Agreement.Inconclusive);
    }

    /// <summary>Of many: disagrees if any does; inconclusive if none does but more than half of them are inconclusive.</summary>
    public static Agreement Together(IReadOnlyCollection<Agreement> single)
    {
        if (single.Contains(Agreement.Disagrees))
            return Agreement.Disagrees;
        int inconclusive = single.Count(agreement => agreement == Agreement.Inconclusive);
        return 2 * inconclusive > single.Count ? Agreement.Inconclusive : Agreement.Agrees;
    }
}
