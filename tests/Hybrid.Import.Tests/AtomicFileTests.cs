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

    // Otherwise a loss of power leaves a name without its text, or no name.
    [Theory]
    [InlineData(null, "text, rename, names")]
    [InlineData(true, "text, rename, names")]
    [InlineData(false, "rename")]
    public void A_text_is_on_the_disk_before_it_has_its_name_and_the_name_after_that(bool? durable, string expected)
    {
        using TemporaryFolder folder = new();
        Waits waits = new(folder.Root);
        FileCalls.Replace(waits);
        if (durable is bool must)
            AtomicFile.WriteText(folder.Path("figure.svg"), "λ", must);
        else
            AtomicFile.WriteText(folder.Path("figure.svg"), "λ");
        FileCalls.Replace(null);
        Assert.Equal(expected, string.Join(", ", waits.Calls));
    }

    [Fact]
    public void A_failed_write_names_the_file_and_not_the_unfinished_one_and_says_what_to_do()
    {
        using TemporaryFolder folder = new();
        string path = folder.Path("figure.svg");
        FileCalls.Replace(new Waits(folder.Root) { Fault = new IOException("No space left on device : 'figure.svg.1.partial'", 28) });
        string message = Assert.Throws<InputException>(() => AtomicFile.WriteText(path, "λ")).Message;
        FileCalls.Replace(null);
        Assert.Equal($"cannot write {path} (No space left on device); make room on its disk", message);
        Assert.Empty(Directory.GetFiles(folder.Root));
    }

    // Of another machine, and silent for longer than a process is waited for.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_a_killed_process_left_of_an_earlier_attempt_goes_where_the_text_must_last(bool durable)
    {
        using TemporaryFolder folder = new();
        string path = folder.Path("figure.svg"), left = folder.Write($"figure.svg.token.elsewhere.7{Leftovers.Ending}", "half");
        File.SetLastWriteTimeUtc(left, DateTime.UtcNow - TimeSpan.FromHours(2));
        AtomicFile.WriteText(path, "λ", durable);
        Assert.Equal(!durable, File.Exists(left));
    }

    [Theory]
    [InlineData(28, "No space left on device", true)]
    [InlineData(122, "Disk quota exceeded", true)]
    [InlineData(unchecked((int)0x80070070), "There is not enough space on the disk", true)]
    [InlineData(0, "No space left on device : 'figure.svg'", true)]
    [InlineData(5, "Input/output error", false)]
    public void What_to_do_about_a_full_disk_is_not_what_to_do_about_another_fault(int code, string message, bool full)
    {
        IOException error = new(message, code);
        Assert.Equal(full, AtomicFile.IsFull(error));
        Assert.Equal(full ? "make room on its disk" : "give a path in a writable folder", AtomicFile.Remedy(error));
        Assert.False(AtomicFile.IsFull(new UnauthorizedAccessException("No space left")));
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

    /// <summary>What is waited for, and renamed, in its order.</summary>
    private sealed class Waits(string folder) : FileCalls
    {
        public List<string> Calls { get; } = [];

        public Exception? Fault { get; init; }

        public override void Sync(FileStream file)
        {
            Calls.Add("text");
            if (Fault is not null)
                throw Fault;
            base.Sync(file);
        }

        public override void Rename(string from, string to)
        {
            Calls.Add("rename");
            base.Rename(from, to);
        }

        public override void SyncFolder(string path)
        {
            Assert.Equal(folder, path);
            Calls.Add("names");
            base.SyncFolder(path);
        }
    }
}
