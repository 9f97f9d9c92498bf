using System.Diagnostics;
using Hybrid.Cli.Shared;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Tests;
using Hybrid.Lab.Tests.Fakes;
using Xunit;

namespace Hybrid.Cli.Tests;

/// <summary>Reporting is not the work: with streams that are closed or full it goes on, and its result is there.</summary>
public sealed class ClosedStreamTests
{
    private static readonly string[] Train =
    [
        "train", "pre-tanh-ordered", "--set", "mask=causal", "--set", "tokens=16", "--set", "depth=1", "--set", "width=16",
        "--set", "mlpWidth=16", "--set", "heads=2", "--data", "markov:vocabulary=8", "--steps", "20", "--batch", "4",
        "--eval-sequences", "8",
    ];

    [Fact]
    public void A_full_stderr_ends_no_work()
    {
        using StringWriter output = new();
        using StreamWriter full = FullStream.Writer();
        Assert.Equal(0, Cli.Run(["simulate", "pre-tanh-ordered", "--set", "width=32", "--samples", "2", "--json"], output, full));
        Assert.EndsWith("}", output.ToString().TrimEnd());
    }

    [Fact]
    public void A_full_stdout_ends_no_training_and_is_said_where_it_can_be()
    {
        using TemporaryFolder folder = new();
        using StringWriter error = new();
        using StreamWriter full = FullStream.Writer();
        Session session = new(Terminal.Plain(full, error), BuiltEngines.Catalogue, default) { Trainers = new([BigramTrainer.Entry()]) };
        Assert.Equal(0, Cli.Run([.. Train, "--out", folder.Path("run")], session));
        Assert.Equal(21, File.ReadLines(folder.Path("run/log.jsonl")).Count());
        Assert.True(File.Exists(folder.Path("run/curve.svg")));
        Assert.Contains("hybrid: warning: stdout could not be written (no room); the result is in the files", error.ToString());
    }

    [Theory]
    [InlineData("2>&-", 0)]
    [InlineData("2>/dev/full", 0)]
    [InlineData(">/dev/full", 0)]
    [InlineData(">&-", 0)]
    [InlineData("<&- >&- 2>&-", 0)]
    public async Task Whatever_is_closed_a_run_is_trained_to_its_end(string redirection, int code)
    {
        using TemporaryFolder folder = new();
        Assert.Equal(code, await Shell(string.Join(' ', [.. Train, "--out", folder.Path("run")]), redirection));
        Assert.Equal(21, File.ReadLines(folder.Path("run/log.jsonl")).Count());
        Assert.True(File.Exists(folder.Path("run/curve.svg")));
    }

    [Theory]
    [InlineData("2>&-", 0)]
    [InlineData("2>/dev/full", 0)]
    [InlineData(">/dev/full", 2)]
    public async Task A_result_that_nobody_can_read_is_no_success(string redirection, int code) =>
        Assert.Equal(code, await Shell("predict pre-tanh-ordered", redirection));

    private static async Task<int> Shell(string words, string redirection)
    {
        ProcessStartInfo start = new("bash", ["-c", $"dotnet '{typeof(Cli).Assembly.Location}' {words} {redirection}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
