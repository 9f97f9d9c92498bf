using System.Text.Json;
using System.Xml.Linq;
using Hybrid.Cli.Shared;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Tests;
using Hybrid.Lab.Tests.Fakes;
using Xunit;

namespace Hybrid.Cli.Tests;

public class CheckCommandTests
{
    [Fact]
    public void A_check_that_agrees_prints_every_layer_and_exits_with_0()
    {
        CommandRun run = CommandRun.Of(
            FakeEngine.Entry(), "check", "pre-tanh-ordered", "--samples", "8", "--threads", "1", "--set", "depth=3");
        Assert.Equal((0, ""), (run.ExitCode, run.Progress));
        Snapshot.Matches("check-agrees.txt", run.Output);
    }

    [Fact]
    public void A_check_that_disagrees_exits_with_1()
    {
        CommandRun run = CommandRun.Of(
            FakeEngine.Entry(noise: 0.02, wrong: 0.05), "check", "pre-tanh-ordered",
            "--samples", "8", "--threads", "1", "--set", "depth=3");
        Assert.Equal(1, run.ExitCode);
        Snapshot.Matches("check-disagrees.txt", run.Output);
    }

    [Fact]
    public void A_check_without_enough_samples_to_tell_exits_with_1()
    {
        CommandRun run = CommandRun.Of(FakeEngine.Entry(noise: 8), "check", "pre-tanh-ordered", "--samples", "4", "--set", "depth=3");
        Assert.Equal(1, run.ExitCode);
        Assert.EndsWith("verdict: inconclusive; draw more networks with --samples\n", run.Output);
    }

    [Fact]
    public void Json_is_one_document_with_every_quantity_of_every_layer()
    {
        CommandRun run = CommandRun.Of(
            FakeEngine.Entry(), "check", "pre-tanh-ordered", "post-relu", "--samples", "8", "--set", "depth=3", "--json");
        JsonElement root = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal("agrees", root.GetProperty("agreement").GetString());
        Assert.Equal("fake", root.GetProperty("run").GetProperty("engine").GetString());
        JsonElement[] architectures = [.. root.GetProperty("architectures").EnumerateArray()];
        Assert.Equal(2, architectures.Length);
        foreach (JsonElement architecture in architectures)
        {
            Assert.Equal(4, architecture.GetProperty("layers").GetArrayLength());
            foreach (JsonElement layer in architecture.GetProperty("layers").EnumerateArray())
            {
                foreach (string quantity in (string[])["q", "rho", "gradientDiagonal", "gradientOffDiagonal"])
                {
                    foreach (string number in (string[])[
                        "prediction", "mean", "standardError", "extrapolated", "deviation", "zScore", "tolerance"])
                    {
                        Assert.Equal(JsonValueKind.Number, layer.GetProperty(quantity).GetProperty(number).ValueKind);
                    }
                }
            }
        }
    }

    [Fact]
    public void The_figure_is_written_whole()
    {
        using TemporaryFolder folder = new();
        string path = folder.Path("check.svg");
        CommandRun run = CommandRun.Of(
            FakeEngine.Entry(), "check", "pre-tanh-ordered", "--samples", "4", "--set", "depth=2", "--figure", path);
        Assert.Equal(0, run.ExitCode);
        Assert.Equal("svg", XDocument.Load(path).Root!.Name.LocalName);
        Assert.Equal([path], Directory.GetFiles(folder.Root));
    }

    [Fact]
    public void A_figure_that_cannot_be_written_is_refused_before_anything_is_drawn()
    {
        using TemporaryFolder folder = new();
        CommandRun run = CommandRun.Of(FakeEngine.Entry(), "check", "pre-tanh-ordered", "--figure", folder.Path("missing/check.svg"));
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains("--figure: cannot write", run.Error);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Root));
    }

    [Fact]
    public void Progress_names_every_stage_on_stderr()
    {
        CommandRun run = CommandRun.Of(FakeEngine.Entry(), "check", "pre-tanh-ordered", "--samples", "4", "--set", "depth=2");
        Assert.Equal(
            "pre-tanh-ordered: predicting\npre-tanh-ordered: simulating at width 512\npre-tanh-ordered: simulating at width 128\n",
            run.Error);
    }

    [Fact]
    public void The_width_can_be_another_than_the_architectures_own()
    {
        CommandRun run = CommandRun.Of(
            FakeEngine.Entry(), "check", "pre-tanh-ordered", "--width", "8192", "--samples", "8", "--set", "depth=2", "--json");
        JsonElement architecture = JsonDocument.Parse(run.Output).RootElement.GetProperty("architectures")[0];
        Assert.Equal(8192, architecture.GetProperty("architecture").GetProperty("width").GetInt32());
        Assert.Equal(8192, architecture.GetProperty("architecture").GetProperty("mlpWidth").GetInt32());
        Assert.Equal(2048, architecture.GetProperty("otherWidth").GetInt32());
    }

    [Fact]
    public void A_check_stopped_after_its_first_architecture_reports_that_one_and_exits_with_130()
    {
        using CancellationTokenSource source = new();
        int engines = 0;
        EngineEntry engine = FakeEngine.Entry();
        EngineEntry stopping = engine with
        {
            Create = (architecture, threads) =>
            {
                // Two widths of the first architecture, then the second one.
                if (++engines > 2)
                    source.Cancel();
                return engine.Create(architecture, threads);
            },
        };
        CommandRun run = CommandRun.Of(
            stopping, source.Token, "check", "pre-tanh-ordered", "post-relu", "--samples", "4", "--threads", "1", "--set", "depth=2");
        Assert.Equal(130, run.ExitCode);
        Assert.Contains("pre-tanh-ordered at width 512", run.Output);
        Assert.DoesNotContain("post-relu at width", run.Output);
        Assert.Contains("stopped after 1 of 2 architectures", run.Error);
    }

    [Fact]
    public void A_cancelled_check_exits_with_130_and_leaves_no_file()
    {
        using TemporaryFolder folder = new();
        using CancellationTokenSource source = new();
        source.Cancel();
        CommandRun run = CommandRun.Of(
            FakeEngine.Entry(), source.Token, "check", "pre-tanh-ordered", "--figure", folder.Path("check.svg"));
        Assert.Equal(130, run.ExitCode);
        Assert.Empty(Directory.GetFiles(folder.Root));
    }
}
