using System.Diagnostics;
using System.Text.Json.Nodes;
using Hybrid.Cli.Shared;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Cli.Tests;

/// <summary>Builds for others leave no socket by which their memory could be read; one's own can be traced and debugged.</summary>
public sealed class DiagnosticSocketTests
{
    private const string Switch = "Hybrid.Diagnostics";

    [Theory]
    [InlineData(false, null, false)]
    [InlineData(false, "1", true)]
    [InlineData(null, null, true)]
    public async Task While_it_works_a_build_for_others_has_no_socket(bool? diagnostics, string? variable, bool open)
    {
        using TemporaryFolder folder = new();
        string sockets = Directory.CreateDirectory(folder.Path("tmp")).FullName, assembly = typeof(Cli).Assembly.Location;
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.ChangeExtension(assembly, ".runtimeconfig.json")))!;
        if (diagnostics is bool value)
            config["runtimeOptions"]!["configProperties"]![Switch] = value;
        string path = folder.Write("hybrid.runtimeconfig.json", config.ToJsonString());
        ProcessStartInfo start = new(
            "dotnet",
            [
                "exec", "--runtimeconfig", path, "--depsfile", Path.ChangeExtension(assembly, ".deps.json"), assembly,
                "simulate", "pre-tanh-ordered", "--samples", "1000000",
            ])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["TMPDIR"] = sockets;
        start.Environment.Remove("DOTNET_EnableDiagnostics");
        if (variable is not null)
            start.Environment["DOTNET_EnableDiagnostics"] = variable;
        using Process process = Process.Start(start)!;
        try
        {
            // The first line comes when it is at work.
            Assert.StartsWith("hybrid", await process.StandardOutput.ReadLineAsync());
            Assert.Equal(open, Directory.GetFileSystemEntries(sockets, "*-socket").Length > 0);
            Assert.Equal(open, Directory.GetFileSystemEntries(sockets, "clr-debug-pipe-*").Length > 0);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    [Theory]
    [InlineData("-p:_IsPublishing=true", "false")]
    [InlineData("-p:_IsPacking=true", "false")]
    [InlineData("-p:Nothing=true", null)]
    public async Task Only_what_is_published_or_packed_is_told_to(string property, string? value)
    {
        string project = Path.Combine(RepositoryRoot(), "src/Hybrid.Cli/Hybrid.Cli.csproj");
        ProcessStartInfo start = new(
            "dotnet", ["msbuild", project, "-getItem:RuntimeHostConfigurationOption", property, "-p:Configuration=Release"])
        {
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        JsonArray items = JsonNode.Parse(output)!["Items"]!["RuntimeHostConfigurationOption"]!.AsArray();
        Assert.Equal(value, items.FirstOrDefault(item => item!["Identity"]!.GetValue<string>() == Switch)?["Value"]?.GetValue<string>());
    }

    private static string RepositoryRoot()
    {
        DirectoryInfo folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Hybrid.sln")))
            folder = folder.Parent!;
        return folder.FullName;
    }
}
