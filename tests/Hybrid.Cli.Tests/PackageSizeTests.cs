using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Xunit;

namespace Hybrid.Cli.Tests;

public class PackageSizeTests
{
    // What packing adds to the libraries: TorchSharp's wrapper for every system and the libraries' documentation, compressed.
    private const long Others = 4_000_000;

    [Fact]
    public void The_libraries_of_the_tool_without_libtorch_compress_to_a_package_under_30_MB()
    {
        string folder = BuiltCommand();
        string[] files = [.. Libraries(Path.Combine(folder, "hybrid.deps.json"))];
        Assert.Contains("hybrid.dll", files);
        using MemoryStream package = new();
        using (ZipArchive archive = new(package, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (string file in files)
                archive.CreateEntryFromFile(Path.Combine(folder, file), file);
        }

        Assert.InRange(package.Length, 1_000_000, 30_000_000 - Others);
    }

    /// <summary>
    /// The files that the command may load, on this system and on others, relative to its folder; what lies there besides is left over
    /// from other builds.
    /// </summary>
    private static IEnumerable<string> Libraries(string list)
    {
        JsonObject target = JsonNode.Parse(File.ReadAllText(list))!["targets"]!.AsObject().Single().Value!.AsObject();
        foreach (JsonNode? library in target.Select(item => item.Value))
        {
            foreach (string file in Assets(library!, "runtime"))
                yield return Path.GetFileName(file);
            foreach (string file in Assets(library!, "runtimeTargets"))
                yield return file;
        }
    }

    private static IEnumerable<string> Assets(JsonNode library, string kind) =>
        library[kind] is JsonObject assets ? assets.Select(asset => asset.Key) : [];

    /// <summary>The command's own output folder, built in the configuration of these tests.</summary>
    private static string BuiltCommand([CallerFilePath] string file = "")
    {
        string tests = Path.GetDirectoryName(file)!;
        return Path.GetFullPath(
            Path.Combine(tests, "..", "..", "src", "Hybrid.Cli", Path.GetRelativePath(tests, AppContext.BaseDirectory)));
    }
}
