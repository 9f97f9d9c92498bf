namespace Hybrid.Harness.Figures;

/// <summary>A place for a contour's name on the contour itself.</summary>
/// <param name="X">Horizontal coordinate of the text's middle.</param>
/// <param name="Y">Vertical coordinate of the text's middle.</param>
/// <param name="Angle">Direction of the curve there in degrees, between −90 and 90 so that the text is upright.</param>
internal readonly record struct ContourLabel(double X, double Y, double Angle)
{
    /// <summary>
    /// The place on the polylines (page coordinates) that is farthest from everything in <paramref name="avoid"/> and
    /// from the panel's edges, or null where there is no line of at least 40 units.
    /// </summary>
    public static ContourLabel? Place(
        IReadOnlyList<IReadOnlyList<(double X, double Y)>> lines,
        IReadOnlyList<(double X, double Y)> avoid,
        Panel panel)
    {
        ContourLabel? best = null;
        double bestRoom = double.NegativeInfinity;
        foreach (IReadOnlyList<(double X, double Y)> line in lines.Where(line => Length(line) >= 40))
        {
            for (int i = 1; i < line.Count; i++)
            {
                (double x, double y) = ((line[i - 1].X + line[i].X) / 2, (line[i - 1].Y + line[i].Y) / 2);
                // Text is about 70 wide: closer than half of that to an edge it would stick out.
                double edge = Math.Min(
                    Math.Min(x - panel.Left, panel.Left + panel.Width - x),
                    Math.Min(y - panel.Top, panel.Top + panel.Height - y)) - 40;
                double room = avoid.Select(other => Math.Sqrt(Square(other.X - x) + Square(other.Y - y))).Append(200).Min();
                double score = Math.Min(room, edge < 0 ? edge : 200);
                if (score > bestRoom)
                {
                    bestRoom = score;
                    best = new(x, y, Upright(line, i));
                }
            }
        }

        return best;
    }

    /// <summary>The direction over a few neighbouring points, turned by half a circle where it would be upside down.</summary>
    private static double Upright(IReadOnlyList<(double X, double Y)> line, int i)
    {
        (double X, double Y) from = line[Math.Max(0, i - 3)], to = line[Math.Min(line.Count - 1, i + 2)];
        double angle = Math.Atan2(to.Y - from.Y, to.X - from.X) * 180 / Math.PI;
        return angle > 90 ? angle - 180 : angle < -90 ? angle + 180 : angle;
    }

    private static double Length(IReadOnlyList<(double X, double Y)> line)
    {
        double length = 0;
        for (int i = 1; i < line.Count; i++)
            length += Math.Sqrt(Square(line[i].X - line[i - 1].X) + Square(line[i].Y - line[i - 1].Y));
        return length;
    }

    private static double Square(double value) => value * value;
}
