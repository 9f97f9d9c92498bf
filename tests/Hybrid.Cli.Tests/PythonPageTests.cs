using System.Diagnostics;
using System.Text.RegularExpressions;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Cli.Tests;

/// <summary>What docs/python.md shows runs, where there is a Python with pandas.</summary>
public sealed partial class PythonPageTests
{
    [PythonFact("pandas")]
    public void The_lines_of_the_page_read_a_prediction_a_simulation_and_a_run()
    {
        using TemporaryFolder folder = new();
        CommandRun trained = CommandRun.Of(
            "train", "pre-tanh-ordered", "--set", "mask=causal", "--set", "depth=1", "--set", "width=16", "--set", "mlpWidth=16",
            "--set", "tokens=8", "--data", "synthetic", "--steps", "10", "--out", folder.Path("run"));
        Assert.Equal(0, trained.ExitCode);
        string page = File.ReadAllText(Path.Combine(DocumentedCommandTests.Root(), "docs/python.md"));
        folder.Write("page.py", Block().Match(page).Groups[1].Value);
        string command = folder.Write("hybrid", $"#!/bin/sh\nexec dotnet '{typeof(Cli).Assembly.Location}' \"$@\"\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(command, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        ProcessStartInfo start = new(PythonFactAttribute.Python, ["page.py"])
        {
            WorkingDirectory = folder.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{folder.Root}:{Environment.GetEnvironmentVariable("PATH")}";
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error.Result);
        Assert.Contains("theory  networks     error", output);
        Assert.Contains("Name: evalLoss", output);
    }

    [GeneratedRegex("```python\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
