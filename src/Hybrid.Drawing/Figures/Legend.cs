namespace Hybrid.Drawing.Figures;

/// <summary>Where the keys of a legend go: in rows, each as wide as its text needs at about 7 units a letter.</summary>
internal static class Legend
{
    /// <summary>Length of a key's line.</summary>
    public const double LineLength = 28;

    /// <summary>Where a key's text begins, from the key's left end.</summary>
    public const double TextOffset = 34;

    private const double Row = 20, Gap = 20, Letter = 7.2;

    /// <summary>The left end of every key's line, and the last row's height.</summary>
    public static IReadOnlyList<(double X, double Y)> Places(
        IReadOnlyList<string> labels, double left, double right, double top, out double bottom)
    {
        List<(double, double)> places = [];
        double x = left, y = top;
        foreach (string label in labels)
        {
            double width = TextOffset + Gap + Letter * label.Length;
            if (x > left && x + width > right)
            {
                x = left;
                y += Row;
            }

            places.Add((x, y));
            x += width;
        }

        bottom = y;
        return places;
    }
}
