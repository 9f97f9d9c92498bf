using Hybrid.Import.Files;
using Hybrid.Import.Json;
using Hybrid.Lab.Tests.Fakes;
using Hybrid.Lab.Training;
using Xunit;

namespace Hybrid.Lab.Tests.Training;

public class RunDirectoryTests
{
    [Fact]
    public void A_second_owner_is_refused_until_the_first_lets_go()
    {
        using TemporaryFolder folder = new();
        string path = folder.Path("run");
        using (RunDirectory.Create(path, Plans.Small()))
            Assert.Contains(
                $"--out {path} is in use by another process", Assert.Throws<RunInUseException>(() => RunDirectory.Open(path)).Message);
        RunDirectory.Open(path).Dispose();
    }

    [Fact]
    public void A_folder_with_a_run_or_other_files_is_not_begun_again()
    {
        using TemporaryFolder folder = new();
        RunDirectory.Create(folder.Path("run"), Plans.Small()).Dispose();
        Assert.Contains("holds a run already; continue it with --resume", Assert.Throws<InputException>(
            () => RunDirectory.Create(folder.Path("run"), Plans.Small())).Message);
        folder.Write("thesis.tex", "");
        Assert.Contains("must be new or empty, and holds ", Assert.Throws<InputException>(
            () => RunDirectory.Create(folder.Root, Plans.Small())).Message);
        Assert.Contains("must be a folder, got a file", Assert.Throws<InputException>(
            () => RunDirectory.Create(folder.Path("thesis.tex"), Plans.Small())).Message);
        Assert.Contains("got an empty path", Assert.Throws<InputException>(() => RunDirectory.Create(" ", Plans.Small())).Message);
    }

    [Fact]
    public void What_a_process_killed_before_its_plan_leaves_behind_counts_as_empty()
    {
        using TemporaryFolder folder = new();
        folder.Write("lock", "");
        folder.Write("config.json.4711.partial", "{");
        RunDirectory.Create(folder.Root, Plans.Small()).Dispose();
        Assert.True(RunDirectory.Exists(folder.Root));
    }

    [Fact]
    public void There_must_be_a_run_to_resume()
    {
        using TemporaryFolder folder = new();
        Assert.Contains("holds no run to resume", Assert.Throws<InputException>(() => RunDirectory.Open(folder.Root)).Message);
        Assert.Contains("holds no run to resume", Assert.Throws<InputException>(() => RunDirectory.Open(folder.Path("none"))).Message);
    }

    [Theory]
    [InlineData("config.json.kept")]
    [InlineData("thesis.partial")]
    public void What_only_looks_like_half_of_a_plan_does_not_count_as_empty(string name)
    {
        using TemporaryFolder folder = new();
        folder.Write(name, "");
        Assert.Contains($"holds {name}", Assert.Throws<InputException>(() => RunDirectory.Create(folder.Root, Plans.Small())).Message);
        Assert.True(File.Exists(folder.Path(name)));
    }

    [Fact]
    public void The_name_of_a_new_run_is_brought_onto_the_disk_or_the_run_is_not_begun()
    {
        using TemporaryFolder folder = new();
        FileCalls.Replace(new LostNames(folder.Root));
        Exception? error = Record.Exception(() => RunDirectory.Create(folder.Path("run"), Plans.Small()));
        FileCalls.Replace(null);
        string message = Assert.IsType<InputException>(error).Message;
        Assert.StartsWith($"{folder.Path("run")}: cannot be made (Input/output error)", message);
        Assert.EndsWith("then begin again", message);
    }

    [Fact]
    public void The_report_is_remembered_from_the_folder_wherever_that_goes()
    {
        using TemporaryFolder folder = new();
        using (RunDirectory run = RunDirectory.Create(folder.Path("run"), Plans.Small()))
        {
            Assert.Null(run.Report);
            run.Report = folder.Path("pages/report.html");
            Assert.Equal(folder.Path("pages/report.html"), run.Report);
        }

        Directory.CreateDirectory(folder.Path("elsewhere"));
        Directory.Move(folder.Path("run"), folder.Path("elsewhere/run"));
        using RunDirectory moved = RunDirectory.Open(folder.Path("elsewhere/run"));
        Assert.Equal(folder.Path("elsewhere/pages/report.html"), moved.Report);
        string file = folder.Path("elsewhere/run/report.json");
        File.WriteAllText(file, "{\"report\":\"a.html\",\"more\":1}");
        Assert.Contains("'more' is not a field", Assert.Throws<InputException>(() => moved.Report).Message);
        File.WriteAllText(file, "{}");
        Assert.StartsWith($"{file}: report", Assert.Throws<InputException>(() => moved.Report).Message);
    }

    // A writer shares its files with readers alone: who can open them to write has them alone.
    [Theory]
    [InlineData("log.jsonl")]
    [InlineData("times.jsonl")]
    public void A_run_that_is_closed_lets_go_of_its_files(string name)
    {
        using TemporaryFolder folder = new();
        RunDirectory run = RunDirectory.Create(folder.Path("run"), Plans.Small());
        FileStream Writer() => new(folder.Path($"run/{name}"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        Assert.Throws<IOException>(() => Writer().Dispose());
        run.Dispose();
        Writer().Dispose();
    }

    /// <summary>A disk that fails as the names of a folder are brought onto it, once files have been written below it.</summary>
    private sealed class LostNames(string folder) : FileCalls
    {
        private bool _written;

        public override void Rename(string from, string to)
        {
            _written = true;
            base.Rename(from, to);
        }

        public override void SyncFolder(string path)
        {
            if (_written && path == folder)
                throw new IOException("Input/output error", 5);
        }
    }
}
