using Hybrid.Harness.Phases;
using Hybrid.Theory;

namespace Hybrid.Cli.Output;

/// <summary>A phase diagram's numbers in brief, for the screen.</summary>
internal static class PhaseTables
{
    public static void Write(Terminal terminal, PhaseGrid grid, string path)
    {
        TextTable table = new("<exponent", "<symbol", "least", "greatest", "share < 0", "<zero line");
        WriteRow(table, grid.Angle, grid.AngleZero, "angle", "λ_a");
        WriteRow(table, grid.Gradient, grid.GradientZero, "gradient", "λ_g");
        table.Write(terminal);
        terminal.Out.WriteLine($"written: {path}");
    }

    private static void WriteRow(TextTable table, double[,] values, IReadOnlyList<ZeroLine> lines, string name, string symbol)
    {
        double[] finite = [.. values.Cast<double>().Where(double.IsFinite)];
        table.Row(
            name,
            symbol,
            Numbers.Significant(finite.DefaultIfEmpty(double.NaN).Min()),
            Numbers.Significant(finite.DefaultIfEmpty(double.NaN).Max()),
            Numbers.Percent((double)finite.Count(value => value < 0) / finite.Length),
            lines.Count == 0 ? "none in this range" : Ends(lines.MaxBy(line => line.X.Length)!));
    }

    /// <summary>Where the longest zero line begins and ends, in the axes' own values.</summary>
    private static string Ends(ZeroLine line) => $"from {Point(line.X[0], line.Y[0])} to {Point(line.X[^1], line.Y[^1])}";

    private static string Point(double x, double y) => $"({Numbers.Significant(x)}, {Numbers.Significant(y)})";
}
