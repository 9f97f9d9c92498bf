using System.Text.Json;
using Hybrid.Cli.Shared;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Tests.Fakes;
using Xunit;

namespace Hybrid.Cli.Tests;

public class BenchCommandTests
{
    private static readonly string[] Short =
        ["bench", "pre-tanh-ordered", "--widths", "64,128", "--seconds", "0.01", "--set", "depth=2", "--threads", "2"];

    [Theory]
    [InlineData("dense")]
    [InlineData("conditioned")]
    public void Speed_is_given_for_every_width(string engine)
    {
        CommandRun run = CommandRun.Of([.. Short, "--engine", engine, "--json"]);
        Assert.Equal(0, run.ExitCode);
        using JsonDocument document = JsonDocument.Parse(run.Output);
        JsonElement[] widths = [.. document.RootElement.GetProperty("widths").EnumerateArray()];
        Assert.Equal([64, 128], widths.Select(width => width.GetProperty("width").GetInt32()));
        foreach (JsonElement width in widths)
        {
            double networks = width.GetProperty("networks").GetInt32(), seconds = width.GetProperty("seconds").GetDouble();
            Assert.True(networks >= 1 && seconds > 0);
            Assert.Equal(networks / seconds, width.GetProperty("networksPerSecond").GetDouble(), 1e-9 * networks / seconds);

            // Two blocks of 32 tokens: 6 d² weights twice and six products of n² d, each a multiplication and an addition.
            double d = width.GetProperty("width").GetInt32();
            double operations = 2 * (2 * 2 * 32 * 6 * d * d + 6 * 2 * 32 * 32 * d);
            Assert.Equal(operations * networks / seconds / 1e12, width.GetProperty("teraflopsPerSecond").GetDouble(), 1e-9);
        }
    }

    [Fact]
    public void The_table_says_how_many_engines_ran()
    {
        CommandRun run = CommandRun.Of(FakeEngine.Entry() with { MostEngines = 1 }, [.. Short, "--engine", "fake"]);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("1 × 1", run.Output);
    }

    [Theory]
    [InlineData("--widths must be integers from 1", "--widths", "64,0")]
    [InlineData("--seconds must be", "--seconds", "0")]
    [InlineData("--engine must be one of", "--engine", "none")]
    public void Bad_options_are_refused(string message, string option, string value)
    {
        CommandRun run = CommandRun.Of("bench", option, value);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error);
    }

    [Fact]
    public void A_failure_of_an_engine_ends_the_run()
    {
        EngineEntry narrow = FakeEngine.Entry() with { Create = (_, _) => throw new ArgumentException("too narrow") };
        CommandRun run = CommandRun.Of(narrow, [.. Short, "--engine", "fake"]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("too narrow", run.Error);
    }
}
