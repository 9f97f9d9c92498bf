using Xunit;

namespace Hybrid.Cli.Tests;

/// <summary>A test that needs the system's Chromium; skipped, with the reason, where there is none.</summary>
public sealed class ChromiumTheoryAttribute : TheoryAttribute
{
    public ChromiumTheoryAttribute()
    {
        if (Executable is null)
            Skip = "there is no chromium on the PATH; Debian's package chromium has it";
    }

    /// <summary>Chromium's path, or null.</summary>
    public static string? Executable { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator)
        .SelectMany(folder => (string[])[Path.Combine(folder, "chromium"), Path.Combine(folder, "chromium-browser")])
        .FirstOrDefault(File.Exists);
}
