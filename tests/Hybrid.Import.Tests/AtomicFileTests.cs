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
