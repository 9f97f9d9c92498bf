using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Drawing;
using Hybrid.Lab.Comparisons;
using Hybrid.Lab.Phases;
using Hybrid.Lab.Statistics;
using Hybrid.Theory;

namespace Hybrid.Cli.Verbs;

/// <summary>A phase diagram's numbers in brief, for the screen.</summary>
internal static class PhaseTables
{
    public static void Write(Terminal terminal, PhaseGrid grid, PhaseMeasurement? measurement, string path)
    {
        PhaseMap.Write(terminal, grid);
        TextTable.Write(terminal, Of(grid));
        if (measurement is not null)
            Write(terminal, grid, measurement);

        terminal.Out.WriteLine($"written: {path}");
    }

    /// <summary>Range, sign and zero line of both exponents.</summary>
    public static ReportTable Of(PhaseGrid grid) => new(
        "",
        ["<exponent", "<symbol", "least", "greatest", "share < 0", "<zero line"],
        [Row(grid.Angle, grid.AngleZero, "angle", "λ_a"), Row(grid.Gradient, grid.GradientZero, "gradient", "λ_g")]);

    /// <summary>What was measured, and what the columns of <see cref="Errors"/> mean.</summary>
    public static string Caption(PhaseMeasurement measurement) =>
        $"{measurement.Points.Count} points, {measurement.Networks} random networks each, at the collapsed line.\n"
            + "at ∞: carried to infinite width from a second width; detectable: the largest error that would still agree, in the median";

    /// <summary>How far measured exponents are from the predicted ones.</summary>
    public static ReportTable Errors(PhaseMeasurement measurement) => new(
        "",
        ["<|measured − predicted|", "<symbol", "at width 50%", "largest", "at ∞ 50%", "largest", "detectable"],
        [
            ErrorRow("angle", "λ_a", [.. measurement.Points.Select(point => point.Angle)]),
            ErrorRow("gradient, at the line", "λ_g", [.. measurement.Points.Select(point => point.Gradient)]),
        ]);

    /// <summary>Every comparison that <paramref name="shown"/> picks, row by row from the lower left.</summary>
    public static ReportTable Points(PhaseGrid grid, PhaseMeasurement measurement, Func<Agreement, bool> shown) => new(
        "",
        [string.Join(", ", grid.X.Paths), string.Join(", ", grid.Y.Paths), "<symbol", "predicted", "<at width", "<at ∞", "tolerance", "<"],
        [
            .. measurement.Points.SelectMany(point => (IReadOnlyList<string>[])
                [.. Compared(point, "λ_a", point.Angle, shown), .. Compared(point, "λ_g", point.Gradient, shown)]),
        ]);

    private static void Write(Terminal terminal, PhaseGrid grid, PhaseMeasurement measurement)
    {
        terminal.Out.WriteLine(Caption(measurement));
        TextTable.Write(terminal, Errors(measurement));
        if (measurement.Agreement == Agreement.Disagrees)
            TextTable.Write(terminal, Points(grid, measurement, agreement => agreement == Agreement.Disagrees));
        terminal.Out.WriteLine(AgreementText.Counts(measurement.Count, measurement.FamilyWiseRate));
        terminal.Out.WriteLine($"verdict: {AgreementText.Verdict(measurement.Agreement, "--measure")}");
        terminal.Out.WriteLine();
    }

    private static IEnumerable<IReadOnlyList<string>> Compared(
        MeasuredPoint point, string symbol, ExponentComparison exponent, Func<Agreement, bool> shown)
    {
        if (shown(exponent.Agreement))
        {
            yield return
            [
                Numbers.Significant(point.X),
                Numbers.Significant(point.Y),
                symbol,
                Numbers.Significant(exponent.Prediction),
                exponent.Measured.ToString(),
                Numbers.Uncertain(exponent.Extrapolation.Value, exponent.Extrapolation.Spread.StandardError),
                Numbers.Significant(exponent.Tolerance, 2),
                Words.Mark(exponent.Agreement),
            ];
        }
    }

    private static IReadOnlyList<string> ErrorRow(string name, string symbol, IReadOnlyList<ExponentComparison> exponents)
    {
        double[] atWidth = [.. exponents.Select(exponent => Math.Abs(exponent.Measured.Mean - exponent.Prediction))];
        double[] infinite = [.. exponents.Select(exponent => Math.Abs(exponent.Extrapolation.Value - exponent.Prediction))];
        return
        [
            name,
            symbol,
            Numbers.Significant(Percentiles.Of(atWidth).P50, 3),
            Numbers.Significant(atWidth.Max(), 3),
            Numbers.Significant(Percentiles.Of(infinite).P50, 3),
            Numbers.Significant(infinite.Max(), 3),
            Numbers.Significant(Percentiles.Of(exponents.Select(exponent => exponent.Tolerance)).P50, 3),
        ];
    }

    private static IReadOnlyList<string> Row(double[,] values, IReadOnlyList<ZeroLine> lines, string name, string symbol)
    {
        double[] finite = [.. values.Cast<double>().Where(double.IsFinite)];
        return
        [
            name,
            symbol,
            Numbers.Significant(finite.DefaultIfEmpty(double.NaN).Min()),
            Numbers.Significant(finite.DefaultIfEmpty(double.NaN).Max()),
            Numbers.Percent((double)finite.Count(value => value < 0) / finite.Length),
            lines.Count == 0 ? "none in this range" : Ends(lines.MaxBy(line => line.X.Length)!),
        ];
    }

    /// <summary>Where the longest zero line begins and ends, in the axes' own values.</summary>
    private static string Ends(ZeroLine line) => $"from {Point(line.X[0], line.Y[0])} to {Point(line.X[^1], line.Y[^1])}";

    private static string Point(double x, double y) => $"({Numbers.Significant(x)}, {Numbers.Significant(y)})";
}
