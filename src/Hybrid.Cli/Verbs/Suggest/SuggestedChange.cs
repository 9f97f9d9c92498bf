using System.Text.Json.Nodes;
using Hybrid.Import.Records;
using Hybrid.Theory;

namespace Hybrid.Cli.Verbs;

/// <summary>Fields that a suggestion multiplies by one factor, with their values as the architecture's JSON writes them.</summary>
/// <param name="Fields">Paths such as mlp.inStd.</param>
/// <param name="Factor">What each of them is multiplied by.</param>
/// <param name="From">The values now, in the order of the fields.</param>
/// <param name="To">The suggested values.</param>
internal sealed record SuggestedChange(
    IReadOnlyList<string> Fields, double Factor, IReadOnlyList<JsonNode> From, IReadOnlyList<JsonNode> To)
{
    // Relative change up to which a field counts as the same beside others that change by more.
    private const double Least = 1e-3;

    /// <summary>
    /// The changes by more than 0.1 %, or all where none is as large; empty where nothing changes. Fields that are 0 stay 0
    /// and are left out.
    /// </summary>
    public static IReadOnlyList<SuggestedChange> Of(Suggestion suggestion)
    {
        JsonObject before = ArchitectureJson.ToNode(suggestion.Architecture), after = ArchitectureJson.ToNode(suggestion.Suggested);
        List<SuggestedChange> changes = [];
        double least = suggestion.Factors.Any(factor => Change(factor) > Least) ? Least : 0;
        foreach (SuggestedFactor factor in suggestion.Factors.Where(factor => Change(factor) > least))
        {
            string[] fields = [.. factor.Fields.Where(field => !JsonNode.DeepEquals(At(before, field), At(after, field)))];
            if (fields.Length > 0)
            {
                changes.Add(new(
                    fields, factor.Factor,
                    [.. fields.Select(field => At(before, field))], [.. fields.Select(field => At(after, field))]));
            }
        }

        return changes;
    }

    private static double Change(SuggestedFactor factor) => Math.Abs(factor.Factor - 1);

    private static JsonNode At(JsonObject record, string path) =>
        path.Split('.').Aggregate((JsonNode)record, (node, name) => node[name]!);
}
