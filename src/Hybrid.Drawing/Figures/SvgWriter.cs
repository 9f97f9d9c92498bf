using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml;

namespace Hybrid.Drawing.Figures;

/// <summary>
/// Writes one SVG document. Coordinates are in user units with y downwards and at most two decimals, whatever the
/// culture, so that equal input gives equal bytes.
/// </summary>
internal sealed partial class SvgWriter : IDisposable
{
    private readonly StringBuilder _text = new();
    private readonly XmlWriter _xml;

    /// <summary>Opens a document of the given size with an accessible title, a style sheet and a background.</summary>
    public SvgWriter(double width, double height, string title, string style)
    {
        _xml = XmlWriter.Create(_text, new XmlWriterSettings { Indent = true, NewLineChars = "\n", OmitXmlDeclaration = true });
        _xml.WriteStartElement("svg", "http://www.w3.org/2000/svg");
        Attribute("viewBox", $"0 0 {Number(width)} {Number(height)}");
        Attribute("width", Number(width));
        Attribute("height", Number(height));
        Attribute("role", "img");
        _xml.WriteElementString("title", title);
        _xml.WriteElementString("style", style);
        Rectangle(0, 0, width, height, "background");
    }

    /// <summary>A coordinate as text; a coordinate that is not finite is a fault of the caller.</summary>
    public static string Number(double value) => double.IsFinite(value)
        ? (Math.Round(value, 2) + 0.0).ToString("0.##", CultureInfo.InvariantCulture)
        : throw new ArgumentException($"a coordinate must be finite, got {value}", nameof(value));

    /// <summary>Opens a group; dispose the result to close it.</summary>
    public IDisposable Group(string? classes = null, string? transform = null)
    {
        _xml.WriteStartElement("g");
        Attribute("class", classes);
        Attribute("transform", transform);
        return new Closer(_xml);
    }

    /// <summary>A rectangle; a viewer shows <paramref name="hover"/> where the pointer rests on it.</summary>
    public void Rectangle(
        double x, double y, double width, double height, string? classes, string? fill = null, string? hover = null) =>
        Element(
            "rect", classes, hover,
            ("x", Number(x)), ("y", Number(y)), ("width", Number(width)), ("height", Number(height)), ("fill", fill));

    public void Line(double x1, double y1, double x2, double y2, string? classes = null) => Element(
        "line", classes, null, ("x1", Number(x1)), ("y1", Number(y1)), ("x2", Number(x2)), ("y2", Number(y2)));

    /// <summary>A path; a viewer shows <paramref name="hover"/> where the pointer rests on it.</summary>
    public void Path(string data, string? classes = null, string? fill = null, string? hover = null) =>
        Element("path", classes, hover, ("d", data), ("fill", fill));

    /// <summary>An open polyline through the points.</summary>
    public void Polyline(IEnumerable<(double X, double Y)> points, string? classes = null) => Element(
        "polyline", classes, null, ("points", string.Join(' ', points.Select(point => $"{Number(point.X)},{Number(point.Y)}"))));

    /// <summary>Text at its baseline; anchor is start, middle or end.</summary>
    public void Text(double x, double y, string text, string? classes = null, string anchor = "start", double rotate = 0)
    {
        _xml.WriteStartElement("text");
        Attribute("class", classes);
        Attribute("x", Number(x));
        Attribute("y", Number(y));
        Attribute("text-anchor", anchor == "start" ? null : anchor);
        Attribute("transform", rotate == 0 ? null : $"rotate({Number(rotate)} {Number(x)} {Number(y)})");
        // Spaces next to a subscript would otherwise be dropped.
        _xml.WriteAttributeString("xml", "space", null, "preserve");
        WriteSubscripted(text);
        _xml.WriteEndElement();
    }

    /// <summary>Text of 11 to 15 units' height in as many lines as it needs; the baseline of the last one.</summary>
    public double Lines(double x, double y, string text, double width, string classes, double letter, double row)
    {
        string line = "";
        foreach (string word in text.Split(' '))
        {
            if (line != "" && letter * (line.Length + 1 + word.Length) > width)
            {
                Text(x, y, line, classes);
                (line, y) = ("", y + row);
            }

            line += (line == "" ? "" : " ") + word;
        }

        Text(x, y, line, classes);
        return y;
    }

    /// <summary>Closes the document and returns it.</summary>
    public string Finish()
    {
        _xml.WriteEndElement();
        _xml.Flush();
        return _text.Append('\n').ToString();
    }

    public void Dispose() => _xml.Dispose();

    /// <summary>The theory's symbols such as λ_a, g_d and σ_w with their subscript lowered; all other text as it is.</summary>
    private void WriteSubscripted(string text)
    {
        int written = 0;
        foreach (Match match in Symbol().Matches(text))
        {
            Group subscript = match.Groups["low"];
            _xml.WriteString(text[written..Math.Max(written, subscript.Index - 1)]);
            Span(subscript.Value, ("dy", "3"), ("font-size", "80%"));
            written = subscript.Index + 1;
            // The text up to the next symbol's subscript restores the baseline; a shift needs characters to act on.
            int end = match.NextMatch() is { Success: true } next ? next.Groups["low"].Index - 1 : text.Length;
            if (end > written)
                Span(text[written..end], ("dy", "-3"));
            written = end;
        }

        _xml.WriteString(text[written..]);
    }

    private void Span(string text, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        _xml.WriteStartElement("tspan");
        foreach ((string name, string value) in attributes)
            Attribute(name, value);
        _xml.WriteString(text);
        _xml.WriteEndElement();
    }

    [GeneratedRegex(@"\b(?:Σ?[λg]_(?<low>[agdo])|σ_(?<low>[AVwvb])|[ar]_(?<low>[AM])|[qρ]_(?<low>0))\b")]
    private static partial Regex Symbol();

    private void Element(string name, string? classes, string? hover, params ReadOnlySpan<(string Name, string? Value)> attributes)
    {
        _xml.WriteStartElement(name);
        Attribute("class", classes);
        foreach ((string attribute, string? value) in attributes)
            Attribute(attribute, value);
        if (hover is not null)
            _xml.WriteElementString("title", hover);
        _xml.WriteEndElement();
    }

    private void Attribute(string name, string? value)
    {
        if (value is not null)
            _xml.WriteAttributeString(name, value);
    }

    private sealed class Closer(XmlWriter xml) : IDisposable
    {
        public void Dispose() => xml.WriteEndElement();
    }
}
