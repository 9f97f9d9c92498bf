using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hybrid.Drawing.Figures;

namespace Hybrid.Drawing.Reports;

/// <summary>
/// Reports as one self-contained HTML page: style, figures and plotly.js are part of it, it asks the network for nothing (its own
/// policy forbids it), follows the reader's light or dark mode, stacks its panels on narrow screens and prints on white. A page
/// that is static has no script; printed, or where scripts do not run, both kinds show the same drawings.
/// </summary>
public static class HtmlWriter
{
    /// <summary>The whole page, whose figures answer the pointer, or are drawings alone where it is static.</summary>
    public static string Text(Report report, bool isStatic = false)
    {
        bool live = !isStatic && report.Figures.Any(figure => figure.Figure.Plots.Count > 0);
        StringBuilder text = new();
        text.Append(
            $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="{(live ? Policy : StaticPolicy)}">
            <title>{Escaped(report.Title)}</title>
            <style>
            {Style}
            </style>
            </head>
            <body>
            <main>
            <h1>{Escaped(report.Title)}</h1>

            """.ReplaceLineEndings("\n"));
        foreach (ReportSection section in report.Sections)
        {
            text.Append($"<section>\n<h2>{Escaped(section.Heading)}</h2>\n");
            foreach (IReportBlock block in section.Content)
                Write(text, block, live);
            text.Append("</section>\n");
        }

        text.Append("</main>\n");
        if (live)
            AppendScripts(text);
        return text.Append("</body>\n</html>\n").ToString();
    }

    private const string StaticPolicy = "default-src 'none'; style-src 'unsafe-inline'";

    // plotly.js writes style elements, and draws what it exports from blobs.
    private const string Policy = StaticPolicy + "; script-src 'unsafe-inline'; img-src data: blob:";

    private const string Style =
        """
        :root { color-scheme: light dark; --ink: #24292f; --paper: #ffffff; --line: #d0d7de; --faint: #f6f8fa; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; --line: #30363d; --faint: #161b22; } }
        body {
          margin: 0; background: var(--paper); color: var(--ink);
          font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", Helvetica, Arial, sans-serif;
        }
        main { max-width: 1040px; margin: 0 auto; padding: 24px; }
        h1 { font-size: 24px; } h2 { font-size: 18px; margin-top: 32px; border-bottom: 1px solid var(--line); padding-bottom: 4px; }
        pre {
          background: var(--faint); border: 1px solid var(--line); border-radius: 6px; padding: 12px; overflow-x: auto;
          font-size: 13px; white-space: pre-wrap; overflow-wrap: anywhere;
        }
        .table { overflow-x: auto; }
        table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; margin: 8px 0 16px; }
        .caption { font-size: 13px; margin: 16px 0 0; }
        th, td { padding: 3px 10px; text-align: right; border-bottom: 1px solid var(--line); } th { border-bottom-width: 2px; }
        .left { text-align: left; } figure { margin: 16px 0; } figcaption { font-size: 13px; }
        .wide svg, .narrow > svg { width: 100%; height: auto; } .narrow { display: none; } .live .drawing { display: none; }
        .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 12px; }
        .panel { min-width: 0; } .wide-panel { grid-column: 1 / -1; } .panel-title { font-size: 13px; font-weight: 600; }
        .legend { display: flex; flex-wrap: wrap; gap: 6px; margin-bottom: 8px; }
        .legend button {
          font: inherit; font-size: 13px; color: inherit; background: none; border: 1px solid var(--line); border-radius: 6px;
          padding: 2px 8px; cursor: pointer;
        }
        .legend button[aria-pressed="false"] { opacity: 0.5; text-decoration: line-through; }
        .legend span { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 6px; vertical-align: -1px; }
        .ranked { font-size: 14px; padding-left: 20px; } .ranked b { font-weight: 600; }
        @media screen and (max-width: 640px) {
          main { padding: 12px; } .wide { display: none; } .narrow { display: block; }
        }
        @media print {
          :root { color-scheme: light; --ink: #000000; --paper: #ffffff; --line: #999999; --faint: #ffffff; }
          main { max-width: none; padding: 0; } h2 { break-after: avoid; } figure, tr { break-inside: avoid; }
          .table { overflow: visible; } table { font-size: 10px; } th, td { padding: 2px 5px; } thead { display: table-header-group; }
          .live .wide { display: block; } .legend, .plots { display: none; } pre { break-inside: avoid; }
          @page { margin: 15mm; }
        }
        """;

    /// <summary>What is run: the library, the series' colours, and what makes plots of figures.</summary>
    private static void AppendScripts(StringBuilder text)
    {
        using StreamReader library = new(PlotlyScript.Open());
        using StreamReader figures = new(typeof(HtmlWriter).Assembly.GetManifestResourceStream("figures.js")!);
        string colours = JsonSerializer.Serialize(new { light = FigureStyle.Light, dark = FigureStyle.Dark });
        text.Append($"<script type=\"application/json\" id=\"series-colours\">{colours}</script>\n")
            .Append($"<script>{library.ReadToEnd()}</script>\n")
            .Append($"<script>\n{figures.ReadToEnd()}</script>\n");
    }

    private static void Write(StringBuilder text, ReportFigure shown, bool live)
    {
        text.Append($"<figure>\n<div class=\"drawing wide\">{shown.Svg}</div>\n")
            .Append($"<div class=\"drawing narrow\">{shown.Figure.Narrow}</div>\n");
        if (live)
        {
            // Escaped by its encoder: no text of it can end the element.
            JsonArray plots = [.. shown.Figure.Plots.Select(plot => (JsonNode)new JsonObject
            {
                ["title"] = Plot.Marked(plot.Title),
                ["wide"] = plot.Wide,
                ["traces"] = plot.Traces.DeepClone(),
                ["layout"] = plot.Layout.DeepClone(),
            })];
            text.Append($"<script type=\"application/json\">{plots.ToJsonString()}</script>\n");
        }

        text.Append($"<figcaption>{Escaped(shown.Caption)}</figcaption>\n</figure>\n");
    }

    private static void Write(StringBuilder text, IReportBlock block, bool live)
    {
        switch (block)
        {
            case ReportParagraph paragraph:
                text.Append($"<p>{Escaped(paragraph.Text)}</p>\n");
                break;
            case ReportCode code:
                text.Append($"<pre>{Escaped(code.Text)}</pre>\n");
                break;
            case ReportTable table:
                Write(text, table);
                break;
            case ReportFigure figure:
                Write(text, figure, live);
                break;
            default:
                throw new NotSupportedException($"no HTML is defined for {block.GetType().Name}");
        }
    }

    private static void Write(StringBuilder text, ReportTable table)
    {
        string[] classes = [.. table.Headings.Select(heading => heading.StartsWith('<') ? " class=\"left\"" : "")];
        // Above what scrolls, so that it is read at any width.
        if (table.Caption != "")
            text.Append($"<p class=\"caption\">{Escaped(table.Caption)}</p>\n");
        text.Append("<div class=\"table\"><table>\n");
        text.Append("<thead>");
        Row("th", [.. table.Headings.Select(heading => heading.TrimStart('<'))]);
        text.Append("</thead>\n<tbody>\n");
        foreach (IReadOnlyList<string> row in table.Rows)
            Row("td", row);
        text.Append("</tbody>\n</table></div>\n");

        void Row(string element, IReadOnlyList<string> cells)
        {
            text.Append("<tr>");
            for (int column = 0; column < cells.Count; column++)
                text.Append($"<{element}{classes[column]}>{Escaped(cells[column])}</{element}>");
            text.Append("</tr>\n");
        }
    }

    private static string Escaped(string text) => WebUtility.HtmlEncode(text);
}
