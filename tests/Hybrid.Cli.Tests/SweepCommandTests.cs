using System.Diagnostics;
using System.Text.Json;
using Hybrid.Lab.Cells;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Cli.Tests;

public class SweepCommandTests
{
    private static readonly string[] Small =
        ["pre-tanh-ordered", "--set", "depth=2", "--set", "width=32", "--set", "mlpWidth=32", "--set", "heads=2", "--set", "tokens=8"];

    [Fact]
    public void A_grid_of_predictions_says_what_predict_says_of_each_point()
    {
        using TemporaryFolder folder = new();
        JsonElement[] cells = Cells(Sweep(folder.Path("grid"), "--axis", "mlp.inStd=1:2:2", "--axis", "norm=pre,post", "--json"));
        Assert.Equal(
            ["1 pre", "1 post", "2 pre", "2 post"],
            cells.Select(cell => string.Join(' ', cell.GetProperty("set").EnumerateObject().Select(item => item.Value.GetString()))));
        foreach (JsonElement cell in cells)
        {
            JsonElement set = cell.GetProperty("set"), values = cell.GetProperty("values");
            using JsonDocument alone = JsonDocument.Parse(CommandRun.Of(
            [
                "predict", .. Small, "--json",
                .. set.EnumerateObject().SelectMany(item => (string[])["--set", $"{item.Name}={item.Value.GetString()}"]),
            ]).Output);
            foreach (string name in (string[])["angleExponent", "gradientExponent", "phase"])
                Assert.Equal(alone.RootElement.GetProperty(name).GetRawText(), values.GetProperty(name).GetRawText());
            Assert.Equal(
                alone.RootElement.GetProperty("trainable").GetProperty("verdict").GetString(),
                values.GetProperty("trainable").GetProperty("verdict").GetString());
        }
    }

    [Fact]
    public void A_cell_of_a_simulation_is_what_simulate_says_with_that_seed()
    {
        using TemporaryFolder folder = new();
        JsonElement[] cells = Cells(Sweep(
            folder.Path("seeds"), "--axis", "seed=3,9", "--do", "simulate", "--samples", "2", "--engine", "dense", "--json"));
        using JsonDocument alone = JsonDocument.Parse(
            CommandRun.Of(["simulate", .. Small, "--samples", "2", "--engine", "dense", "--seed", "9", "--json"]).Output);
        Assert.Equal(
            JsonSerializer.Serialize(alone.RootElement.GetProperty("layers")),
            JsonSerializer.Serialize(cells[1].GetProperty("values").GetProperty("layers")));
    }

    [Fact]
    public void A_cell_of_a_training_is_what_train_finds()
    {
        using TemporaryFolder folder = new();
        JsonElement[] cells = Cells(Sweep(
            folder.Path("rates"), "--set", "mask=causal", "--axis", "optimiser.learningRate=1e-3,1e-2", "--do", "train",
            "--data", "synthetic", "--steps", "12", "--json"));
        using JsonDocument alone = JsonDocument.Parse(CommandRun.Of(
        [
            "train", .. Small, "--set", "mask=causal", "--learning-rate", "1e-2", "--data", "synthetic", "--steps", "12",
            "--out", folder.Path("run"), "--json",
        ]).Output);
        foreach (string name in (string[])["outcome", "steps", "initialLoss", "finalLoss", "finalEvalLoss", "optimalLoss"])
            Assert.Equal(alone.RootElement.GetProperty(name).GetRawText(), cells[1].GetProperty("values").GetProperty(name).GetRawText());
        Assert.NotEqual(
            cells[0].GetProperty("values").GetProperty("finalLoss").GetDouble(),
            cells[1].GetProperty("values").GetProperty("finalLoss").GetDouble());
        Assert.False(Directory.EnumerateDirectories(folder.Path("rates/work")).Any(), "the runs' checkpoints are left");
    }

    [Fact]
    public void A_list_takes_values_side_by_side_and_several_fields_share_an_axis()
    {
        using TemporaryFolder folder = new();
        JsonElement[] cells = Cells(Sweep(
            folder.Path("list"), "--list", "--axis", "attention.branch,mlp.branch=0.5,1", "--axis", "mask=none,{\"window\":4}", "--json"));
        Assert.Equal(
            ["0.5 0.5 none", "1 1 {\"window\":4}"],
            cells.Select(cell => string.Join(' ', cell.GetProperty("set").EnumerateObject().Select(item => item.Value.GetString()))));
    }

    [Fact]
    public void Whatever_the_shards_the_store_has_the_same_bytes()
    {
        using TemporaryFolder folder = new();
        string[] question = ["--axis", "mlp.inStd=0.5:3:7", "--axis", "seed=1,2", "--do", "simulate", "--samples", "2"];
        Sweep(folder.Path("whole"), question);
        foreach (int i in (int[])[3, 1, 2])
        {
            CommandRun run = CommandRun.Of(["sweep", .. Small, .. question, "--out", folder.Path("shards"), "--shard", $"{i}/3"]);
            Assert.Equal((0, ""), (run.ExitCode, run.Output));
        }

        Assert.Equal(0, CommandRun.Of("cells", "merge", folder.Path("shards")).ExitCode);
        Assert.Equal(File.ReadAllBytes(folder.Path("whole/results.jsonl")), File.ReadAllBytes(folder.Path("shards/results.jsonl")));
        Assert.Equal(File.ReadAllBytes(folder.Path("whole/results.csv")), File.ReadAllBytes(folder.Path("shards/results.csv")));
        Assert.Equal(15, File.ReadLines(folder.Path("shards/results.csv")).Count());
    }

