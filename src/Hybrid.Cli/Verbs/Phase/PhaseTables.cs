using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Drawing;
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
        {
            terminal.Out.WriteLine(Caption(measurement));
            TextTable.Write(terminal, Of(measurement));
        }

        terminal.Out.WriteLine($"written: {path}");
    }

    /// <summary>Range, sign and zero line of both exponents.</summary>
    public static ReportTable Of(PhaseGrid grid) => new(
        "",
        ["<exponent", "<symbol", "least", "greatest", "share < 0", "<zero line"],
        [Row(grid.Angle, grid.AngleZero, "angle", "λ_a"), Row(grid.Gradient, grid.GradientZero, "gradient", "λ_g")]);

    /// <summary>What was measured, and what its deviations hold besides sampling noise.</summary>
    public static string Caption(PhaseMeasurement measurement) =>
        $"{measurement.Points.Count} points, {measurement.Networks} random networks each, "
            + "at the collapsed line; finite width shifts an exponent by O(1/width)";

    /// <summary>How far measured exponents are from the predicted ones.</summary>
    public static ReportTable Of(PhaseMeasurement measurement) => new(
        "",
        ["<exponent", "<symbol", "median |measured − predicted|", "largest", "median standard error"],
        [
            Deviations("angle", "λ_a", measurement.Points.Select(point => (point.Angle, point.PredictedAngle))),
            Deviations("gradient, at the line", "λ_g", measurement.Points.Select(point => (point.Gradient, point.PredictedGradient))),
        ]);

    private static IReadOnlyList<string> Deviations(string name, string symbol, IEnumerable<(Estimate Measured, double Predicted)> points)
    {
        double[] deviations = [.. points.Select(point => Math.Abs(point.Measured.Mean - point.Predicted))];
        double[] errors = [.. points.Select(point => point.Measured.StandardError)];
        return
        [
            name,
            symbol,
            Numbers.Significant(Percentiles.Of(deviations).P50, 3),
            Numbers.Significant(deviations.Max(), 3),
            Numbers.Significant(Percentiles.Of(errors).P50, 3),
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
