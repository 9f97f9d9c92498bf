using System.Diagnostics;
using System.Runtime.CompilerServices;
using Hybrid.Cli.Shared;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Cli.Tests;

/// <summary>The scripts of docs/scripts, each in a process of its own as a reader would run it.</summary>
public sealed class ScriptTests
{
    [Theory]
    [InlineData("phase.fsx", "Order and chaos")]
    [InlineData("layers.fsx", "Five placements of the normalisation")]
    public void A_script_draws_its_figure(string script, string title)
    {
        using TemporaryFolder folder = new();
        string figure = folder.Path("figure.svg");
        Run(script, figure);
        string text = File.ReadAllText(figure);
        Assert.StartsWith("<svg", text);
        Assert.Contains(title, text);
    }

    [Fact]
    public void The_edge_of_chaos_is_where_the_angle_exponent_changes_sign()
    {
        string[][] rows = [.. Run("edge.fsx").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Skip(1).Select(row => row.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
        Assert.Equal(14, rows.Length);
        Assert.All(rows, row => Assert.Equal(row[1].StartsWith('-') ? "Ordered" : "Chaotic", row[3]));
        Assert.Contains(rows, row => row[3] == "Ordered");
        Assert.Contains(rows, row => row[3] == "Chaotic");
    }

    // The libraries beside the tests stand in for a Release build of the command, which need not exist here.
    private static string Run(string script, params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])["fsi", $"--lib:{AppContext.BaseDirectory}", Path.Combine(Folder(), script), .. arguments])
            start.ArgumentList.Add(argument);
        start.Environment["DOTNET_TieredPGO"] = "0";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{script} ended with {process.ExitCode}: {errors.Result}{output}");
        return output;
    }

    private static string Folder([CallerFilePath] string file = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "..", "..", "docs", "scripts"));
}
