using Hybrid.Lab.Comparisons;
using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.Hypotheses;

/// <summary>One number of a hypothesis beside its measurement, judged by an interval.</summary>
/// <param name="Subject">As in <see cref="RegisteredNumber"/>.</param>
/// <param name="Quantity">As in <see cref="RegisteredNumber"/>.</param>
/// <param name="Predicted">The prediction, or the bound that the measurement must stay below or above.</param>
/// <param name="Measured">The measurement, at infinite width where the prediction is.</param>
/// <param name="Low">Lower end of the measurement's interval at the registered family-wise level.</param>
/// <param name="High">Upper end.</param>
/// <param name="Outcome">The verdict.</param>
public sealed record TestedNumber(
    string Subject,
    string Quantity,
    double Predicted,
    double Measured,
    double Low,
    double High,
    Outcome Outcome)
{
    /// <summary>0: the measurement must equal the prediction. +1 or −1: it must lie above or below the predicted bound.</summary>
    public int Side { get; init; }

    /// <summary>Half of the interval.</summary>
    public double HalfWidth => 0.5 * (High - Low);

    /// <summary>
    /// How much is left to the limit, in units of the interval from the measurement to the end that meets the limit first. Of an
    /// equality 1 − |measured − predicted| in half-widths: 1 at the prediction, below 0 where refuted. Of a bound the distance to
    /// its right side in half-widths, less 1: above 0 where supported, below −2 where refuted. An interval without an end leaves
    /// its limit, 1 of an equality and −1 of a bound; a number without any error leaves ±∞; NaN where nothing was measured.
    /// </summary>
    public double Margin
    {
        get
        {
            bool upwards = Side < 0 || (Side == 0 && Predicted >= Measured);
            double reach = upwards ? High - Measured : Measured - Low;
            double room = upwards ? High - Predicted : Predicted - Low;
            if (Side != 0)
                room = -room;
            if (double.IsInfinity(reach))
                return Side == 0 ? 1 : -1;
            return reach == 0 && room == 0 ? (Side == 0 ? double.PositiveInfinity : 0) : room / reach;
        }
    }

    /// <summary>
    /// The weakest first: refuted, then undecided, then supported numbers, in each of them by their margin, those of which
    /// nothing is known first.
    /// </summary>
    public static IEnumerable<TestedNumber> WeakestFirst(IEnumerable<TestedNumber> tests) =>
        tests.OrderBy(test => test.Outcome switch { Outcome.Refuted => 0, Outcome.Inconclusive => 1, _ => 2 }).ThenBy(test => test.Margin);

    /// <summary>
    /// The measurement at infinite width must equal the prediction: within k standard errors (of both, in quadrature) plus
    /// the estimated O(1/d²) rest plus the floor. An interval wider than half of <paramref name="scale"/> to each side is
    /// inconclusive.
    /// </summary>
    /// <param name="number">What was registered.</param>
    /// <param name="prediction">Standard error of the prediction where the theory averages draws, otherwise of size 0.</param>
    /// <param name="measured">The measurement at two widths.</param>
    /// <param name="scale">> 0: the size that makes an error relative.</param>
    /// <param name="rate">Probability of refuting this one number although it is right.</param>
    /// <param name="floor">What arithmetic alone may cause, ≥ 0.</param>
    public static TestedNumber Equal(
        RegisteredNumber number, Spread prediction, Extrapolation measured, double scale, double rate, double floor = 0)
    {
        Spread spread = measured.Spread + prediction;
        return Within(number, measured.Value, spread.CriticalValue(rate) * spread.StandardError + measured.Curvature + floor, scale);
    }

    /// <summary>The measurement must equal the prediction, for numbers that do not depend on the width.</summary>
    public static TestedNumber Equal(RegisteredNumber number, Estimate measured, double scale, double rate, double floor = 0)
    {
        Spread spread = new(measured.StandardError, Math.Max(1, measured.Samples - 1));
        return Within(number, measured.Mean, spread.CriticalValue(rate) * spread.StandardError + floor, scale);
    }

    /// <summary>The prediction must lie within an interval that was computed for it.</summary>
    public static TestedNumber Inside(RegisteredNumber number, double measured, double low, double high, double scale) => new(
        number.Subject,
        number.Quantity,
        number.Value,
        measured,
        low,
        high,
        !(number.Value >= low && number.Value <= high) ? Outcome.Refuted
            : 0.5 * (high - low) > 0.5 * scale ? Outcome.Inconclusive
            : Outcome.Supported);

    /// <summary>
    /// The measurement must be below the registered bound: supported where its whole interval is, refuted where none of it is.
    /// </summary>
    public static TestedNumber Below(RegisteredNumber bound, Estimate measured, double rate)
    {
        double k = new Spread(measured.StandardError, Math.Max(1, measured.Samples - 1)).CriticalValue(rate);
        return OnSide(bound, -1, measured.Mean, k * measured.StandardError);
    }

    /// <summary>The measurement must be above the registered bound.</summary>
    public static TestedNumber Above(RegisteredNumber bound, Estimate measured, double rate)
    {
        double k = new Spread(measured.StandardError, Math.Max(1, measured.Samples - 1)).CriticalValue(rate);
        return OnSide(bound, +1, measured.Mean, k * measured.StandardError);
    }

    /// <summary>
    /// The measurement, known within <paramref name="halfWidth"/> to each side, must be above (side +1) or below (−1) the bound:
    /// supported where its whole interval is, refuted where none of it is.
    /// </summary>
    public static TestedNumber OnSide(RegisteredNumber bound, int side, double measured, double halfWidth)
    {
        double excess = side * (measured - bound.Value);
        Outcome outcome = excess > halfWidth ? Outcome.Supported : excess >= -halfWidth ? Outcome.Inconclusive : Outcome.Refuted;
        return new(bound.Subject, bound.Quantity, bound.Value, measured, measured - halfWidth, measured + halfWidth, outcome)
        {
            Side = side,
        };
    }

    /// <summary>Too few samples were left to say anything, as where all runs but one diverged.</summary>
    public static TestedNumber Undecided(RegisteredNumber number) => new(
        number.Subject, number.Quantity, number.Value, double.NaN, double.NegativeInfinity, double.PositiveInfinity, Outcome.Inconclusive);

    private static TestedNumber Within(RegisteredNumber number, double measured, double tolerance, double scale) =>
        Inside(number, measured, measured - tolerance, measured + tolerance, scale);
}
