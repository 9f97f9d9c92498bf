using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Cli.Tests;

/// <summary>The tests of pages, which have one browser.</summary>
[CollectionDefinition(Name)]
public sealed class ChromiumPages : ICollectionFixture<ChromiumProcess>
{
    public const string Name = "pages in Chromium";
}

/// <summary>The system's Chromium, where there is one: a start takes a second and a half.</summary>
public sealed partial class ChromiumProcess : IAsyncLifetime
{
    private readonly TemporaryFolder _profile = new();
    private Process? _process;
    private string? _address;

    /// <summary>An empty page of a size, in light or dark.</summary>
    internal Task<Chromium> Open(int width, int height, bool dark = false) => Chromium.Open(_address!, width, height, dark);

    public async Task InitializeAsync()
    {
        if (ChromiumTheoryAttribute.Executable is not string executable)
            return;
        _process = Process.Start(new ProcessStartInfo(
            executable,
            ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", $"--user-data-dir={_profile.Root}",
                "about:blank"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        _address = await Listening(_process).WaitAsync(Chromium.Patience);
    }

    public async Task DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        _profile.Dispose();
    }

    private static async Task<string> Listening(Process process)
    {
        while (await process.StandardError.ReadLineAsync() is string line)
        {
            if (Address().Match(line) is { Success: true } found)
            {
                _ = process.StandardError.ReadToEndAsync();
                _ = process.StandardOutput.ReadToEndAsync();
                return found.Value;
            }
        }

        throw new InvalidOperationException($"chromium ended with {process.ExitCode.ToString(CultureInfo.InvariantCulture)}");
    }

    [GeneratedRegex(@"ws://\S+")]
    private static partial Regex Address();
}
