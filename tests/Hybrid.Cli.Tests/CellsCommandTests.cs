using System.Text.Json;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Cli.Tests;

public class CellsCommandTests
{
    private static readonly string[] Phase =
    [
        "phase", "pre-tanh-critical", "--set", "depth=2", "--set", "width=32", "--set", "mlpWidth=32", "--x", "mlp.inStd=0.5:8:4",
        "--y", "mlp.branch=0.1:0.9:3", "--measure", "2",
    ];

    [Fact]
    public void Measured_points_of_a_phase_diagram_are_the_same_bits_as_cells()
    {
        using TemporaryFolder folder = new();
        CommandRun alone = CommandRun.Of([.. Phase, "--json"]);
        foreach (int i in (int[])[2, 1])
            Assert.Equal(0, CommandRun.Of([.. Phase, "--out", folder.Path("cells"), "--shard", $"{i}/2"]).ExitCode);
        CommandRun merged = CommandRun.Of("cells", "merge", folder.Path("cells"), "--json");
        Assert.Equal((0, alone.Output), (merged.ExitCode, merged.Output));
        foreach (string extension in (string[])["svg", "html", "csv", "json"])
            Assert.True(File.Exists(folder.Path($"cells/phase.{extension}")), extension);
    }

    [Fact]
    public void An_experiment_whose_cells_are_measured_apart_finds_what_it_finds_in_one_piece()
    {
        using TemporaryFolder folder = new();
        string[] quick = ["experiment", "sensitivity", "--quick", "--parallel", "1"];
        Assert.Equal(0, CommandRun.Of([.. quick, "--out", folder.Path("whole")]).ExitCode);
        foreach (int i in (int[])[3, 1, 2])
            Assert.Equal(0, CommandRun.Of([.. quick, "--out", folder.Path("apart"), "--shard", $"{i}/3"]).ExitCode);
        string cells = folder.Path("apart/sensitivity-quick.cells");
        Assert.Equal(0, CommandRun.Of("cells", "merge", cells).ExitCode);
        Assert.Equal(Judgement(folder.Path("whole")), Judgement(folder.Path("apart")));

        // Registered when the plan was laid down, before the first cell.
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(folder.Path("apart/sensitivity-quick.json")));
        Assert.Equal(
            DateTimeOffset.Parse(File.ReadAllText(Path.Combine(cells, "created.txt"))),
            document.RootElement.GetProperty("registered").GetDateTimeOffset());
    }

    [Fact]
    public void Status_says_what_is_missing_and_merge_refuses_until_nothing_is()
    {
        using TemporaryFolder folder = new();
        string cells = folder.Path("cells");
        Assert.Equal(0, CommandRun.Of([.. Phase, "--out", cells, "--shard", "1/4"]).ExitCode);
        CommandRun status = CommandRun.Of("cells", "status", cells);
        Assert.Equal(1, status.ExitCode);
        Assert.Contains($"what is missing: hybrid cells retry {cells}\n", status.Output);
        CommandRun merge = CommandRun.Of("cells", "merge", cells);
        Assert.Equal((1, ""), (merge.ExitCode, merge.Output));
        Assert.Contains("9 of 12 cells are missing", merge.Error);
        Assert.False(File.Exists(Path.Combine(cells, "results.jsonl")));
        Assert.Equal(0, CommandRun.Of("cells", "retry", cells).ExitCode);
        Assert.Equal(0, CommandRun.Of("cells", "status", cells).ExitCode);
        Assert.Equal("no cell is missing\n", CommandRun.Of("cells", "retry", cells).Output);
        Assert.Equal(0, CommandRun.Of("cells", "merge", cells).ExitCode);
    }

    [Fact]
    public void Without_submission_the_scripts_are_written_as_the_template_and_the_options_say()
    {
        using TemporaryFolder folder = new();
        string cells = folder.Path("cells"), template = folder.Path("site.sh");
        string standard = CommandRun.Of("cells", "template").Output;
        File.WriteAllText(template, standard.Replace("# Here a site loads its modules.", "module load dotnet"));
        CommandRun run = CommandRun.Of(
        [
            .. Phase, "--out", cells, "--slurm", "--no-submit", "--partition", "short", "--account", "physics", "--time", "1-02:00:00",
            "--task-memory", "3GiB", "--gpus", "2", "--cpus", "4", "--tasks", "5", "--template", template,
        ]);
        Assert.True(run.ExitCode == 0, run.Error);
        string script = File.ReadAllText(Path.Combine(cells, "batches/cells-1.sh"));
        foreach (string line in (string[])
            ["--array=1-5", "--time=1-02:00:00", "--mem=3072M", "--cpus-per-task=4", "--gpus=2", "--partition=short", "--account=physics"])
        {
            Assert.Contains($"\n#SBATCH {line}\n", script);
        }

        Assert.Contains("\nmodule load dotnet\n", script);
        Assert.Contains($"'cells' 'run' '{cells}' '--batch' 'cells-1' --shard \"$SLURM_ARRAY_TASK_ID/5\"", script);

        // What is not given is not asked for; a retry asks for what the submission asked for.
        Assert.Equal(0, CommandRun.Of("cells", "retry", cells, "--slurm", "--no-submit", "--tasks", "2").ExitCode);
        string retry = File.ReadAllText(Path.Combine(cells, "batches/retry-1.sh"));
        Assert.Contains("\n#SBATCH --partition=short\n", retry);
        Assert.Contains("\n#SBATCH --array=1-2\n", retry);
        CommandRun part = CommandRun.Of("cells", "run", cells, "--batch", "cells-1", "--shard", "2/5");
        Assert.Equal(0, part.ExitCode);
        Assert.Contains("3 of 3 cells are finished", part.Error);
    }

    [Fact]
    public void Without_a_time_one_cell_is_measured_to_tell_it_and_kept()
    {
        using TemporaryFolder folder = new();
        string cells = folder.Path("cells");
        CommandRun run = CommandRun.Of([.. Phase, "--out", cells, "--slurm", "--no-submit"]);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("cells-1: 11 cells in 1 tasks, 4096 MiB, ", run.Output);
        string script = File.ReadAllText(Path.Combine(cells, "batches/cells-1.sh"));
        Assert.Matches(@"\n#SBATCH --time=0:\d\d:00\n", script);
        Assert.DoesNotContain("--gpus", script);
        Assert.DoesNotContain("--partition", script);
    }

    [Theory]
    [InlineData("must be a folder of cells", "cells", "status", "/")]
    [InlineData("got an empty path", "cells", "status")]
    [InlineData("ACTION must be one of", "cells", "stat", "x")]
    [InlineData("--shard and --slurm are for measured points", "phase", "post-relu", "--x", "mlp.inStd=1:2:3", "--y", "mlp.branch=0.1:1:3",
        "--shard", "1/2", "--out", "x")]
    public void Bad_input_exits_with_2(string message, params string[] args)
    {
        CommandRun run = CommandRun.Of(args);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains(message, run.Error);
    }

    [Theory]
    [InlineData("#SBATCH --array=1-{task}\n{command}\n", "{task} must be one of")]
    [InlineData("#SBATCH --array=1-{tasks}\n", "must have a line with {command}")]
    public void A_template_with_a_fault_is_refused_by_name(string text, string message)
    {
        using TemporaryFolder folder = new();
        string template = folder.Write("site.sh", text);
        CommandRun run = CommandRun.Of(
            [.. Phase, "--out", folder.Path("cells"), "--slurm", "--no-submit", "--time", "5", "--template", template]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(template, run.Error);
        Assert.Contains(message, run.Error);
    }

    /// <summary>Hypotheses with every tested number, without what differs between runs.</summary>
    private static string Judgement(string folder)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "sensitivity-quick.json")));
        return document.RootElement.GetProperty("hypotheses").GetRawText();
    }
}
