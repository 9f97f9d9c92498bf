using System.Text.Json;
using System.Text.Json.Nodes;
using Hybrid.Import.Files;
using Hybrid.Import.Json;
using Hybrid.Import.Records;

namespace Hybrid.Lab.Training;

/// <summary>state.json of a checkpoint: the step, and what the files beside it hold.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Files">Length and hash by file name.</param>
internal sealed record CheckpointState(int Step, IReadOnlyDictionary<string, FileIdentity> Files)
{
    private const int Format = 1;

    public string ToText() => new JsonObject
    {
        ["format"] = Format,
        ["step"] = Step,
        ["files"] = new JsonObject(Files.Select(item => KeyValuePair.Create(
            item.Key,
            (JsonNode?)new JsonObject { ["bytes"] = item.Value.Bytes, ["sha256"] = item.Value.Sha256 }))),
    }.ToJsonString() + "\n";

    public static CheckpointState Parse(string text, string source)
    {
        using JsonDocument document = ArchitectureJson.ParseDocument(text, source);
        JsonFields root = new(document.RootElement, source);
        root.Integer("format", Format, Format);
        int step = (int)root.Integer("step", 0, int.MaxValue);
        JsonFields files = root.Object("files");
        Dictionary<string, FileIdentity> identities = [];
        foreach (string name in files.Rest.ToArray())
        {
            JsonFields file = files.Object(name);
            identities.Add(name, new(file.Integer("bytes", 0, long.MaxValue), file.Text("sha256")));
            file.EnsureNoOther();
        }

        root.EnsureNoOther();
        return new(step, identities);
    }
}
