namespace Hybrid.Drawing.Figures;

/// <summary>
/// Colours and type of every figure. Okabe and Ito's palette stays distinct under the common colour-vision deficiencies;
/// the series also differ in their markers. Dark mode lightens ink and the two darkest hues.
/// </summary>
internal static class FigureStyle
{
    /// <summary>Distinct series colours; further series begin again with other markers.</summary>
    public const int Series = 7;

    /// <summary>The series' colours on white.</summary>
    internal static readonly IReadOnlyList<string> Light = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#333333"];
    /// <summary>The series' colours on black.</summary>
    internal static readonly IReadOnlyList<string> Dark = ["#4AA8E0", "#FF7F32", "#22C69A", "#E39CC5", "#F0B429", "#8ACDF5", "#D0D7DE"];

    private const string Fonts = "system-ui, -apple-system, \"Segoe UI\", \"DejaVu Sans\", Helvetica, Arial, sans-serif";

    /// <summary>The style sheet, embedded in the document.</summary>
    public static readonly string Sheet = $$"""

        text { font-family: {{Fonts}}; font-size: 12px; fill: #24292f; }
        .title { font-size: 15px; font-weight: 600; }
        .panel-title { font-size: 13px; font-weight: 600; }
        .small { font-size: 11px; }
        .background { fill: #ffffff; }
        .frame { fill: none; stroke: #57606a; stroke-width: 1; }
        .grid { stroke: #d0d7de; stroke-width: 0.6; }
        .tick { stroke: #57606a; stroke-width: 1; }
        .cells { shape-rendering: crispEdges; }
        .hover { fill: #000000; fill-opacity: 0; }
        .measured { stroke: #111111; stroke-width: 0.9; }
        .coloured { stroke: #57606a; stroke-width: 0.9; }
        .theory { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
        .bar { stroke-width: 1.1; fill: none; }
        .mark { stroke-width: 1.2; }
        .open { fill: #ffffff; }
        .contour { fill: none; stroke: #111111; stroke-width: 2; stroke-linejoin: round; }
        .dashed { stroke-dasharray: 7 4; }
        .on-map { fill: #111111; stroke: #ffffff; stroke-width: 3.5; stroke-linejoin: round; paint-order: stroke; font-weight: 600; }
        .region { font-size: 15px; font-style: italic; }
        {{Rules(Light)}}
        @media (prefers-color-scheme: dark) {
        text { fill: #e6edf3; }
        .background { fill: #0d1117; }
        .frame { stroke: #8b949e; }
        .grid { stroke: #30363d; }
        .tick { stroke: #8b949e; }
        .open { fill: #0d1117; }
        .on-map { fill: #111111; }
        {{Rules(Dark)}}
        }

        """.Replace("\r", "");

    /// <summary>The class that strokes in a series' colour.</summary>
    public static string Stroke(int series) => $"s{series % Series}";

    /// <summary>The class that fills with a series' colour.</summary>
    public static string Fill(int series) => $"f{series % Series}";

    private static string Rules(IReadOnlyList<string> colours) => string.Join(
        "\n",
        colours.Select((colour, i) => $".s{i} {{ stroke: {colour}; }} .f{i} {{ fill: {colour}; }}"));
}
