using System.Diagnostics;
using System.Text.Json;
using Hybrid.Cli.Shared;
using Hybrid.Experiments.Catalogue;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Runs;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Cli.Tests;

public class ExperimentCommandTests
{
    [Fact]
    public void The_list_names_every_experiment()
    {
        CommandRun run = CommandRun.Of("experiment", "--list");
        Assert.Equal(0, run.ExitCode);
        Snapshot.Matches("experiments.txt", run.Output);
    }

    public static TheoryData<string> Names => [.. ExperimentCatalogue.All.Select(experiment => experiment.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_registered_before_the_run_is_as_committed(string name)
    {
        ExperimentPlan plan = new(ExperimentCatalogue.Find(name), ExperimentScale.Quick, 1, 1);
        Snapshot.Matches($"registered-{name}.txt", Registration.Text(plan));
    }

    [Fact]
    public void A_killed_run_continues_without_losing_or_repeating_a_cell()
    {
        using TemporaryFolder killed = new(), whole = new();
        Kill(killed.Root);
        int stored = Stored(killed.Root);
        Assert.InRange(stored, 1, Cells - 1);

        CommandRun rest = Quick(killed.Root);
        Assert.Equal((0, Cells), (rest.ExitCode, Stored(killed.Root)));
        Assert.Equal(0, Quick(whole.Root).ExitCode);
        Assert.Equal(Tests(whole.Root), Tests(killed.Root));
        Assert.Contains($"of which earlier runs had finished {stored} ", File.ReadAllText(killed.Path("rank-collapse-quick.md")));
    }

    [Fact]
    public void A_run_writes_its_page_its_figures_and_the_json_that_it_prints()
    {
        using TemporaryFolder folder = new();
        CommandRun run = CommandRun.Of("experiment", "rank-collapse", "--quick", "--json", "--out", folder.Path("new/folder"));
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(File.ReadAllText(folder.Path("new/folder/rank-collapse-quick.json")), run.Output);
        string page = File.ReadAllText(folder.Path("new/folder/rank-collapse-quick.md"));
        Assert.Contains("This is the quick run", page);
        Assert.Contains("(figures/rank-collapse-quick-trajectories.svg)", page);
        Assert.True(File.Exists(folder.Path("new/folder/figures/rank-collapse-quick-trajectories.svg")));
        using JsonDocument document = JsonDocument.Parse(run.Output);
        JsonElement root = document.RootElement;
        JsonElement[] hypotheses = [.. root.GetProperty("hypotheses").EnumerateArray()];
        Assert.Equal(
            root.GetProperty("plannedTests").GetInt32(),
            hypotheses.Sum(hypothesis => hypothesis.GetProperty("tests").GetArrayLength()));
        Assert.Equal(
            root.GetProperty("familyWiseRate").GetDouble(),
            root.GetProperty("levelPerTest").GetDouble() * root.GetProperty("plannedTests").GetInt32(),
            1e-12);
        Assert.All(hypotheses, hypothesis =>
        {
            JsonElement[] tests = [.. hypothesis.GetProperty("tests").EnumerateArray()];
            int undecided = tests.Count(test => test.GetProperty("outcome").GetString() == "inconclusive");
            string outcome = hypothesis.GetProperty("outcome").GetString()!, verdict = hypothesis.GetProperty("verdict").GetString()!;
            Assert.Equal(undecided, hypothesis.GetProperty("undecided").GetInt32());
            Assert.Equal(undecided == 0 ? outcome : $"{outcome} ({undecided} of {tests.Length} undecided)", verdict);
            Assert.Contains($"| {verdict} ", page);
            Assert.All(tests, test => Assert.InRange(test.GetProperty("side").GetInt32(), -1, 1));
        });
    }

    [Theory]
    [InlineData("did you mean rank-collapse?", "experiment", "rank-colapse")]
    [InlineData("NAME must be one of rank-collapse, ", "experiment")]
    [InlineData("--parallel must be an integer from 1", "experiment", "rank-collapse", "--parallel", "0")]
    [InlineData("--out must be a folder", "experiment", "rank-collapse", "--quick", "--out", "/dev/null/x")]
    public void Bad_input_exits_with_2(string message, params string[] args)
    {
        CommandRun run = CommandRun.Of(args);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains(message, run.Error);
    }

    private const int Cells = 60;

    private static CommandRun Quick(string folder) => CommandRun.Of("experiment", "rank-collapse", "--quick", "--out", folder);

    private static int Stored(string folder)
    {
        using CellStore store = CellStore.Open(Path.Combine(folder, "cells.sqlite"));
        IExperiment experiment = ExperimentCatalogue.Find("rank-collapse");
        return store.Cells(new(experiment.Name, experiment.Version, 1)).Count;
    }

    /// <summary>Hypotheses with every tested number, without what differs between runs.</summary>
    private static string Tests(string folder)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "rank-collapse-quick.json")));
        return document.RootElement.GetProperty("hypotheses").GetRawText();
    }

    /// <summary>Starts the command as a process of its own and kills it (SIGKILL) once its log holds some cells.</summary>
    private static void Kill(string folder)
    {
        using Process process = CommandProcess.Start("experiment", "rank-collapse", "--quick", "--parallel", "2", "--out", folder);
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        FileInfo log = new(Path.Combine(folder, "cells.sqlite-wal"));
        long registered = 0;
        for (Stopwatch watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromMinutes(2) && !process.HasExited; Thread.Sleep(2))
        {
            log.Refresh();
            if (!log.Exists)
                continue;
            // The registered text comes first and takes several pages; what the log grows by after it is cells.
            if (registered == 0 && log.Length > 40_000)
                registered = log.Length;
            if (registered > 0 && log.Length > registered + 10_000)
                break;
        }

        process.Kill();
        process.WaitForExit();
    }

    [Theory]
    [InlineData("sensitivity measures Lyapunov exponents of random networks, which", "sensitivity", "--engine", "dense")]
    [InlineData("lyapunov measures training, which this engine has not", "lyapunov", "--engine", "conditioned")]
    [InlineData("--memory is for --engine torch, got --engine dense", "departures", "--engine", "dense", "--memory", "1GiB")]
    [InlineData("--memory is for --engine torch, got none", "departures", "--memory", "1GiB")]
    [InlineData("--draw device is for --engine torch, got --engine dense", "rank-collapse", "--engine", "dense", "--draw", "device")]
    [InlineData("engine dense runs on the processor", "loss-vs-exponents", "--device", "cuda")]
    [InlineData("--engine must be one of conditioned, dense, torch", "loss-vs-exponents", "--engine", "conditions")]
    public void Engines_that_an_experiment_cannot_take_are_refused(string message, params string[] words)
    {
        using TemporaryFolder folder = new();
        CommandRun run = CommandRun.Of(["experiment", .. words, "--quick", "--out", folder.Path("results")]);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains(message, run.Error);
        Assert.False(Directory.Exists(folder.Path("results")));
    }
}
