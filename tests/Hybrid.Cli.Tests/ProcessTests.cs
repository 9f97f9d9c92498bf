using System.Diagnostics;
using Hybrid.Cli.Shared;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Cli.Tests;

/// <summary>The command as a process among others: a reader that leaves, a user who presses Ctrl-C.</summary>
public sealed class ProcessTests
{
    [Theory]
    [InlineData("presets --json | head -n 1")]
    [InlineData("predict pre-tanh-ordered --json | true")]
    public async Task A_reader_that_leaves_ends_it_quietly(string words)
    {
        using Process process = Start("bash", "-c", $"set -o pipefail; dotnet '{typeof(Cli).Assembly.Location}' {words}");
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal((0, ""), (process.ExitCode, await error));
    }

    // Each goes on for far longer than the test waits, and is small: seconds of clearing memory would be the test's time.
    [Theory]
    [InlineData("predict", "gpt2", "--set", "tokens=3000")]
    [InlineData("suggest", "gpt2", "--set", "depth=60000")]
    [InlineData("check", "pre-tanh-ordered", "--samples", "100000", "--figure", "OUT/a.svg", "--report", "OUT/a.html")]
    [InlineData("simulate", "pre-tanh-ordered", "--samples", "1000000")]
    [InlineData("phase", "pre-tanh-critical", "--x", "mlp.inStd=0.5:8:1000", "--y", "attention.logitStd=1:8:1000", "--out", "OUT/a.svg")]
    [InlineData("experiment", "rank-collapse", "--out", "OUT")]
    [InlineData("experiment", "loss-vs-exponents", "--out", "OUT")]
    [InlineData("simulate", "gpt2", "--engine", "dense", "--set", "depth=48", "--set", "width=192", "--samples", "8000")]
    [InlineData("diff", "gpt2", "--set", "depth=150", "--set", "width=192", "--engines", "dense,double")]
    [InlineData("bench", "--engine", "dense")]
    [InlineData("train", "gpt2", "--set", "width=48", "--set", "mlpWidth=48", "--data", "recall", "--steps", "99999", "--out", "OUT/run")]
    public async Task Interrupted_it_exits_with_130_and_leaves_nothing_half_written(params string[] words)
    {
        using TemporaryFolder folder = new();
        using Process process = CommandProcess.Start([.. words.Select(word => word.Replace("OUT", folder.Root))]);
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        // Its start takes half of that, on a fast machine and on a slow one.
        process.WaitUntil(() => process.TotalProcessorTime > TimeSpan.FromSeconds(1.5));
        long asked = Environment.TickCount64;
        CommandProcess.Send(process.Id, words.Length % 2 == 0 ? "-INT" : "-TERM");
        // On this thread, as the clock is read at the end.
        if (!process.WaitForExit(TimeSpan.FromSeconds(60)))
            process.Kill();

        // Five seconds, on a machine that has something else to do as well.
        Assert.InRange(Environment.TickCount64 - asked, 0, 10_000);
        await output;
        Assert.True(process.ExitCode == 130, $"{process.ExitCode}: {await error}");
        Assert.Contains("hybrid: stopped", await error);
        Assert.DoesNotContain("   at ", await error);

        // A training that stops draws the curve of the steps that it did.
        Assert.DoesNotContain(
            Directory.GetFiles(folder.Root, "*", SearchOption.AllDirectories),
            file => file.EndsWith(".partial") || (words[0] != "train" && (file.EndsWith(".svg") || file.EndsWith(".html"))));
    }

    private static Process Start(string name, params string[] args)
    {
        ProcessStartInfo start = new(name) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string arg in args)
            start.ArgumentList.Add(arg);
        return Process.Start(start)!;
    }
}
