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
        ["reached"] = suggestion.Reached,
        ["before"] = Sums(suggestion.Before),
        ["after"] = Sums(suggestion.After),
        ["changes"] = new JsonArray([.. SuggestedChange.Of(suggestion).Select(Change)]),
        ["suggestion"] = ArchitectureJson.ToNode(suggestion.Suggested),
        ["alternatives"] = new JsonArray([.. suggestion.Alternatives.Select(Alternative)]),
    };

    private static JsonObject Sums(DepthSums sums) => new()
    {
        ["angle"] = JsonNumber.OrNull(sums.Angle),
        ["gradient"] = JsonNumber.OrNull(sums.Gradient),
    };

    /// <summary>"from" and "to" are in the order of "fields".</summary>
    private static JsonNode Change(SuggestedChange change) => new JsonObject
    {
        ["fields"] = new JsonArray([.. change.Fields.Select(field => (JsonNode)field)]),
        ["factor"] = JsonNumber.OrNull(change.Factor),
        ["from"] = new JsonArray([.. change.From.Select(value => value.DeepClone())]),
        ["to"] = new JsonArray([.. change.To.Select(value => value.DeepClone())]),
    };

    private static JsonNode Alternative(Alternative alternative) => new JsonObject
    {
        ["recipe"] = alternative.Recipe,
        ["reference"] = alternative.Reference,
        ["angleExponent"] = JsonNumber.OrNull(alternative.Exponents.Angle),
        ["gradientExponent"] = JsonNumber.OrNull(alternative.Exponents.Gradient),
        ["rho"] = JsonNumber.OrNull(alternative.Exponents.Rho),
        ["stationary"] = alternative.Exponents.Stationary,
        ["sums"] = Sums(alternative.Sums),
        ["trainable"] = PredictionJson.Trainable(alternative.Trainability),
        ["architecture"] = ArchitectureJson.ToNode(alternative.Architecture),
    };
}
