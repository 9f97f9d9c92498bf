using Hybrid.Drawing.Reports;

namespace Hybrid.Drawing.Figures;

/// <summary>Panels of curves, two to a row: theory as lines, measurement as points with error bars, one legend above all.</summary>
public static class CurveFigure
{
    private const double PageWidth = 960, PanelWidth = 388, PanelHeight = 210, Margin = 62, LegendTop = 74;

    /// <summary>The figure as SVG text; needs at least one panel.</summary>
    public static string Render(string title, string subtitle, IReadOnlyList<CurvePanel> panels)
    {
        ArgumentOutOfRangeException.ThrowIfZero(panels.Count);
        IReadOnlyList<CurveSeries> legend = [.. panels.SelectMany(panel => panel.Series).DistinctBy(series => series.Label)];
        IReadOnlyList<(double X, double Y)> places = Legend.Places(
            [.. legend.Select(series => series.Label)], Margin, PageWidth - 20, LegendTop, out double legendBottom);
        double top = legendBottom + 40;
        int rows = (panels.Count + 1) / 2;
        double height = top + rows * PanelHeight + (rows - 1) * 86 + 44;
        using SvgWriter svg = new(PageWidth, height, title, FigureStyle.Sheet);
        svg.Text(Margin, 30, title, "title");
        svg.Text(Margin, 48, subtitle, "small");
        for (int i = 0; i < legend.Count; i++)
        {
            CurveSeries[] series = [.. panels.SelectMany(panel => panel.Series).Where(series => series.Label == legend[i].Label)];
            DrawKey(svg, legend[i], series.Any(item => item.Line.Count > 0), series.Any(item => item.Points.Count > 0), places[i]);
        }

        for (int i = 0; i < panels.Count; i++)
        {
            Panel panel = panels[i].At(
                Margin + (i % 2) * (PanelWidth + 66),
                top + (i / 2) * (PanelHeight + 86),
                PanelWidth,
                PanelHeight);
            panel.DrawGrid(svg);
            foreach (CurveSeries series in panels[i].Series)
                DrawLine(svg, panel, series);
            foreach (CurveSeries series in panels[i].Series)
                DrawPoints(svg, panel, series);
            panel.DrawAxes(svg, panels[i].Title, panels[i].Horizontal, panels[i].Vertical);
        }

        return svg.Finish();
    }

    private static void DrawKey(SvgWriter svg, CurveSeries series, bool line, bool measured, (double X, double Y) place)
    {
        if (line)
            svg.Line(place.X, place.Y, place.X + Legend.LineLength, place.Y, $"theory {FigureStyle.Stroke(series.Style)}");
        if (measured)
        {
            svg.Path(
                Marker.Data(series.Style, place.X + Legend.LineLength / 2, place.Y, 3.6),
                $"mark {FigureStyle.Stroke(series.Style)} {FigureStyle.Fill(series.Style)}");
        }

        svg.Text(place.X + Legend.TextOffset, place.Y + 4, series.Label);
    }

    private static void DrawLine(SvgWriter svg, Panel panel, CurveSeries series)
    {
        // A value that cannot be shown interrupts the line; it is not bridged.
        List<(double, double)> run = [];
        foreach ((double x, double y) in series.Line)
        {
            if (panel.Vertical.Shows(y))
            {
                run.Add((panel.X(x), panel.Y(y)));
                continue;
            }

            Flush(svg, run, series);
        }

        Flush(svg, run, series);
    }

    private static void Flush(SvgWriter svg, List<(double, double)> run, CurveSeries series)
    {
        if (run.Count > 1)
            svg.Polyline(run, $"theory {FigureStyle.Stroke(series.Style)}");
        run.Clear();
    }

    private static void DrawPoints(SvgWriter svg, Panel panel, CurveSeries series)
    {
        foreach (CurvePoint point in series.Points.Where(point => panel.Vertical.Shows(point.Y)))
        {
            double x = panel.X(point.X), y = panel.Y(point.Y);
            double error = double.IsFinite(point.Error) ? point.Error : 0;
            double high = panel.Y(point.Y + error), low = panel.Y(Math.Max(point.Y - error, panel.Vertical.Low));
            if (low - high > 1)
            {
                svg.Path(
                    $"M{SvgWriter.Number(x)},{SvgWriter.Number(low)}V{SvgWriter.Number(high)}"
                        + $"M{SvgWriter.Number(x - 3)},{SvgWriter.Number(low)}h6M{SvgWriter.Number(x - 3)},{SvgWriter.Number(high)}h6",
                    $"bar {FigureStyle.Stroke(series.Style)}");
            }

            string uncertainty = double.IsFinite(point.Error) ? $" ± {Numbers.Significant(point.Error, 2)}" : "";
            svg.Path(
                Marker.Data(series.Style, x, y, 3.6),
                $"mark {FigureStyle.Stroke(series.Style)} {(point.Open ? "open" : FigureStyle.Fill(series.Style))}",
                hover: $"{series.Label}: {(point.Open ? "−" : "")}{Numbers.Significant(point.Y)}{uncertainty} "
                    + $"at {Numbers.Significant(point.X)}");
        }
    }
}
