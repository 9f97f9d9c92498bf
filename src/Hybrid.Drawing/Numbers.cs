using System.Globalization;

namespace Hybrid.Drawing;

/// <summary>Numbers as tables show them, in the invariant culture.</summary>
public static class Numbers
{
    private const int Digits = 5;

    /// <summary>A whole number.</summary>
    public static string Integer(int value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Five significant digits; – for NaN, ∞ for infinity.</summary>
    public static string Significant(double value, int digits = Digits)
    {
        if (double.IsNaN(value))
            return "–";
        if (double.IsInfinity(value))
            return value > 0 ? "∞" : "−∞";
        if (value == 0)
            return "0";
        int exponent = Exponent(value);
        return exponent is < -4 or > 6
            ? value.ToString("0." + new string('0', digits - 1) + "e+00", CultureInfo.InvariantCulture)
            : Fixed(value, Math.Max(0, digits - 1 - exponent));
    }

    /// <summary>Mean ± standard error, the error with two significant digits and the mean to the same place.</summary>
    public static string Uncertain(double mean, double error)
    {
        if (!double.IsFinite(mean) || !double.IsFinite(error) || error == 0)
            return Significant(mean);
        int place = 1 - Exponent(error);
        if (Math.Abs(mean) > 0 && Exponent(mean) + place > Digits)
            return $"{Significant(mean, Digits + 1)} ± {error.ToString("0e+00", CultureInfo.InvariantCulture)}";
        int scale = Exponent(Math.Max(Math.Abs(mean), error));
        if (scale is >= -4 and <= 6 && place is >= 0 and <= 8)
            return $"{Fixed(mean, place)} ± {Fixed(error, place)}";
        double power = Math.Pow(10, scale);
        int decimals = Math.Clamp(place + scale, 0, 8);
        string exponent = scale.ToString("+00;-00", CultureInfo.InvariantCulture);
        return $"({Fixed(mean / power, decimals)} ± {Fixed(error / power, decimals)})e{exponent}";
    }

    /// <summary>A relative size in percent with its sign.</summary>
    public static string SignedPercent(double fraction) => double.IsFinite(fraction)
        ? (100 * fraction).ToString("+0.00;-0.00;0.00", CultureInfo.InvariantCulture) + "%"
        : Significant(fraction);

    /// <summary>A relative size in percent.</summary>
    public static string Percent(double fraction) => double.IsFinite(fraction)
        ? (100 * fraction).ToString("0.00", CultureInfo.InvariantCulture) + "%"
        : Significant(fraction);

    private static int Exponent(double value) => (int)Math.Floor(Math.Log10(Math.Abs(value)) + 1e-12);

    private static string Fixed(double value, int decimals) => value.ToString("F" + decimals, CultureInfo.InvariantCulture);
}
