using Spectre.Console;
using Spectre.Console.Rendering;

namespace Hybrid.Cli.Output;

/// <summary>
/// A small aligned table: columns to the right, those whose heading begins with &lt; to the left. It is as wide as its
/// content, in a terminal and in a pipe alike, so that output never depends on the window.
/// </summary>
internal sealed class TextTable
{
    private const int Unlimited = 1000;

    private readonly Table _table = new() { Border = new Rule(), UseSafeBorder = false };

    public TextTable(params string[] headings)
    {
        foreach (string heading in headings)
        {
            bool left = heading.StartsWith('<');
            TableColumn column = new(new Text(left ? heading[1..] : heading))
            {
                NoWrap = true,
                Alignment = left ? Justify.Left : Justify.Right,
                Padding = new Padding(0, 0, 2, 0),
            };
            _table.AddColumn(column);
        }
    }

    /// <summary>Writes a report's table without its caption, and an empty line.</summary>
    public static void Write(Terminal terminal, ReportTable table)
    {
        TextTable text = new([.. table.Headings]);
        foreach (IReadOnlyList<string> row in table.Rows)
            text.Row([.. row]);
        text.Write(terminal);
    }

    /// <summary>Adds a row of plain cells.</summary>
    public void Row(params string[] cells) => _table.AddRow(cells.Select(cell => (IRenderable)new Text(cell)));

    /// <summary>Adds a row of cells with styles; a null style is plain.</summary>
    public void Row(IEnumerable<(string Text, Style? Style)> cells) =>
        _table.AddRow(cells.Select(cell => (IRenderable)new Text(cell.Text, cell.Style)));

    /// <summary>Writes the table and an empty line.</summary>
    public void Write(Terminal terminal)
    {
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
        console.Write(_table);
        foreach (string line in buffer.ToString().Trim('\n').Split('\n'))
            terminal.Out.WriteLine(line.TrimEnd());
        terminal.Out.WriteLine();
    }

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
