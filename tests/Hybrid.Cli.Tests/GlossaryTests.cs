using Hybrid.Architectures;
using Hybrid.Cli.Output;
using Xunit;

namespace Hybrid.Cli.Tests;

public class GlossaryTests
{
    private static readonly string[] Rows = File.ReadAllLines(Path.Combine(DocumentedCommandTests.Root(), "docs/glossary.md"));

    [Fact]
    public void Every_field_with_a_symbol_stands_in_the_glossary_and_no_other()
    {
        string[] expected = [.. Fields.All.Where(field => field.Symbol != "").Select(field => $"`{field.Symbol}` | `{field.Path}`")];
        string[] fields = [.. Rows.Select(row => row.Split(" | ")).Where(cells => cells.Length == 3 && cells[1].StartsWith('`'))
            .Select(cells => $"{cells[0].TrimStart('|', ' ')} | {cells[1]}")];
        Assert.Equal(expected, fields);
    }

    [Fact]
    public void Every_symbol_of_the_legend_below_a_table_of_layers_stands_in_the_glossary()
    {
        string[] symbols = [.. VerdictText.Legend.Split(" · ").Select(part => part[..part.IndexOf(':', StringComparison.Ordinal)])];
        Assert.Equal(4, symbols.Length);
        Assert.All(symbols, symbol => Assert.Contains(Rows, row => row.StartsWith($"| `{symbol}` |", StringComparison.Ordinal)));
    }
}
