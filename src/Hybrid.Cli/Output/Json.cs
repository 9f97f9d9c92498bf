using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using Hybrid.Import.Json;

namespace Hybrid.Cli.Output;

/// <summary>The one JSON document of a run.</summary>
internal static class Json
{
    private static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.Create(UnicodeRanges.All),
    };

    /// <summary>An array of numbers, null where one is not finite.</summary>
    public static JsonArray Numbers(IEnumerable<double> values) => new([.. values.Select(JsonNumber.OrNull)]);

    /// <summary>The document as indented text that ends with a newline.</summary>
    public static string Text(JsonObject document) => document.ToJsonString(Options) + "\n";

    /// <summary>Writes the document.</summary>
    public static void Write(TextWriter writer, JsonObject document) => writer.Write(Text(document));
}
