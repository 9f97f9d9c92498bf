using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hybrid.Theory;

namespace Hybrid.Harness.Architectures;

/// <summary>
/// The architecture record as JSON. Strict: an unknown or repeated field, a value of another type and a number that is
/// not finite are errors that name the field's path. Comments and trailing commas are allowed, as in design.md's
/// example; absent fields take the defaults of <c>Architecture.defaults</c>.
/// </summary>
public static class ArchitectureJson
{
    /// <summary>Largest file that is read, in bytes: far more than any record with a schedule for every layer.</summary>
    public const long LargestFile = 1 << 20;

    private static readonly JsonDocumentOptions Options = new()
    {
        AllowTrailingCommas = true,
        CommentHandling = JsonCommentHandling.Skip,
        MaxDepth = 8,
    };

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, IndentSize = 2 };

    /// <summary>
    /// Reads and validates a record. <paramref name="source"/> names it in error messages; a record without a name is
    /// called <paramref name="defaultName"/>.
    /// </summary>
    /// <exception cref="InputException">The text is not JSON or not a record.</exception>
    /// <exception cref="InvalidArchitectureException">A field is out of its range.</exception>
    public static Architecture Parse(string text, string source, string? defaultName = null)
    {
        ArchitectureDraft draft = new(ArchitectureModule.Defaults);
        if (defaultName is not null)
            draft.Name = defaultName;
        using JsonDocument document = ParseDocument(text, source);
        JsonElement root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
            throw new InputException($"{source}: the architecture must be a JSON object, got {ArchitectureFields.Excerpt(root.GetRawText())}");
        ReadObject(source, "", root, draft);
        return ArchitectureModule.EnsureValid(draft.Build());
    }

    /// <summary>Reads and validates a record from a file; without a name field it is called after the file.</summary>
    /// <exception cref="InputException">The file cannot be read, is too large, or is not a record.</exception>
    /// <exception cref="InvalidArchitectureException">A field is out of its range.</exception>
    public static Architecture ReadFile(string path)
    {
        string text;
        try
        {
            FileInfo file = new(path);
            if (file.Exists && file.Length > LargestFile)
                throw new InputException($"{path}: an architecture file has at most {LargestFile} bytes, got {file.Length}");
            text = File.ReadAllText(path, new UTF8Encoding(false, throwOnInvalidBytes: true));
        }
        catch (DecoderFallbackException error)
        {
            throw new InputException($"{path}: an architecture file must be UTF-8 text, got other bytes", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new InputException($"{path}: cannot be read ({error.Message.TrimEnd('.')}); give a readable architecture JSON file", error);
        }

        return Parse(text, path, Path.GetFileNameWithoutExtension(path));
    }

    /// <summary>Every field of the record as a JSON object; <see cref="Parse"/> reads back the same architecture.</summary>
    public static JsonObject ToNode(Architecture architecture)
    {
        ArchitectureDraft draft = new(architecture);
        JsonObject root = [];
        foreach (ArchitectureField field in ArchitectureFields.All)
        {
            (string group, string name) = field.Split;
            JsonObject target = root;
            if (group != "")
            {
                target = root[group] as JsonObject ?? [];
                root[group] ??= target;
            }

            target[name] = field.Write(draft);
        }

        return root;
    }

    /// <summary>Every field of the record as indented JSON text.</summary>
    public static string ToText(Architecture architecture) => ToNode(architecture).ToJsonString(Indented);

    /// <summary>The text as a document; torn JSON is an error with line and column, both counted from 1.</summary>
    internal static JsonDocument ParseDocument(string text, string source)
    {
        try
        {
            return JsonDocument.Parse(text, Options);
        }
        catch (JsonException error)
        {
            string reason = error.Message.Split(" LineNumber:")[0].TrimEnd('.');
            throw new InputException(
                $"{source}: cannot be read as JSON at line {error.LineNumber + 1}, column {error.BytePositionInLine + 1}: {reason}",
                error);
        }
    }

    private static void ReadObject(string source, string group, JsonElement element, ArchitectureDraft draft)
    {
        HashSet<string> seen = [];
        foreach (JsonProperty property in element.EnumerateObject())
        {
            string path = group == "" ? property.Name : $"{group}.{property.Name}";
            if (!seen.Add(property.Name))
                throw new InputException($"{source}: {path} is given twice; give every field once");
            if (group == "" && ArchitectureFields.Groups.Contains(property.Name))
                ReadGroup(source, property, draft);
            else if (!property.Name.Contains('.') && ArchitectureFields.Find(path) is ArchitectureField field)
                ArchitectureFields.Read(source, field, property.Value, draft);
            else
                throw ArchitectureFields.Unknown(source, path);
        }
    }

    private static void ReadGroup(string source, JsonProperty property, ArchitectureDraft draft)
    {
        if (property.Value.ValueKind != JsonValueKind.Object)
        {
            throw new InputException(
                $"{source}: {property.Name} must be an object, got {ArchitectureFields.Excerpt(property.Value.GetRawText())}");
        }

        ReadObject(source, property.Name, property.Value, draft);
    }
}
