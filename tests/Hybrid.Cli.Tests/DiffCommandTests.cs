using System.Text.Json;
using Hybrid.Cli.Shared;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Tests;
using Hybrid.Lab.Tests.Fakes;
using Xunit;

namespace Hybrid.Cli.Tests;

public class DiffCommandTests
{
    private static readonly string[] Small =
        ["--set", "depth=2", "--set", "tokens=6", "--set", "width=24", "--set", "mlpWidth=24", "--set", "heads=2"];

    [Fact]
    public void Equal_networks_agree_and_the_document_has_every_boundary_of_both_passes()
    {
        CommandRun run = CommandRun.Of(["diff", "gpt2", "--json", "--seed", "9", .. Small, "--engines", "dense,double"]);
        Assert.Equal(0, run.ExitCode);
        JsonElement root = JsonDocument.Parse(run.Output).RootElement;
        Assert.True(root.GetProperty("agrees").GetBoolean());
        Assert.Equal(JsonValueKind.Null, root.GetProperty("first").ValueKind);
        Assert.Equal(9, root.GetProperty("run").GetProperty("seed").GetInt32());
        Assert.Equal(
            ["stream 0", "stream 1", "stream 2", "gradient 2", "gradient 1", "gradient 0"],
            root.GetProperty("layers").EnumerateArray().Select(layer => $"{layer.GetProperty("pass")} {layer.GetProperty("layer")}"));
        Assert.All(
            root.GetProperty("layers").EnumerateArray(),
            layer => Assert.True(layer.GetProperty("entries").GetDouble() <= layer.GetProperty("tolerance").GetDouble()));
    }

    [Fact]
    public void An_engine_with_other_numbers_parts_at_the_first_layer_that_it_computes()
    {
        CommandRun run = CommandRun.Of(FakeEngine.Entry(), ["diff", "pre-tanh-ordered", "--json", .. Small, "--engines", "fake,double"]);
        Assert.Equal(1, run.ExitCode);
        JsonElement first = JsonDocument.Parse(run.Output).RootElement.GetProperty("first");
        Assert.Equal((1, "stream", "q"), (
            first.GetProperty("layer").GetInt32(), first.GetProperty("pass").GetString(), first.GetProperty("quantity").GetString()));
        CommandRun text = CommandRun.Of(FakeEngine.Entry(), ["diff", "pre-tanh-ordered", .. Small, "--engines", "fake,double"]);
        Assert.Contains("verdict: fake and double part at layer 1, stream, q: deviation ", text.Output);
    }

    [Fact]
    public void A_missing_engine_and_one_without_weights_are_said()
    {
        EngineEntry absent =
            FakeEngine.Entry() with { Name = "torch", OnDevice = _ => throw new EngineMissingException("--engine torch: absent") };
        CommandRun missing = CommandRun.Of(absent, ["diff", "gpt2", .. Small, "--engines", "double,torch"]);
        Assert.Equal(ExitCode.EngineMissing, missing.ExitCode);
        foreach (string engines in (string[])["conditioned,dense", "dense", "dense,dense", "dense,double,dense", "dense,nonsense"])
        {
            CommandRun bad = CommandRun.Of(["diff", "gpt2", .. Small, "--engines", engines]);
            Assert.Equal(ExitCode.BadInput, bad.ExitCode);
            Assert.StartsWith("hybrid: --engine", bad.Error);
        }
    }

    [Fact]
    public void The_page_has_the_verdict_and_both_passes()
    {
        using TemporaryFolder folder = new();
        string file = folder.Path("difference.md");
        Assert.Equal(0, CommandRun.Of(["diff", "post-relu", .. Small, "--engines", "dense,double", "--report", file]).ExitCode);
        string page = File.ReadAllText(file);
        Assert.Contains("dense and double agree at every layer", page);
        Assert.Contains("gradient, from the output to the input", page);
    }
}
