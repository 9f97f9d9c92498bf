using static Hybrid.Drawing.Figures.SvgWriter;

namespace Hybrid.Drawing.Figures;

/// <summary>The shapes that mark measured points, so that series differ by more than colour.</summary>
internal static class Marker
{
    /// <summary>The number of different shapes.</summary>
    public const int Shapes = 6;

    /// <summary>Path data of shape number <paramref name="series"/> (taken modulo the number of shapes), centred.</summary>
    public static string Data(int series, double x, double y, double radius) => (series % Shapes) switch
    {
        0 => $"M{Number(x - radius)},{Number(y)}a{Number(radius)},{Number(radius)} 0 1 0 "
            + $"{Number(2 * radius)},0a{Number(radius)},{Number(radius)} 0 1 0 {Number(-2 * radius)},0z",
        1 => Polygon(x, y, radius * 0.9, [(-1, -1), (1, -1), (1, 1), (-1, 1)]),
        2 => Polygon(x, y, radius * 1.2, [(0, -1), (0.95, 0.75), (-0.95, 0.75)]),
        3 => Polygon(x, y, radius * 1.3, [(0, -1), (1, 0), (0, 1), (-1, 0)]),
        4 => Polygon(x, y, radius * 1.2, [(0, 1), (0.95, -0.75), (-0.95, -0.75)]),
        _ => Polygon(x, y, radius * 1.2, [(-1, -0.45), (-0.45, -0.45), (-0.45, -1), (0.45, -1), (0.45, -0.45), (1, -0.45), (1, 0.45),
            (0.45, 0.45), (0.45, 1), (-0.45, 1), (-0.45, 0.45), (-1, 0.45)]),
    };

    private static string Polygon(double x, double y, double radius, ReadOnlySpan<(double X, double Y)> corners)
    {
        string data = "";
        foreach ((double cornerX, double cornerY) in corners)
            data += $"{(data == "" ? "M" : "L")}{Number(x + radius * cornerX)},{Number(y + radius * cornerY)}";
        return data + "z";
    }
}
