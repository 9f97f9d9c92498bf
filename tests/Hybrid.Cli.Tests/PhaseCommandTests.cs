using System.Text.Json;
using System.Xml.Linq;
using Xunit;

namespace Hybrid.Tests;

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
}
