using System.Diagnostics;
using Hybrid.Cli.Shared;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Cli.Tests;

public class KilledRunTests
{
    private const int Steps = 1200, Kills = 6;

    private static readonly string[] Begin =
    [
        "train", "pre-tanh-ordered", "--set", "mask=causal", "--set", "depth=2",
        "--set", "width=32", "--set", "mlpWidth=64", "--set", "heads=2",
        "--data", "recall", "--steps", $"{Steps}", "--checkpoint-every", "10", "--eval-every", "25", "--eval-sequences", "8",
    ];

    // SIGKILL leaves no chance to tidy up. It comes at a random place of the log, and up to 10 ms later: in a step, an
    // evaluation, a checkpoint, or between them.
    [Fact]
    public async Task Killed_at_random_moments_a_run_ends_with_the_same_bytes_as_one_that_was_not()
    {
        using TemporaryFolder folder = new();
        string whole = folder.Path("whole"), killed = folder.Path("killed");
        Assert.Equal(0, await Run(whole));
        long length = new FileInfo(Path.Combine(whole, "log.jsonl")).Length;
        Random random = new(3);
        for (int i = 0; i < Kills; i++)
        {
            // In the first half, so that the run is far from its end however late the kill comes.
            long place = (long)(length * (i + random.NextDouble()) / (2 * Kills));
            await Kill(killed, place, TimeSpan.FromMilliseconds(10 * random.NextDouble()));
        }

        Assert.NotEqual(File.ReadAllText(Path.Combine(whole, "log.jsonl")), File.ReadAllText(Path.Combine(killed, "log.jsonl")));
        Assert.Equal(0, await Run(killed));
        Assert.Equal(File.ReadAllText(Path.Combine(whole, "log.jsonl")), File.ReadAllText(Path.Combine(killed, "log.jsonl")));
        foreach (string name in (string[])["weights.safetensors", "optimiser.safetensors", "state.json"])
        {
            string file = $"checkpoints/step-{Steps:000000000}/{name}";
            Assert.Equal(File.ReadAllBytes(Path.Combine(whole, file)), File.ReadAllBytes(Path.Combine(killed, file)));
        }
    }

    [Fact]
    public async Task A_second_process_is_kept_out_and_a_killed_one_leaves_no_lock()
    {
        using TemporaryFolder folder = new();
        string path = folder.Path("run");
        using Process first = Start(path);
        first.WaitUntil(() => File.Exists(Path.Combine(path, "log.jsonl")));
        // It has the run for as long as the second takes.
        CommandProcess.Send(first.Id, "-STOP");
        CommandRun second = CommandRun.Of("train", "--resume", "--out", path);
        first.Kill();
        await first.WaitForExitAsync();
        Assert.Equal(2, second.ExitCode);
        Assert.Contains("is in use by another process", second.Error);
        Assert.Equal(0, await Run(path));
    }

    [Theory]
    [InlineData("-INT")]
    [InlineData("-TERM")]
    public async Task Asked_to_stop_by_a_signal_it_saves_the_step_that_it_is_at(string signal)
    {
        using TemporaryFolder folder = new();
        string path = folder.Path("run");
        using Process process = Start(path);
        process.WaitUntil(() => Length(path) >= 2000);
        CommandProcess.Send(process.Id, signal);
        await process.WaitForExitAsync();
        Assert.Equal(130, process.ExitCode);
        int steps = File.ReadLines(Path.Combine(path, "log.jsonl")).Count() - 1;
        Assert.True(File.Exists(Path.Combine(path, $"checkpoints/step-{steps:000000000}/state.json")), $"no checkpoint of step {steps}");
    }

    /// <summary>Begins or resumes a run and waits for its end. The exit code.</summary>
    private static async Task<int> Run(string path)
    {
        using Process process = Start(path);
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    /// <summary>Begins or resumes a run and kills it a while after its log has reached a length.</summary>
    private static async Task Kill(string path, long length, TimeSpan later)
    {
        using Process process = Start(path);
        process.WaitUntil(() => Length(path) >= length);
        Thread.Sleep(later);
        Assert.False(process.HasExited, "the run ended before it could be killed");
        process.Kill();
        await process.WaitForExitAsync();
    }

    private static long Length(string path) => new FileInfo(Path.Combine(path, "log.jsonl")) is { Exists: true } log ? log.Length : 0;

    private static Process Start(string path)
    {
        string[] args = File.Exists(Path.Combine(path, "config.json")) ? ["train", "--resume"] : Begin;
        Process process = CommandProcess.Start([.. args, "--out", path, "--json"]);
        // What is not read would fill the pipe and stop the process.
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }
}
