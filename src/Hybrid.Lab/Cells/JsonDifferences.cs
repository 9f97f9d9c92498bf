using System.Text.Json.Nodes;

namespace Hybrid.Lab.Cells;

/// <summary>Where two JSON documents differ, field by field.</summary>
internal static class JsonDifferences
{
    /// <summary>Dotted paths that differ, with both values as JSON text, in the order of the first document.</summary>
    public static IEnumerable<(string Path, string Stored, string Given)> Between(JsonNode? stored, JsonNode? given) =>
        Between("", stored, given);

    private static IEnumerable<(string Path, string Stored, string Given)> Between(string path, JsonNode? stored, JsonNode? given)
    {
        if (stored is JsonObject first && given is JsonObject second)
        {
            return first.Select(item => item.Key).Union(second.Select(item => item.Key))
                .SelectMany(name => Between(path == "" ? name : $"{path}.{name}", first[name], second[name]));
        }

        (string left, string right) = (stored?.ToJsonString() ?? "nothing", given?.ToJsonString() ?? "nothing");
        return left == right ? [] : [(path, left, right)];
    }
}
