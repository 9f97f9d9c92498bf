using System.Text.Json.Nodes;

namespace Hybrid.Drawing.Figures;

/// <summary>Measured values below each other, each with its interval, around a line at 0 where all should be.</summary>
public static class IntervalFigure
{
    private const double Margin = 24, Labels = 330, Right = 50;

    /// <summary>The figure; needs at least one row.</summary>
    public static Figure Render(string title, string subtitle, IReadOnlyList<IntervalRow> rows)
    {
        ArgumentOutOfRangeException.ThrowIfZero(rows.Count);
        double[] ends = [.. rows.SelectMany(row => new[] { row.Low, row.High, row.Value }).Where(double.IsFinite), 0];
        double reach = Math.Max(1e-9, 1.08 * ends.Max(Math.Abs));
        return new(
            () => Draw(title, subtitle, rows, reach, FigureLayout.Wide),
            () => Draw(title, subtitle, rows, reach, FigureLayout.Narrow),
            () => [PlotOf(title, rows, AxisScale.Linear(-reach, reach, 8))]);
    }

    /// <summary>Side by side names stand at the left of their intervals, on a narrow page above them.</summary>
    private static string Draw(string title, string subtitle, IReadOnlyList<IntervalRow> rows, double reach, FigureLayout layout)
    {
        bool above = layout.Columns == 1;
        double left = above ? Margin : Labels, width = layout.PageWidth - left - (above ? Margin : Right), rowHeight = above ? 34 : 20;
        double top = layout.TitleBottom(Margin, title, subtitle) + 26, height = rows.Count * rowHeight;
        using SvgWriter svg = new(layout.PageWidth, top + height + 52, title, FigureStyle.Sheet);
        layout.DrawTitle(svg, Margin, title, subtitle);
        AxisScale across = AxisScale.Linear(-reach, reach, above ? 4 : 8);
        Panel panel = new(left, top, width, height, across, AxisScale.Linear(0, rows.Count));
        using (svg.Group("grid"))
        {
            foreach ((double value, _) in across.Ticks)
                svg.Line(panel.X(value), top, panel.X(value), top + height);
        }

        svg.Line(panel.X(0), top, panel.X(0), top + height, "theory s6");
        for (int i = 0; i < rows.Count; i++)
        {
            double y = top + (i + (above ? 0.78 : 0.5)) * rowHeight;
            if (above)
                svg.Text(left + 6, y - 11, rows[i].Label, "small");
            else
                svg.Text(left - 10, y + 4, rows[i].Label, "small", "end");
            DrawRow(svg, panel, rows[i], y);
        }

        svg.Rectangle(left, top, width, height, "frame");
        foreach ((double value, string label) in across.Ticks)
        {
            svg.Line(panel.X(value), top + height, panel.X(value), top + height + 4, "tick");
            svg.Text(panel.X(value), top + height + 17, label, "small", "middle");
        }

        return svg.Finish();
    }

    private static Plot PlotOf(string title, IReadOnlyList<IntervalRow> rows, AxisScale across)
    {
        JsonArray traces = [];
        foreach (IGrouping<int, int> group in Enumerable.Range(0, rows.Count).GroupBy(i => Series(rows[i])))
        {
            IntervalRow[] own = [.. group.Select(i => rows[i])];
            string colour = FigureStyle.Light[group.Key];
            JsonObject trace = Plot.Marks(
                group.Key == 0 ? "holds 0" : "does not hold 0",
                own.Select(row => row.Value),
                group.Select(i => (double)i),
                own.Select(row => $"{row.Label}: {Numbers.Significant(row.Value)}, from {Numbers.Significant(row.Low)} "
                    + $"to {Numbers.Significant(row.High)}"),
                new() { ["color"] = colour, ["size"] = 7, ["symbol"] = Plot.Symbol(group.Key) });
            trace["error_x"] = new JsonObject
            {
                ["type"] = "data",
                ["array"] = Plot.Values(own.Select(row => Math.Min(row.High, across.High) - row.Value)),
                ["arrayminus"] = Plot.Values(own.Select(row => row.Value - Math.Max(row.Low, across.Low))),
                ["color"] = colour,
            };
            traces.Add(trace);
        }

        JsonObject layout = Plot.LayoutOf(across, "", AxisScale.Linear(-0.5, rows.Count - 0.5), "");
        JsonNode names = layout["yaxis"]!;
        names["tickvals"] = Plot.Values(Enumerable.Range(0, rows.Count).Select(i => (double)i));
        names["ticktext"] = Plot.Texts(rows.Select(row => row.Label));
        names["range"] = Plot.Values([rows.Count - 0.5, -0.5]);
        layout["height"] = 120 + (22 * rows.Count);
        return new(title, traces, layout, Wide: true);
    }

    private static int Series(IntervalRow row) => row.Low <= 0 && row.High >= 0 ? 0 : 1;

    /// <summary>An interval that does not hold 0 is drawn in another colour and with another mark.</summary>
    private static void DrawRow(SvgWriter svg, Panel panel, IntervalRow row, double y)
    {
        int series = Series(row);
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
