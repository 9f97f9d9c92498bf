using System.Text.Json;
using Hybrid.Import.Json;

namespace Hybrid.Import.Records;

/// <summary>Changes of single fields from the command line: --set path=value.</summary>
public static class ArchitectureOverrides
{
    /// <summary>The paths that can be set, in the record's order.</summary>
    public static IReadOnlyList<string> Paths { get; } = [.. ArchitectureFields.All.Select(field => field.Path)];

    /// <summary>
    /// The architecture with every "path=value" applied in order, validated once at the end. A value is a JSON number,
    /// array or flag as in the record; words (activation, norm, mask, name) need no quotes.
    /// </summary>
    /// <exception cref="InputException">No such path, or a value of another type.</exception>
    /// <exception cref="InvalidArchitectureException">A field is out of its range.</exception>
    public static Architecture Apply(Architecture architecture, IEnumerable<string> assignments)
    {
        ArchitectureDraft draft = new(architecture);
        foreach (string assignment in assignments)
        {
            string source = $"--set {JsonText.Excerpt(assignment)}";
            int equals = assignment.IndexOf('=');
            if (equals < 1)
                throw new InputException($"{source}: must be path=value, for example --set mlp.inStd=2");
            ArchitectureField field = Field(source, assignment[..equals].Trim());
            ReadValue(source, field, assignment[(equals + 1)..].Trim(), draft);
        }

        return ArchitectureModule.EnsureValid(draft.Build());
    }

    /// <summary>The architecture with one number set at several paths, as a sweep does; not validated.</summary>
    /// <exception cref="InputException">No such path, or one that holds no number.</exception>
    public static Architecture Replace(Architecture architecture, IEnumerable<string> paths, double value, string source)
    {
        ArchitectureDraft draft = new(architecture);
        using JsonDocument number = JsonDocument.Parse(JsonSerializer.Serialize(value));
        foreach (string path in paths)
            ArchitectureFields.Read(source, Field(source, path), number.RootElement, draft);
        return draft.Build();
    }

    private static ArchitectureField Field(string source, string path) =>
        ArchitectureFields.Find(path) ?? throw ArchitectureFields.Unknown(source, path);

    private static void ReadValue(string source, ArchitectureField field, string value, ArchitectureDraft draft)
    {
        using JsonDocument document = ParseLoosely(value);
        JsonText.EnsureWhole(document.RootElement, source);
        // A name may look like a number: --set name=7.
        if (field.Path == "name" && document.RootElement.ValueKind != JsonValueKind.String)
            draft.Name = value;
        else
            ArchitectureFields.Read(source, field, document.RootElement, draft);
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
