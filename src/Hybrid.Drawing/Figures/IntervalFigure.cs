namespace Hybrid.Drawing.Figures;

/// <summary>Measured values below each other, each with its interval, around a line at 0 where all should be.</summary>
public static class IntervalFigure
{
    private const double PageWidth = 960, Left = 330, Width = 580, RowHeight = 20, Top = 74;

    /// <summary>The figure as SVG text; needs at least one row.</summary>
    public static string Render(string title, string subtitle, IReadOnlyList<IntervalRow> rows)
    {
        ArgumentOutOfRangeException.ThrowIfZero(rows.Count);
        double height = rows.Count * RowHeight;
        using SvgWriter svg = new(PageWidth, Top + height + 52, title, FigureStyle.Sheet);
        svg.Text(24, 30, title, "title");
        svg.Text(24, 48, subtitle, "small");
        double[] ends = [.. rows.SelectMany(row => new[] { row.Low, row.High, row.Value }).Where(double.IsFinite), 0];
        double reach = Math.Max(1e-9, 1.08 * ends.Max(Math.Abs));
        AxisScale across = AxisScale.Linear(-reach, reach, 8);
        Panel panel = new(Left, Top, Width, height, across, AxisScale.Linear(0, rows.Count));
        using (svg.Group("grid"))
        {
            foreach ((double value, _) in across.Ticks)
                svg.Line(panel.X(value), Top, panel.X(value), Top + height);
        }

        svg.Line(panel.X(0), Top, panel.X(0), Top + height, "theory s6");
        for (int i = 0; i < rows.Count; i++)
            DrawRow(svg, panel, rows[i], Top + (i + 0.5) * RowHeight);
        svg.Rectangle(Left, Top, Width, height, "frame");
        foreach ((double value, string label) in across.Ticks)
        {
            svg.Line(panel.X(value), Top + height, panel.X(value), Top + height + 4, "tick");
            svg.Text(panel.X(value), Top + height + 17, label, "small", "middle");
        }

        return svg.Finish();
    }

    /// <summary>An interval that does not hold 0 is drawn in another colour and with another mark.</summary>
    private static void DrawRow(SvgWriter svg, Panel panel, IntervalRow row, double y)
    {
        int series = row.Low <= 0 && row.High >= 0 ? 0 : 1;
        svg.Text(Left - 10, y + 4, row.Label, "small", "end");
        double low = panel.X(double.IsFinite(row.Low) ? row.Low : panel.Horizontal.Low);
        double high = panel.X(double.IsFinite(row.High) ? row.High : panel.Horizontal.High);
        svg.Line(low, y, high, y, $"bar s{series}");
        if (panel.Horizontal.Shows(row.Value))
            svg.Path(Marker.Data(series, panel.X(row.Value), y, 3.6), $"mark s{series} f{series}");
    }
}

/// <summary>One row of an interval figure.</summary>
/// <param name="Label">At the left.</param>
/// <param name="Value">The measured value.</param>
/// <param name="Low">Lower end of its interval; may be −∞.</param>
/// <param name="High">Upper end; may be +∞.</param>
public readonly record struct IntervalRow(string Label, double Value, double Low, double High);
