using Hybrid.Import.Files;
using Hybrid.Import.Json;
using Hybrid.Lab.Tests.Fakes;
using Hybrid.Lab.Training;
using Hybrid.Networks.Training;
using Xunit;

namespace Hybrid.Lab.Tests.Training;

/// <summary>Runs on a disk that loses its power, or whose calls fail: they continue to the same bytes.</summary>
public class PowerLossTests
{
    private const int Steps = 12;

    private static readonly TrainingPlan Plan = Plans.Small(Steps, schedule: ScheduleKind.Constant) with { CheckpointEvery = 4 };

    // A failed disk at every call; out of space, read-only and interrupted, which are told alike, at every third, each at others.
    public static TheoryData<string, int, int, int> Errors => new()
    {
        { "Input/output error", 5, 0, 1 },
        { "No space left on device", 28, 0, 3 },
        { "Read-only file system", 30, 1, 3 },
        { "Interrupted system call", 4, 2, 3 },
    };

    [Fact]
    public void No_loss_of_power_leaves_a_run_that_cannot_be_continued()
    {
        using TemporaryFolder folder = new();
        (string log, byte[] weights) = Whole(folder);
        string root = Directory.CreateDirectory(folder.Path("disk")).FullName;
        RecordedCalls recorded = new();
        FileCalls.Replace(recorded);
        try
        {
            // Stopped between two checkpoints and begun again, so that lines are cut and a plan is changed too.
            Plans.RunUntil(Path.Combine(root, "run"), Plan with { Options = Plan.Options with { Steps = Steps - 1 } }, 6);
            Finish(Path.Combine(root, "run"));
        }
        finally
        {
            FileCalls.Replace(new HastyCalls());
        }

        Assert.True(recorded.Calls.Count > 80, $"{recorded.Calls.Count} calls");
        ForgetfulDisk.EveryLoss(folder, root, recorded.Calls, (left, _, where) =>
        {
            string run = Path.Combine(left, "run");
            Exception? error = Record.Exception(() => Finish(run));
            Assert.True(error is null, $"{where}: {error}");
            Assert.Equal(log, File.ReadAllText(Path.Combine(run, "log.jsonl")));
            Assert.Equal(weights, Weights(run));
        });
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public void Whatever_call_fails_the_run_says_so_and_continues_to_the_same_bytes(string message, int code, int first, int every)
    {
        using TemporaryFolder folder = new();
        (string log, byte[] weights) = Whole(folder);
        int refused = 0;
        foreach ((bool shortWrite, bool lasting) in ((bool, bool)[])[(false, false), (true, true)])
        {
            for (int number = first; ; number += every)
            {
                string run = folder.Path($"run-{shortWrite}-{number}");
                FailingCalls failing = new(number, () => new IOException(message, code), shortWrite, lasting);
                FileCalls.Replace(failing);
                Exception? error = Record.Exception(() => Finish(run));
                FileCalls.Replace(new HastyCalls());
                if (!failing.Failed)
                    break;
                refused += error is null ? 0 : 1;
                Assert.True(error is null or InputException, $"call {number}: {error}");
                Assert.True(error is null || error.Message.Contains(message), error?.Message);
                Finish(run);
                Assert.Equal(log, File.ReadAllText(Path.Combine(run, "log.jsonl")));
                Assert.Equal(weights, Weights(run));
                Assert.DoesNotContain(
                    Directory.GetFileSystemEntries(run, "*", SearchOption.AllDirectories), path => path.EndsWith(".partial"));
            }
        }

        Assert.True(refused > 80 / every, $"{refused} calls failed");
    }

    /// <summary>Log and last weights of a run that nothing happened to.</summary>
    private static (string Log, byte[] Weights) Whole(TemporaryFolder folder)
    {
        FileCalls.Replace(new HastyCalls());
        string whole = folder.Path("whole");
        Finish(whole);
        return (File.ReadAllText(Path.Combine(whole, "log.jsonl")), Weights(whole));
    }

    private static byte[] Weights(string run) =>
        File.ReadAllBytes(Path.Combine(run, $"checkpoints/step-{Steps:000000000}/weights.safetensors"));

    /// <summary>What hybrid train does with a folder that has a run, and with one that has none.</summary>
    private static void Finish(string path)
    {
        if (RunDirectory.Exists(path))
        {
            using RunDirectory directory = RunDirectory.Open(path);
            Resumption.Prepare(directory, strict: true, acceptChanges: false, message => Assert.Fail(message));
            Resumption.Accept(directory, Plan);
        }

        Assert.Equal(TrainingOutcome.Finished, Plans.Run(path, Plan).Outcome);
    }
}
