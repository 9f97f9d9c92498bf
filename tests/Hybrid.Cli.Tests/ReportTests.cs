using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Hybrid.Cli.Shared;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Cli.Tests;

/// <summary>--report: one page that holds everything, in HTML and in Markdown.</summary>
public sealed partial class ReportTests
{
    public static TheoryData<string[], string[]> Verbs => new()
    {
        { ["predict", "pre-tanh-ordered"], ["can it train?", "verdict: ", "What is taken for granted", "Layer by layer"] },
        {
            ["check", "post-relu", "--samples", "4", "--set", "depth=2", "--set", "width=64", "--set", "tokens=8", "--engine",
                "conditioned"],
            ["Theory against random transformers", "relative errors over all layers", "post-relu at width 64"]
        },
        {
            ["phase", "pre-tanh-critical", "--x", "mlp.inStd=1:2:3", "--y", "mlp.branch=0.1:1:3", "--json"],
            ["order and chaos", "zero line"]
        },
        {
            ["train", "pre-tanh-ordered", "--set", "mask=causal", "--set", "depth=1", "--set", "width=16", "--set", "heads=2",
                "--set", "mlpWidth=16", "--set", "tokens=8", "--data", "synthetic", "--steps", "4", "--out", "RUN"],
            ["a training run", "optimum, exact", "The network, before and after"]
        },
    };

    [Theory]
    [MemberData(nameof(Verbs))]
    public void A_page_holds_what_was_asked_what_was_found_and_where_it_ran(string[] command, string[] content)
    {
        using TemporaryFolder folder = new();
        string page = folder.Path("page.html");
        Run(folder, [.. command, "--report-static", "--report", page]);
        string html = File.ReadAllText(page);
        Assert.All(content, text => Assert.Contains(text, html));
        Assert.Contains("What was asked", html);
        Assert.Contains($"hybrid {command[0]} {command[1]}", html);
        Assert.Contains("SIMD", html);
        Assert.Contains("<svg", html);
        Assert.Equal(["page.html"], Directory.GetFiles(folder.Root).Select(Path.GetFileName));

        // Nothing is fetched: the only address is the name of SVG's namespace.
        Assert.All(Address().Matches(html), match => Assert.Equal("http://www.w3.org/2000/svg", match.Value));
        Assert.DoesNotContain("<script", html);
    }

    [Fact]
    public void An_interactive_page_plots_the_numbers_of_the_command_and_may_ask_nobody()
    {
        using TemporaryFolder folder = new();
        string page = folder.Path("page.html");
        CommandRun run = CommandRun.Of(["predict", "pre-tanh-ordered", "--json", "--report", page]);
        JsonArray layers = JsonNode.Parse(run.Output)!["layers"]!.AsArray();
        string html = File.ReadAllText(page);
        JsonArray plots = JsonNode.Parse(Plots().Match(html).Groups[1].Value)!.AsArray();
        string[] fields = ["q", "u", "gradientDiagonal", "gradientOffDiagonal"];
        Assert.Equal(fields.Length, plots.Count);
        foreach ((int number, string field) in fields.Index())
        {
            JsonArray plotted = plots[number]!["traces"]![0]!["y"]!.AsArray();
            Assert.Equal(layers.Count, plotted.Count);
            // A logarithmic axis has no 0: a gap.
            Assert.All(layers.Zip(plotted), pair => Assert.True(
                pair.Second is null
                    ? pair.First![field]!.GetValue<double>() == 0
                    : Math.Abs(pair.First![field]!.GetValue<double>()) == pair.Second.GetValue<double>()));
        }

        Assert.Contains("Content-Security-Policy\" content=\"default-src 'none'", html);
        Assert.Contains("plotly.js", html);
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void In_Markdown_the_figures_lie_beside_the_page(string[] command, string[] content)
    {
        using TemporaryFolder folder = new();
        Run(folder, [.. command, "--report", folder.Path("page.md")]);
        string text = File.ReadAllText(folder.Path("page.md"));
        Assert.All(content, part => Assert.Contains(part, text));
        MatchCollection figures = Figure().Matches(text);
        Assert.NotEmpty(figures);
        Assert.All(figures, figure => Assert.True(File.Exists(folder.Path(figure.Groups[1].Value)), $"no {figure.Groups[1].Value}"));
    }

    [Fact]
    public void A_phase_diagram_s_page_says_every_cell_s_value_under_the_pointer()
    {
        using TemporaryFolder folder = new();
        string page = folder.Path("phase.html");
        Run(folder, ["phase", "pre-tanh-critical", "--x", "mlp.inStd=1:2:5", "--y", "mlp.branch=0.1:1:4", "--report-static",
            "--out", page]);
        string html = File.ReadAllText(page);
        foreach (string symbol in (string[])["λ_a", "λ_g"])
            Assert.Equal(20, Regex.Count(html, $"<title>{symbol} = "));
    }

    [Theory]
    [InlineData("page.pdf", "must be a file that ends in .html, .md")]
    [InlineData("none/page.html", "there is no folder")]
    public void A_page_that_cannot_be_written_is_refused_before_the_work(string file, string complaint)
    {
        using TemporaryFolder folder = new();
        CommandRun run = CommandRun.Of(["predict", "gpt2", "--report", folder.Path(file)]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(complaint, run.Error);
        Assert.Equal("", run.Output);
    }

    internal static void Run(TemporaryFolder folder, string[] command)
    {
        CommandRun run = CommandRun.Of([.. command.Select(word => word == "RUN" ? folder.Path("run") : word)]);
        Assert.True(run.ExitCode is 0 or 1, run.Error);
    }

    [GeneratedRegex(@"<script type=""application/json"">(.*?)</script>")]
    private static partial Regex Plots();

    [GeneratedRegex(@"https?://[^""'\s<>]*")]
    private static partial Regex Address();

    [GeneratedRegex(@"!\[[^\]]*\]\(([^)]*)\)")]
    private static partial Regex Figure();
}
