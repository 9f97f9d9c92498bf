using Hybrid.Drawing.Figures;
using Hybrid.Lab.Statistics;

namespace Hybrid.Lab.Phases;

/// <summary>
/// The phase diagram: λ_a and λ_g as two heat maps over the same axes, white at zero, each with both zero lines drawn
/// over it: λ_a = 0 solid, λ_g = 0 dashed. The regions on either side of λ_a = 0 are named where there is room.
/// </summary>
public static class PhaseFigure
{
    private const double PageWidth = 1000, PageHeight = 480, PanelWidth = 330, PanelHeight = 330, Left = 84, Top = 84, Step = 484;

    /// <summary>The figure as SVG text; with <paramref name="hover"/> its cells say their values under the pointer.</summary>
    /// <param name="grid">The diagram.</param>
    /// <param name="measurement">Measured networks, drawn as dots: λ_a everywhere, λ_g where the line is the attracting state.</param>
    /// <param name="hover">Whether cells answer the pointer.</param>
    public static string Render(PhaseGrid grid, PhaseMeasurement? measurement = null, bool hover = false)
    {
        IReadOnlyList<MeasuredPoint> points = measurement?.Points ?? [];
        string title = $"Order and chaos: exponents per block of '{grid.Architecture.Name}'";
        using SvgWriter svg = new(PageWidth, PageHeight, title, FigureStyle.Sheet);
        svg.Text(Left - 52, 30, title, "title");
        Contour angle = new("λ_a = 0", "contour", grid.Angle, grid.AngleZero);
        Contour gradient = new("λ_g = 0", "contour dashed", grid.Gradient, grid.GradientZero);
        svg.Text(
            Left - 52, 49,
            "λ_a at the collapsed line, λ_g at the attracting state; λ_a < 0: "
            + $"tokens collapse, λ_a > 0: tokens repel. {angle.Remark("λ_a")}{gradient.Remark("λ_g")}",
            "small");
        DrawPanel(
            svg, grid, grid.Angle, 0, "angle exponent", "λ_a", angle, gradient, hover,
            points.Select(point => (point.X, point.Y, point.Angle, point.PredictedAngle)));
        DrawPanel(
            svg, grid, grid.Gradient, 1, "gradient exponent", "λ_g", angle, gradient, hover,
            points.Where(point => point.PredictedAngle < 0)
                .Select(point => (point.X, point.Y, point.Gradient, point.PredictedGradient)));
        return svg.Finish();
    }

    private static void DrawPanel(
        SvgWriter svg,
        PhaseGrid grid,
        double[,] values,
        int column,
        string title,
        string symbol,
        Contour angle,
        Contour gradient,
        bool hover,
        IEnumerable<(double X, double Y, Estimate Measured, double Predicted)> measured)
    {
        Panel panel = new(
            Left + column * Step,
            Top,
            PanelWidth,
            PanelHeight,
            AxisScale.Linear(grid.X.Low, grid.X.High),
            AxisScale.Linear(grid.Y.Low, grid.Y.High));
        HeatMap map = new(grid, values);
        map.Draw(svg, panel);
        (double, double)[] angleLine = angle.Draw(svg, panel);
        (double, double)[] gradientLine = gradient.Draw(svg, panel);
        (double, double)[] names = [.. angle.DrawLabel(svg, panel, gradientLine), .. gradient.DrawLabel(svg, panel, angleLine)];
        (double, double)[] taken =
            [.. angleLine, .. gradientLine, .. names, .. measured.Select(point => (panel.X(point.X), panel.Y(point.Y)))];
        foreach ((string phase, int sign) in (ReadOnlySpan<(string, int)>)[("order", -1), ("chaos", 1)])
        {
            if (RegionLabel.Place(grid, sign, taken, panel) is (double x, double y))
                svg.Text(x, y + 5, phase, "on-map region", "middle");
        }

        panel.DrawAxes(svg, $"{title} {symbol}", FieldSymbols.Label(grid.X.Paths), FieldSymbols.Label(grid.Y.Paths));
        map.DrawBar(svg, panel, symbol);
        if (hover)
            map.DrawHover(svg, panel, symbol);
        map.DrawMeasured(svg, panel, symbol, measured);
    }
}
