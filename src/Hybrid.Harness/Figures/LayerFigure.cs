using Hybrid.Harness.Statistics;

namespace Hybrid.Harness.Figures;

/// <summary>
/// The figure of a check: q, u, g_d and |g_o| against depth, theory as lines, measured networks as points with error
/// bars of two standard errors, a legend above the panels. A mark is open where the quantity is negative.
/// </summary>
public static class LayerFigure
{
    private const double PageWidth = 960, PanelWidth = 388, PanelHeight = 210, Margin = 62, LegendTop = 74;

    /// <summary>The figure as SVG text; needs at least one curve.</summary>
    public static string Render(string title, string subtitle, IReadOnlyList<LayerCurve> curves)
    {
        ArgumentOutOfRangeException.ThrowIfZero(curves.Count);
        IReadOnlyList<(double X, double Y)> legend = Legend.Places(
            [.. curves.Select(curve => curve.Label)], Margin, PageWidth - 20, LegendTop, out double legendBottom);
        double top = legendBottom + 40;
        double height = top + 2 * PanelHeight + 86 + 44;
        using SvgWriter svg = new(PageWidth, height, title, FigureStyle.Sheet);
        svg.Text(Margin, 30, title, "title");
        svg.Text(Margin, 48, subtitle, "small");
        for (int i = 0; i < curves.Count; i++)
            DrawKey(svg, i, curves[i], legend[i]);

        double deepest = Math.Max(1, curves.Max(curve => curve.Theory.Count - 1));
        AxisScale depth = AxisScale.Linear(-0.02 * deepest, 1.02 * deepest, 7);
        for (int i = 0; i < LayerPanel.All.Count; i++)
        {
            LayerPanel quantity = LayerPanel.All[i];
            Panel panel = new(
                Margin + (i % 2) * (PanelWidth + 66),
                top + (i / 2) * (PanelHeight + 86),
                PanelWidth,
                PanelHeight,
                depth,
                quantity.Scale(curves));
            panel.DrawGrid(svg);
            for (int j = 0; j < curves.Count; j++)
                DrawTheory(svg, panel, quantity, curves[j], j);
            for (int j = 0; j < curves.Count; j++)
                DrawMeasurement(svg, panel, quantity, curves[j], j);
            panel.DrawAxes(svg, quantity.Title, "blocks passed ℓ", "");
        }

        return svg.Finish();
    }

    private static void DrawKey(SvgWriter svg, int series, LayerCurve curve, (double X, double Y) place)
    {
        svg.Line(place.X, place.Y, place.X + Legend.LineLength, place.Y, $"theory {FigureStyle.Stroke(series)}");
        if (curve.Measured.Count > 0)
            svg.Path(Marker.Data(series, place.X + Legend.LineLength / 2, place.Y, 3.6), $"mark {FigureStyle.Stroke(series)} {FigureStyle.Fill(series)}");
        svg.Text(place.X + Legend.TextOffset, place.Y + 4, curve.Label);
    }

    private static void DrawTheory(SvgWriter svg, Panel panel, LayerPanel quantity, LayerCurve curve, int series)
    {
        // A zero or infinite value interrupts the line; it is not bridged.
        List<(double, double)> run = [];
        foreach (Theory.LayerPrediction layer in curve.Theory)
        {
            double size = Math.Abs(quantity.Theory(layer));
            if (panel.Vertical.Shows(size))
            {
                run.Add((panel.X(layer.Layer), panel.Y(size)));
                continue;
            }

            Flush(svg, run, series);
        }

        Flush(svg, run, series);
    }

    private static void Flush(SvgWriter svg, List<(double, double)> run, int series)
    {
        if (run.Count > 1)
            svg.Polyline(run, $"theory {FigureStyle.Stroke(series)}");
        run.Clear();
    }

    private static void DrawMeasurement(SvgWriter svg, Panel panel, LayerPanel quantity, LayerCurve curve, int series)
    {
        foreach (LayerMeasurement layer in panel.Vertical.Logarithmic ? quantity.Measurable(curve) : curve.Measured)
        {
            Estimate estimate = quantity.Measured(layer);
            double size = Math.Abs(estimate.Mean);
            if (!panel.Vertical.Shows(size))
                continue;
            double x = panel.X(layer.Layer), y = panel.Y(size);
            double error = double.IsFinite(estimate.StandardError) ? 2 * estimate.StandardError : 0;
            double high = panel.Y(size + error), low = panel.Y(Math.Max(size - error, panel.Vertical.Low));
            if (low - high > 1)
            {
                svg.Path(
                    $"M{SvgWriter.Number(x)},{SvgWriter.Number(low)}V{SvgWriter.Number(high)}"
                        + $"M{SvgWriter.Number(x - 3)},{SvgWriter.Number(low)}h6M{SvgWriter.Number(x - 3)},{SvgWriter.Number(high)}h6",
                    $"bar {FigureStyle.Stroke(series)}");
            }

            string fill = estimate.Mean < 0 ? "open" : FigureStyle.Fill(series);
            svg.Path(Marker.Data(series, x, y, 3.6), $"mark {FigureStyle.Stroke(series)} {fill}");
        }
    }
}
