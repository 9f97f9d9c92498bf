using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Hybrid.Cli.Shared;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Cli.Tests;

public class PhaseCommandTests
{
    [Fact]
    public void An_svg_is_written_and_the_zero_line_reported()
    {
        using TemporaryFolder folder = new();
        CommandRun run = Phase(folder.Path("phase.svg"));
        Assert.Equal(0, run.ExitCode);
        Assert.Equal("svg", XDocument.Load(folder.Path("phase.svg")).Root!.Name.LocalName);
        Snapshot.Matches("phase.txt", run.Output.Replace(folder.Root, "FOLDER"));
    }

    [Fact]
    public void A_csv_has_one_row_for_each_point()
    {
        using TemporaryFolder folder = new();
        Phase(folder.Path("phase.csv"));
        string[] lines = File.ReadAllLines(folder.Path("phase.csv"));
        Assert.Equal("\"mlp.inStd\",\"attention.branch,mlp.branch\",angleExponent,gradientExponent,rho", lines[0]);
        Assert.Equal(1 + 5 * 3, lines.Length);
        Assert.StartsWith("3.5,0.4,", lines[2]);
    }

    [Fact]
    public void A_json_file_is_the_document_of_stdout()
    {
        using TemporaryFolder folder = new();
        CommandRun run = Phase(folder.Path("phase.json"), "--json");
        Assert.Equal(run.Output, File.ReadAllText(folder.Path("phase.json")));
        Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(run.Output).RootElement.ValueKind);
    }

    private static CommandRun Phase(string path, params string[] more) => CommandRun.Of(
        ["phase", "pre-tanh-critical", "--x", "mlp.inStd=3:5:5", "--y", "attention.branch,mlp.branch=0.4:0.6:3", "--out", path, .. more]);

    [Fact]
    public void Measured_networks_lie_on_the_side_of_chaos_that_the_diagram_says_whatever_the_threads()
    {
        string[] command =
        [
            "phase", "pre-tanh-critical", "--set", "width=256", "--set", "mlpWidth=256",
            "--x", "mlp.inStd=0.5:8:14", "--y", "mlp.branch=0.1:1.5:14",
            "--measure", "3", "--json",
        ];
        CommandRun run = CommandRun.Of([.. command, "--threads", "2"]);
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(run.Output, CommandRun.Of([.. command, "--threads", "1"]).Output);
        JsonArray points = JsonNode.Parse(run.Output)!["measured"]!["points"]!.AsArray();
        Assert.Equal(49, points.Count);
        int decided = 0;
        foreach (JsonNode? point in points)
        {
            double mean = point!["angleExponent"]!["mean"]!.GetValue<double>(),
                error = point["angleExponent"]!["standardError"]!.GetValue<double>();

            // Beyond five standard errors and ten times 1/width the sign is not in doubt.
            if (Math.Abs(mean) < 5 * error + 10.0 / 256)
                continue;
            decided++;
            Assert.Equal(Math.Sign(point["angleExponent"]!["predicted"]!.GetValue<double>()), Math.Sign(mean));
        }

        Assert.InRange(decided, 30, 49);
    }

    [Fact]
    public void Networks_with_a_causal_mask_are_not_measured_in_a_diagram()
    {
        CommandRun run = CommandRun.Of(
            "phase", "gpt2", "--x", "mlp.inStd=0.5:1:2", "--y", "mlp.branch=0.1:1:2", "--measure", "2", "--json");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("--set mask=none", run.Error);
    }
}
