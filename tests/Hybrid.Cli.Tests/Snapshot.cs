using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Xunit;

namespace Hybrid.Cli.Tests;

/// <summary>
/// What a user sees, compared with a committed file in Snapshots. To accept a change on purpose, run the tests once with
/// UPDATE_SNAPSHOTS=1 and read the difference before committing it. What differs between machines and runs (version,
/// SIMD width, thread count, seconds, speed, memory) is replaced by a placeholder.
/// </summary>
internal static partial class Snapshot
{
    public static void Matches(string name, string text)
    {
        string actual = Stable(text);
        string path = Path.Combine(Folder(), name);
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
            File.WriteAllText(path, actual);
        Assert.True(File.Exists(path), $"no snapshot {name}; run the tests once with UPDATE_SNAPSHOTS=1");
        Assert.Equal(File.ReadAllText(path), actual);
    }

    private static string Stable(string text)
    {
        text = Version().Replace(text, "hybrid VERSION");
        text = Simd().Replace(text, "SIMD WIDTH");
        text = Threads().Replace(text, "THREADS");
        text = Speed().Replace(text, "SPEED tokens/s, MEMORY MiB");
        return Seconds().Replace(text, "SECONDS s");
    }

    private static string Folder([CallerFilePath] string file = "") => Path.Combine(Path.GetDirectoryName(file)!, "Snapshots");

    [GeneratedRegex(@"hybrid \d+\.\d+\.\d+\S*")]
    private static partial Regex Version();

    [GeneratedRegex(@"SIMD (\d+ bit|none)")]
    private static partial Regex Simd();

    [GeneratedRegex(@"\d+ threads?\b")]
    private static partial Regex Threads();

    [GeneratedRegex(@"\d+ tokens/s, [\d.]+ MiB")]
    private static partial Regex Speed();

    [GeneratedRegex(@"\d+\.\d s\b")]
    private static partial Regex Seconds();
}
