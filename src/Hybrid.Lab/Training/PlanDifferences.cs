using System.Text.Json.Nodes;

namespace Hybrid.Lab.Training;

/// <summary>Where two plans differ, field by field.</summary>
public static class PlanDifferences
{
    /// <summary>
    /// The dotted paths of the fields that differ, with both values
    /// as JSON text, in the order in which a plan is written.
    /// </summary>
    public static IReadOnlyList<(string Path, string Stored, string Given)> Between(TrainingPlan stored, TrainingPlan given) =>
        [.. Between("", TrainingPlanJson.ToNode(stored), TrainingPlanJson.ToNode(given))];

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
