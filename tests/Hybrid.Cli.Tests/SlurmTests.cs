using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.Json;
using Hybrid.Lab.Cells;
using Hybrid.Lab.Slurm;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Cli.Tests;

/// <summary>Cells as an array of a real Slurm, with everything that happens to one.</summary>
[SupportedOSPlatform("linux")]
public sealed class SlurmTests
{
    // 28 trainings of a second or so, four to a task.
    private static readonly string[] Question =
    [
        "sweep", "pre-tanh-ordered", "--set", "mask=causal", "--set", "depth=2", "--set", "width=32", "--set", "mlpWidth=32",
        "--set", "heads=2", "--set", "tokens=8",
        "--axis", "seed=1:14:14", "--axis", "optimiser.learningRate=1e-3,1e-2", "--do", "train", "--data", "synthetic",
        "--steps", "400", "--checkpoint-every", "50", "--eval-every", "200", "--eval-sequences", "8",
    ];

    private const int Cells = 28, CellsOfATask = 4;

    [SlurmFact]
    public void Killed_requeued_and_with_its_node_restarted_an_array_ends_with_the_bytes_of_a_run_without_Slurm()
    {
        using TemporaryFolder folder = new();
        string whole = folder.Path("whole"), cells = folder.Path("with a space");
        CommandRun alone = CommandRun.Of([.. Question, "--out", whole]);
        Assert.True(alone.ExitCode == 0, alone.Error);

        using SlurmCluster cluster = new();
        (int code, string output, string error) =
            Hybrid(cluster, [.. Question, "--out", cells, "--slurm", "--partition", "test", "--time", "30", "--tasks", "7"]);
        Assert.True(code == 0, error);
        Assert.Matches(@"cells-1: 28 cells in 7 tasks, \d+ MiB, 30 each, job \d+\n", output);

        // The last tasks wait for the node to go down under them: a fast machine is done with all others before.
        string job = Job(cells);
        string[] last = [$"{job}_6", $"{job}_7"];
        Assert.All(last, task => Assert.Equal(0, cluster.Run("scontrol", "hold", task).Code));

        // Two tasks die in the middle of a cell.
        HashSet<int> killed = [];
        cluster.Wait(() => KillATask(cluster, cells, killed) && killed.Count == 2, "two cells at work", 120);

        // One is put back in line.
        cluster.Wait(() => Running(cluster) is [string running, ..] && cluster.Requeue(running), "a running task", 120);

        Assert.All(last, task => Assert.Equal(0, cluster.Run("scontrol", "release", task).Code));
        cluster.Wait(() => Marks(cells).Count > 0, "a cell at work");
        cluster.RestartNode();
        cluster.Wait(() => cluster.Jobs().Length == 0, "the array to end", 300);

        using JsonDocument lost = Status(cluster, cells, 1);
        Assert.Equal(Cells, lost.RootElement.GetProperty("cells").GetInt32());
        int[] left = [.. lost.RootElement.GetProperty("missing").EnumerateArray().Select(cell => cell.GetInt32())];
        int missing = left.Length;
        Assert.Subset(left.ToHashSet(), killed);
        Assert.InRange(missing, 2, 2 * CellsOfATask);
        Assert.Equal(Cells - missing, lost.RootElement.GetProperty("done").GetInt32());
        Assert.Equal(0, lost.RootElement.GetProperty("failed").GetArrayLength());

        (code, output, error) = Hybrid(cluster, ["cells", "retry", cells, "--slurm"]);
        Assert.True(code == 0, error);
        Assert.Contains($": {missing} cells in ", output);
        cluster.Wait(() => cluster.Jobs().Length == 0, "the retry to end", 300);
        Status(cluster, cells, 0).Dispose();
        (code, _, error) = Hybrid(cluster, ["cells", "merge", cells]);
        Assert.True(code == 0, error);
        Assert.Equal(File.ReadAllBytes(Path.Combine(whole, "results.jsonl")), File.ReadAllBytes(Path.Combine(cells, "results.jsonl")));
        Assert.Equal(Cells, File.ReadLines(Path.Combine(cells, "results.jsonl")).Count());
    }

    [SlurmFact]
    public void A_cancelled_array_keeps_what_it_finished_and_a_retry_takes_the_rest()
    {
        using TemporaryFolder folder = new();
        string cells = folder.Path("cells");
        using SlurmCluster cluster = new();
        Assert.Equal(0, Hybrid(cluster, [.. Question, "--out", cells, "--slurm", "--time", "30", "--tasks", "14"]).Code);
        cluster.Wait(() => Directory.Exists(Path.Combine(cells, "cells")), "a finished cell");
        string job = Job(cells);
        Assert.Equal(0, cluster.Run("scancel", job).Code);
        cluster.Wait(() => cluster.Jobs().Length == 0, "the array to stop");
        using JsonDocument status = Status(cluster, cells, 1);
        int done = status.RootElement.GetProperty("done").GetInt32();
        Assert.InRange(done, 1, Cells - 1);
        Assert.Equal(0, status.RootElement.GetProperty("failing").GetArrayLength());
        Assert.Equal(Cells - done, status.RootElement.GetProperty("missing").GetArrayLength());
    }

