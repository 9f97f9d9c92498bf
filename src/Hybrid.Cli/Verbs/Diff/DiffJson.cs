using System.Text.Json.Nodes;
using Hybrid.Cli.Output;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Lab.Differences;

namespace Hybrid.Cli.Verbs;

/// <summary>A difference of two engines as JSON.</summary>
internal static class DiffJson
{
    public static JsonObject ToNode(DifferenceReport report, RunHeader header) => new()
    {
        ["run"] = header.ToNode(),
        ["architecture"] = ArchitectureJson.ToNode(report.Plan.Architecture),
        ["engines"] = new JsonArray(report.Plan.First.Entry.Name, report.Plan.Second.Entry.Name),
        ["agrees"] = report.Agrees,
        ["first"] = report.First is LayerDifference first ? First(first) : null,
        ["rounding"] = Json.Numbers([report.Plan.First.Rounding, report.Plan.Second.Rounding]),
        ["longestSum"] = report.Plan.LongestSum,
        ["seconds"] = JsonNumber.OrNull(Math.Round(report.Seconds, 3)),
        ["layers"] = new JsonArray([.. report.Layers.Select(Layer)]),
    };

    private static JsonNode First(LayerDifference layer) => new JsonObject
    {
        ["layer"] = layer.Layer,
        ["pass"] = DiffTables.Pass(layer),
        ["quantity"] = DiffTables.Symbol(layer.Deviates!.Value, layer.Backward),
        ["deviation"] = JsonNumber.OrNull(layer.Deviation(layer.Deviates.Value)),
        ["tolerance"] = JsonNumber.OrNull(layer.Tolerance),
    };

    private static JsonNode Layer(LayerDifference layer) => new JsonObject
    {
        ["layer"] = layer.Layer,
        ["pass"] = DiffTables.Pass(layer),
        ["diagonal"] = Json.Numbers(layer.Diagonal),
        ["diagonalDeviation"] = JsonNumber.OrNull(layer.DiagonalDeviation),
        ["offDiagonal"] = Json.Numbers(layer.OffDiagonal),
        ["offDiagonalDeviation"] = JsonNumber.OrNull(layer.OffDiagonalDeviation),
        ["entries"] = JsonNumber.OrNull(layer.Entries),
        ["fromReference"] = Json.Numbers(layer.FromReference),
        ["condition"] = JsonNumber.OrNull(layer.Condition),
        ["tolerance"] = JsonNumber.OrNull(layer.Tolerance),
        ["agrees"] = layer.Agrees,
    };
}
