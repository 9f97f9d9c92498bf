using Hybrid.Cli.Shared;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Cli.Tests;

/// <summary>What a window of few columns shows.</summary>
public sealed class WindowTests
{
    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    public void Tables_fit_the_window_and_lose_no_cell(int columns)
    {
        string wide = Show(null, "predict", "pre-tanh-chaotic"), narrow = Show(columns, "predict", "pre-tanh-chaotic");
        IEnumerable<string> tables = narrow.Split('\n').SkipWhile(line => !line.StartsWith("layer"))
            .TakeWhile(line => !line.StartsWith("bound"));
        Assert.All(tables, line => Assert.InRange(line.Length, 0, columns));
        HashSet<string> shown = [.. narrow.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)];
        Assert.All(
            wide.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Where(word => !word.StartsWith('─')),
            word => Assert.Contains(word, shown));
    }

    [Fact]
    public void A_phase_diagram_is_drawn_with_letters_where_there_is_no_colour()
    {
        using TemporaryFolder folder = new();
        string output = Show(
            60, "phase", "pre-tanh-critical", "--x", "mlp.inStd=0.5:8:70",
            "--y", "mlp.branch=0.1:1.5:12", "--out", folder.Path("phase.svg"));
        string[] map = [.. output.Split('\n').Where(line => line.Contains('·') && line.Contains('#') && !line.StartsWith('λ'))];
        Assert.NotEmpty(map);
        Assert.All(map, line => Assert.InRange(line.Length, 0, 60));

        // Chaos lies at large σ_w: from left to right a row passes order, edge, chaos.
        Assert.All(map, line => Assert.Matches("^[^·]*·+o+#+$", line));
        Assert.DoesNotContain('\u001b', output);
    }

    private static string Show(int? columns, params string[] args)
    {
        using StringWriter output = new() { NewLine = "\n" }, error = new() { NewLine = "\n" };
        Terminal terminal = Terminal.Plain(output, error) with { Columns = columns };
        Assert.Equal(0, Cli.Run(args, terminal));
        return output.ToString();
    }
}
