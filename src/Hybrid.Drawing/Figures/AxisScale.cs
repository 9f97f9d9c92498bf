using System.Globalization;

namespace Hybrid.Drawing.Figures;

/// <summary>
/// A linear, logarithmic or signed logarithmic axis: its range,
/// the position of a value on it, its ticks and their labels.
/// </summary>
internal sealed class AxisScale
{
    // The least distance of two ticks of a signed axis, as a share of the axis.
    private const double TickGap = 0.08;

    // Relative size of what sums of many numbers lose to rounding.
    private const double Rounding = 1e-9;

    private readonly Func<double, double> _map;

    private AxisScale(
        double low, double high, Func<double, double> map, IReadOnlyList<(double Value, string Label)> ticks,
        bool logarithmic = false, bool bothSigns = false)
    {
        Low = low;
        High = high;
        Logarithmic = logarithmic;
        BothSigns = bothSigns;
        Ticks = ticks;
        _map = map;
    }

    /// <summary>The value at position 0.</summary>
    public double Low { get; }

    /// <summary>The value at position 1.</summary>
    public double High { get; }

    /// <summary>Whether position is linear in log value.</summary>
    public bool Logarithmic { get; }

    /// <summary>Whether position is linear in asinh value.</summary>
    public bool BothSigns { get; }

    /// <summary>Round values inside the range with their labels, ascending.</summary>
    public IReadOnlyList<(double Value, string Label)> Ticks { get; }

    /// <summary>Logarithmic where all values are positive and span more than a factor 20, otherwise linear, with margins.</summary>
    public static AxisScale Fitting(IReadOnlyCollection<double> values)
    {
        double low = values.Count == 0 ? 0 : values.Min(), high = values.Count == 0 ? 1 : values.Max();
        if (low > 0 && high > 20 * low)
            return Log(low / Math.Pow(high / low, 0.04), high * Math.Pow(high / low, 0.04));
        // What differs by rounding alone is equal: its digits would fill no axis.
        double margin = high - low > Rounding * Math.Max(Math.Abs(low), Math.Abs(high))
            ? 0.06 * (high - low)
            : Math.Max(0.1, 0.1 * Math.Abs(high));
        return Linear(low - margin, high + margin);
    }

    /// <summary>A linear axis that ends exactly at the given values.</summary>
    public static AxisScale Linear(double low, double high, int count = 5)
    {
        double step = RoundStep((high - low) / count);
        List<(double, string)> ticks = [];
        // A tick's digits follow the step's size, so that 0.30000000000000004 reads 0.3.
        int digits = Math.Clamp(-(int)Math.Floor(Math.Log10(step) + 1e-9), 0, 15);
        double first = Math.Ceiling(low / step - 1e-9);
        for (int tick = 0; tick <= count && (first + tick) * step <= high + 1e-9 * step; tick++)
        {
            double value = (first + tick) * step;
            ticks.Add((value, Plain(Math.Round(value, digits) + 0.0, step)));
        }

        return new(low, high, value => value, ticks);
    }

    /// <summary>An axis of numbers of either sign, linear in asinh value: even below 1 in size, logarithmic beyond.</summary>
    public static AxisScale Signed(IReadOnlyCollection<double> values)
    {
        double low = Math.Asinh(values.Min()), high = Math.Asinh(values.Max()), margin = Math.Max(0.05, 0.06 * (high - low));
        AxisScale bare = new(Math.Sinh(low - margin), Math.Sinh(high + margin), Math.Asinh, []);
        // Zero first, then powers of ten from 1, and what else there is room for.
        List<double> ticks = [];
        foreach (double size in (ReadOnlySpan<double>)[0, 1, 10, 100, 1000, 3, 30, 300, 0.3, 0.1, 0.03])
        {
            foreach (double value in (ReadOnlySpan<double>)[size, -size])
            {
                if (value >= bare.Low && value <= bare.High
                    && ticks.All(tick => Math.Abs(bare.Position(tick) - bare.Position(value)) > TickGap))
                {
                    ticks.Add(value);
                }
            }
        }

        return new(bare.Low, bare.High, Math.Asinh, [.. ticks.Order().Select(value => (value, Plain(value, 1)))], bothSigns: true);
    }

    /// <summary>A logarithmic axis; powers of ten where at least two fit, otherwise 1, 2, 5 or finer.</summary>
    public static AxisScale Log(double low, double high)
    {
        double first = Math.Ceiling(Math.Log10(low) - 1e-9), last = Math.Floor(Math.Log10(high) + 1e-9);
        List<(double, string)> ticks = [];
        if (last - first >= 2)
        {
            double step = Math.Max(1, Math.Ceiling((last - first) / 6));
            for (double exponent = step * Math.Ceiling(first / step); exponent <= last; exponent += step)
                ticks.Add((Math.Pow(10, exponent), Power((int)exponent)));
        }
        else
        {
            for (double exponent = first - 1; exponent <= last; exponent++)
            {
                foreach (int mantissa in (ReadOnlySpan<int>)[1, 2, 5])
                {
                    double value = mantissa * Math.Pow(10, exponent);
                    if (value >= low && value <= high)
                        ticks.Add((value, Plain(value, value)));
                }
            }
        }

        return new(low, high, value => Math.Log(Math.Max(value, double.Epsilon)), ticks, logarithmic: true);
    }

    /// <summary>0 at <see cref="Low"/>, 1 at <see cref="High"/>; values outside are put on the edge, NaN stays NaN.</summary>
    public double Position(double value)
    {
        return Math.Clamp((_map(value) - _map(Low)) / (_map(High) - _map(Low)), 0, 1);
    }

    /// <summary>Whether the axis can show the value.</summary>
    public bool Shows(double value) => double.IsFinite(value) && (!Logarithmic || value > 0);

    private static double RoundStep(double rough)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double mantissa = rough / power;
        return power * (mantissa <= 1.0001 ? 1 : mantissa <= 2.0001 ? 2 : mantissa <= 5.0001 ? 5 : 10);
    }

    private static string Plain(double value, double resolution)
    {
        string text = resolution is < 1e-4 or >= 1e6
            ? value.ToString("0.##e0", CultureInfo.InvariantCulture)
            : value.ToString("0.######", CultureInfo.InvariantCulture);
        return text.Replace('-', '−');
    }

    /// <summary>10ⁿ with the exponent raised.</summary>
    private static string Power(int exponent) => exponent switch
    {
        0 => "1",
        1 => "10",
        _ => "10" + string.Concat(exponent.ToString(CultureInfo.InvariantCulture).Select(Raised)),
    };

    private static char Raised(char digit) => digit == '-' ? '⁻' : "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit - '0'];
}
