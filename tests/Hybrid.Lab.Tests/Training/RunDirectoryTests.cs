using Hybrid.Import.Json;
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
}
