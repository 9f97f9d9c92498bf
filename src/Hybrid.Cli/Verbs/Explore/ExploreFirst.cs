using System.Globalization;
using System.Text.Json.Nodes;
using Hybrid.Architectures;
using Hybrid.Cli.Output;
using Hybrid.Import.Records;
using Microsoft.AspNetCore.Http;

namespace Hybrid.Cli.Verbs;

/// <summary>What the page asks for once: the table of fields, the presets, and the architecture to begin with.</summary>
/// <param name="start">What to begin with.</param>
internal sealed class ExploreFirst(ExploreStart start)
{
    /// <summary>Answers.</summary>
    public async Task Answer(HttpContext context)
    {
        ExploreAnswers.Begin(context);
        await ExploreAnswers.Send(context, Document());
    }

    private JsonObject Document() => ImportNotes.AddTo(
        new JsonObject
        {
            ["version"] = Machine.Version,
            ["seed"] = start.Seed.ToString(CultureInfo.InvariantCulture),
            ["legend"] = VerdictText.Legend,
            ["fields"] = new JsonArray([.. Fields.All.Select(ExploreControl.Describe)]),
            ["presets"] = new JsonArray([.. Presets.All.Select(Preset)]),
            ["architecture"] = ArchitectureJson.ToNode(start.Loaded.Architecture),
        },
        start.Loaded.Import);

    private static JsonNode Preset(Preset preset) => new JsonObject
    {
        ["description"] = preset.Description,
        ["architecture"] = ArchitectureJson.ToNode(preset.Architecture),
    };
}