    // Slurm counts a task's time in minutes, and says that it is nearly over 15 to 45 seconds before. A training of seconds lasts that
    // long when it is stopped at its first steps, until it is told.
    [SlurmFact]
    public void A_training_that_needs_more_time_than_a_task_has_goes_back_in_line_until_it_is_done_with_the_same_bytes()
    {
        string[] training =
        [
            "sweep", "pre-tanh-ordered", "--set", "mask=causal", "--set", "depth=2", "--set", "width=32", "--set", "mlpWidth=32",
            "--set", "heads=2", "--set", "tokens=8", "--axis", "seed=1", "--do", "train", "--data", "synthetic",
            "--checkpoint-every", "1000000", "--eval-every", "10000", "--steps", "10000",
        ];
        using TemporaryFolder folder = new();
        string cells = folder.Path("cells"), whole = folder.Path("whole");
        using SlurmCluster cluster = new();
        (int code, string output, string error) = Hybrid(cluster, [.. training, "--out", cells, "--slurm", "--time", "1"]);
        Assert.True(code == 0, error);
        Assert.Contains(": 1 cells in 1 tasks, ", output);
        string job = Job(cells);
        string steps = Path.Combine(cells, "work/000000/log.jsonl");
        int process = 0;
        cluster.Wait(
            () => File.Exists(steps) && File.ReadLines(steps).Count() > 1 && (process = Marks(cells).FirstOrDefault().Process) != 0,
            "a training at work", 120);
        CommandProcess.Send(process, "-STOP");
        CommandRun alone = CommandRun.Of([.. training, "--threads", "1", "--out", whole]);
        Assert.True(alone.ExitCode == 0, alone.Error);
        cluster.Wait(() => IsTold(process), "Slurm to say that the time is over", 120);
        CommandProcess.Send(process, "-CONT");
        HashSet<string> restarts = Restarts(cluster, cells, job);
        string log = File.ReadAllText(Path.Combine(cells, "batches/cells-1-1.log"));
        Assert.True(restarts.Contains("Restarts=1"), $"{string.Join(' ', restarts)}\n{log}");
        Assert.Contains($"hybrid: the time of task {job}_1 is over; it goes back in line", log);
        Assert.Contains("1 of 1 cells are finished, 1 of them by this process", log);
        using (JsonDocument status = Status(cluster, cells, 0))
            Assert.Equal(0, status.RootElement.GetProperty("failing").GetArrayLength());
        CommandRun merged = CommandRun.Of("cells", "merge", cells);
        Assert.True(merged.ExitCode == 0, merged.Error);
        Assert.Equal(File.ReadAllBytes(Path.Combine(whole, "results.jsonl")), File.ReadAllBytes(Path.Combine(cells, "results.jsonl")));
    }

    /// <summary>Whether the signal that its time is over waits for a stopped process, or has Slurm woken it by that too.</summary>
    private static bool IsTold(int process)
    {
        try
        {
            string[] status = File.ReadAllLines($"/proc/{process}/status");
            string pending = status.First(line => line.StartsWith("ShdPnd:", StringComparison.Ordinal)).Split('\t')[1];
            return (Convert.ToUInt64(pending, 16) >> (SlurmTask.TimeIsOver - 1) & 1) == 1
                || !status.Any(line => line.StartsWith("State:\tT", StringComparison.Ordinal));
        }
        catch (IOException)
        {
            // It is in line again.
            return true;
        }
    }

    /// <summary>What Slurm said of how often a job went back in line, until its one cell is done.</summary>
    private static HashSet<string> Restarts(SlurmCluster cluster, string cells, string job)
    {
        HashSet<string> restarts = [];

        // A task on its way back into the line is in none of Slurm's lists for a moment: the folder says when it is done.
        cluster.Wait(
            () =>
            {
                cluster.Release();
                restarts.UnionWith(cluster.Run("scontrol", "show", "job", $"{job}_1").Output.Split()
                    .Where(word => word.StartsWith("Restarts=", StringComparison.Ordinal)));
                return CellStatus.Of(CellFolder.Open(cells)).Complete && cluster.Jobs().Length == 0;
            },
            "the training to end", 240);
        return restarts;
    }

