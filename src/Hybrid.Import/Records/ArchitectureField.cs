using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hybrid.Import.Records;

/// <summary>One field of the JSON record: its path and how it moves between JSON and a draft.</summary>
/// <param name="Path">The dotted path, as in --set and in every error message: mlp.inStd.</param>
/// <param name="Legal">What the field may hold, as an error message says it after "must be".</param>
/// <param name="IsInteger">Whether the field holds whole numbers only.</param>
/// <param name="Names">The legal words of a choice; empty for other kinds.</param>
/// <param name="TryRead">Reads the element into the draft, or returns false where it is of another kind.</param>
/// <param name="Write">The draft's value as JSON.</param>
internal sealed record ArchitectureField(
    string Path,
    string Legal,
    bool IsInteger,
    IReadOnlyList<string> Names,
    Func<JsonElement, ArchitectureDraft, bool> TryRead,
    Func<ArchitectureDraft, JsonNode> Write)
{
    /// <summary>The object that holds the field ("" for the record itself) and the field's name in it.</summary>
    public (string Group, string Name) Split =>
        Path.IndexOf('.') is int dot and >= 0 ? (Path[..dot], Path[(dot + 1)..]) : ("", Path);

    /// <summary>A field of the given kind behind a pair of accessors.</summary>
    public static ArchitectureField Of<T>(
        string path,
        FieldKind<T> kind,
        Func<ArchitectureDraft, T> get,
        Action<ArchitectureDraft, T> set)
    {
        bool TryRead(JsonElement element, ArchitectureDraft draft)
        {
            if (kind.Read(element) is not [T value])
                return false;
            set(draft, value);
            return true;
        }

        return new(path, kind.Legal, typeof(T) == typeof(int), kind.Names, TryRead, draft => kind.Write(get(draft)));
    }
}
