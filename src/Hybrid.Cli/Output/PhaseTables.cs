using Hybrid.Harness.Phases;

namespace Hybrid.Cli.Output;

/// <summary>A phase diagram's numbers in brief, for the screen.</summary>
internal static class PhaseTables
{
    public static void Write(Terminal terminal, PhaseGrid grid, string path)
    {
        TextTable table = new("<exponent", "<symbol", "least", "greatest", "share < 0", "<zero line");
        WriteRow(table, grid, grid.Angle, "angle", "λ_a");
        WriteRow(table, grid, grid.Gradient, "gradient", "λ_g");
        table.Write(terminal);
        terminal.Out.WriteLine($"written: {path}");
    }

    private static void WriteRow(TextTable table, PhaseGrid grid, double[,] values, string name, string symbol)
    {
        double[] finite = [.. values.Cast<double>().Where(double.IsFinite)];
        IReadOnlyList<IReadOnlyList<(double X, double Y)>> lines = ZeroContour.Trace(grid.X.Values, grid.Y.Values, values);
        table.Row(
            name,
            symbol,
            Numbers.Significant(finite.DefaultIfEmpty(double.NaN).Min()),
            Numbers.Significant(finite.DefaultIfEmpty(double.NaN).Max()),
            Numbers.Percent((double)finite.Count(value => value < 0) / finite.Length),
            lines.Count == 0 ? "none in this range" : Ends(lines.MaxBy(line => line.Count)!));
    }

    /// <summary>Where the longest zero line begins and ends, in the axes' own values.</summary>
    private static string Ends(IReadOnlyList<(double X, double Y)> line) => $"from {Point(line[0])} to {Point(line[^1])}";

    private static string Point((double X, double Y) point) => $"({Numbers.Significant(point.X)}, {Numbers.Significant(point.Y)})";
}
