using System.Text.Json.Nodes;
using Hybrid.Cli.Output;
using Hybrid.Import.HuggingFace;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Lab.Checks;
using Hybrid.Lab.Comparisons;
using Hybrid.Lab.Statistics;

namespace Hybrid.Cli.Verbs;

/// <summary>A check's report as JSON.</summary>
internal static class CheckJson
{
    /// <summary>
    /// The report; <paramref name="imports"/> has one entry for
    /// each architecture of its plan, null for those not imported.
    /// </summary>
    public static JsonObject ToNode(CheckReport report, IReadOnlyList<ImportReport?> imports, RunHeader header) => new()
    {
        ["run"] = header.ToNode(),
        ["agreement"] = Words.Of(report.Agreement),
        ["comparisons"] = new JsonObject
        {
            ["agree"] = report.Count(Agreement.Agrees),
            ["disagree"] = report.Count(Agreement.Disagrees),
            ["inconclusive"] = report.Count(Agreement.Inconclusive),
        },
        ["familyWiseRate"] = report.Plan.FamilyWiseRate,
        ["seconds"] = Math.Round(report.Seconds, 3),
        ["errors"] = new JsonArray([.. report.Errors.Select(Errors)]),
        ["architectures"] = new JsonArray(
            [.. report.Comparisons.Zip(imports, (comparison, import) => (JsonNode)ImportNotes.AddTo(Architecture(comparison), import))]),
    };

    private static JsonNode Errors(ErrorSummary errors) => new JsonObject
    {
        ["quantity"] = Words.Field(errors.Quantity),
        ["comparisons"] = errors.Comparisons,
        ["atWidth"] = Percentiles(errors.AtWidth),
        ["extrapolated"] = Percentiles(errors.Extrapolated),
        ["tolerance"] = Percentiles(errors.Tolerance),
    };

    private static JsonNode Percentiles(Percentiles percentiles) => new JsonObject
    {
        ["p50"] = JsonNumber.OrNull(percentiles.P50),
        ["p90"] = JsonNumber.OrNull(percentiles.P90),
        ["p99"] = JsonNumber.OrNull(percentiles.P99),
    };

    private static JsonObject Architecture(Comparison comparison) => new JsonObject
    {
        ["architecture"] = ArchitectureJson.ToNode(comparison.Prediction.Architecture),
        ["agreement"] = Words.Of(comparison.Agreement),
        ["otherWidth"] = comparison.Other.Architecture.Width,
        ["layers"] = new JsonArray([.. comparison.Quantities.GroupBy(item => item.Layer).Select(Layer)]),
    };

    private static JsonNode Layer(IGrouping<int, QuantityComparison> items)
    {
        JsonObject layer = new() { ["layer"] = items.Key };
        foreach (QuantityComparison item in items)
            layer[Words.Field(item.Quantity)] = Quantity(item);
        return layer;
    }

    private static JsonObject Quantity(QuantityComparison item) => new()
    {
        ["prediction"] = JsonNumber.OrNull(item.Prediction),
        ["predictionError"] = JsonNumber.OrNull(item.PredictionError),
        ["mean"] = JsonNumber.OrNull(item.Measured.Mean),
        ["standardError"] = JsonNumber.OrNull(item.Measured.StandardError),
        ["finiteWidth"] = JsonNumber.OrNull(item.Extrapolation.FiniteWidth),
        ["curvature"] = JsonNumber.OrNull(item.Extrapolation.Curvature),
        ["extrapolated"] = JsonNumber.OrNull(item.Extrapolation.Value),
        ["extrapolatedError"] = JsonNumber.OrNull(item.Extrapolation.Spread.StandardError),
        ["scale"] = JsonNumber.OrNull(item.Scale),
        ["deviation"] = JsonNumber.OrNull(item.Deviation),
        ["extrapolatedDeviation"] = JsonNumber.OrNull(item.ExtrapolatedDeviation),
        ["zScore"] = JsonNumber.OrNull(item.ZScore),
        ["tolerance"] = JsonNumber.OrNull(item.Tolerance),
        ["agreement"] = Words.Of(item.Agreement),
    };
}
