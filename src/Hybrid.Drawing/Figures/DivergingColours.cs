using System.Text.Json.Nodes;

namespace Hybrid.Drawing.Figures;

/// <summary>
/// Blue over white to orange for negative, zero and positive: distinct under colour-vision deficiencies, and equal in
/// lightness at equal distance from zero.
/// </summary>
internal static class DivergingColours
{
    private static readonly (double R, double G, double B)[] Anchors =
    [
        (0x08, 0x45, 0x7E), (0x2B, 0x7B, 0xBA), (0x8F, 0xC1, 0xE3), (0xF7, 0xF7, 0xF7),
        (0xFB, 0xC0, 0x84), (0xDD, 0x72, 0x1E), (0x8C, 0x3B, 0x04),
    ];

    /// <summary>The colour of a value from −1 to 1, in one of <paramref name="levels"/> steps, as #rrggbb.</summary>
    public static string At(double value, int levels = 61)
    {
        double position = Math.Round((Math.Clamp(value, -1, 1) + 1) / 2 * (levels - 1)) / (levels - 1) * (Anchors.Length - 1);
        int below = Math.Min((int)position, Anchors.Length - 2);
        double fraction = position - below;
        (double r0, double g0, double b0) = Anchors[below];
        (double r1, double g1, double b1) = Anchors[below + 1];
        return $"#{Channel(r0, r1, fraction):x2}{Channel(g0, g1, fraction):x2}{Channel(b0, b1, fraction):x2}";
    }

    /// <summary>The same colours as plotly.js takes them: positions from 0 to 1, each with its colour.</summary>
    public static JsonArray Scale() => [.. Anchors.Select((_, i) =>
        (JsonNode)new JsonArray(i / (Anchors.Length - 1.0), At((2.0 * i / (Anchors.Length - 1)) - 1)))];

    private static int Channel(double from, double to, double fraction) => (int)Math.Round(from + fraction * (to - from));
}
