using System.Text.Json.Nodes;
using Hybrid.Architectures;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Drawing;
using Hybrid.Import.Records;

namespace Hybrid.Cli.Verbs;

/// <summary>hybrid presets: the architectures that are known by name.</summary>
internal static class PresetsCommand
{
    public static Verb Create(Session session)
    {
        Verb verb = new("presets", "Lists the architectures that are known by name.", "hybrid presets", "hybrid presets --json");
        CommonOptions common = new(verb);
        return verb.Does(parsed =>
        {
            Preset[] presets =
                [.. Presets.All.Select(preset => new Preset(common.Apply(parsed, preset.Architecture), preset.Description))];
            if (common.Json(parsed))
                Json.Write(session.Terminal.Out, new JsonObject { ["presets"] = new JsonArray([.. presets.Select(ToNode)]) });
            else
                WriteTable(session.Terminal, presets);
            return ExitCode.Agrees;
        });
    }

    private static JsonNode ToNode(Preset preset) => new JsonObject
    {
        ["name"] = preset.Architecture.Name,
        ["description"] = preset.Description,
        ["architecture"] = ArchitectureJson.ToNode(preset.Architecture),
    };

    private static void WriteTable(Terminal terminal, Preset[] presets)
    {
        TextTable table = new("<name", "tokens", "depth", "width", "heads", "<description");
        foreach (Preset preset in presets)
        {
            Architecture architecture = preset.Architecture;
            table.Row(
                architecture.Name,
                Numbers.Integer(architecture.Tokens),
                Numbers.Integer(architecture.Depth),
                Numbers.Integer(architecture.Width),
                Numbers.Integer(architecture.Heads),
                preset.Description);
        }

        table.Write(terminal);
    }
}
