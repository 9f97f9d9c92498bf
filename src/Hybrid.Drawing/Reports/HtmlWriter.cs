using System.Net;
using System.Text;

namespace Hybrid.Drawing.Reports;

/// <summary>
/// Reports as one self-contained HTML page: style and figures are part of it, it asks the network for nothing, follows the
/// reader's light or dark mode and prints on white.
/// </summary>
public static class HtmlWriter
{
    /// <summary>The whole page.</summary>
    public static string Text(Report report)
    {
        StringBuilder text = new();
        text.Append(
            $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
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
                Write(text, block);
            text.Append("</section>\n");
        }

        return text.Append("</main>\n</body>\n</html>\n").ToString();
    }

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
        .left { text-align: left; } figure { margin: 16px 0; } figure svg { width: 100%; height: auto; } figcaption { font-size: 13px; }
        @media print {
          :root { color-scheme: light; --ink: #000000; --paper: #ffffff; --line: #999999; --faint: #ffffff; }
          main { max-width: none; padding: 0; } h2 { break-after: avoid; } figure, tr { break-inside: avoid; }
          .table { overflow: visible; } table { font-size: 10px; } th, td { padding: 2px 5px; }
        }
        """;

    private static void Write(StringBuilder text, IReportBlock block)
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
                text.Append($"<figure>\n{figure.Svg}<figcaption>{Escaped(figure.Caption)}</figcaption>\n</figure>\n");
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
