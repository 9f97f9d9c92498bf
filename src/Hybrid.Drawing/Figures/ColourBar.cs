namespace Hybrid.Drawing.Figures;

/// <summary>A vertical bar of the diverging colours with its own axis, to the right of a panel.</summary>
internal static class ColourBar
{
    private const int Steps = 61;

    /// <summary>Draws it from <paramref name="low"/>, blue, to <paramref name="high"/>, orange.</summary>
    public static void Draw(SvgWriter svg, Panel panel, string symbol, double low, double high)
    {
        double left = panel.Left + panel.Width + 16, height = panel.Height / Steps;
        using (svg.Group("cells"))
        {
            for (int k = 0; k < Steps; k++)
            {
                string colour = DivergingColours.At(2.0 * k / (Steps - 1) - 1);
                svg.Rectangle(left, panel.Top + panel.Height - (k + 1) * height, 14, height, null, colour);
            }
        }

        svg.Rectangle(left, panel.Top, 14, panel.Height, "frame");
        AxisScale scale = AxisScale.Linear(low, high, 6);
        foreach ((double value, string label) in scale.Ticks)
        {
            double y = panel.Top + panel.Height * (1 - scale.Position(value));
            svg.Line(left + 14, y, left + 18, y, "tick");
            svg.Text(left + 21, y + 4, label, "small");
        }

        svg.Text(left, panel.Top - 9, symbol, "panel-title");
    }
}
