using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hybrid.Import.Records;

/// <summary>A type of value that a field of the architecture record can hold, read from JSON and written to it.</summary>
/// <param name="Legal">What is legal, as an error message says it after "must be".</param>
/// <param name="Read">The value in a result with one entry, or null where the element is of another type.</param>
/// <param name="Write">The value as JSON that <paramref name="Read"/> turns into the same value.</param>
/// <param name="Names">The legal words of a choice, for suggestions; empty for other kinds.</param>
internal sealed record FieldKind<T>(
    string Legal,
    Func<JsonElement, T[]?> Read,
    Func<T, JsonNode> Write,
    IReadOnlyList<string> Names);
