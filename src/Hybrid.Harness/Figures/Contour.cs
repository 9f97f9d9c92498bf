using Hybrid.Harness.Phases;

namespace Hybrid.Harness.Figures;

/// <summary>The zero line of one exponent in a phase diagram, with its name and its line style.</summary>
internal sealed class Contour
{
    private readonly string _name;
    private readonly string _classes;
    private readonly double[,] _values;
    private readonly IReadOnlyList<IReadOnlyList<(double X, double Y)>> _lines;

    private Contour(string name, string classes, double[,] values, IReadOnlyList<IReadOnlyList<(double X, double Y)>> lines)
    {
        _name = name;
        _classes = classes;
        _values = values;
        _lines = lines;
    }

    /// <summary>Traces the zero line of <paramref name="values"/> on the grid.</summary>
    public static Contour Of(PhaseGrid grid, double[,] values, string name, string classes) =>
        new(name, classes, values, ZeroContour.Trace(grid.X.Values, grid.Y.Values, values));

    /// <summary>A sentence for the reader where the line does not exist in the range; otherwise nothing.</summary>
    public string Remark(string symbol)
    {
        if (_lines.Count > 0)
            return "";
        bool positive = _values.Cast<double>().Where(double.IsFinite).All(value => value > 0);
        bool negative = _values.Cast<double>().Where(double.IsFinite).All(value => value < 0);
        return positive ? $"{symbol} > 0 throughout. " : negative ? $"{symbol} < 0 throughout. " : $"{symbol} does not change sign. ";
    }

    /// <summary>Draws the line and returns its vertices in page coordinates.</summary>
    public (double X, double Y)[] Draw(SvgWriter svg, Panel panel)
    {
        foreach (IReadOnlyList<(double X, double Y)> line in OnPage(panel))
            svg.Polyline(line, _classes);
        return [.. OnPage(panel).SelectMany(line => line)];
    }

    /// <summary>Writes the name along the line, just above it, away from <paramref name="avoid"/>.</summary>
    public void DrawLabel(SvgWriter svg, Panel panel, IReadOnlyList<(double X, double Y)> avoid)
    {
        if (ContourLabel.Place(OnPage(panel), avoid, panel) is ContourLabel label)
        {
            using IDisposable group = svg.Group(
                transform: $"translate({SvgWriter.Number(label.X)} {SvgWriter.Number(label.Y)}) rotate({SvgWriter.Number(label.Angle)})");
            svg.Text(0, -6, _name, "on-map", "middle");
        }
    }

    private IReadOnlyList<IReadOnlyList<(double X, double Y)>> OnPage(Panel panel) =>
        [.. _lines.Select(line => (IReadOnlyList<(double, double)>)[.. line.Select(point => (panel.X(point.X), panel.Y(point.Y)))])];
}
