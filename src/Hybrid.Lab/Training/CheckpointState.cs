using System.Text.Json;
using System.Text.Json.Nodes;
using Hybrid.Import.Files;
using Hybrid.Import.Json;
using Hybrid.Import.Records;

namespace Hybrid.Lab.Training;

/// <summary>state.json of a checkpoint: the step, what the files beside it hold, and the run that it is of.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Files">Length and hash by file name.</param>
/// <param name="Run">The run; null in a checkpoint of a version that did not write it.</param>
internal sealed record CheckpointState(int Step, IReadOnlyDictionary<string, FileIdentity> Files, RunIdentity? Run)
{
    // 1 has no run.
    private const int Format = 2;

    public string ToText()
    {
        JsonObject root = new() { ["format"] = Run is null ? 1 : Format, ["step"] = Step };
        if (Run is not null)
        {
            root["configs"] = new JsonArray([.. Run.Configs.Select(hash => (JsonNode)hash)]);
            root["log"] = Node(Run.Log);
        }

        root["files"] = new JsonObject(Files.Select(item => KeyValuePair.Create(item.Key, (JsonNode?)Node(item.Value))));
        return root.ToJsonString() + "\n";
    }

    public static CheckpointState Parse(string text, string source)
    {
        using JsonDocument document = ArchitectureJson.ParseDocument(text, source);
        JsonFields root = new(document.RootElement, source);
        RunIdentity? run = null;
        if (root.Integer("format", 1, Format) == Format)
        {
            JsonElement configs = root.Any("configs");
            if (configs.ValueKind != JsonValueKind.Array || configs.EnumerateArray().Any(hash => hash.ValueKind != JsonValueKind.String))
                throw new InputException($"{source}: configs must be an array of strings");
            run = new([.. configs.EnumerateArray().Select(hash => hash.GetString()!)], Identity(root.Object("log")));
        }

        int step = (int)root.Integer("step", 0, int.MaxValue);
        JsonFields files = root.Object("files");
        Dictionary<string, FileIdentity> identities = [];
        foreach (string name in files.Rest.ToArray())
            identities.Add(name, Identity(files.Object(name)));
        root.EnsureNoOther();
        return new(step, identities, run);
    }

    private static JsonObject Node(FileIdentity file) => new() { ["bytes"] = file.Bytes, ["sha256"] = file.Sha256 };

    private static FileIdentity Identity(JsonFields fields)
    {
        FileIdentity identity = new(fields.Integer("bytes", 0, long.MaxValue), fields.Text("sha256"));
        fields.EnsureNoOther();
        return identity;
    }
}

/// <summary>What a checkpoint knows of its run: whoever changes the past of a run, or what it is to be, can be told.</summary>
/// <param name="Configs">Hashes of the config.json that it belongs to: one, or two and more where the run was given another plan
/// since.</param>
/// <param name="Log">The lines of the log up to its step.</param>
internal sealed record RunIdentity(IReadOnlyList<string> Configs, FileIdentity Log);
