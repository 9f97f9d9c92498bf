using Hybrid.Drawing.Figures;

namespace Hybrid.Lab.Phases;

/// <summary>A place for a contour's name beside the contour itself.</summary>
/// <param name="X">Horizontal coordinate of the text's middle.</param>
/// <param name="Y">Vertical coordinate of the text's middle.</param>
/// <param name="Angle">Direction of the curve there in degrees, between −90 and 90 so that the text is upright.</param>
internal readonly record struct ContourLabel(double X, double Y, double Angle)
{
    /// <summary>Half the size of the text, its white rim included.</summary>
    private const double HalfWidth = 28, HalfHeight = 9;

    /// <summary>From the curve to the text's middle, above the curve.</summary>
    private const double Above = 12;

    /// <summary>
    /// The place along the polylines (page coordinates) that is farthest from everything in <paramref name="avoid"/> and
    /// from the panel's edges, with the whole text inside the panel, or null where there is no line of at least 40 units.
    /// </summary>
    public static ContourLabel? Place(
        IReadOnlyList<IReadOnlyList<(double X, double Y)>> lines,
        IReadOnlyList<(double X, double Y)> avoid,
        Panel panel)
    {
        ContourLabel? best = null;
        double bestScore = double.NegativeInfinity;
        foreach (IReadOnlyList<(double X, double Y)> line in lines.Where(line => Length(line) >= 40))
        {
            for (int i = 1; i < line.Count; i++)
            {
                double angle = Upright(line, i), radians = angle * Math.PI / 180;
                (double x, double y) = (
                    (line[i - 1].X + line[i].X) / 2 + Above * Math.Sin(radians),
                    (line[i - 1].Y + line[i].Y) / 2 - Above * Math.Cos(radians));
                (double insideX, double insideY) = Inside(panel, x, y, radians);
                // A text that had to be moved into the panel may lie on the line: the last resort.
                double moved = Math.Sqrt(Square(insideX - x) + Square(insideY - y));
                double edge = Math.Min(
                    Math.Min(x - panel.Left, panel.Left + panel.Width - x),
                    Math.Min(y - panel.Top, panel.Top + panel.Height - y));
                double room = avoid.Select(other => Math.Sqrt(Square(other.X - x) + Square(other.Y - y))).Append(edge).Min();
                double score = moved > 0 ? -moved : room;
                if (score > bestScore)
                    (bestScore, best) = (score, new(insideX, insideY, angle));
            }
        }

        return best;
    }

    /// <summary>The nearest middle at which the turned text is inside the panel.</summary>
    private static (double X, double Y) Inside(Panel panel, double x, double y, double radians)
    {
        double cos = Math.Abs(Math.Cos(radians)), sin = Math.Abs(Math.Sin(radians));
        double halfX = cos * HalfWidth + sin * HalfHeight, halfY = sin * HalfWidth + cos * HalfHeight;
        return (
            Math.Clamp(x, panel.Left + halfX, panel.Left + panel.Width - halfX),
            Math.Clamp(y, panel.Top + halfY, panel.Top + panel.Height - halfY));
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
