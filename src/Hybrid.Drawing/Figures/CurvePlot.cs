using System.Text.Json.Nodes;

namespace Hybrid.Drawing.Figures;

/// <summary>A panel of curves for plotly.js: the same lines, points and axes as in the SVG.</summary>
internal static class CurvePlot
{
    /// <summary>The plot of a panel.</summary>
    public static Plot Of(CurvePanel panel)
    {
        (AxisScale across, AxisScale up) = (panel.Across, panel.Up);
        JsonArray traces = [];
        foreach (CurveSeries series in panel.Series.Where(series => series.Line.Count > 0))
        {
            traces.Add(Plot.Line(
                series.Label,
                Colour(series),
                series.Line.Select(point => Plot.On(across, point.X)),
                series.Line.Select(point => Plot.On(up, point.Y)),
                series.Line.Select(series.Hover),
                series.Dashed ? "dash" : null));
        }

        foreach (CurveSeries series in panel.Series.Where(series => series.Points.Count > 0))
            traces.Add(Points(series, across, up));
        return new(panel.Title, traces, Plot.LayoutOf(across, panel.Horizontal, up, panel.Vertical), panel.Wide);
    }

    private static JsonObject Points(CurveSeries series, AxisScale across, AxisScale up)
    {
        JsonObject trace = Plot.Marks(
            series.Label,
            series.Points.Select(point => Plot.On(across, point.X)),
            series.Points.Select(point => Plot.On(up, point.Y)),
            series.Points.Select(series.Hover),
            new()
            {
                ["color"] = Colour(series),
                ["size"] = 7,
                ["symbol"] = Plot.Texts(series.Points.Select(point => Plot.Symbol(series.Style, point.Open))),
            });
        if (series.Points.Any(point => double.IsFinite(point.Error)))
        {
            trace["error_y"] = new JsonObject
            {
                ["type"] = "data",
                ["array"] = Plot.Values(series.Points.Select(point => Plot.On(up, point.Y + point.Error) - Plot.On(up, point.Y))),
                ["arrayminus"] = Plot.Values(series.Points.Select(point => Plot.On(up, point.Y) - Lower(up, point))),
                ["thickness"] = 1.2,
                ["width"] = 3,
                ["color"] = Colour(series),
            };
        }

        return trace;
    }

    // What a logarithm cannot show ends at the panel's edge, as it does in the SVG.
    private static double Lower(AxisScale up, CurvePoint point) => Plot.On(up, Math.Max(point.Y - point.Error, up.Low));

    private static string Colour(CurveSeries series) => FigureStyle.Light[series.Style % FigureStyle.Series];
}
