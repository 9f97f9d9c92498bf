using System.Text.Json;
using Hybrid.Cli.Shared;
using Hybrid.Lab.Tests;
using Hybrid.Lab.Tests.Fakes;
using Xunit;

namespace Hybrid.Cli.Tests;

public class TrainCommandTests
{
    private static readonly string[] Begin =
    [
        "train", "pre-tanh-ordered", "--set", "mask=causal", "--set", "tokens=16", "--data", "markov:vocabulary=8,entropy=1.25",
        "--steps", "60", "--learning-rate", "0.1", "--batch", "4", "--checkpoint-every", "25",
    ];

    [Fact]
    public void A_run_prints_its_plan_before_and_its_losses_beside_the_optimum_after()
    {
        using TemporaryFolder folder = new();
        CommandRun run = Run(folder, Begin);
        Assert.Equal(0, run.ExitCode);
        Snapshot.Matches("train.txt", run.Output.Replace(folder.Root, "FOLDER"));
        Assert.StartsWith("step 3 of 60: loss ", run.Error);
        Assert.Equal(20, run.Error.Count(character => character == '\n'));
        Assert.True(File.Exists(folder.Path("run/curve.svg")));
    }

    [Fact]
    public void A_diverged_run_says_so_and_exits_with_0()
    {
        using TemporaryFolder folder = new();
        string[] wild =
            [.. Begin.Select(word => word == "0.1" ? "1e5" : word), "--optimiser", "sgd", "--schedule", "constant", "--clip", "none"];
        CommandRun run = Run(folder, wild);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("\nIt diverged at step", run.Output);
        Assert.Contains("diverged at step", File.ReadAllText(folder.Path("run/curve.svg")));
    }

    [Fact]
    public void The_JSON_has_every_field_of_the_contract()
    {
        using TemporaryFolder folder = new();
        CommandRun run = Run(folder, [.. Begin, "--json"]);
        JsonElement root = JsonDocument.Parse(run.Output).RootElement;
        string[] fields =
        [
            "run", "plan", "out", "outcome", "reason", "steps", "initialLoss",
            "finalLoss", "finalLossSteps", "initialEvalLoss", "finalEvalLoss",
            "optimalLoss", "references", "summary", "evaluations", "measurements", "tokensPerSecond", "peakMemoryBytes",
        ];
        Assert.Equal(fields, root.EnumerateObject().Select(property => property.Name));
        Assert.Equal("finished", root.GetProperty("outcome").GetString());
        Assert.Equal(1.25, root.GetProperty("optimalLoss").GetDouble(), 1e-8);
        Assert.Equal(21, root.GetProperty("evaluations").GetArrayLength());
        Assert.True(root.GetProperty("finalEvalLoss").GetDouble() < root.GetProperty("initialEvalLoss").GetDouble());
    }

    [Fact]
    public void Stopped_it_saves_a_checkpoint_exits_with_130_and_says_how_to_continue()
    {
        using TemporaryFolder folder = new();
        CommandRun stopped = Run(folder, Begin, new CancellationToken(canceled: true));
        Assert.Equal(130, stopped.ExitCode);
        Assert.Contains(
            $"stopped at step 0 of 60 with a checkpoint; continue with hybrid train --resume --out {folder.Path("run")}", stopped.Error);
        CommandRun resumed = Run(folder, ["train", "--resume"]);
        Assert.Equal(0, resumed.ExitCode);
        Assert.Contains("from the checkpoint of step 0", resumed.Output);
        Assert.Contains("finished: 60 steps", resumed.Output);
    }

    [Fact]
    public void The_command_that_began_a_run_resumes_it_too()
    {
        using TemporaryFolder folder = new();
        Run(folder, Begin);
        string log = File.ReadAllText(folder.Path("run/log.jsonl"));
        Assert.Equal(0, Run(folder, [.. Begin, "--resume"]).ExitCode);
        Assert.Equal(log, File.ReadAllText(folder.Path("run/log.jsonl")));
    }

