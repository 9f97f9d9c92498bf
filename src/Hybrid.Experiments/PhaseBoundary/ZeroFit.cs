using Hybrid.Lab.Comparisons;

namespace Hybrid.Experiments.PhaseBoundary;

/// <summary>
/// The zero of a curve that was measured at a few points around it: a parabola is fitted by weighted least squares, and
/// the zero's interval is Fieller's, the set of offsets at which the fitted value is within its own uncertainty of 0. The
/// O(1/d²) rest of every point enters with the weight that the fit gives the point.
/// </summary>
/// <param name="Zero">Offset of the zero, as a fraction; NaN where the parabola has none.</param>
/// <param name="Low">Lower end of the interval; −∞ where it does not end within twice the measured range.</param>
/// <param name="High">Upper end; +∞ where it does not end.</param>
internal readonly record struct ZeroFit(double Zero, double Low, double High)
{
    private const int Steps = 2000;

    /// <summary>Fits at least three points.</summary>
    /// <param name="offsets">x/x* − 1 of the points.</param>
    /// <param name="values">The measured exponents at infinite width.</param>
    /// <param name="rate">Probability that the interval misses the true zero.</param>
    public static ZeroFit Of(IReadOnlyList<double> offsets, IReadOnlyList<Extrapolation> values, double rate)
    {
        Parabola parabola = new(offsets, values);
        double reach = 2 * offsets.Max(Math.Abs);
        // The fewest degrees of freedom of any point: on the safe side of Welch's for their sum.
        double k = values.MinBy(value => value.Spread.DegreesOfFreedom).Spread.CriticalValue(rate);
        bool Near(double offset)
        {
            (double value, double error, double rest) = parabola.At(offset);
            return Math.Abs(value) <= k * error + rest;
        }

        double zero = parabola.NearestZero();
        if (!(Math.Abs(zero) <= reach))
            return new(double.NaN, double.NegativeInfinity, double.PositiveInfinity);
        return new(zero, End(-1), End(+1));

        double End(int direction)
        {
            double step = reach / Steps, inside = zero;
            while (Math.Abs(inside) <= reach)
            {
                double outside = inside + direction * step;
                if (!Near(outside))
                    return Bisected(inside, outside);
                inside = outside;
            }

            return direction * double.PositiveInfinity;
        }

        double Bisected(double inside, double outside)
        {
            for (int i = 0; i < 40; i++)
            {
                double middle = 0.5 * (inside + outside);
                (inside, outside) = Near(middle) ? (middle, outside) : (inside, middle);
            }

            return inside;
        }
    }
}
