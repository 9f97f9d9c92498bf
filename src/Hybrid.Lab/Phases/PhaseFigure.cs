using System.Text.Json.Nodes;
using Hybrid.Drawing.Figures;

namespace Hybrid.Lab.Phases;

/// <summary>
/// The phase diagram: λ_a and λ_g as two heat maps over the same axes, white at zero, each with both zero lines drawn
/// over it: λ_a = 0 solid, λ_g = 0 dashed. The regions on either side of λ_a = 0 are named where there is room.
/// </summary>
public static class PhaseFigure
{
    private const double Margin = 32, Left = 84, Step = 484, Down = 92;

    private static readonly FigureLayout Wide = new(1000, 2, 330), Narrow = new(400, 1, 238);

    /// <summary>The figure; with <paramref name="hover"/> the cells of its drawing say their values under the pointer.</summary>
    /// <param name="grid">The diagram.</param>
    /// <param name="measurement">Measured networks, drawn as marks: λ_a everywhere, λ_g where the line is the attracting state.</param>
    /// <param name="hover">Whether cells answer the pointer.</param>
    public static Figure Render(PhaseGrid grid, PhaseMeasurement? measurement = null, bool hover = false)
    {
        IReadOnlyList<MeasuredPoint> points = measurement?.Points ?? [];
        Exponent[] exponents =
        [
            new("angle exponent", "λ_a", new(grid, grid.Angle), [.. points.Select(point => (point.X, point.Y, point.Angle))]),
            new("gradient exponent", "λ_g", new(grid, grid.Gradient), [.. points.Where(point => point.Angle.Prediction < 0).Select(
                point => (point.X, point.Y, point.Gradient))]),
        ];
        Contour angle = new("λ_a = 0", "contour", grid.Angle, grid.AngleZero);
        Contour gradient = new("λ_g = 0", "contour dashed", grid.Gradient, grid.GradientZero);
        return new(
            () => Draw(grid, exponents, angle, gradient, Wide, hover),
            () => Draw(grid, exponents, angle, gradient, Narrow, hover: false),
            () => [.. exponents.Select(exponent => PlotOf(grid, exponent, angle, gradient))]);
    }

    private static string Draw(
        PhaseGrid grid, IReadOnlyList<Exponent> exponents, Contour angle, Contour gradient, FigureLayout layout, bool hover)
    {
        string title = $"Order and chaos: exponents per block of '{grid.Architecture.Name}'";
        string subtitle = "λ_a at the collapsed line, λ_g at the attracting state; λ_a < 0: "
            + $"tokens collapse, λ_a > 0: tokens repel. {angle.Remark("λ_a")}{gradient.Remark("λ_g")}"
            + (grid.HasDivergent ? "Grey: norms leave double precision. " : "")
            + (exponents[0].Measured.Count == 0 ? "" : "Marks: networks, carried to infinite width; a circle agrees, a cross disagrees, "
                + "a triangle is inconclusive.");
        double top = layout.TitleBottom(Margin, title, subtitle) + 35;
        int rows = exponents.Count / layout.Columns;
        double height = top + rows * (layout.PanelWidth + Down) - Down + 66;
        using SvgWriter svg = new(layout.PageWidth, height, title, FigureStyle.Sheet);
        layout.DrawTitle(svg, Margin, title, subtitle);
        for (int i = 0; i < exponents.Count; i++)
        {
            Panel panel = PanelOf(
                grid, Left + i % layout.Columns * Step, top + i / layout.Columns * (layout.PanelWidth + Down), layout.PanelWidth);
            DrawPanel(svg, grid, panel, exponents[i], angle, gradient, hover);
        }

        return svg.Finish();
    }

    private static Panel PanelOf(PhaseGrid grid, double left, double top, double side) => new(
        left, top, side, side, AxisScale.Linear(grid.X.Low, grid.X.High), AxisScale.Linear(grid.Y.Low, grid.Y.High));

    private static void DrawPanel(
        SvgWriter svg, PhaseGrid grid, Panel panel, Exponent exponent, Contour angle, Contour gradient, bool hover)
    {
        exponent.Map.Draw(svg, panel);
        (double, double)[] angleLine = angle.Draw(svg, panel);
        (double, double)[] gradientLine = gradient.Draw(svg, panel);
        (double, double)[] measured = exponent.OnPage(panel);
        (double, double)[] names =
        [
            .. angle.DrawLabel(svg, panel, [.. gradientLine, .. measured]), .. gradient.DrawLabel(svg, panel, [.. angleLine, .. measured]),
        ];
        foreach ((string phase, double x, double y) in Regions(grid, panel, exponent, [.. angleLine, .. gradientLine, .. names]))
            svg.Text(x, y + 5, phase, "on-map region", "middle");
        panel.DrawAxes(
            svg, $"{exponent.Title} {exponent.Symbol}", FieldSymbols.Label(grid.X.Paths), FieldSymbols.Label(grid.Y.Paths));
        exponent.Map.DrawBar(svg, panel, exponent.Symbol);
        if (hover)
            exponent.Map.DrawHover(svg, panel, exponent.Symbol);
        exponent.Map.DrawMeasured(svg, panel, exponent.Symbol, exponent.Measured);
    }

    /// <summary>The phases' names with their places on the panel, away from lines and beside measured points.</summary>
    private static IEnumerable<(string Phase, double X, double Y)> Regions(
        PhaseGrid grid, Panel panel, Exponent exponent, IReadOnlyList<(double X, double Y)> avoid)
    {
        (double, double)[] measured = exponent.OnPage(panel);
        foreach ((string phase, int sign) in ((string, int)[])[("order", -1), ("chaos", 1)])
        {
            if (RegionLabel.Place(grid, sign, avoid, measured, panel) is (double x, double y))
                yield return (phase, x, y);
        }
    }

    private static Plot PlotOf(PhaseGrid grid, Exponent exponent, Contour angle, Contour gradient)
    {
        Panel panel = PanelOf(grid, 0, 0, Wide.PanelWidth);
        JsonArray traces =
            [.. exponent.Map.Traces(exponent.Symbol, exponent.Measured), angle.Trace(dashed: false), gradient.Trace(dashed: true)];
        (double, double)[] lines = [.. angle.OnPage(panel).Concat(gradient.OnPage(panel)).SelectMany(line => line)];
        JsonObject layout = Plot.LayoutOf(
            panel.Horizontal, FieldSymbols.Label(grid.X.Paths), panel.Vertical, FieldSymbols.Label(grid.Y.Paths));
        layout["annotations"] = new JsonArray([.. Regions(grid, panel, exponent, lines).Select(region => (JsonNode)new JsonObject
        {
            ["text"] = region.Phase,
            ["xref"] = "paper",
            ["yref"] = "paper",
            ["x"] = region.X / panel.Width,
            ["y"] = 1 - region.Y / panel.Height,
            ["showarrow"] = false,
            ["font"] = new JsonObject { ["color"] = "#111111", ["size"] = 14 },
            ["bgcolor"] = "rgba(255,255,255,0.7)",
        })]);
        return new($"{exponent.Title} {exponent.Symbol}", traces, layout);
    }

    /// <summary>One panel: an exponent's map, and where it was measured.</summary>
    private sealed record Exponent(
        string Title, string Symbol, HeatMap Map, IReadOnlyList<(double X, double Y, ExponentComparison Exponent)> Measured)
    {
        public (double X, double Y)[] OnPage(Panel panel) => [.. Measured.Select(point => (panel.X(point.X), panel.Y(point.Y)))];
    }
}