    [Theory]
    [InlineData("steps is 60 there, got 90; a cosine schedule ends at its last step", "--steps", "90")]
    [InlineData("steps is 60 there, got 30; a run does not become shorter", "--steps", "30")]
    [InlineData("batch is 4 there, got 5; leave the option out", "--batch", "5")]
    [InlineData("seed is 1 there, got 2; leave the option out", "--seed", "2")]
    [InlineData("optimiser.learningRate is 0.1 there, got 0.2", "--learning-rate", "0.2")]
    [InlineData("optimiser.kind is \"adamw\" there, got \"sgd\"", "--optimiser", "sgd")]
    [InlineData("model.tied is false there, got true", "--tied")]
    [InlineData(
        "data.source is \"markov:vocabulary=8,order=1,entropy=1.25,seed=1\" there, got \"markov:vocabulary=8,order=1,entropy=1.5,seed=1\"",
        "--data", "markov:vocabulary=8,entropy=1.5")]
    [InlineData("model.architecture.depth is 12 there, got 3", "--set", "depth=3")]
    [InlineData("model.architecture.name is \"pre-tanh-ordered\" there, got \"gpt2\"", "gpt2", "--set", "mask=causal", "--set",
        "tokens=16")]
    public void A_resumed_run_refuses_what_contradicts_it(string message, params string[] options)
    {
        using TemporaryFolder folder = new();
        Run(folder, Begin, new CancellationToken(canceled: true));
        CommandRun run = Run(folder, ["train", "--resume", .. options]);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains(message, run.Error);
        Assert.Equal(0, Run(folder, ["train", "--resume"]).ExitCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_resumed_run_refuses_a_file_that_has_changed(bool named)
    {
        using TemporaryFolder folder = new();
        string text = folder.Write("text", string.Concat(Enumerable.Repeat("In the beginning ", 100)));
        string[] begin = [.. Begin.Select(word => word.StartsWith("markov") ? text : word), "--eval-sequences", "4"];
        Run(folder, begin, new CancellationToken(canceled: true));
        File.AppendAllText(text, "God");
        CommandRun run = Run(folder, ["train", "--resume", .. named ? (string[])["--data", text] : []]);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains($"--data {text}: the file has changed since the run started: it had 1700 bytes", run.Error);
    }

    [Fact]
    public void A_changed_run_is_refused_until_its_changes_are_accepted()
    {
        using TemporaryFolder folder = new();
        Run(folder, Begin);
        string config = folder.Path("run/config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"learningRate\": 0.1", "\"learningRate\": 0.2"));
        CommandRun run = Run(folder, ["train", "--resume"]);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains("give --accept-changes", run.Error);
        run = Run(folder, ["train", "--resume", "--accept-changes"]);
        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("hybrid: warning: ", run.Error);
        Assert.Equal("", Run(folder, ["train", "--resume"]).Error);
    }

    [Fact]
    public void A_damaged_checkpoint_stops_no_unattended_job_unless_it_is_strict()
    {
        using TemporaryFolder folder = new();
        Run(folder, Begin);
        byte[] good = File.ReadAllBytes(folder.Path("run/checkpoints/step-000000060/weights.safetensors"));
        File.WriteAllBytes(folder.Path("run/checkpoints/step-000000060/weights.safetensors"), good[1..]);
        Assert.Equal(2, Run(folder, ["train", "--resume", "--strict"]).ExitCode);
        CommandRun run = Run(folder, ["train", "--resume"]);
        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("hybrid: warning: ", run.Error);
        Assert.Contains("from the checkpoint of step 50", run.Output);
        Assert.Equal(good, File.ReadAllBytes(folder.Path("run/checkpoints/step-000000060/weights.safetensors")));
    }

    [Fact]
    public void As_many_checkpoints_stay_as_were_asked_for_once()
    {
        using TemporaryFolder folder = new();
        Run(folder, [.. Begin, "--schedule", "constant", "--keep", "3", "--keep-best"]);
        Assert.Equal(3, Directory.GetDirectories(folder.Path("run/checkpoints")).Length);
        Assert.Equal(0, Run(folder, ["train", "--resume", "--steps", "120"]).ExitCode);
        Assert.Equal(3, Directory.GetDirectories(folder.Path("run/checkpoints")).Count(path => int.Parse(path[^9..]) >= 75));
        Assert.Equal(0, Run(folder, ["train", "--resume", "--steps", "180", "--keep", "1"]).ExitCode);
        Assert.InRange(Directory.GetDirectories(folder.Path("run/checkpoints")).Length, 1, 2);
    }

    [Fact]
    public async Task The_curve_is_there_while_the_run_goes_on()
    {
        using TemporaryFolder folder = new();
        using CancellationTokenSource stop = new();
        string curve = folder.Path("run/curve.svg");
        Task<CommandRun> run = Task.Run(
            () => Run(folder, [.. Begin.Select(word => word == "60" ? "900000000" : word), "--eval-every", "5", "--yes"], stop.Token));
        while (!File.Exists(curve) && !run.IsCompleted)
            await Task.Delay(10);
        string seen = File.ReadAllText(curve);
        await stop.CancelAsync();
        Assert.Equal(130, (await run).ExitCode);
        Assert.Contains("of 900000000</", seen);
    }

    [Fact]
    public void A_page_that_was_asked_for_once_is_written_by_whoever_resumes()
    {
        using TemporaryFolder folder = new();
        string page = folder.Path("page.html");
        Run(folder, [.. Begin, "--report", page], new CancellationToken(canceled: true));
        Assert.Contains("stopped at step 0", File.ReadAllText(page));
        File.Delete(page);
        Run(folder, ["train", "--resume"]);
        Assert.Contains("It learns:", File.ReadAllText(page));
    }

    [Fact]
    public void A_run_of_years_is_begun_only_where_that_is_meant()
    {
        using TemporaryFolder folder = new();
        string[] years = ["train", "gpt2", "--data", "synthetic", "--steps", "999999999"];
        CommandRun run = CommandRun.Of([.. years, "--out", folder.Path("run")]);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Matches("takes [0-9.]+ years or more on this processor: [0-9.]+ GFLOP a step at [0-9.]+ GFLOP/s.*give --yes", run.Error);
        Assert.False(Directory.Exists(folder.Path("run")));
        Assert.Equal(130, Run(folder, [.. years, "--yes"], new CancellationToken(canceled: true)).ExitCode);
    }

    [Fact]
    public void A_run_at_a_constant_rate_can_be_made_longer()
    {
        using TemporaryFolder folder = new();
        Assert.Equal(0, Run(folder, [.. Begin, "--schedule", "constant"]).ExitCode);
        CommandRun run = Run(folder, ["train", "--resume", "--steps", "90"]);
        Assert.Contains("finished: 90 steps", run.Output);
        Assert.Contains("from the checkpoint of step 60", run.Output);
    }

    [Theory]
    [InlineData("Option '--out' is required", "gpt2")]
    [InlineData("ARCH is required to begin a run", "--out", "DIR")]
    [InlineData("--steps N is required to begin a run", "post-relu", "--out", "DIR")]
    [InlineData("--data FILE, or --data synthetic is required", "post-relu", "--steps", "5", "--out", "DIR")]
    [InlineData("--steps must be an integer from 1 to 999999999, got '0'", "--steps", "0")]
    [InlineData("--batch must be an integer from 1 to 1048576, got 'x'", "--batch", "x")]
    [InlineData("--learning-rate must be a finite number > 0, got '-1'", "--learning-rate", "-1")]
    [InlineData("--learning-rate must be a finite number > 0, got 'NaN'", "--learning-rate", "NaN")]
    [InlineData("--learning-rate must be a finite number > 0, got '1e999'", "--learning-rate", "1e999")]
    [InlineData("--weight-decay must be a finite number ≥ 0, got '-0.1'", "--weight-decay", "-0.1")]
    [InlineData("--clip must be a finite number > 0 or 'none', got '0'", "--clip", "0")]
    [InlineData("--warmup must be an integer from 0", "--warmup", "-1")]
    [InlineData("--optimiser must be one of adamw, sgd, got 'adam'; did you mean adamw?", "--optimiser", "adam")]
    [InlineData("--schedule must be one of constant, cosine, got 'linear'", "--schedule", "linear")]
    [InlineData("--task must be one of next, masked, got 'mask'; did you mean masked?", "--task", "mask")]
    [InlineData("--eval-every must be an integer from 1", "--eval-every", "0")]
    [InlineData("--eval-sequences must be an integer from 1", "--eval-sequences", "0")]
    [InlineData("--checkpoint-every must be an integer from 1", "--checkpoint-every", "0")]
    [InlineData("--task next needs a causal mask", "post-relu", "--task", "next", "--data", "synthetic", "--steps", "5", "--out", "DIR")]
    [InlineData("give --set mask=none or --task next", "post-relu", "--set", "mask=causal", "--task", "masked", "--data", "synthetic",
        "--steps", "5", "--out", "DIR")]
    [InlineData("--data none.txt: cannot be read", "post-relu", "--data", "none.txt", "--steps", "5", "--out", "DIR")]
    [InlineData("entropy must be in (0, ln 32", "post-relu", "--data", "markov:entropy=9", "--steps", "5", "--out", "DIR")]
    [InlineData("give fewer pairs= or --set tokens=", "post-relu", "--set", "tokens=4", "--data", "recall", "--steps", "5", "--out", "DIR")]
    [InlineData("input.correlation must be ≥ 0 in training", "post-relu", "--set", "input.correlation=-0.01", "--data", "synthetic",
        "--steps", "5", "--out", "DIR")]
    [InlineData("of memory, and there are", "post-relu", "--set", "width=1048576", "--set", "mlpWidth=1048576", "--data", "synthetic",
        "--steps", "5", "--out", "DIR")]
    [InlineData("holds no run to resume", "--resume", "--out", "DIR")]
    [InlineData("got an empty path", "post-relu", "--set", "width=32", "--data", "synthetic", "--steps", "5", "--out", "")]
    public void Bad_input_exits_with_2_and_leaves_no_folder(string message, params string[] args)
    {
        using TemporaryFolder folder = new();
        CommandRun run = CommandRun.Of(["train", .. args.Select(arg => arg == "DIR" ? folder.Path("run") : arg)]);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.StartsWith("hybrid: ", run.Error);
        Assert.Contains(message, run.Error);
        Assert.Equal(1, run.Error.Count(character => character == '\n'));
        Assert.False(Directory.Exists(folder.Path("run")));
    }

    [Fact]
    public void An_engine_that_is_not_there_is_said_before_a_folder_is_made()
    {
        using TemporaryFolder folder = new();
        CommandRun run = Run(folder, [.. Begin, "--engine", "dnse"]);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains("--engine must be one of dense, got 'dnse'; did you mean dense?", run.Error);
        Assert.False(Directory.Exists(folder.Path("run")));
    }

    [Fact]
    public void A_run_is_not_begun_twice()
    {
        using TemporaryFolder folder = new();
        Run(folder, Begin);
        CommandRun again = Run(folder, Begin);
        Assert.Equal((2, ""), (again.ExitCode, again.Output));
        Assert.Contains("holds a run already; continue it with --resume", again.Error);
    }

    private static CommandRun Run(TemporaryFolder folder, string[] args, CancellationToken cancellation = default) =>
        CommandRun.Of(BigramTrainer.Entry(), cancellation, [.. args, "--out", folder.Path("run")]);
}
