using Hybrid.Lab.Statistics;

namespace Hybrid.Lab.Comparisons;

/// <summary>
/// A measurement at width d carried to infinite width with the help of an independent one at another width d′.
/// <para>
/// A finite-width bias is c/d to leading order, m(d) = m∞ + c/d, so with f = d′/(d − d′) the two means give
/// m∞ = (1 + f) m(d) − f m(d′) and c/d = f (m(d′) − m(d)): m∞ = 2 m(d) − m(d/2), or m∞ = (4 m(d) − m(d/4))/3. The
/// standard error is √((1 + f)² SE² + f² SE′²). Nothing is fitted to the prediction: the prediction is not an argument.
/// </para>
/// <para>
/// A few samples sometimes lie close together by accident, and their standard error is then far too small. Fluctuations
/// have variance ∝ 1/d, so the larger second ensemble tells what SE² should be, SE′² (N′/N)(d′/d); where SE² is less, that
/// value takes its place.
/// </para>
/// <para>
/// What is left is O(1/d²). Biases compound from layer to layer, as a factor e^{c/d} would: extrapolating log m instead
/// of m differs to leading order by (d/2d′)(c/d)²/m. That difference between two equally good extrapolations, less the
/// part that sampling noise explains, is reported as <see cref="Curvature"/> and enters the tolerance.
/// </para>
/// </summary>
/// <param name="Value">m∞.</param>
/// <param name="Spread">Standard error of m∞ with its degrees of freedom.</param>
/// <param name="FiniteWidth">c/d, the estimated finite-width term at width d, with its sign.</param>
/// <param name="Curvature">The estimated size of the next term, O(1/d²); ≥ 0.</param>
public readonly record struct Extrapolation(
    double Value,
    Spread Spread,
    double FiniteWidth,
    double Curvature)
{
    /// <summary>
    /// Extrapolates from means at <paramref name="width"/> and <paramref name="otherWidth"/>, which differ.
    /// <paramref name="scale"/> &gt; 0 is the size below which the quantity counts as zero (curvature only).
    /// </summary>
    public static Extrapolation Of(Estimate full, int width, Estimate other, int otherWidth, double scale)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(width, otherWidth);
        int exponent = Magnitude.Of(Math.Max(scale, Math.Max(Math.Abs(full.Mean), Math.Abs(other.Mean))));
        Extrapolation unit = OfOrderOne(
            Scaled(full, -exponent), width, Scaled(other, -exponent), otherWidth, Math.ScaleB(scale, -exponent));
        return new(
            Math.ScaleB(unit.Value, exponent),
            unit.Spread with { StandardError = Math.ScaleB(unit.Spread.StandardError, exponent) },
            Math.ScaleB(unit.FiniteWidth, exponent),
            Math.ScaleB(unit.Curvature, exponent));
    }

    private static Extrapolation OfOrderOne(Estimate full, int width, Estimate other, int otherWidth, double scale)
    {
        double f = (double)otherWidth / (width - otherWidth);
        double scaled = Square(other.StandardError) * other.Samples / full.Samples * otherWidth / width;
        double fullVariance = Square(1 + f) * Math.Max(Square(full.StandardError), scaled);
        double otherVariance = Square(f * other.StandardError);
        double finiteWidth = f * (other.Mean - full.Mean);

        double noise = f * f * (Square(full.StandardError) + Square(other.StandardError));
        double size = Math.Max(scale, Math.Max(Math.Abs(full.Mean), Math.Abs(other.Mean)));
        double curvature = Math.Max(0, Square(finiteWidth) - noise) * width / (2.0 * otherWidth * size);
        Spread spread = new Spread(Math.Sqrt(fullVariance), full.Samples - 1) + new Spread(Math.Sqrt(otherVariance), other.Samples - 1);
        return new(full.Mean - finiteWidth, spread, finiteWidth, curvature);
    }

    private static Estimate Scaled(Estimate estimate, int exponent) => estimate with
    {
        Mean = Math.ScaleB(estimate.Mean, exponent),
        StandardError = Math.ScaleB(estimate.StandardError, exponent),
    };

    private static double Square(double value) => value * value;
}
