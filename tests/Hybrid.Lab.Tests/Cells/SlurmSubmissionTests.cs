using System.Diagnostics;
using Hybrid.Import.Json;
using Hybrid.Lab.Cells;
using Hybrid.Lab.Slurm;
using Hybrid.Lab.Tests.Fakes;
using Xunit;

namespace Hybrid.Lab.Tests.Cells;

/// <summary>What is asked of Slurm and what is made of its answers, with programs of its names in its place.</summary>
public sealed class SlurmSubmissionTests
{
    // A time of its own leaves a tenth of it, from 15 to 120 seconds, to end in.
    [Theory]
    [InlineData(null, 120)]
    [InlineData("30:00", 120)]
    [InlineData("10:00", 60)]
    [InlineData("1:00", 15)]
    public void A_script_has_its_log_beside_its_batch_and_the_command_of_its_tasks(string? time, int grace)
    {
        using TemporaryFolder folder = new();
        string path = folder.Path("the cells");
        SlurmSubmission submission = Write(CellFolder.Create(path, new FakeCells(5).Plan), new(Time: time), submit: false);
        Assert.Equal(("first-1", null), (submission.Batch, submission.Job));
        string[] script = File.ReadAllLines(submission.Script);
        Assert.Contains("#SBATCH --job-name=hybrid-fake-first-1", script);
        Assert.Contains("#SBATCH --array=1-5", script);
        Assert.Contains($"#SBATCH --output=\"{path}/batches/first-1-%a.log\"", script);
        Assert.Contains($"#SBATCH --signal=B:USR1@{grace}", script);
        Assert.Equal(time is not null, script.Contains($"#SBATCH --time={time}"));
        Assert.StartsWith($"exec 'the program' 'cells' 'run' '{path}' '--batch' 'first-1' --shard ", script[^1]);
        Assert.Equal(["first-1.json", "first-1.sh"], Directory.GetFiles(folder.Path("the cells/batches")).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_folder_with_a_quote_in_its_path_is_refused()
    {
        if (OperatingSystem.IsWindows())
            return;
        using TemporaryFolder folder = new();
        CellFolder cells = CellFolder.Create(folder.Path("a\"b"), new FakeCells(5).Plan);
        Assert.Equal(
            $"{cells.FullPath}: must have no quote in its path for Slurm",
            Assert.Throws<InputException>(() => Write(cells, new(), submit: false)).Message);
    }

    [Fact]
    public void A_job_has_the_number_that_sbatch_gives_it_and_its_tasks_are_those_of_squeue_with_that_number()
    {
        if (OperatingSystem.IsWindows())
            return;
        using TemporaryFolder folder = new();
        CellFolder cells = CellFolder.Create(folder.Path("cells"), new FakeCells(5).Plan);
        using Programs programs = new();
        programs.Add("squeue", "exit 1");
        Assert.Empty(SlurmSubmission.Tasks(cells));
        programs.Add("sbatch", $"printf '%s\\n' \"$@\" > '{folder.Path("asked")}'; echo '17;here'");
        SlurmSubmission submission = Write(cells, new(), submit: true);
        Assert.Equal("17;here", submission.Job);
        Assert.Equal(["--parsable", submission.Script], File.ReadAllLines(folder.Path("asked")));
        Assert.Equal("17;here\n", File.ReadAllText(Path.ChangeExtension(submission.Script, ".job")));
        Assert.Empty(SlurmSubmission.Tasks(cells));
        programs.Add("squeue", "printf '%s\\n' '17 PENDING' '17 RUNNING' '17 PENDING' '18 RUNNING' '170 PENDING'");
        Assert.Equal(
            [("PENDING", 2), ("RUNNING", 1)],
            SlurmSubmission.Tasks(cells).Select(state => (state.Key, state.Value)).Order());
    }

    [Fact]
    public void What_sbatch_refuses_is_said_in_its_words_and_is_no_job()
    {
        if (OperatingSystem.IsWindows())
            return;
        using TemporaryFolder folder = new();
        CellFolder cells = CellFolder.Create(folder.Path("cells"), new FakeCells(5).Plan);
        using Programs programs = new();
        programs.Add("sbatch", "echo 19; echo 'sbatch: error: invalid partition' >&2; exit 1");
        string script = folder.Path("cells/batches/first-1.sh");
        Assert.Equal(
            $"sbatch refuses {script}: sbatch: error: invalid partition; change the options or the template and submit again",
            Assert.Throws<InputException>(() => Write(cells, new(), submit: true)).Message);
        Assert.True(File.Exists(script));
        Assert.False(File.Exists(Path.ChangeExtension(script, ".job")));
    }

    private static SlurmSubmission Write(CellFolder folder, SlurmOptions options, bool submit) => Assert.Single(SlurmSubmission.Write(
        new FakeCells(5), folder, [0, 1, 2, 3, 4], "first", options, ["the program"], secondsPerCost: null, submit));

    /// <summary>A folder of programs that are found before all others; not in memory, where none may run.</summary>
    private sealed class Programs : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("hybrid-tests-").FullName;
        private readonly string? _before = Environment.GetEnvironmentVariable("PATH");

        public Programs() => Environment.SetEnvironmentVariable("PATH", $"{_folder}:{_before}");

        // Written by a process of its own: a program does not start while a child that another test begins has it open for writing.
        public void Add(string name, string script)
        {
            const string Written = "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$2\" && chmod +x \"$2\"";
            using Process process = Process.Start("sh", ["-c", Written, "sh", script, Path.Combine(_folder, name)]);
            process.WaitForExit();
            Assert.Equal(0, process.ExitCode);
        }

        public void Dispose()
        {
            Environment.SetEnvironmentVariable("PATH", _before);
            Directory.Delete(_folder, recursive: true);
        }
    }
}
