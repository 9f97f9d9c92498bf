namespace Hybrid.Harness.Phases;

/// <summary>
/// The line on which a function given on a rectangular grid changes sign, by marching squares with linear interpolation
/// along cell edges: the vertices' error is O(h²) in the grid spacing h. A saddle cell is resolved by the sign of its
/// mean; a cell with a corner that is not finite holds no line.
/// </summary>
public static class ZeroContour
{
    /// <summary>
    /// Polylines in the coordinates of <paramref name="xs"/> and <paramref name="ys"/>, both ascending;
    /// <paramref name="values"/> is [x, y]. A closed line repeats its first point. The order is that of the grid.
    /// </summary>
    public static IReadOnlyList<IReadOnlyList<(double X, double Y)>> Trace(
        IReadOnlyList<double> xs,
        IReadOnlyList<double> ys,
        double[,] values)
    {
        Dictionary<Edge, (double X, double Y)> points = [];
        Dictionary<Edge, List<Edge>> neighbours = [];
        for (int i = 0; i + 1 < xs.Count; i++)
        {
            for (int j = 0; j + 1 < ys.Count; j++)
            {
                foreach ((Edge from, Edge to) in Segments(values, i, j))
                {
                    points[from] = Crossing(xs, ys, values, from);
                    points[to] = Crossing(xs, ys, values, to);
                    Link(neighbours, from, to);
                    Link(neighbours, to, from);
                }
            }
        }

        return [.. Chains(neighbours).Select(chain => (IReadOnlyList<(double, double)>)[.. chain.Select(edge => points[edge])])];
    }

    /// <summary>The edges of cell (i, j), counter-clockwise from the bottom, that a contour joins pairwise.</summary>
    private static IEnumerable<(Edge From, Edge To)> Segments(double[,] values, int i, int j)
    {
        double a = values[i, j], b = values[i + 1, j], c = values[i + 1, j + 1], d = values[i, j + 1];
        if (!double.IsFinite(a + b + c + d))
            return [];
        Edge bottom = new(i, j, true), right = new(i + 1, j, false), top = new(i, j + 1, true), left = new(i, j, false);
        int pattern = (a > 0 ? 1 : 0) | (b > 0 ? 2 : 0) | (c > 0 ? 4 : 0) | (d > 0 ? 8 : 0);
        bool middle = a + b + c + d > 0;
        return pattern switch
        {
            0 or 15 => [],
            1 or 14 => [(left, bottom)],
            2 or 13 => [(bottom, right)],
            4 or 11 => [(right, top)],
            8 or 7 => [(top, left)],
            3 or 12 => [(left, right)],
            6 or 9 => [(bottom, top)],
            // Corners a and c positive: a positive middle joins them and cuts b and d off.
            5 => middle ? [(bottom, right), (top, left)] : [(left, bottom), (right, top)],
            _ => middle ? [(left, bottom), (right, top)] : [(bottom, right), (top, left)],
        };
    }

    private static (double X, double Y) Crossing(IReadOnlyList<double> xs, IReadOnlyList<double> ys, double[,] values, Edge edge)
    {
        int endI = edge.I + (edge.Horizontal ? 1 : 0), endJ = edge.J + (edge.Horizontal ? 0 : 1);
        double from = values[edge.I, edge.J], to = values[endI, endJ];
        double fraction = from / (from - to);
        return (
            xs[edge.I] + fraction * (xs[endI] - xs[edge.I]),
            ys[edge.J] + fraction * (ys[endJ] - ys[edge.J]));
    }

    private static void Link(Dictionary<Edge, List<Edge>> neighbours, Edge from, Edge to)
    {
        if (!neighbours.TryGetValue(from, out List<Edge>? list))
            neighbours[from] = list = [];
        list.Add(to);
    }

    /// <summary>Every edge has one or two neighbours: open chains start at the ones with one, what is left is closed.</summary>
    private static IEnumerable<List<Edge>> Chains(Dictionary<Edge, List<Edge>> neighbours)
    {
        HashSet<Edge> visited = [];
        foreach (bool open in (bool[])[true, false])
        {
            foreach ((Edge start, List<Edge> linked) in neighbours)
            {
                if (visited.Contains(start) || (open && linked.Count != 1))
                    continue;
                List<Edge> chain = [start];
                visited.Add(start);
                for (Edge? next = start; next is not null;)
                {
                    next = neighbours[next.Value].Cast<Edge?>().FirstOrDefault(edge => !visited.Contains(edge!.Value));
                    if (next is not null && visited.Add(next.Value))
                        chain.Add(next.Value);
                }

                if (!open)
                    chain.Add(start);
                yield return chain;
            }
        }
    }

    /// <summary>The grid edge from node (I, J) to its neighbour in x (horizontal) or in y.</summary>
    private readonly record struct Edge(int I, int J, bool Horizontal);
}
