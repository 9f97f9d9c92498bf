using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using Hybrid.Cli.Shared;
using Hybrid.Cli.Verbs;
using Hybrid.Lab.Cells;
using Hybrid.Lab.Phases;
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
    public void Every_measured_point_has_a_verdict_and_so_has_the_diagram()
    {
        using TemporaryFolder folder = new();
        string[] command = Small(folder.Path("phase.html"), "--measure", "16");
        CommandRun run = CommandRun.Of(command);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("6 of them measured, 16 networks of width 128 and 32 of width 32 each\n", run.Output);
        Assert.Contains("\nverdict: theory and networks agree\n", run.Output);
        Assert.Contains("Verdict: theory and networks agree", File.ReadAllText(folder.Path("phase.html")));

        JsonNode measured = JsonNode.Parse(CommandRun.Of([.. command, "--json"]).Output)!["measured"]!;
        Assert.Equal("agrees", measured["agreement"]!.GetValue<string>());
        string[] verdicts = [.. measured["points"]!.AsArray().SelectMany(point => (string[])
            [point!["angleExponent"]!["agreement"]!.GetValue<string>(), point["gradientExponent"]!["agreement"]!.GetValue<string>()])];
        Assert.Equal(12, verdicts.Length);
        Assert.Equal(measured["comparisons"]!["agree"]!.GetValue<int>(), verdicts.Count(verdict => verdict == "agrees"));
        Assert.Equal(0, measured["comparisons"]!["disagree"]!.GetValue<int>());
    }

    [Fact]
    public void A_theory_that_networks_contradict_exits_with_1_and_names_the_points()
    {
        using TemporaryFolder folder = new();
        string cells = folder.Path("cells");
        Assert.Equal(0, CommandRun.Of(Small(cells, "--measure", "16", "--shard", "1/1")).ExitCode);
        CellFolder measured = CellFolder.Open(cells);
        PhaseWork right = PhaseWork.Of(measured.Plan, BuiltEngines.Catalogue);
        PhaseWork wrong = new(
            right.Architecture, right.X, right.Y, right.Networks, right.Plan.Seed, right.Plan.Version,
            members => PhaseLaw.Of(members) with { OnLine = _ => new(9, 9, 9, 1, true) });
        using StringWriter output = new() { NewLine = "\n" };
        Session session = new(Terminal.Plain(output, TextWriter.Null), BuiltEngines.Catalogue, CancellationToken.None);
        Assert.Equal(1, PhaseCommand.Finish(session, wrong, measured, json: false));
        Assert.Contains("0 of 12 comparisons agree ✓, 12 disagree ✗", output.ToString());
        Assert.Equal(12, output.ToString().Split('\n').Count(line => line.EndsWith('✗')));
        Assert.EndsWith($"verdict: theory and networks disagree\n\nwritten: {measured.PathOf("phase.svg")}\n", output.ToString());
    }

    [Fact]
    public void Networks_with_real_weights_agree_too_and_the_files_say_whose_they_are()
    {
        using TemporaryFolder folder = new();
        string[] command = ["--measure", "16", "--engine", "dense"];
        CommandRun run = CommandRun.Of(Small(folder.Path("phase.json"), command));
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("engine dense", run.Output);
        JsonNode whole = JsonNode.Parse(File.ReadAllText(folder.Path("phase.json")))!;
        Assert.Equal("dense", whole["run"]!["engine"]!.GetValue<string>());

        // Measured in parts they are the same, and conditioned ones are of another plan.
        string cells = folder.Path("cells");
        Assert.Equal(0, CommandRun.Of(Small(cells, [.. command, "--shard", "1/1"])).ExitCode);
        Assert.Equal(0, CommandRun.Of("cells", "merge", cells).ExitCode);
        JsonNode merged = JsonNode.Parse(File.ReadAllText(Path.Combine(cells, "phase.json")))!;
        Assert.Equal(whole["measured"]!.ToJsonString(), merged["measured"]!.ToJsonString());
        CommandRun other = CommandRun.Of(Small(cells, "--measure", "16", "--shard", "1/1"));
        Assert.Equal(2, other.ExitCode);
        Assert.Contains("engine", other.Error);
    }

    [Theory]
    [InlineData("--engine is for --measure N", "--engine", "dense")]
    [InlineData("--precision is for --measure N", "--precision", "tf32")]
    [InlineData("--memory is for --measure N", "--memory", "1GiB")]
    [InlineData("--memory is for networks of real weights", "--memory", "1GiB", "--measure", "2")]
    [InlineData("--engine must be one of", "--engine", "tensor", "--measure", "2")]
    [InlineData("engine conditioned runs on the processor", "--device", "cuda", "--measure", "2")]
    [InlineData("give --task-memory", "--memory", "1GiB", "--engine", "dense", "--measure", "2", "--slurm", "--no-submit")]
    [InlineData("--draw device is for --engine torch", "--draw", "device", "--engine", "dense", "--measure", "2")]
    public void Engines_that_cannot_be_asked_for_are_refused(string message, params string[] options)
    {
        using TemporaryFolder folder = new();
        CommandRun run = CommandRun.Of(Small(folder.Path("phase.json"), options));
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains(message, run.Error);
    }

    [Fact]
    public void Networks_beyond_the_memory_that_is_allowed_are_refused()
    {
        using TemporaryFolder folder = new();
        CommandRun run = CommandRun.Of(
            Small(folder.Path("phase.json"), "--measure", "2", "--engine", "dense", "--memory", "1MiB"));
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains("and 1 MiB are allowed; allow more with --memory", run.Error);
        Assert.False(File.Exists(folder.Path("phase.json")));
    }

    private static string[] Small(string path, params string[] more) =>
    [
        "phase", "pre-tanh-critical", "--set", "depth=4", "--set", "width=128", "--set", "mlpWidth=128",
        "--x", "mlp.inStd=1:6:3", "--y", "mlp.branch=0.2:0.9:2", "--out", path, .. more,
    ];

    [Fact]
    public void Where_norms_leave_double_precision_the_map_has_a_question_mark()
    {
        CommandRun run = CommandRun.Of(
            "phase", "none-tanh", "--x", "attention.skip=0.5:1e200:4", "--y", "mlp.branch=0.1:1:2", "--json");
        Assert.Equal(0, run.ExitCode);
        using JsonDocument document = JsonDocument.Parse(run.Output);
        JsonElement row = document.RootElement.GetProperty("angleExponent")[0];
        Assert.Equal([JsonValueKind.Number, JsonValueKind.Null, JsonValueKind.Null, JsonValueKind.Null],
            row.EnumerateArray().Select(value => value.ValueKind));
        using TemporaryFolder folder = new();
        CommandRun map = CommandRun.Of(
            "phase", "none-tanh", "--x", "attention.skip=0.5:1e200:4", "--y", "mlp.branch=0.1:1:2", "--out", folder.Path("map.csv"));
        Assert.Contains("# chaos, ? norms leave double precision\n", map.Output);
        Assert.Contains(" ·???\n", map.Output);
    }

    [Theory]
    [InlineData("gpt2", "mlp.inStd=0.5:1:2", "--set mask=none")]
    [InlineData("pre-tanh-critical", "attention.skip=0:1:2", "give attention.skip other than 0")]
    [InlineData("none-tanh", "attention.skip=0.5:1e200:2", "norms leave double precision at x=1E+200 y=0.1")]
    public void Networks_that_cannot_be_measured_in_a_diagram_are_refused(string architecture, string axis, string message)
    {
        CommandRun run = CommandRun.Of("phase", architecture, "--x", axis, "--y", "mlp.branch=0.1:1:2", "--measure", "2", "--json");
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains(message, run.Error);
    }
}
