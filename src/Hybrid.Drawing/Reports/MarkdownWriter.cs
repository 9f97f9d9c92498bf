using System.Text;

namespace Hybrid.Drawing.Reports;

/// <summary>Reports as Markdown, readable as plain text too: the columns of tables are padded.</summary>
public static class MarkdownWriter
{
    /// <summary>The whole page; <paramref name="figurePrefix"/> stands before the file name of every figure.</summary>
    public static string Text(Report report, string figurePrefix)
    {
        StringBuilder text = new($"# {report.Title}\n\n");
        foreach (ReportSection section in report.Sections)
            Write(text, section, figurePrefix);
        return text.ToString().TrimEnd('\n') + "\n";
    }

    /// <summary>One section, with its heading one level below the page's.</summary>
    public static string Text(ReportSection section, string figurePrefix)
    {
        StringBuilder text = new();
        Write(text, section, figurePrefix);
        return text.ToString();
    }

    private static void Write(StringBuilder text, ReportSection section, string figurePrefix)
    {
        text.Append($"## {section.Heading}\n\n");
        foreach (IReportBlock block in section.Content)
        {
            switch (block)
            {
                case ReportParagraph paragraph:
                    text.Append($"{paragraph.Text}\n\n");
                    break;
                case ReportCode code:
                    text.Append($"```\n{code.Text.TrimEnd('\n')}\n```\n\n");
                    break;
                case ReportTable table:
                    Write(text, table);
                    break;
                case ReportFigure figure:
                    text.Append($"![{figure.Caption}]({figurePrefix}{figure.FileName})\n\n");
                    break;
                default:
                    throw new NotSupportedException($"no Markdown is defined for {block.GetType().Name}");
            }
        }
    }

    private static void Write(StringBuilder text, ReportTable table)
    {
        bool[] left = [.. table.Headings.Select(heading => heading.StartsWith('<'))];
        string[][] rows =
        [
            [.. table.Headings.Select(heading => Escaped(heading.TrimStart('<')))],
            .. table.Rows.Select(row => row.Select(Escaped).ToArray()),
        ];
        int[] widths = [.. left.Select((_, column) => Math.Max(3, rows.Max(row => row[column].Length)))];
        if (table.Caption != "")
            text.Append($"{table.Caption}\n\n");
        Line(rows[0]);
        IEnumerable<string> rules = widths.Select((width, column) =>
            left[column] ? new string('-', width) : new string('-', width - 1) + ":");
        text.Append("| ").AppendJoin(" | ", rules).Append(" |\n");
        foreach (string[] row in rows[1..])
            Line(row);
        text.Append('\n');

        void Line(string[] cells) => text
            .Append("| ")
            .AppendJoin(" | ", cells.Select((cell, column) => left[column] ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column])))
            .Append(" |\n");
    }

    private static string Escaped(string cell) => cell.Replace("|", "\\|");
}