    [SlurmFact]
    public void The_published_agreement_is_submitted_with_the_options_of_every_verb_and_prints_its_tables_when_all_is_measured()
    {
        using TemporaryFolder folder = new();
        using SlurmCluster cluster = new();
        string features = folder.Path("agreement/features");
        string[] agreement = ["dotnet", BenchmarksPath, "agreement-features", "32", "4", "--cells", folder.Path("agreement")];
        (int code, string output, string error) =
            cluster.Run([.. agreement, "--slurm", "--partition", "test", "--time", "30", "--tasks", "2", "--task-memory", "2GiB"]);
        Assert.True(code == 0, output + error);
        Assert.Matches(@"cells-1: 40 cells in 2 tasks, 2048 MiB, 30 each, job \d+\n", output);
        string script = File.ReadAllText(Path.Combine(features, "batches/cells-1.sh"));
        Assert.Contains("\n#SBATCH --partition=test\n", script);
        Assert.Contains("\n#SBATCH --signal=B:USR1@120\n", script);
        cluster.Wait(() => cluster.Jobs().Length == 0, "the array to end", 300);
        Status(cluster, features, 0).Dispose();
        (code, output, error) = cluster.Run(agreement);
        Assert.True(code == 0, error);

        // The tables are those of a run in one piece; the first line has its seconds.
        (int aloneCode, string alone, error) = cluster.Run(agreement[..^2]);
        Assert.True(aloneCode == 0, error);
        Assert.Equal(alone.Split('\n')[1..], output.Split('\n')[1..]);
    }

    private static string BenchmarksPath
    {
        get
        {
            // Beside this project, of the same configuration.
            string own = typeof(SlurmTests).Assembly.Location, project = typeof(SlurmTests).Assembly.GetName().Name!;
            string path = Path.Combine(Path.GetDirectoryName(own)!.Replace(project, "Benchmarks"), "Benchmarks.dll");
            Assert.True(File.Exists(path), $"{path} must be built");
            return path;
        }
    }

    [SlurmFact]
    public void What_Slurm_refuses_is_said_with_its_reason()
    {
        using TemporaryFolder folder = new();
        using SlurmCluster cluster = new();
        (int code, _, string error) =
            Hybrid(cluster, [.. Question, "--out", folder.Path("cells"), "--slurm", "--time", "30", "--partition", "nowhere"]);
        Assert.Equal(2, code);
        Assert.Contains("invalid partition specified: nowhere", error);
    }

    // Slurm's number of the first array.
    private static string Job(string cells) => File.ReadAllText(Path.Combine(cells, "batches/cells-1.job")).Trim();

    private static (int Code, string Output, string Error) Hybrid(SlurmCluster cluster, string[] args) =>
        cluster.Run(["dotnet", typeof(Cli).Assembly.Location, .. args]);

    private static JsonDocument Status(SlurmCluster cluster, string cells, int expected)
    {
        (int code, string output, string error) = Hybrid(cluster, ["cells", "status", cells, "--json"]);
        Assert.True(code == expected, output + error);
        return JsonDocument.Parse(output);
    }

    private static string[] Running(SlurmCluster cluster) =>
        [.. cluster.Jobs().Where(job => job.EndsWith(" RUNNING", StringComparison.Ordinal)).Select(job => job.Split(' ')[0])];

    /// <summary>
    /// Kills, with SIGKILL, a process in the middle of a cell, and waits until Slurm has seen it. It is stopped first, so that the
    /// cell that it says it measures is the one that is lost. Whether there was such a process.
    /// </summary>
    private static bool KillATask(SlurmCluster cluster, string cells, HashSet<int> killed)
    {
        (int process, int cell, string job) = Marks(cells).FirstOrDefault();
        if (process == 0)
            return false;
        CommandProcess.Send(process, "-STOP");
        bool still = Marks(cells).Contains((process, cell, job));
        CommandProcess.Send(process, still ? "-KILL" : "-CONT");
        if (!still)
            return false;
        killed.Add(cell);
        cluster.Wait(() => !cluster.Jobs().Any(line => line.StartsWith($"{job} ", StringComparison.Ordinal)), "a killed task to end");
        return true;
    }

    /// <summary>Which live process measures which cell.</summary>
    private static List<(int Process, int Cell, string Job)> Marks(string cells)
    {
        List<(int Process, int Cell, string Job)> found = [];
        string running = Path.Combine(cells, "running");
        foreach (string file in Directory.Exists(running) ? Directory.GetFiles(running, "*.json") : [])
        {
            try
            {
                using JsonDocument document = JsonDocument.Parse(File.ReadAllText(file));
                JsonElement root = document.RootElement;
                int process = root.GetProperty("process").GetInt32();
                if (root.GetProperty("cells").EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.Number } cell
                    && Directory.Exists($"/proc/{process}"))
                {
                    found.Add((process, cell.GetInt32(), root.GetProperty("job").GetString()!));
                }
            }
            catch (Exception error) when (error is IOException or JsonException)
            {
                // Removed or rewritten meanwhile.
            }
        }

        return found;
    }
}