    // The kill comes by SIGTERM, as Slurm sends it before a task's time is over.
    [Fact]
    public async Task Told_to_stop_a_training_cell_leaves_a_checkpoint_and_the_next_task_ends_with_the_same_bytes()
    {
        using TemporaryFolder folder = new();
        string[] question =
        [
            "sweep", .. Small, "--set", "mask=causal", "--axis", "seed=1,2", "--do", "train", "--data", "synthetic", "--steps", "4000",
            "--checkpoint-every", "1000000", "--eval-every", "500", "--threads", "1",
        ];
        Assert.Equal(0, CommandRun.Of([.. question, "--out", folder.Path("whole")]).ExitCode);
        using Process process = CommandProcess.Start([.. question, "--out", folder.Path("stopped"), "--shard", "1/2"]);
        string run = CellFolder.ScratchIn(folder.Path("stopped"), 0);
        process.WaitUntil(() => new FileInfo(Path.Combine(run, "log.jsonl")) is { Exists: true, Length: >= 5000 });
        CommandProcess.Send(process.Id, "-TERM");
        await process.WaitForExitAsync();
        Assert.Equal(130, process.ExitCode);
        Assert.NotEmpty(Directory.GetDirectories(Path.Combine(run, "checkpoints")));
        using JsonDocument status = JsonDocument.Parse(CommandRun.Of("cells", "status", folder.Path("stopped"), "--json").Output);
        Assert.Equal("[0]", JsonSerializer.Serialize(status.RootElement.GetProperty("begun")));
        Assert.Equal(0, status.RootElement.GetProperty("failing").GetArrayLength());

        CommandRun retried = CommandRun.Of("cells", "retry", folder.Path("stopped"), "--threads", "1");
        Assert.Equal((0, "retry-1: 2 cells, 0, 1\n"), (retried.ExitCode, retried.Output));
        Assert.Equal(0, CommandRun.Of("cells", "merge", folder.Path("stopped")).ExitCode);
        Assert.Equal(File.ReadAllBytes(folder.Path("whole/results.jsonl")), File.ReadAllBytes(folder.Path("stopped/results.jsonl")));
    }

    [Theory]
    [InlineData("'mlp.inStdd' is nothing that can be swept; did you mean mlp.inStd", "--axis", "mlp.inStdd=1:2:3")]
    [InlineData("has a value twice", "--axis", "norm=pre,pre")]
    [InlineData("has no path before an equals sign", "--axis", "norm")]
    [InlineData("must be an integer from 2", "--axis", "mlp.inStd=1:2:1")]
    [InlineData("0 < lo < hi", "--axis", "mlp.inStd=0:2:3:log")]
    [InlineData("sweeps norm twice", "--axis", "norm=pre,post", "--axis", "norm=pre,post")]
    [InlineData("takes axes of equal lengths", "--list", "--axis", "norm=pre,post", "--axis", "mlp.inStd=1,2,3")]
    [InlineData("is for --do train", "--axis", "optimiser.learningRate=1,2")]
    [InlineData("--steps is for --do train", "--axis", "norm=pre,post", "--steps", "5")]
    [InlineData("--samples is for --do simulate", "--axis", "norm=pre,post", "--samples", "5")]
    [InlineData("--partition is for --slurm", "--axis", "norm=pre,post", "--partition", "short")]
    [InlineData("--shard must be i/n", "--axis", "norm=pre,post", "--shard", "3/2")]
    [InlineData("--shard is for other schedulers", "--axis", "norm=pre,post", "--shard", "1/2", "--slurm")]
    [InlineData("--do must be one of", "--axis", "norm=pre,post", "--do", "suggest")]
    [InlineData("mlp.inStd must be", "--axis", "mlp.inStd=-1,1")]
    public void Bad_input_exits_with_2_before_anything_is_made(string message, params string[] args)
    {
        using TemporaryFolder folder = new();
        CommandRun run = CommandRun.Of(["sweep", .. Small, .. args, "--out", folder.Path("none")]);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains(message, run.Error);
        Assert.False(Directory.Exists(folder.Path("none")));
    }

    [Fact]
    public void Another_question_in_the_same_folder_is_refused_with_the_difference()
    {
        using TemporaryFolder folder = new();
        Sweep(folder.Path("grid"), "--axis", "norm=pre,post");
        CommandRun run = CommandRun.Of(["sweep", .. Small, "--axis", "norm=pre,peri", "--out", folder.Path("grid")]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("question.axes is", run.Error);
    }

    private static CommandRun Sweep(string folder, params string[] args)
    {
        CommandRun run = CommandRun.Of(["sweep", .. Small, .. args, "--out", folder]);
        Assert.True(run.ExitCode == 0, run.Error);
        return run;
    }

    private static JsonElement[] Cells(CommandRun run) =>
        [.. JsonDocument.Parse(run.Output).RootElement.GetProperty("cells").EnumerateArray()];
}
