using System.Text.Json;
using Hybrid.Cli.Shared;
using Hybrid.Lab.Tests.Fakes;
using Xunit;

namespace Hybrid.Cli.Tests;

public class SimulateCommandTests
{
    [Fact]
    public void Ensembles_are_drawn_without_weights_unless_asked_otherwise()
    {
        CommandRun run = CommandRun.Of("simulate", "pre-tanh-ordered", "--samples", "2", "--set", "depth=1", "--width", "64", "--json");
        JsonElement root = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal("conditioned", root.GetProperty("engine").GetString());
        Assert.Equal(64, root.GetProperty("architecture").GetProperty("width").GetInt32());
    }

    [Theory]
    [InlineData("mean ± standard error over 3 networks")]
    [InlineData("\"samples\": 3", "--json")]
    public void Stopped_it_prints_the_networks_that_are_finished_and_exits_with_130(string told, params string[] more)
    {
        using CancellationTokenSource source = new();
        CommandRun stopped = CommandRun.Of(
            StoppingEngine.Entry(last: 2, source), source.Token,
            ["simulate", "pre-tanh-ordered", "--threads", "1", "--set", "depth=2", .. more]);
        Assert.Equal(130, stopped.ExitCode);
        Assert.Contains("stopped after 3 of 8 networks", stopped.Error);
        Assert.Contains(told, stopped.Output);
    }

    [Fact]
    public void Stopped_before_its_first_network_it_prints_no_table()
    {
        CommandRun run = CommandRun.Of(FakeEngine.Entry(), new CancellationToken(canceled: true), "simulate", "pre-tanh-ordered", "--json");
        Assert.Equal((130, ""), (run.ExitCode, run.Output));
    }

    [Fact]
    public void Memory_bounds_the_engines_and_not_the_numbers()
    {
        string Layers(params string[] more) => JsonDocument.Parse(CommandRun.Of(
            ["simulate", "pre-tanh-ordered", "--samples", "3", "--set", "depth=2", "--width", "64", "--threads", "3", "--json", .. more])
            .Output).RootElement.GetProperty("layers").GetRawText();
        Assert.Equal(Layers(), Layers("--memory", "4MiB"));
    }

    [Fact]
    public void One_expert_is_chosen_whole_by_sigmoid_gates_however_far_below_0_its_logits_are()
    {
        string Layers(string gate)
        {
            CommandRun run = CommandRun.Of(
                "simulate", "none-tanh", "--engine", "dense", "--samples", "2", "--json", "--set", "tokens=4", "--set", "depth=3",
                "--set", "width=32", "--set", "mlpWidth=32", "--set", "heads=2",
                "--set", $"mlp.experts={{\"count\":1,\"active\":1,\"gate\":\"{gate}\",\"routerStd\":1000}}");
            Assert.Equal(0, run.ExitCode);
            return System.Text.Json.JsonDocument.Parse(run.Output).RootElement.GetProperty("layers").GetRawText();
        }

        string layers = Layers("renormalised");
        Assert.DoesNotContain("null", layers);
        Assert.Equal(layers, Layers("sigmoid"));
    }
}
