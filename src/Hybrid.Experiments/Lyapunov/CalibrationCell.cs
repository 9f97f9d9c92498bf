using System.Globalization;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Hypotheses;

namespace Hybrid.Experiments.Lyapunov;

/// <summary>One calibration map, measured on several orbits.</summary>
internal sealed class CalibrationCell
{
    public CalibrationCell(CalibrationMap map, LyapunovSize size)
    {
        Map = map;
        Numbers = [.. map.Exponents.Select((exponent, k) => new RegisteredNumber(map.Name, Name(k), exponent))];
        Cell = new(
            string.Create(CultureInfo.InvariantCulture, $"{map.Name}, {size.Orbits} orbits of {size.Steps} steps"),
            100.0 * size.Orbits * size.Steps,
            _ => CellValues.Of(Enumerable.Range(0, size.Orbits).Select(orbit =>
                map.Orbit(orbit, size.Steps).Select((exponent, k) => KeyValuePair.Create(Name(k), exponent)))));
    }

    public CalibrationMap Map { get; }

    /// <summary>The known exponents.</summary>
    public IReadOnlyList<RegisteredNumber> Numbers { get; }

    public Cell Cell { get; }

    private static string Name(int k) => $"λ, number {k + 1}";
}
