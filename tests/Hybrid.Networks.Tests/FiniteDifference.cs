namespace Hybrid.Networks.Tests;

/// <summary>The derivative of a function at 0 from its values, with a bound on the estimate's own error.</summary>
internal static class FiniteDifference
{
    /// <summary>
    /// Richardson's combination of central differences with steps h and h/2 has an O(h⁴) error, which its change from h to
    /// h/2 bounds; rounding adds ε·rounding/h. The step with the least sum is taken: a small one where a kink lies close.
    /// </summary>
    /// <param name="function">Smooth near 0, but for kinks.</param>
    /// <param name="rounding">Error of a value, in units of 2⁻⁵³.</param>
    public static (double Slope, double Uncertainty) Slope(Func<double, double> function, double rounding)
    {
        (double best, double least) = (double.NaN, double.PositiveInfinity);
        for (int exponent = -6; exponent >= -22; exponent -= 2)
        {
            double h = Math.ScaleB(1, exponent);
            double coarse = Central(h), middle = Central(h / 2), fine = Central(h / 4);
            double estimate = (4 * fine - middle) / 3;
            double uncertainty = Math.Abs(estimate - (4 * middle - coarse) / 3) + Math.ScaleB(1, -53) * rounding / (h / 4);
            if (uncertainty < least)
                (best, least) = (estimate, uncertainty);
        }

        return (best, least);

        double Central(double step) => (function(step) - function(-step)) / (2 * step);
    }
}
