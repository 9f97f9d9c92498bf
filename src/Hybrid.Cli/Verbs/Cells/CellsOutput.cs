using System.Globalization;
using System.Text.Json.Nodes;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Drawing;
using Hybrid.Import.Json;
using Hybrid.Lab.Cells;

namespace Hybrid.Cli.Verbs;

/// <summary>Where the cells of a folder stand, as text and as JSON.</summary>
internal static class CellsOutput
{
    public static void Write(Terminal terminal, CellFolder folder, CellStatus status, IReadOnlyDictionary<string, int> tasks)
    {
        TextWriter output = terminal.Out;
        output.WriteLine($"{folder.FullPath}: {folder.Plan.Kind}, {status.Total} cells, plan {folder.Plan.Hash[..12]}");
        output.WriteLine();
        TextTable table = new("<cells", "count", "<which");
        void Row(string name, int count, string which)
        {
            if (count > 0)
                table.Row(name, Numbers.Integer(count), which);
        }

        table.Row("done", Numbers.Integer(status.Done), Machines(status));
        Row("running", status.Running.Count, CellJobs.Numbers(status.Running));
        Row("lost", status.Lost.Count, CellJobs.Numbers(status.Lost));
        Row("begun, with a checkpoint", status.Begun.Count, CellJobs.Numbers(status.Begun));
        Row("failing", status.Failing.Count, CellJobs.Numbers([.. status.Failing.Select(failure => failure.Index)]));
        Row($"failed {CellStatus.MostAttempts} times", status.Failed.Count,
            CellJobs.Numbers([.. status.Failed.Select(failure => failure.Index)]));
        Row("missing", status.Missing.Count, CellJobs.Numbers(status.Missing));
        table.Write(terminal);
        foreach (CellFailure failure in status.Failed.Concat(status.Failing))
            output.WriteLine($"cell {failure.Index}, attempt {failure.Attempts}: {OneLine.Of(failure.Reason)} ({failure.Log})");
        foreach (string file in status.Damaged)
            output.WriteLine($"torn, and measured again by a retry: {file}");
        foreach (string file in status.Foreign)
            output.WriteLine($"of another plan or version, and refused: {file}");
        if (status.Machines.Count > 1)
            output.WriteLine("cells of several kinds of machine: their last digits may depend on which machine took which");
        if (tasks.Count > 0)
            output.WriteLine($"Slurm's tasks: {string.Join(", ", tasks.Select(item => $"{item.Value} {item.Key.ToLowerInvariant()}"))}");
        output.WriteLine(status.Complete
            ? $"complete: hybrid cells merge {folder.FullPath}"
            : status.Missing.Count > 0 && status.Running.Count == 0 && tasks.Count == 0
                ? $"what is missing: hybrid cells retry {folder.FullPath}"
                : $"{status.Total - status.Done} cells to go");
    }

    public static JsonObject ToNode(CellFolder folder, CellStatus status, IReadOnlyDictionary<string, int> tasks) => new()
    {
        ["folder"] = folder.FullPath,
        ["kind"] = folder.Plan.Kind,
        ["version"] = folder.Plan.Version,
        ["plan"] = folder.Plan.Hash,
        ["cells"] = status.Total,
        ["done"] = status.Done,
        ["complete"] = status.Complete,
        ["running"] = Cells(status.Running),
        ["lost"] = Cells(status.Lost),
        ["begun"] = Cells(status.Begun),
        ["failing"] = Failures(status.Failing),
        ["failed"] = Failures(status.Failed),
        ["missing"] = Cells(status.Missing),
        ["damaged"] = new JsonArray([.. status.Damaged.Select(file => (JsonNode)file)]),
        ["foreign"] = new JsonArray([.. status.Foreign.Select(file => (JsonNode)file)]),
        ["machines"] = new JsonObject(status.Machines.Select(item => KeyValuePair.Create(item.Key, (JsonNode?)item.Value))),
        ["slurm"] = new JsonObject(tasks.Select(item => KeyValuePair.Create(item.Key, (JsonNode?)item.Value))),
        ["seconds"] = JsonNumber.OrNull(status.Seconds),
    };

    private static JsonArray Cells(IReadOnlyList<int> cells) => new([.. cells.Select(cell => (JsonNode)cell)]);

    private static JsonArray Failures(IReadOnlyList<CellFailure> failures) => new([.. failures.Select(failure => (JsonNode)new JsonObject
    {
        ["cell"] = failure.Index,
        ["attempts"] = failure.Attempts,
        ["reason"] = failure.Reason,
        ["log"] = failure.Log,
    })]);

    private static string Machines(CellStatus status) => string.Join("; ", status.Machines.OrderBy(item => item.Key, StringComparer.Ordinal)
        .Select(item => status.Machines.Count == 1
            ? item.Key
            : string.Create(CultureInfo.InvariantCulture, $"{item.Key}: {item.Value}")));
}
