using Hybrid.Harness.Phases;

namespace Hybrid.Harness.Figures;

/// <summary>
/// The phase diagram: λ_a and λ_g as two heat maps over the same axes, white at zero, each with both zero lines drawn
/// over it: λ_a = 0 solid, λ_g = 0 dashed. The regions on either side of λ_a = 0 are named where there is room.
/// </summary>
public static class PhaseFigure
{
    private const double PageWidth = 1000, PageHeight = 480, PanelWidth = 330, PanelHeight = 330, Left = 84, Top = 84, Step = 484;

    /// <summary>The figure as SVG text; with <paramref name="hover"/> its cells say their values under the pointer.</summary>
    public static string Render(PhaseGrid grid, bool hover = false)
    {
        string title = $"Order and chaos: exponents per block of '{grid.Architecture.Name}'";
        using SvgWriter svg = new(PageWidth, PageHeight, title, FigureStyle.Sheet);
        svg.Text(Left - 52, 30, title, "title");
        Contour angle = new("λ_a = 0", "contour", grid.Angle, grid.AngleZero);
        Contour gradient = new("λ_g = 0", "contour dashed", grid.Gradient, grid.GradientZero);
        svg.Text(Left - 52, 49, $"λ_a at the collapsed line, λ_g at the attracting state; λ_a < 0: tokens collapse, λ_a > 0: tokens repel. {angle.Remark("λ_a")}{gradient.Remark("λ_g")}", "small");
        DrawPanel(svg, grid, grid.Angle, 0, "angle exponent", "λ_a", angle, gradient, hover);
        DrawPanel(svg, grid, grid.Gradient, 1, "gradient exponent", "λ_g", angle, gradient, hover);
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
        bool hover)
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
        (double, double)[] taken = [.. angleLine, .. gradientLine, .. names];
        foreach ((string phase, int sign) in (ReadOnlySpan<(string, int)>)[("order", -1), ("chaos", 1)])
        {
            if (RegionLabel.Place(grid, sign, taken, panel) is (double x, double y))
                svg.Text(x, y + 5, phase, "on-map region", "middle");
        }

        panel.DrawAxes(svg, $"{title} {symbol}", FieldSymbols.Label(grid.X.Paths), FieldSymbols.Label(grid.Y.Paths));
        map.DrawBar(svg, panel, symbol);
        if (hover)
            map.DrawHover(svg, panel, symbol);
    }
}
