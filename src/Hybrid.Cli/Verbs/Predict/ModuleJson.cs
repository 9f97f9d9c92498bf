using System.Text.Json.Nodes;
using Hybrid.Import.Json;
using Hybrid.Theory;

namespace Hybrid.Cli.Verbs;

/// <summary>What stands at every place of every block, as JSON.</summary>
internal static class ModuleJson
{
    public static JsonArray Of(ModuleScales[] modules) => new([.. modules.Select(scales => (JsonNode)new JsonObject
    {
        ["layer"] = scales.Layer,
        ["stream"] = JsonNumber.OrNull(scales.Stream),
        ["streamAfter"] = JsonNumber.OrNull(scales.Output),
        ["query"] = JsonNumber.OrNull(scales.Query),
        ["key"] = JsonNumber.OrNull(scales.Query),
        ["value"] = JsonNumber.OrNull(scales.Value),
        ["logit"] = JsonNumber.OrNull(scales.Logit),
        ["heads"] = JsonNumber.OrNull(scales.Heads),
        ["attention"] = JsonNumber.OrNull(scales.Attention),
        ["preActivation"] = JsonNumber.OrNull(scales.PreActivation),
        ["hidden"] = JsonNumber.OrNull(scales.Hidden),
        ["mlp"] = JsonNumber.OrNull(scales.Mlp),
        ["participation"] = JsonNumber.OrNull(scales.Participation),
        ["logParticipation"] = JsonNumber.OrNull(Math.Log(scales.Participation)),
        ["entropy"] = JsonNumber.OrNull(scales.Entropy),
    })]);
}
