using System.Text.Json.Nodes;
using Hybrid.Cli.Output;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Theory;

namespace Hybrid.Cli.Verbs;

/// <summary>A suggestion as JSON; "suggestion" is an architecture file as it stands.</summary>
internal static class SuggestionJson
{
    public static JsonObject ToNode(Suggestion suggestion, RunHeader header) => new()
    {
        ["run"] = header.ToNode(),
        ["architecture"] = ArchitectureJson.ToNode(suggestion.Architecture),
        ["budget"] = suggestion.Budget,
        ["alreadyTrainable"] = suggestion.AlreadyTrainable,
        ["reached"] = suggestion.Reached,
        ["before"] = PredictionJson.Trainable(suggestion.Before),
        ["after"] = PredictionJson.Trainable(suggestion.After),
        ["changes"] = new JsonArray([.. SuggestedChange.Of(suggestion).SelectMany(Changes)]),
        ["suggestion"] = ArchitectureJson.ToNode(suggestion.Suggested),
        ["alternatives"] = new JsonArray([.. suggestion.Alternatives.Select(Alternative)]),
    };

    /// <summary>One object a field.</summary>
    private static IEnumerable<JsonNode> Changes(SuggestedChange change) => change.Fields.Select((field, index) => new JsonObject
    {
        ["field"] = field,
        ["factor"] = JsonNumber.OrNull(change.Factor),
        ["from"] = change.From[index].DeepClone(),
        ["to"] = change.To[index].DeepClone(),
    });

    private static JsonNode Alternative(Alternative alternative) => new JsonObject
    {
        ["recipe"] = alternative.Recipe,
        ["reference"] = alternative.Reference,
        ["angleExponent"] = JsonNumber.OrNull(alternative.Exponents.Angle),
        ["gradientExponent"] = JsonNumber.OrNull(alternative.Exponents.Gradient),
        ["rho"] = JsonNumber.OrNull(alternative.Exponents.Rho),
        ["stationary"] = alternative.Exponents.Stationary,
        ["trainable"] = PredictionJson.Trainable(alternative.Trainability),
        ["architecture"] = ArchitectureJson.ToNode(alternative.Architecture),
    };
}
