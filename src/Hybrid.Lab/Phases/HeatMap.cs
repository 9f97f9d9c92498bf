using System.Text;
using System.Text.Json.Nodes;
using Hybrid.Drawing;
using Hybrid.Drawing.Figures;
using Hybrid.Lab.Comparisons;

namespace Hybrid.Lab.Phases;

/// <summary>A grid function as coloured cells, zero in white, with the colour bar that explains them.</summary>
internal sealed class HeatMap
{
    /// <summary>Radius of a measured point.</summary>
    public const double DotRadius = 5.5;

    private readonly PhaseGrid _grid;
    private readonly double[,] _values;

    public HeatMap(PhaseGrid grid, double[,] values)
    {
        _grid = grid;
        _values = values;
        double largest = values.Cast<double>().Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();
        Limit = largest > 0 ? largest : 1;
    }

    /// <summary>The magnitude at either end of the colour bar: the largest on the grid.</summary>
    public double Limit { get; }

    /// <summary>
    /// Cells reach half-way to the neighbouring grid points; runs of one colour in a row are one rectangle, and all
    /// rectangles of one colour are one path.
    /// </summary>
    public void Draw(SvgWriter svg, Panel panel)
    {
        SortedDictionary<string, StringBuilder> paths = new(StringComparer.Ordinal);
        int columns = _grid.X.Count, rows = _grid.Y.Count;
        for (int j = 0; j < rows; j++)
        {
            double bottom = panel.Y(Boundary(_grid.Y.Values, j)), top = panel.Y(Boundary(_grid.Y.Values, j + 1));
            for (int i = 0; i < columns;)
            {
                string colour = Colour(i, j);
                int end = i + 1;
                while (end < columns && Colour(end, j) == colour)
                    end++;
                double left = panel.X(Boundary(_grid.X.Values, i)), right = panel.X(Boundary(_grid.X.Values, end));
                if (!paths.TryGetValue(colour, out StringBuilder? path))
                    paths[colour] = path = new();
                path.Append($"M{SvgWriter.Number(left)},{SvgWriter.Number(top)}H{SvgWriter.Number(right)}")
                    .Append($"V{SvgWriter.Number(bottom)}H{SvgWriter.Number(left)}z");
                i = end;
            }
        }

        using IDisposable group = svg.Group("cells");
        foreach ((string colour, StringBuilder path) in paths)
            svg.Path(path.ToString(), null, colour);
    }

    /// <summary>
    /// Measured values at infinite width as marks in the map's own colours, which vanish where measurement and theory are the same but for
    /// their rims; their shapes say the verdict.
    /// </summary>
    public void DrawMeasured(
        SvgWriter svg, Panel panel, string symbol, IEnumerable<(double X, double Y, ExponentComparison Exponent)> points)
    {
        foreach ((double x, double y, ExponentComparison exponent) in points.Where(point => double.IsFinite(point.Exponent.Measured.Mean)))
        {
            svg.Path(
                Marker.Data(Shape(exponent.Agreement), panel.X(x), panel.Y(y), DotRadius),
                "measured",
                DivergingColours.At(exponent.Extrapolation.Value / Limit),
                Hover(symbol, exponent));
        }
    }

    /// <summary>
    /// Invisible cells that say their value where the pointer rests; of grids finer than 64 points a side every second, third
    /// … point says its own.
    /// </summary>
    public void DrawHover(SvgWriter svg, Panel panel, string symbol)
    {
        const int Finest = 64;
        int across = (_grid.X.Count + Finest - 1) / Finest, up = (_grid.Y.Count + Finest - 1) / Finest;
        using IDisposable group = svg.Group("hover");
        for (int j = 0; j < _grid.Y.Count; j += up)
        {
            double bottom = panel.Y(Boundary(_grid.Y.Values, j)), top = panel.Y(Boundary(_grid.Y.Values, Math.Min(j + up, _grid.Y.Count)));
            for (int i = 0; i < _grid.X.Count; i += across)
            {
                double left = panel.X(Boundary(_grid.X.Values, i)),
                    right = panel.X(Boundary(_grid.X.Values, Math.Min(i + across, _grid.X.Count)));
                string place = $"{FieldSymbols.Label(_grid.X.Paths)} = {Numbers.Significant(_grid.X.Values[i])}, "
                    + $"{FieldSymbols.Label(_grid.Y.Paths)} = {Numbers.Significant(_grid.Y.Values[j])}";
                svg.Rectangle(
                    left, top, right - left, bottom - top, null, hover: $"{symbol} = {Numbers.Significant(_values[i, j])} at {place}");
            }
        }
    }

