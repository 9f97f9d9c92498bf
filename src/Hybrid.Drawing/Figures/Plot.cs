using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Hybrid.Drawing.Figures;

/// <summary>One panel as plotly.js takes it.</summary>
/// <param name="Title">Above the panel.</param>
/// <param name="Traces">What is drawn: series, maps, lines; those of one name are toggled together.</param>
/// <param name="Layout">Axes and words on the panel; colours of paper and ink are the page's.</param>
/// <param name="Wide">Whether it takes a row of its own.</param>
public sealed partial record Plot(string Title, JsonArray Traces, JsonObject Layout, bool Wide = false)
{
    private static readonly string[] Symbols = ["circle", "square", "triangle-up", "diamond", "triangle-down", "cross"];

    /// <summary>A layout with two axes and no legend of its own.</summary>
    internal static JsonObject LayoutOf(AxisScale horizontal, string across, AxisScale vertical, string up) => new()
    {
        ["xaxis"] = Axis(horizontal, across),
        ["yaxis"] = Axis(vertical, up),
        ["hovermode"] = "closest",
    };

    /// <summary>A line of a colour with what a pointer shows at each of its points.</summary>
    internal static JsonObject Line(
        string name,
        string colour,
        IEnumerable<double> x,
        IEnumerable<double> y,
        IEnumerable<string>? hover = null,
        string? dash = null) => new()
        {
            ["type"] = "scatter",
            ["mode"] = "lines",
            ["name"] = name,
            ["x"] = Values(x),
            ["y"] = Values(y),
            ["line"] = new JsonObject { ["color"] = colour, ["width"] = 2, ["dash"] = dash ?? "solid" },
            ["text"] = hover is null ? null : Texts(hover),
            ["hoverinfo"] = hover is null ? "skip" : "text",
        };

    /// <summary>Marks of a shape with what a pointer shows at each; whoever calls adds their colours.</summary>
    internal static JsonObject Marks(
        string name, IEnumerable<double> x, IEnumerable<double> y, IEnumerable<string> hover, JsonObject marker) => new()
        {
            ["type"] = "scatter",
            ["mode"] = "markers",
            ["name"] = name,
            ["x"] = Values(x),
            ["y"] = Values(y),
            ["marker"] = marker,
            ["text"] = Texts(hover),
            ["hoverinfo"] = "text",
        };

    /// <summary>The name of the shape that <see cref="Marker"/> draws.</summary>
    internal static string Symbol(int shape, bool open = false) => Symbols[shape % Marker.Shapes] + (open ? "-open" : "");

    /// <summary>Numbers; null, which leaves a gap, for one that is not finite.</summary>
    internal static JsonArray Values(IEnumerable<double> values) =>
        [.. values.Select(value => double.IsFinite(value) ? JsonValue.Create(value) : null)];

    /// <summary>Texts.</summary>
    internal static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(text => (JsonNode)WebUtility.HtmlEncode(text))];

    /// <summary>Where a value stands on the plot's own axis: of signed axes, which plotly.js has not, its asinh.</summary>
    internal static double On(AxisScale scale, double value) =>
        !scale.Shows(value) ? double.NaN : scale.BothSigns ? Math.Asinh(value) : value;

    /// <summary>A title with its symbols' subscripts lowered; nothing else in it is markup.</summary>
    internal static string Marked(string title) => Subscript().Replace(WebUtility.HtmlEncode(title), "$1<sub>$2</sub>");

    private static JsonObject Axis(AxisScale scale, string title)
    {
        JsonObject axis = new()
        {
            ["title"] = new JsonObject { ["text"] = Marked(title) },
            ["type"] = scale.Logarithmic ? "log" : "linear",
            ["range"] = Values(scale.Logarithmic
                ? [Math.Log10(scale.Low), Math.Log10(scale.High)]
                : [On(scale, scale.Low), On(scale, scale.High)]),
        };
        if (scale.BothSigns)
        {
            axis["tickvals"] = Values(scale.Ticks.Select(tick => On(scale, tick.Value)));
            axis["ticktext"] = Texts(scale.Ticks.Select(tick => tick.Label));
        }

        return axis;
    }

    [GeneratedRegex(@"(Σ?[λgσarqρ])_(\w)\b")]
    private static partial Regex Subscript();
}
