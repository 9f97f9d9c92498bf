namespace Hybrid.Drawing.Figures;

/// <summary>Panels of curves, two to a row: theory as lines, measurement as points with error bars, one legend above all.</summary>
public static class CurveFigure
{
    private const double PanelHeight = 210, WideHeight = 330, Margin = 62, Gap = 66, Between = 86;

    /// <summary>The figure; needs at least one panel.</summary>
    public static Figure Render(string title, string subtitle, IReadOnlyList<CurvePanel> panels)
    {
        ArgumentOutOfRangeException.ThrowIfZero(panels.Count);
        return new(
            () => Draw(title, subtitle, panels, FigureLayout.Wide),
            () => Draw(title, subtitle, panels, FigureLayout.Narrow),
            () => [.. panels.Select(CurvePlot.Of)]);
    }

    private static string Draw(string title, string subtitle, IReadOnlyList<CurvePanel> panels, FigureLayout layout)
    {
        IReadOnlyList<CurveSeries> legend = [.. panels.SelectMany(panel => panel.Series).DistinctBy(series => series.Label)];
        IReadOnlyList<(double X, double Y)> places = Legend.Places(
            [.. legend.Select(series => series.Label)],
            Margin,
            layout.PageWidth - 20,
            layout.TitleBottom(Margin, title, subtitle) + 26,
            out double legendBottom);
        Panel[] placed = Places(panels, layout, legendBottom + 40);
        using SvgWriter svg = new(layout.PageWidth, placed[^1].Top + placed[^1].Height + 44, title, FigureStyle.Sheet);
        layout.DrawTitle(svg, Margin, title, subtitle);
        for (int i = 0; i < legend.Count; i++)
        {
            CurveSeries[] series = [.. panels.SelectMany(panel => panel.Series).Where(series => series.Label == legend[i].Label)];
            DrawKey(svg, legend[i], series.Any(item => item.Line.Count > 0), series.Any(item => item.Points.Count > 0), places[i]);
        }

        for (int i = 0; i < panels.Count; i++)
        {
            Panel panel = placed[i];
            panel.DrawGrid(svg);
            foreach (CurveSeries series in panels[i].Series)
                DrawLine(svg, panel, series);
            foreach (CurveSeries series in panels[i].Series)
                DrawPoints(svg, panel, series);
            panel.DrawAxes(svg, panels[i].Title, panels[i].Horizontal, panels[i].Vertical);
        }

        return svg.Finish();
    }

    /// <summary>From the left to the right and down; a wide panel has a row of its own.</summary>
    private static Panel[] Places(IReadOnlyList<CurvePanel> panels, FigureLayout layout, double top)
    {
        Panel[] placed = new Panel[panels.Count];
        int column = 0;
        for (int i = 0; i < panels.Count; i++)
        {
            int columns = panels[i].Wide ? 1 : layout.Columns;
            if (i > 0 && (column >= columns || panels[i].Wide))
                (column, top) = (0, top + placed[i - 1].Height + Between);
            double width = panels[i].Wide ? layout.Columns * (layout.PanelWidth + Gap) - Gap : layout.PanelWidth;
            double height = panels[i].Wide && layout.Columns > 1 ? WideHeight : PanelHeight;
            placed[i] = panels[i].At(Margin + column * (layout.PanelWidth + Gap), top, width, height);
            column = panels[i].Wide ? layout.Columns : column + 1;
        }

        return placed;
    }

    private static void DrawKey(SvgWriter svg, CurveSeries series, bool line, bool measured, (double X, double Y) place)
    {
        if (line)
            svg.Line(place.X, place.Y, place.X + Legend.LineLength, place.Y, LineClass(series));
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
            svg.Polyline(run, LineClass(series));
        run.Clear();
    }

    private static string LineClass(CurveSeries series) =>
        $"theory {FigureStyle.Stroke(series.Style)}{(series.Dashed ? " dashed" : "")}";

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

            svg.Path(
                Marker.Data(series.Style, x, y, 3.6),
                $"mark {FigureStyle.Stroke(series.Style)} {(point.Open ? "open" : FigureStyle.Fill(series.Style))}",
                hover: series.Hover(point));
        }
    }
}