    /// <summary>The colour bar to the right of the panel.</summary>
    public void DrawBar(SvgWriter svg, Panel panel, string symbol) => ColourBar.Draw(svg, panel, symbol, -Limit, Limit);

    /// <summary>The map for plotly.js, and on it the measured points in its own colours.</summary>
    public IEnumerable<JsonObject> Traces(
        string symbol, IReadOnlyCollection<(double X, double Y, ExponentComparison Exponent)> points)
    {
        yield return new()
        {
            ["type"] = "heatmap",
            ["x"] = Plot.Values(_grid.X.Values),
            ["y"] = Plot.Values(_grid.Y.Values),
            ["z"] = new JsonArray([.. Enumerable.Range(0, _grid.Y.Count).Select(
                j => (JsonNode)Plot.Values(Enumerable.Range(0, _grid.X.Count).Select(i => _values[i, j])))]),
            ["colorscale"] = DivergingColours.Scale(),
            ["zmin"] = -Limit,
            ["zmax"] = Limit,
            ["colorbar"] = new JsonObject { ["title"] = Plot.Marked(symbol), ["thickness"] = 12, ["tickformat"] = ".3~g" },
            ["hovertemplate"] =
                $"{FieldSymbols.Label(_grid.X.Paths)} %{{x:.4g}}<br>{FieldSymbols.Label(_grid.Y.Paths)} %{{y:.4g}}<br>"
                + $"{symbol} %{{z:.5g}}<extra></extra>",
        };
        if (points.Count > 0)
        {
            yield return Plot.Marks(
                "measured", points.Select(point => point.X), points.Select(point => point.Y),
                points.Select(point => Hover(symbol, point.Exponent)),
                new()
                {
                    ["color"] = Plot.Values(points.Select(point => point.Exponent.Extrapolation.Value)),
                    ["symbol"] = Plot.Texts(points.Select(point => Plot.Symbol(Shape(point.Exponent.Agreement)))),
                    ["colorscale"] = DivergingColours.Scale(),
                    ["cmin"] = -Limit,
                    ["cmax"] = Limit,
                    ["size"] = 2 * DotRadius,
                    ["line"] = new JsonObject { ["color"] = "#111111", ["width"] = 1 },
                });
        }
    }

    // Circle, cross, triangle.
    private static int Shape(Agreement agreement) => agreement switch
    {
        Agreement.Agrees => 0,
        Agreement.Disagrees => 5,
        _ => 2,
    };

    private static string Hover(string symbol, ExponentComparison exponent)
    {
        string infinite = Numbers.Uncertain(exponent.Extrapolation.Value, exponent.Extrapolation.Spread.StandardError);
        return $"{symbol} measured {exponent.Measured.ToString()}, at infinite width {infinite}; "
            + $"predicted {Numbers.Significant(exponent.Prediction)}: {exponent.Agreement.ToString().ToLowerInvariant()}";
    }

    private string Colour(int i, int j) => double.IsFinite(_values[i, j])
        ? DivergingColours.At(_values[i, j] / Limit)
        : "#808080";

    private static double Boundary(IReadOnlyList<double> values, int i) => i switch
    {
        0 => values[0],
        _ when i == values.Count => values[^1],
        _ => (values[i - 1] + values[i]) / 2,
    };
}
