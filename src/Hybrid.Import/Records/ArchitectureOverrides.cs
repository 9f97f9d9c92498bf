using System.Text.Json;
using Hybrid.Architectures;
using Hybrid.Import.Json;

namespace Hybrid.Import.Records;

/// <summary>Changes of single fields from the command line: --set path=value.</summary>
public static class ArchitectureOverrides
{
    /// <summary>The paths that can be set, in the record's order.</summary>
    public static IReadOnlyList<string> Paths { get; } = [.. Fields.All.Select(field => field.Path)];

    /// <summary>
    /// The architecture with every "path=value" applied in order, validated once at the end. A value is a JSON number,
    /// array or flag as in the record; words (activation, norm, mask, name) need no quotes. A smaller depth keeps the first layers.
    /// </summary>
    /// <exception cref="InputException">No such path, or a value of another type.</exception>
    /// <exception cref="InvalidArchitectureException">A field is out of its range.</exception>
    public static Architecture Apply(Architecture architecture, IEnumerable<string> assignments)
    {
        foreach (string assignment in assignments)
        {
            string source = $"--set {JsonText.Excerpt(assignment)}";
            int equals = assignment.IndexOf('=');
            if (equals < 1)
                throw new InputException($"{source}: must be path=value, for example --set mlp.inStd=2");
            Field field = RecordFields.Find(source, assignment[..equals].Trim());
            architecture = Set(source, field, assignment[(equals + 1)..].Trim(), architecture);
        }

        return ArchitectureModule.EnsureValid(architecture);
    }

    /// <summary>The architecture with one number set at several paths, as a sweep does; not validated.</summary>
    /// <exception cref="InputException">No such path, or one that holds no number.</exception>
    public static Architecture Replace(Architecture architecture, IEnumerable<string> paths, double value, string source)
    {
        foreach (string path in paths)
            architecture = RecordFields.Set(source, RecordFields.Find(source, path), value, architecture);
        return architecture;
    }

    private static Architecture Set(string source, Field field, string value, Architecture architecture)
    {
        using JsonDocument document = ParseLoosely(value);
        JsonText.EnsureWhole(document.RootElement, source);
        if (field.Path == "depth" && document.RootElement.ValueKind == JsonValueKind.Number
            && document.RootElement.TryGetInt32(out int depth))
        {
            architecture = ArchitectureDepth.Shortened(architecture, depth);
        }

        // A name may look like a number: --set name=7.
        return field.Kind.IsText && document.RootElement.ValueKind != JsonValueKind.String
            ? field.Write(architecture, FieldValue.NewText(value))!
            : RecordFields.Set(source, field, document.RootElement, architecture);
    }

    private static JsonDocument ParseLoosely(string value)
    {
        try
        {
            return JsonDocument.Parse(value);
        }
        catch (JsonException)
        {
            return JsonDocument.Parse(JsonSerializer.Serialize(value));
        }
    }
}
