using Hybrid.Import.Files;
using Hybrid.Import.Json;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Import.Tests;

public class AtomicFileTests
{
    [Fact]
    public void Text_replaces_what_was_there_and_leaves_nothing_beside_it()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("figure.svg", "old and longer than what replaces it");
        AtomicFile.WriteText(path, "λ");
        Assert.Equal([0xCE, 0xBB], File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFiles(folder.Root));
    }

    [Fact]
    public void A_failed_write_leaves_the_old_file_and_nothing_else()
    {
        using TemporaryFolder folder = new();
        string blocked = folder.Path("taken");
        Directory.CreateDirectory(blocked);
        Assert.Throws<InputException>(() => AtomicFile.WriteText(blocked, "text"));
        Assert.Empty(Directory.GetFiles(folder.Root));
    }

    // Whatever is there at any moment is what one of them wrote, whole.
    [Fact]
    public async Task Many_writers_of_one_path_do_not_meet()
    {
        const int Writers = 8, Times = 40;
        using TemporaryFolder folder = new();
        string path = folder.Path("figure.svg");
        string[] texts = [.. Enumerable.Range(0, Writers).Select(writer => new string((char)('a' + writer), 1000 * (writer + 1)))];
        Task[] writers = [.. texts.Select(text => Task.Factory.StartNew(
            () =>
            {
                for (int time = 0; time < Times; time++)
                {
                    AtomicFile.WriteText(path, text, durable: false);
                    Assert.Contains(File.ReadAllText(path), texts);
                }
            },
            TaskCreationOptions.LongRunning))];
        await Task.WhenAll(writers);
        Assert.Equal([path], Directory.GetFiles(folder.Root));
    }

    [Fact]
    public void The_name_of_an_unfinished_file_is_its_processs_own_and_is_never_given_again()
    {
        string[] names = [.. Enumerable.Range(0, 1000).Select(_ => Leftovers.NameFor("figure.svg"))];
        Assert.Distinct(names);
        Assert.All(names, name => Assert.EndsWith($".{Environment.ProcessId}{Leftovers.Ending}", name));
    }

    [Theory]
    [InlineData("")]
    [InlineData("missing/figure.svg")]
    [InlineData(".")]
    public void An_unreachable_path_is_refused_by_name_before_any_work(string name)
    {
        using TemporaryFolder folder = new();
        string path = name == "" ? "" : folder.Path(name);
        InputException error = Assert.Throws<InputException>(() => AtomicFile.EnsureReachable(path, "--out"));
        Assert.StartsWith("--out", error.Message);
        Assert.Contains(path, error.Message);
    }
}
