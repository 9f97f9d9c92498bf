using System.Text.Json;
using System.Text.Json.Nodes;
using Hybrid.Architectures;
using Hybrid.Import.Json;

namespace Hybrid.Import.Records;

/// <summary>
/// The architecture record as JSON. Strict: an unknown or repeated field, a value of another type and a number that is
/// not finite are errors that name the field's path. Comments and trailing commas are allowed, as in
/// the documented example; absent fields take the defaults of <c>Architecture.defaults</c>.
/// </summary>
public static class ArchitectureJson
{
    private static readonly JsonDocumentOptions Options = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
        MaxDepth = 8,
    };

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, IndentSize = 2 };

    /// <summary>
    /// Reads and validates a record. <paramref name="source"/> names it in error messages.
    /// </summary>
    /// <exception cref="InputException">The text is not JSON or not a record.</exception>
    /// <exception cref="InvalidArchitectureException">A field is out of its range.</exception>
    public static Architecture Parse(string text, string source)
    {
        using JsonDocument document = ParseDocument(text, source);
        return Read(document.RootElement, source, null);
    }

    /// <summary>
    /// The record as a JSON object, optional fields only where they differ from the default;
    /// <see cref="Parse"/> reads back the same architecture.
    /// </summary>
    public static JsonObject ToNode(Architecture architecture)
    {
        JsonObject root = [];
        foreach (Field field in Fields.All)
        {
            if (field.IsOptional && field.Read(architecture).Equals(field.Read(ArchitectureModule.Defaults)))
                continue;
            (string group, string name) = RecordFields.Split(field);
            JsonObject target = root;
            if (group != "")
            {
                target = root[group] as JsonObject ?? [];
                root[group] ??= target;
            }

            target[name] = RecordFields.NodeOf(field, architecture);
        }

        return root;
    }

    /// <summary>One field of the record as JSON, whether <see cref="ToNode"/> writes it or not; null is JSON's null.</summary>
    public static JsonNode? ValueOf(Field field, Architecture architecture) => RecordFields.NodeOf(field, architecture);

    /// <summary>Every field of the record as indented JSON text.</summary>
    public static string ToText(Architecture architecture) => ToNode(architecture).ToJsonString(Indented);

    /// <summary>The record that a parsed document holds; without a name field it is called <paramref name="defaultName"/>.</summary>
    internal static Architecture Read(JsonElement root, string source, string? defaultName)
    {
        Architecture start = ArchitectureModule.Defaults.With(name: defaultName ?? ArchitectureModule.Defaults.Name);
        if (root.ValueKind != JsonValueKind.Object)
            throw new InputException($"{source}: the architecture must be a JSON object, got {JsonText.Excerpt(root.GetRawText())}");
        return ArchitectureModule.EnsureValid(ReadObject(source, "", root, start));
    }

    /// <summary>The text as a document; torn JSON is an error with line and column, both counted from 1.</summary>
    internal static JsonDocument ParseDocument(string text, string source)
    {
        try
        {
            JsonDocument document = JsonDocument.Parse(text, Options);
            JsonText.EnsureWhole(document.RootElement, source);
            return document;
        }
        catch (JsonException error)
        {
            string reason = error.Message.Split(" LineNumber:")[0].TrimEnd('.');
            throw new InputException(
                $"{source}: cannot be read as JSON at line {error.LineNumber + 1}, column {error.BytePositionInLine + 1}: {reason}",
                error);
        }
    }

    private static Architecture ReadObject(string source, string group, JsonElement element, Architecture architecture)
    {
        HashSet<string> seen = [];
        foreach (JsonProperty property in element.EnumerateObject())
        {
            string path = group == "" ? property.Name : $"{group}.{property.Name}";
            if (!seen.Add(property.Name))
                throw new InputException($"{source}: {path} is given twice; give every field once");
            if (group == "" && RecordFields.Groups.Contains(property.Name))
                architecture = ReadGroup(source, property, architecture);
            else if (!property.Name.Contains('.') && Fields.Find(path) is Field field)
                architecture = RecordFields.Set(source, field, property.Value, architecture);
            else
                throw RecordFields.Unknown(source, path);
        }

        return architecture;
    }

    private static Architecture ReadGroup(string source, JsonProperty property, Architecture architecture)
    {
        if (property.Value.ValueKind != JsonValueKind.Object)
        {
            throw new InputException(
                $"{source}: {property.Name} must be an object, got {JsonText.Excerpt(property.Value.GetRawText())}");
        }

        return ReadObject(source, property.Name, property.Value, architecture);
    }
}
