using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Import.Json;
using Hybrid.Import.Records;

namespace Hybrid.Lab.Phases;

/// <summary>One axis of a phase diagram: the fields of the architecture that it sweeps together, and the values.</summary>
/// <param name="Paths">Dotted paths such as mlp.inStd; all take the same value.</param>
/// <param name="Low">The first value.</param>
/// <param name="High">The last value; greater than <paramref name="Low"/>.</param>
/// <param name="Count">The number of values, from 2 to <see cref="LargestCount"/>.</param>
public sealed record PhaseAxis(IReadOnlyList<string> Paths, double Low, double High, int Count)
{
    /// <summary>The most values that an axis may have.</summary>
    public const int LargestCount = 1000;

    /// <summary>The equally spaced values, ascending; first and last are exactly the bounds.</summary>
    public IReadOnlyList<double> Values { get; } =
        [.. Enumerable.Range(0, Count).Select(i => i == Count - 1 ? High : Low + i * (High - Low) / (Count - 1))];

    /// <summary>Whether values between <see cref="Values"/> are legal too: no path holds whole numbers only.</summary>
    public bool IsContinuous => !Paths.Any(path => Fields.Find(path) is { Kind.IsWhole: true });

    /// <summary>Reads "PATHS=lo:hi:count"; <paramref name="option"/> names the request in errors, such as --x.</summary>
    /// <exception cref="InputException">The text has another form, or a path is no field that holds a number.</exception>
    public static PhaseAxis Parse(string text, string option)
    {
        InputException Wrong(string reason) => new(
            $"{option} {text}: {reason}; must be PATHS=lo:hi:count, for example {option} mlp.inStd=0.5:3:40");

        string[] sides = text.Split('=');
        if (sides.Length != 2)
            throw Wrong($"got {sides.Length - 1} equals signs");
        string[] paths = sides[0].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (paths.Length == 0)
            throw Wrong("got no path");
        string[] range = sides[1].Split(':');
        if (range.Length != 3)
            throw Wrong($"got {range.Length} numbers for lo, hi and count");
        double low = Number(range[0]) ?? throw Wrong($"lo must be a finite number, got '{range[0]}'");
        double high = Number(range[1]) ?? throw Wrong($"hi must be a finite number, got '{range[1]}'");
        if (!(high > low))
            throw Wrong($"hi must be greater than lo, got {range[0]} and {range[1]}");
        if (!double.IsFinite(high - low))
            throw Wrong($"hi − lo must be a finite number, got {range[0]} and {range[1]}");
        if (!int.TryParse(range[2], NumberStyles.None, CultureInfo.InvariantCulture, out int count) || count < 2 || count > LargestCount)
            throw Wrong($"count must be an integer from 2 to {LargestCount}, got '{range[2]}'");
        PhaseAxis axis = new(paths, low, high, count);
        ArchitectureOverrides.Replace(ArchitectureModule.Defaults, paths, low, $"{option} {text}");
        return axis;
    }

    /// <summary>The text that <see cref="Parse"/> reads.</summary>
    public override string ToString() => FormattableString.Invariant($"{string.Join(',', Paths)}={Low:R}:{High:R}:{Count}");

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
            ? value
            : null;
}
