using System.Text.Json.Nodes;
using Hybrid.Import.HuggingFace;

namespace Hybrid.Cli.Output;

/// <summary>How an architecture was imported, as lines under its header and as the field "import" of a JSON document.</summary>
internal static class ImportNotes
{
    /// <summary>The source, then one line for each note; nothing for an architecture that was not imported.</summary>
    public static void Write(TextWriter output, ImportReport? import, string indent = "")
    {
        WriteSource(output, import, indent);
        WriteNotes(output, import, indent);
    }

    /// <summary>One line: the file and how it was read.</summary>
    public static void WriteSource(TextWriter output, ImportReport? import, string indent = "")
    {
        if (import is not null)
            output.WriteLine($"{indent}imported from {import.Source}: model type {import.ModelType}, residual scaling {Word(import)}");
    }

    /// <summary>One line for each note.</summary>
    public static void WriteNotes(TextWriter output, ImportReport? import, string indent = "")
    {
        if (import is null)
            return;
        foreach (string note in import.Notes)
            output.WriteLine($"{indent}  {note}");
        if (import.IgnoredKeys.Count > 0)
        {
            output.WriteLine(
                $"{indent}  keys that are not understood or belong to other parts, ignored: {string.Join(", ", import.IgnoredKeys)}");
        }
    }

    /// <summary>Adds "import" to the document of an imported architecture, and nothing to another.</summary>
    public static JsonObject AddTo(JsonObject document, ImportReport? import)
    {
        if (import is not null)
        {
            document["import"] = new JsonObject
            {
                ["source"] = CommandText.Local(import.Source),
                ["modelType"] = import.ModelType,
                ["residualScaling"] = Word(import),
                ["notes"] = Texts(import.Notes),
                ["ignoredKeys"] = Texts(import.IgnoredKeys),
            };
        }

        return document;
    }

    private static string Word(ImportReport import) => import.Scaling == ResidualScaling.Depth ? "depth" : "none";

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);
}
