using Hybrid.Harness.Phases;
using Hybrid.Theory;

namespace Hybrid.Cli.Output;

/// <summary>A phase diagram's numbers in brief, for the screen.</summary>
internal static class PhaseTables
{
    public static void Write(Terminal terminal, PhaseGrid grid, string path)
    {
        PhaseMap.Write(terminal, grid);
        TextTable.Write(terminal, Of(grid));
        terminal.Out.WriteLine($"written: {path}");
    }

    /// <summary>Range, sign and zero line of both exponents.</summary>
    public static ReportTable Of(PhaseGrid grid) => new(
        "",
        ["<exponent", "<symbol", "least", "greatest", "share < 0", "<zero line"],
        [Row(grid.Angle, grid.AngleZero, "angle", "λ_a"), Row(grid.Gradient, grid.GradientZero, "gradient", "λ_g")]);

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
