namespace Hybrid.Drawing.Figures;

/// <summary>One plot: a rectangle on the page with two axes, and the map from values to coordinates.</summary>
internal sealed record Panel(double Left, double Top, double Width, double Height, AxisScale Horizontal, AxisScale Vertical)
{
    /// <summary>The horizontal coordinate of a value.</summary>
    public double X(double value) => Left + Width * Horizontal.Position(value);

    /// <summary>The vertical coordinate of a value.</summary>
    public double Y(double value) => Top + Height * (1 - Vertical.Position(value));

    /// <summary>Grid lines, drawn before the data.</summary>
    public void DrawGrid(SvgWriter svg)
    {
        using (svg.Group("grid"))
        {
            foreach ((double value, _) in Horizontal.Ticks)
                svg.Line(X(value), Top, X(value), Top + Height);
            foreach ((double value, _) in Vertical.Ticks)
                svg.Line(Left, Y(value), Left + Width, Y(value));
        }
    }

    /// <summary>Frame, ticks with labels, axis titles and the panel's title, drawn after the data.</summary>
    public void DrawAxes(SvgWriter svg, string title, string horizontal, string vertical)
    {
        svg.Rectangle(Left, Top, Width, Height, "frame");
        double bottom = Top + Height;
        foreach ((double value, string label) in Horizontal.Ticks)
        {
            svg.Line(X(value), bottom, X(value), bottom + 4, "tick");
            svg.Text(X(value), bottom + 17, label, "small", "middle");
        }

        foreach ((double value, string label) in Vertical.Ticks)
        {
            svg.Line(Left - 4, Y(value), Left, Y(value), "tick");
            svg.Text(Left - 7, Y(value) + 4, label, "small", "end");
        }

        svg.Text(Left, Top - 9, title, "panel-title");
        svg.Text(Left + Width / 2, bottom + 34, horizontal, anchor: "middle");
        if (vertical != "")
            svg.Text(Left - 52, Top + Height / 2, vertical, anchor: "middle", rotate: -90);
    }
}
