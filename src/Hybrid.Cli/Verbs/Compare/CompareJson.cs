using System.Text.Json.Nodes;
using Hybrid.Cli.Output;
using Hybrid.Import.HuggingFace;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Theory;

namespace Hybrid.Cli.Verbs;

/// <summary>A comparison as JSON.</summary>
internal static class CompareJson
{
    public static JsonObject ToNode(Attribution attribution, LoadedArchitecture[] loaded, RunHeader header) => new()
    {
        ["run"] = header.ToNode(),
        ["a"] = Side(attribution.A, loaded[0]),
        ["b"] = Side(attribution.B, loaded[1]),
        ["change"] = new JsonObject(CompareNumbers.All.Select(number => KeyValuePair.Create(
            number.Field, JsonNumber.OrNull(number.Of(attribution.B) - number.Of(attribution.A))))),
        ["differences"] = new JsonArray([.. attribution.Differences.Select(difference => Node(attribution, difference))]),
        ["together"] = new JsonObject(CompareNumbers.Attributed.Select(number => KeyValuePair.Create(
            number.Field, JsonNumber.OrNull(attribution.Together(number.Of))))),
    };

    private static JsonObject Side(Prediction prediction, LoadedArchitecture loaded)
    {
        JsonObject node = new() { ["architecture"] = ArchitectureJson.ToNode(prediction.Architecture) };
        foreach ((string field, _, _, Func<Prediction, double> of) in CompareNumbers.All)
            node[field] = JsonNumber.OrNull(of(prediction));
        node["trainable"] = PredictionJson.Trainable(prediction.Trainability);
        return ImportNotes.AddTo(node, loaded.Import);
    }

    private static JsonNode Node(Attribution attribution, RecordDifference difference)
    {
        JsonObject node = new()
        {
            ["fields"] = new JsonArray([.. difference.Fields.Select(field => (JsonNode)new JsonObject
            {
                ["field"] = field.Path,
                ["from"] = ArchitectureJson.ValueOf(field, attribution.A.Architecture),
                ["to"] = ArchitectureJson.ValueOf(field, attribution.B.Architecture),
            })]),
        };
        foreach ((string field, _, _, Func<Prediction, double> of) in CompareNumbers.Attributed)
        {
            (double alone, double last, double mean) = attribution.Effect(difference, of);
            node[field] = new JsonObject
            {
                ["alone"] = JsonNumber.OrNull(alone),
                ["last"] = JsonNumber.OrNull(last),
                ["mean"] = JsonNumber.OrNull(mean),
            };
        }

        return node;
    }
}
