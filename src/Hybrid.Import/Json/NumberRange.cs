using System.Globalization;

namespace Hybrid.Import.Json;

/// <summary>The finite numbers that a field or an option may hold.</summary>
/// <param name="Low">Its lower end.</param>
/// <param name="High">Its upper end; +∞: none.</param>
/// <param name="WithLow">Whether the lower end is legal.</param>
/// <param name="WithHigh">Whether the upper end is legal; an infinite one never is.</param>
public sealed record NumberRange(double Low, double High, bool WithLow, bool WithHigh)
{
    /// <summary>Every finite number.</summary>
    public static readonly NumberRange Any = new(double.NegativeInfinity, double.PositiveInfinity, false, false);

    /// <summary>Numbers > 0.</summary>
    public static readonly NumberRange Positive = new(0, double.PositiveInfinity, false, false);

    /// <summary>Numbers ≥ 0.</summary>
    public static readonly NumberRange NonNegative = new(0, double.PositiveInfinity, true, false);

    /// <summary>[0, 1).</summary>
    public static readonly NumberRange HalfOpenUnit = new(0, 1, true, false);

    /// <summary>[0, 1].</summary>
    public static readonly NumberRange Unit = new(0, 1, true, true);

    /// <summary>As an error says it after "must be".</summary>
    public string Legal => double.IsInfinity(High)
        ? string.Create(CultureInfo.InvariantCulture, $"a finite number {(WithLow ? "≥" : ">")} {Low}")
        : string.Create(CultureInfo.InvariantCulture, $"a number in {(WithLow ? '[' : '(')}{Low}, {High}{(WithHigh ? ']' : ')')}");

    /// <summary>Whether the number is legal.</summary>
    public bool Contains(double value) =>
        double.IsFinite(value) && (value > Low || (WithLow && value == Low)) && (value < High || (WithHigh && value == High));
}
