using System.Text.Json;
using Hybrid.Cli.Shared;
using Xunit;

namespace Hybrid.Cli.Tests;

/// <summary>
/// Extreme but legal records through every verb that computes from one: an exit code that is no internal error, one JSON document without
/// NaN or infinity, and a refusal that names what to change. A few of them run always; HYBRID_EXTREMES=all runs the whole grid.
/// </summary>
public sealed class ExtremeRecordsTests
{
    private const int Usual = 40;

    private static readonly string[] Norms = ["none", "pre", "post", "peri", "output"];

    private static readonly string[] Wirings = ["sequential", "parallel"];

    private static readonly string[][] Extremes =
    [
        [],
        ["attention.branch=0"],
        ["mlp.branch=0"],
        ["attention.branch=0", "mlp.branch=0"],
        ["attention.skip=0", "mlp.skip=0"],
        ["attention.valueStd=0"],
        ["mlp.outStd=0"],
        ["mlp.inStd=0"],
        ["attention.valueStd=0", "mlp.outStd=0"],
        ["mlp.biasStd=1e154"],
        ["input.norm=1e-200", "mask=causal"],
        ["mlp.inStd=1e150"],
        ["mlp.inStd=1e150", "attention.valueStd=0", "gated=true", "activation=relu"],
        ["attention.logitStd=4096"],
        ["attention.logitStd=4096", "mask=causal"],
        ["attention.skip=[1,0,1]", "mlp.skip=[1,0,1]", "attention.branch=[0,1,0]", "mlp.branch=[0,1,0]"],
        ["activation=tanh", "mlp.inStd=1e150", "mask=causal"],
        ["input.correlation=1"],
    ];

    private static readonly string[][] Verbs =
    [
        ["predict"],
        ["suggest"],
        ["simulate", "--engine", "dense", "--samples", "2"],
        ["simulate", "--engine", "conditioned", "--samples", "2"],
        ["phase", "--x", "mlp.inStd=0.5:2:2", "--y", "attention.branch,mlp.branch=0:1:2"],
        ["phase", "--x", "mlp.inStd=1:1e150:2", "--y", "attention.valueStd=0:1:2"],
    ];

    private static IEnumerable<string[]> Grid =>
        from verb in Verbs
        from norm in Norms
        from wiring in Wirings
        from extreme in Extremes
        select (string[])
        [
            verb[0], "pre-tanh-ordered", .. verb[1..], "--json",
            .. Sets(["tokens=4", "depth=3", "width=16", "mlpWidth=16", "heads=2", $"norm={norm}", $"wiring={wiring}", .. extreme]),
        ];

    private static IEnumerable<string> Sets(IEnumerable<string> fields) => fields.SelectMany(field => new[] { "--set", field });

    [Fact]
    public void Extreme_records_are_answered_or_refused_by_name()
    {
        string[][] grid = [.. Grid];
        bool all = Environment.GetEnvironmentVariable("HYBRID_EXTREMES") == "all";
        // 97 is coprime to the grid's size, so that a stride through it meets every verb, norm, wiring and extreme
        IEnumerable<string[]> chosen = all ? grid : Enumerable.Range(0, Usual).Select(index => grid[index * 97 % grid.Length]);
        List<string> wrong = [];
        foreach (string[] args in chosen)
        {
            if (Fault(args) is { } fault)
                wrong.Add($"{fault}: hybrid {string.Join(' ', args)}");
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private static string? Fault(string[] args)
    {
        CommandRun run = CommandRun.Of(args);
        return run.ExitCode switch
        {
            0 or 1 => FaultOf(run.Output),
            2 when run.Output != "" => "a refusal writes to stdout",
            2 when run.Error.Trim() == "" => "a refusal without a reason",
            2 when !Fields.Any(run.Error.Contains) => $"a refusal that names no field: {run.Error.Trim()}",
            2 => null,
            _ => $"exit code {run.ExitCode}: {run.Error.Trim()}",
        };
    }

    private static readonly string[] Fields =
    [
        "norm", "skip", "branch", "inStd", "outStd", "valueStd", "logitStd",
        "biasStd", "mask", "wiring", "gated", "activation", "correlation",
    ];

    /// <summary>JSON has no NaN and no infinity: what parses has none but in strings, where they are as wrong.</summary>
    private static string? FaultOf(string output)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(output);
            return output.Contains("\"NaN\"") || output.Contains("Infinity\"") ? "a number that is none, in a string" : null;
        }
        catch (JsonException error)
        {
            return $"no JSON: {error.Message}";
        }
    }
}
