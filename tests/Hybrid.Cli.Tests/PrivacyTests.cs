using Hybrid.Cli.Shared;
using Hybrid.Lab.Tests;
using Hybrid.Lab.Tests.Fakes;
using Xunit;

namespace Hybrid.Cli.Tests;

/// <summary>What is written for others says nothing of whose machine it was made on.</summary>
public sealed class PrivacyTests
{
    [Fact]
    public void A_run_and_its_pages_hold_no_path_from_the_root_and_resume_where_both_have_moved()
    {
        using TemporaryFolder folder = new();
        CommandRun run = Train(folder, "here/run", "--data", Corpus(folder, "here/corpus-of-alice.txt"));
        Assert.True(run.ExitCode == 0, run.Error);
        foreach ((string name, string text) in Written(folder, "here", run))
        {
            Assert.False(text.Contains(folder.Root), $"{name} holds {folder.Root}");
            Assert.False(Environment.MachineName.Length > 3 && text.Contains(Environment.MachineName), $"{name} names the machine");
        }

        Assert.Contains("\"source\": \"../corpus-of-alice.txt\"", File.ReadAllText(folder.Path("here/run/config.json")));
        Directory.Move(folder.Path("here"), folder.Path("there"));
        CommandRun resumed = Resume(folder, "there/run");
        Assert.True(resumed.ExitCode == 0, resumed.Error);
        resumed = Resume(folder, "there/run", "--data", folder.Path("there/corpus-of-alice.txt"));
        Assert.True(resumed.ExitCode == 0, resumed.Error);
    }

    [Fact]
    public void A_private_run_does_not_tell_the_name_of_its_data_and_asks_for_them_again()
    {
        using TemporaryFolder folder = new();
        string corpus = Corpus(folder, "here/corpus-of-alice.txt");
        CommandRun run = Train(folder, "here/run", "--data", corpus, "--private");
        Assert.True(run.ExitCode == 0, run.Error);
        // not alice alone, the beginning of a colour that plotly.js knows
        foreach ((string name, string text) in Written(folder, "here", run))
            Assert.False(text.Contains("of-alice"), $"{name} tells the name of the data");
        CommandRun resumed = Resume(folder, "here/run");
        Assert.Equal(2, resumed.ExitCode);
        Assert.Contains("give --data FILE", resumed.Error);
        resumed = Resume(folder, "here/run", "--data", corpus);
        Assert.True(resumed.ExitCode == 0, resumed.Error);
        File.AppendAllText(corpus, "more");
        Assert.Contains("the file has changed", Resume(folder, "here/run", "--data", corpus).Error);
    }

    [Fact]
    public void A_page_shows_the_command_without_what_lies_above_its_files()
    {
        using TemporaryFolder folder = new();
        string page = folder.Path("page.html");
        Assert.Equal(0, CommandRun.Of("predict", "pre-tanh-ordered", "--report", page).ExitCode);
        string text = File.ReadAllText(page);
        Assert.DoesNotContain(folder.Root, text);
        Assert.Contains("--report page.html", text);
    }

    [Fact]
    public void Sockets_for_diagnostics_are_removed_and_only_those_of_the_process()
    {
        using TemporaryFolder folder = new();
        string[] names = ["dotnet-diagnostic-12-3-socket", "clr-debug-pipe-12-3-in", "dotnet-diagnostic-123-4-socket", "other"];
        foreach (string name in names)
            folder.Write(name, "");
        DiagnosticPort.Remove(folder.Root, 12);
        Assert.Equal(["dotnet-diagnostic-123-4-socket", "other"], Directory.GetFiles(folder.Root).Select(Path.GetFileName).Order());
    }

    /// <summary>Everything that a run leaves as text, and what it prints as JSON.</summary>
    private static IEnumerable<(string Name, string Text)> Written(TemporaryFolder folder, string where, CommandRun run) =>
    [
        .. Directory.GetFiles(folder.Path(where), "*", SearchOption.AllDirectories)
            .Where(path => !path.EndsWith("alice.txt"))
            .Select(path => (path, File.ReadAllText(path))),
        ("the JSON", run.Output),
    ];

    private static string Corpus(TemporaryFolder folder, string name)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder.Path(name))!);
        return folder.Write(name, string.Concat(Enumerable.Repeat("In the beginning ", 100)));
    }

    private static CommandRun Train(TemporaryFolder folder, string run, params string[] more) => CommandRun.Of(
        BigramTrainer.Entry(),
        default,
        [
            "train", "pre-tanh-ordered", "--set", "mask=causal", "--set", "tokens=16", "--steps", "6", "--batch", "4",
            "--eval-sequences", "4",
            "--json", "--out", folder.Path(run), "--report", folder.Path(run + ".html"), .. more,
        ]);

    private static CommandRun Resume(TemporaryFolder folder, string run, params string[] more) =>
        CommandRun.Of(BigramTrainer.Entry(), default, ["train", "--resume", "--out", folder.Path(run), .. more]);
}
