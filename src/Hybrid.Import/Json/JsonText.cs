using System.Text.Json;
using System.Text.Unicode;

namespace Hybrid.Import.Json;

/// <summary>Strings of a JSON document that are text: an escape such as \ud800 alone is half of a character and none.</summary>
internal static class JsonText
{
    /// <summary>Reads every name and string once, so that no later reader fails on one.</summary>
    /// <exception cref="InputException">A name or string is not text.</exception>
    public static void EnsureWhole(JsonElement element, string source)
    {
        try
        {
            Read(element);
        }
        catch (InvalidOperationException error)
        {
            throw new InputException(
                $"{source}: strings must be text, got an escape \\ud800 to \\udfff that is half of a character", error);
        }
    }

    /// <summary>Bytes as a document whose names and strings are all text.</summary>
    /// <exception cref="InputException">The bytes are not UTF-8, or a name or string is not text.</exception>
    /// <exception cref="JsonException">They are not JSON.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> bytes, string source, JsonDocumentOptions options = default)
    {
        if (!Utf8.IsValid(bytes.Span))
            throw new InputException($"{source}: must be UTF-8 text, got other bytes; it is damaged, or no such file");
        JsonDocument document = JsonDocument.Parse(bytes, options);
        EnsureWhole(document.RootElement, source);
        return document;
    }

    /// <summary>Received text as an error message quotes it: one line, at most 60 characters.</summary>
    public static string Excerpt(string text)
    {
        string line = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= 60 ? line : line[..57] + "...";
    }

    private static void Read(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in element.EnumerateArray())
                    Read(item);
                break;
            case JsonValueKind.Object:
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    _ = property.Name;
                    Read(property.Value);
                }

                break;
        }
    }
}
