using System.Globalization;
using System.Text;
using Hybrid.Lab.Phases;

namespace Hybrid.Cli.Verbs;

/// <summary>A phase diagram as CSV: one row for each grid point, x fastest; a value that is not finite is left empty.</summary>
internal static class PhaseCsv
{
    public static string Text(PhaseGrid grid)
    {
        StringBuilder text =
            new($"\"{string.Join(',', grid.X.Paths)}\",\"{string.Join(',', grid.Y.Paths)}\",angleExponent,gradientExponent,rho\n");
        for (int j = 0; j < grid.Y.Count; j++)
        {
            for (int i = 0; i < grid.X.Count; i++)
            {
                text.Append(Cell(grid.X.Values[i])).Append(',').Append(Cell(grid.Y.Values[j])).Append(',');
                text.Append(Cell(grid.Angle[i, j])).Append(',').Append(Cell(grid.Gradient[i, j])).Append(',');
                text.Append(Cell(grid.Correlation[i, j])).Append('\n');
            }
        }

        return text.ToString();
    }

    private static string Cell(double value) => double.IsFinite(value) ? value.ToString("R", CultureInfo.InvariantCulture) : "";
}
