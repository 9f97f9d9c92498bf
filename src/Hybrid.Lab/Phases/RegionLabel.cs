using Hybrid.Drawing.Figures;

namespace Hybrid.Lab.Phases;

/// <summary>A place for a phase's name inside its region.</summary>
internal static class RegionLabel
{
    /// <summary>Least distance of the text's middle from every line and edge; half the width of the longest name.</summary>
    private const double Room = 34;

    /// <summary>Half the height of a name with its rim.</summary>
    private const double HalfHeight = 9;

    /// <summary>
    /// The grid point with λ_a of the given sign that is farthest from the panel's edges and from everything in
    /// <paramref name="avoid"/>, with no measured point under the name unless there is one under it everywhere, or null where no place
    /// has room for it. All places are page coordinates.
    /// </summary>
    public static (double X, double Y)? Place(
        PhaseGrid grid,
        int sign,
        IReadOnlyList<(double X, double Y)> avoid,
        IReadOnlyList<(double X, double Y)> measured,
        Panel panel) => Beside(measured, grid, sign, avoid, panel) ?? Beside([], grid, sign, avoid, panel);

    private static (double X, double Y)? Beside(
        IReadOnlyList<(double X, double Y)> measured,
        PhaseGrid grid,
        int sign,
        IReadOnlyList<(double X, double Y)> avoid,
        Panel panel)
    {
        (double X, double Y)? best = null;
        double most = Room;
        // Some 40 candidates along each axis are enough to tell where there is room.
        for (int i = 0; i < grid.X.Count; i += 1 + grid.X.Count / 40)
        {
            for (int j = 0; j < grid.Y.Count; j += 1 + grid.Y.Count / 40)
            {
                if (!(grid.Angle[i, j] * sign > 0))
                    continue;
                (double x, double y) = (panel.X(grid.X.Values[i]), panel.Y(grid.Y.Values[j]));
                if (measured.Any(dot => Under(dot.X - x, dot.Y - y)))
                    continue;
                double edge = Math.Min(
                    Math.Min(x - panel.Left, panel.Left + panel.Width - x),
                    Math.Min(y - panel.Top, panel.Top + panel.Height - y));
                double room = avoid.Select(other => Math.Sqrt(Math.Pow(other.X - x, 2) + Math.Pow(other.Y - y, 2))).Append(edge).Min();
                if (room > most)
                    (most, best) = (room, (x, y));
            }
        }

        return best;
    }

    /// <summary>Whether a measured point so far from the name's middle would be under the name.</summary>
    private static bool Under(double across, double down) =>
        Math.Abs(across) < Room + HeatMap.DotRadius && Math.Abs(down) < HalfHeight + HeatMap.DotRadius;
}
