namespace Hybrid.Drawing.Figures;

/// <summary>
/// Points in a plane of two signed numbers, coloured by a third from blue to orange: panels beside each
/// other with one colour bar.
/// </summary>
public static class PlaneFigure
{
    private const double Left = 66, Gap = 70, Size = 240, LegendTop = 74, RightMargin = 84, Radius = 5;

    /// <summary>The figure as SVG text.</summary>
    /// <param name="title">Above all.</param>
    /// <param name="subtitle">Below it.</param>
    /// <param name="axes">Titles of both axes.</param>
    /// <param name="colour">What colours show: its name and the values at both ends of the bar; values
    /// beyond have the end's colour.</param>
    /// <param name="shapes">What each shape of mark stands for.</param>
    /// <param name="square">Half the side of a dashed square around the origin.</param>
    /// <param name="panels">At least one.</param>
    public static string Render(
        string title,
        string subtitle,
        (string X, string Y) axes,
        (string Name, double Low, double High) colour,
        IReadOnlyList<string> shapes,
        double square,
        IReadOnlyList<PlanePanel> panels)
    {
        ArgumentOutOfRangeException.ThrowIfZero(panels.Count);
        double width = Left + panels.Count * Size + (panels.Count - 1) * Gap + RightMargin;
        IReadOnlyList<(double X, double Y)> places = Legend.Places(shapes, Left, width - 20, LegendTop, out double legendBottom);
        double top = legendBottom + 40;
        using SvgWriter svg = new(width, top + Size + 48, title, FigureStyle.Sheet);
        svg.Text(Left, 30, title, "title");
        svg.Text(Left, 48, subtitle, "small");
        for (int shape = 0; shape < shapes.Count; shape++)
        {
            svg.Path(Marker.Data(shape, places[shape].X + Legend.LineLength / 2, places[shape].Y, Radius), "open coloured");
            svg.Text(places[shape].X + Legend.TextOffset, places[shape].Y + 4, shapes[shape]);
        }

        for (int i = 0; i < panels.Count; i++)
        {
            double[] across = [-square, square, .. panels[i].Points.Select(point => point.X)],
                up = [-square, square, .. panels[i].Points.Select(point => point.Y)];
            Panel panel = new(Left + i * (Size + Gap), top, Size, Size, AxisScale.Signed(across), AxisScale.Signed(up));
            panel.DrawGrid(svg);
            DrawSquare(svg, panel, square);
            foreach (PlanePoint point in panels[i].Points)
            {
                double shade = 2 * (point.Value - colour.Low) / (colour.High - colour.Low) - 1;
                svg.Path(
                    Marker.Data(point.Shape, panel.X(point.X), panel.Y(point.Y), Radius),
                    "coloured", DivergingColours.At(shade), point.Hover);
            }

            panel.DrawAxes(svg, panels[i].Title, axes.X, axes.Y);
            if (i == panels.Count - 1)
                ColourBar.Draw(svg, panel, colour.Name, colour.Low, colour.High);
        }

        return svg.Finish();
    }

    private static void DrawSquare(SvgWriter svg, Panel panel, double half)
    {
        (double, double)[] corners = [(-half, -half), (half, -half), (half, half), (-half, half), (-half, -half)];
        svg.Polyline(corners.Select(corner => (panel.X(corner.Item1), panel.Y(corner.Item2))), "theory dashed s6");
    }
}

/// <summary>A measured point of a plane.</summary>
/// <param name="X">Horizontal value.</param>
/// <param name="Y">Vertical value.</param>
/// <param name="Value">What its colour shows.</param>
/// <param name="Shape">Number of its mark's shape.</param>
/// <param name="Hover">What a pointer shows.</param>
public readonly record struct PlanePoint(double X, double Y, double Value, int Shape, string Hover);

/// <summary>One panel of a plane figure.</summary>
/// <param name="Title">Above the panel.</param>
/// <param name="Points">At least one.</param>
public sealed record PlanePanel(string Title, IReadOnlyList<PlanePoint> Points);
