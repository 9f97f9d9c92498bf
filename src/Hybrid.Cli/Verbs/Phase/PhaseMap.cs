using System.Text;
using Hybrid.Cli.Shared;
using Hybrid.Drawing;
using Hybrid.Lab.Phases;

namespace Hybrid.Cli.Verbs;

/// <summary>
/// A phase diagram as characters: the sign of λ_a over the grid, "·" where tokens collapse, "#" where they repel, and the
/// zero line between them as "o"; "?" where norms leave double precision. One character stands for one grid point or the nearest of
/// several.
/// </summary>
internal static class PhaseMap
{
    private const int MostColumns = 64, MostRows = 20, Margin = 10;
    private const string Order = "·", Edge = "o", Chaos = "#", Unknown = "?";
    private const string Blue = "\u001b[34m", Red = "\u001b[31m", Bold = "\u001b[1m", Reset = "\u001b[0m";

    /// <summary>Draws the diagram as wide as the window allows, at most 64 columns, and an empty line.</summary>
    public static void Write(Terminal terminal, PhaseGrid grid)
    {
        int columns = Math.Min(grid.X.Count, Math.Min(MostColumns, (terminal.Columns ?? MostColumns + Margin) - Margin));
        int rows = Math.Min(grid.Y.Count, MostRows);
        terminal.Out.WriteLine($"λ_a over {string.Join(", ", grid.X.Paths)} (across) and "
            + $"{string.Join(", ", grid.Y.Paths)} (up): {Order} order, {Edge} edge, {Chaos} chaos"
            + (grid.HasDivergent ? $", {Unknown} norms leave double precision" : ""));
        for (int row = rows - 1; row >= 0; row--)
        {
            string label = row == rows - 1 ? Numbers.Significant(grid.Y.High, 3) : row == 0 ? Numbers.Significant(grid.Y.Low, 3) : "";
            StringBuilder line = new($"{label,Margin - 2} ");
            for (int column = 0; column < columns; column++)
                line.Append(Coloured(terminal, Cell(grid, column, columns, row, rows)));
            terminal.Out.WriteLine(line);
        }

        string low = Numbers.Significant(grid.X.Low, 3), high = Numbers.Significant(grid.X.High, 3);
        terminal.Out.WriteLine($"{new string(' ', Margin - 1)}{low} {high.PadLeft(Math.Max(0, columns - low.Length - 1))}");
        terminal.Out.WriteLine();
    }

    // The edge is where λ_a is 0, or its sign differs from the cell to the right or below.
    private static string Cell(PhaseGrid grid, int column, int columns, int row, int rows)
    {
        double angle = Angle(column, row);
        if (double.IsNaN(angle))
            return Unknown;
        if (angle == 0 || (column + 1 < columns && Differs(Angle(column + 1, row))) || (row > 0 && Differs(Angle(column, row - 1))))
            return Edge;
        return angle > 0 ? Chaos : Order;

        double Angle(int x, int y) => grid.Angle[Nearest(x, columns, grid.X.Count), Nearest(y, rows, grid.Y.Count)];
        bool Differs(double other) => !double.IsNaN(other) && (other > 0) != (angle > 0);
    }

    private static int Nearest(int index, int shown, int count) =>
        shown == 1 ? 0 : (int)Math.Round((double)index * (count - 1) / (shown - 1));

    private static string Coloured(Terminal terminal, string cell) => !terminal.Colour ? cell : cell switch
    {
        Order => $"{Blue}{cell}{Reset}",
        Chaos => $"{Red}{cell}{Reset}",
        _ => $"{Bold}{cell}{Reset}",
    };
}
