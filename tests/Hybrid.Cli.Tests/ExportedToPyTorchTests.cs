using System.Diagnostics;
using Xunit;

namespace Hybrid.Cli.Tests;

/// <summary>What export writes is what PyTorch reads, where there is a Python with it: docs/probe.md.</summary>
public sealed class ExportedToPyTorchTests
{
    private const string Script = "tests/Hybrid.Import.Tests/Checkpoints/Fixtures/load_exports.py";

    [PythonFact("torch")]
    public void Fresh_networks_of_every_family_pass_there_as_probe_measures_them()
    {
        string script = Path.Combine(DocumentedCommandTests.Root(), Script);
        ProcessStartInfo start = new(PythonFactAttribute.Python, ["-B", script, "dotnet", typeof(Cli).Assembly.Location])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{output}{error.Result}");
        Assert.Contains("largest relative difference", output);
    }
}
