using Hybrid.Cli.Shared;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Hybrid.Cli.Output;

/// <summary>
/// A small aligned table: columns to the right, those whose heading begins with &lt; to the left. In a file or a pipe it is as
/// wide as its content; in a window that is narrower its columns follow in several tables, the first column leading each.
/// </summary>
internal sealed class TextTable(params string[] headings)
{
    // Spaces behind a column, and what the table itself puts between two.
    private const int Unlimited = 1000, Padding = 2, Gap = Padding + 1;

    private readonly List<(string Text, Style? Style)[]> _rows = [];

    /// <summary>Writes a report's table without its caption, and an empty line.</summary>
    public static void Write(Terminal terminal, ReportTable table)
    {
        TextTable text = new([.. table.Headings]);
        foreach (IReadOnlyList<string> row in table.Rows)
            text.Row([.. row]);
        text.Write(terminal);
    }

    /// <summary>Adds a row of plain cells.</summary>
    public void Row(params string[] cells) => Row(cells.Select(cell => (cell, (Style?)null)));

    /// <summary>Adds a row of cells with styles; a null style is plain.</summary>
    public void Row(IEnumerable<(string Text, Style? Style)> cells) => _rows.Add([.. cells]);

    /// <summary>Writes the table and an empty line.</summary>
    public void Write(Terminal terminal)
    {
        foreach (int[] columns in Parts(terminal.Columns ?? Unlimited))
            Write(terminal, columns);
    }

    /// <summary>The columns of each table, none wider than <paramref name="limit"/> unless two columns alone are.</summary>
    private List<int[]> Parts(int limit)
    {
        int[] widths = [.. headings.Select((heading, column) => Gap + Math.Max(
            Title(heading).Length, _rows.Select(row => row[column].Text.Length).DefaultIfEmpty(0).Max()))];
        List<int[]> parts = [];
        for (int next = 1; next < headings.Length || parts.Count == 0;)
        {
            int width = widths[0], end = next;

            // A mark without a heading stays beside what it marks.
            while (end < headings.Length && (end == next || Title(headings[end]) == "" || width + widths[end] - Gap <= limit))
                width += widths[end++];
            parts.Add([0, .. Enumerable.Range(next, end - next)]);
            next = Math.Max(end, next + 1);
        }

        return parts;
    }

    private void Write(Terminal terminal, int[] columns)
    {
        Table table = new() { Border = new Rule(), UseSafeBorder = false };
        foreach (int column in columns)
        {
            table.AddColumn(new TableColumn(new Text(Title(headings[column])))
            {
                NoWrap = true,
                Alignment = headings[column].StartsWith('<') ? Justify.Left : Justify.Right,
                Padding = new Padding(0, 0, Padding, 0),
            });
        }

        foreach ((string Text, Style? Style)[] row in _rows)
            table.AddRow(columns.Select(column => (IRenderable)new Text(row[column].Text, row[column].Style)));

        using StringWriter buffer = new() { NewLine = "\n" };
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = terminal.Colour ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = terminal.Colour ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(buffer),
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });
        console.Profile.Width = Unlimited;
        console.Profile.Capabilities.Unicode = true;
        console.Write(table);
        foreach (string line in buffer.ToString().Trim('\n').Split('\n'))
            terminal.Out.WriteLine(line.TrimEnd());
        terminal.Out.WriteLine();
    }

    private static string Title(string heading) => heading.StartsWith('<') ? heading[1..] : heading;

    /// <summary>Only a line under the headings.</summary>
    private sealed class Rule : TableBorder
    {
        public override string GetPart(TableBorderPart part) => part switch
        {
            TableBorderPart.HeaderBottom or TableBorderPart.HeaderBottomSeparator => "─",
            _ => "",
        };
    }
}
