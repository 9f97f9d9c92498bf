using System.Text.Json.Nodes;

namespace Hybrid.Drawing.Figures;

/// <summary>
/// Points in a plane of two signed numbers, coloured by a third from blue to orange: panels beside each
/// other with one colour bar.
/// </summary>
public static class PlaneFigure
{
    private const double Left = 66, Gap = 70, Size = 240, Below = 86, RightMargin = 84, Radius = 5;

    /// <summary>The figure.</summary>
    /// <param name="title">Above all.</param>
    /// <param name="subtitle">Below it.</param>
    /// <param name="axes">Titles of both axes.</param>
    /// <param name="colour">What colours show: its name and the values at both ends of the bar; values
    /// beyond have the end's colour.</param>
    /// <param name="shapes">What each shape of mark stands for.</param>
    /// <param name="square">Half the side of a dashed square around the origin.</param>
    /// <param name="panels">At least one.</param>
    public static Figure Render(
        string title,
        string subtitle,
        (string X, string Y) axes,
        (string Name, double Low, double High) colour,
        IReadOnlyList<string> shapes,
        double square,
        IReadOnlyList<PlanePanel> panels)
    {
        ArgumentOutOfRangeException.ThrowIfZero(panels.Count);
        return new(() => Draw(panels.Count), () => Draw(1), () => [.. panels.Select(panel => PlotOf(panel, axes, colour, shapes, square))]);

        string Draw(int columns)
        {
            double width = Left + columns * Size + (columns - 1) * Gap + RightMargin;
            FigureLayout layout = new(width, columns, Size);
            IReadOnlyList<(double X, double Y)> places = Legend.Places(
                shapes, Left, width - 20, layout.TitleBottom(Left, title, subtitle) + 26, out double legendBottom);
            double top = legendBottom + 40;
            int rows = (panels.Count + columns - 1) / columns;
            using SvgWriter svg = new(width, top + rows * (Size + Below) - Below + 48, title, FigureStyle.Sheet);
            layout.DrawTitle(svg, Left, title, subtitle);
            for (int shape = 0; shape < shapes.Count; shape++)
            {
                svg.Path(Marker.Data(shape, places[shape].X + Legend.LineLength / 2, places[shape].Y, Radius), "open coloured");
                svg.Text(places[shape].X + Legend.TextOffset, places[shape].Y + 4, shapes[shape]);
            }

            for (int i = 0; i < panels.Count; i++)
            {
                (AxisScale across, AxisScale up) = Axes(panels[i], square);
                Panel panel = new(Left + i % columns * (Size + Gap), top + i / columns * (Size + Below), Size, Size, across, up);
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
                if (i % columns == columns - 1)
                    ColourBar.Draw(svg, panel, colour.Name, colour.Low, colour.High);
            }

            return svg.Finish();
        }
    }

    private static (AxisScale Across, AxisScale Up) Axes(PlanePanel panel, double square) => (
        AxisScale.Signed([-square, square, .. panel.Points.Select(point => point.X)]),
        AxisScale.Signed([-square, square, .. panel.Points.Select(point => point.Y)]));

    private static Plot PlotOf(
        PlanePanel panel,
        (string X, string Y) axes,
        (string Name, double Low, double High) colour,
        IReadOnlyList<string> shapes,
        double square)
    {
        (AxisScale across, AxisScale up) = Axes(panel, square);
        JsonObject border = Plot.Line(
            "budget", FigureStyle.Light[^1], Corners(square).Select(corner => Plot.On(across, corner.X)),
            Corners(square).Select(corner => Plot.On(up, corner.Y)), dash: "dash");
        JsonArray traces = [border];
        foreach (IGrouping<int, PlanePoint> group in panel.Points.GroupBy(point => point.Shape))
        {
            traces.Add(Plot.Marks(
                shapes[group.Key],
                group.Select(point => Plot.On(across, point.X)),
                group.Select(point => Plot.On(up, point.Y)),
                group.Select(point => point.Hover),
                new()
                {
                    ["color"] = Plot.Values(group.Select(point => point.Value)),
                    ["colorscale"] = DivergingColours.Scale(),
                    ["cmin"] = colour.Low,
                    ["cmax"] = colour.High,
                    ["showscale"] = traces.Count == 1,
                    ["colorbar"] = new JsonObject { ["title"] = colour.Name, ["thickness"] = 12 },
                    ["size"] = 9,
                    ["symbol"] = Plot.Symbol(group.Key),
                    ["line"] = new JsonObject { ["color"] = "#57606a", ["width"] = 1 },
                }));
        }

        return new(panel.Title, traces, Plot.LayoutOf(across, axes.X, up, axes.Y));
    }

    private static (double X, double Y)[] Corners(double half) =>
        [(-half, -half), (half, -half), (half, half), (-half, half), (-half, -half)];

    private static void DrawSquare(SvgWriter svg, Panel panel, double half)
    {
        svg.Polyline(Corners(half).Select(corner => (panel.X(corner.X), panel.Y(corner.Y))), "theory dashed s6");
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
