using System.Text.Json.Nodes;
using Hybrid.Drawing.Figures;
using Hybrid.Theory;

namespace Hybrid.Lab.Phases;

/// <summary>The zero line of one exponent in a phase diagram, with its name and its line style.</summary>
internal sealed class Contour
{
    private readonly string _name;
    private readonly string _classes;
    private readonly double[,] _values;
    private readonly IReadOnlyList<ZeroLine> _lines;

    /// <summary>The zero line <paramref name="lines"/> of the grid function <paramref name="values"/>.</summary>
    public Contour(string name, string classes, double[,] values, IReadOnlyList<ZeroLine> lines)
    {
        _name = name;
        _classes = classes;
        _values = values;
        _lines = lines;
    }

    /// <summary>A sentence for the reader where the line does not exist in the range; otherwise nothing.</summary>
    public string Remark(string symbol)
    {
        if (_lines.Count > 0)
            return "";
        double[] finite = [.. _values.Cast<double>().Where(double.IsFinite)];
        if (finite.All(value => Math.Abs(value) <= PhaseGrid.Vanishing))
            return $"{symbol} = 0 throughout. ";
        return finite.All(value => value > 0) ? $"{symbol} > 0 throughout. "
            : finite.All(value => value < 0) ? $"{symbol} < 0 throughout. "
            : $"{symbol}: no zero line was traced. ";
    }

    /// <summary>The line for plotly.js; a gap between its parts.</summary>
    public JsonObject Trace(bool dashed) => Plot.Line(
        _name,
        "#111111",
        _lines.SelectMany(line => line.X.Append(double.NaN)),
        _lines.SelectMany(line => line.Y.Append(double.NaN)),
        dash: dashed ? "dash" : null);

    /// <summary>Draws the line and returns its vertices in page coordinates.</summary>
    public (double X, double Y)[] Draw(SvgWriter svg, Panel panel)
    {
        foreach (IReadOnlyList<(double X, double Y)> line in OnPage(panel))
            svg.Polyline(line, _classes);
        return [.. OnPage(panel).SelectMany(line => line)];
    }

    /// <summary>
    /// Writes the name along the line, just above it, away from <paramref name="avoid"/>; returns the text's middle, or
    /// nothing where there is no name.
    /// </summary>
    public (double X, double Y)[] DrawLabel(SvgWriter svg, Panel panel, IReadOnlyList<(double X, double Y)> avoid)
    {
        if (ContourLabel.Place(OnPage(panel), avoid, panel) is not ContourLabel label)
            return [];
        using IDisposable group = svg.Group(
            transform: $"translate({SvgWriter.Number(label.X)} {SvgWriter.Number(label.Y)}) rotate({SvgWriter.Number(label.Angle)})");
        svg.Text(0, 4, _name, "on-map", "middle");
        return [(label.X, label.Y)];
    }

    /// <summary>The line's parts in page coordinates.</summary>
    public IReadOnlyList<IReadOnlyList<(double X, double Y)>> OnPage(Panel panel) =>
        [.. _lines.Select(line => (IReadOnlyList<(double, double)>)[.. line.X.Zip(line.Y, (x, y) => (panel.X(x), panel.Y(y)))])];
}
