using System.Text.Json;

namespace Hybrid.Import.Json;

/// <summary>
/// The fields of one JSON object, read strictly: every field is asked for once by name; a repeated, missing, unknown or
/// mistyped field is an error that names the file and the field's path.
/// </summary>
internal sealed class JsonFields
{
    private readonly string _source, _path;
    private readonly Dictionary<string, JsonElement> _fields = [];
    private readonly List<string> _asked = [];
    private JsonElement _last;

    /// <summary>Reads an object.</summary>
    /// <param name="element">The object.</param>
    /// <param name="source">Names the text in errors.</param>
    /// <param name="path">The object's dotted path; "" for the whole document.</param>
    /// <exception cref="InputException">It is no object, or a field is given twice.</exception>
    public JsonFields(JsonElement element, string source, string path = "")
    {
        (_source, _path) = (source, path);
        if (element.ValueKind != JsonValueKind.Object)
            throw new InputException($"{source}: {(path == "" ? "the document" : path)} must be a JSON object, got {Excerpt(element)}");
        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (!_fields.TryAdd(property.Name, property.Value))
                throw new InputException($"{source}: {PathOf(property.Name)} is given twice");
        }
    }

    /// <summary>Names of the fields that nobody has asked for yet.</summary>
    public IReadOnlyCollection<string> Rest => _fields.Keys;

    /// <summary>Whether the field is there.</summary>
    public bool Has(string name)
    {
        _asked.Add(name);
        return _fields.ContainsKey(name);
    }

    public JsonElement Any(string name)
    {
        _asked.Add(name);
        return _fields.Remove(name, out _last) ? _last : throw new InputException($"{_source}: {PathOf(name)} is missing");
    }

    public JsonFields Object(string name) => new(Any(name), _source, PathOf(name));

    public string Text(string name) =>
        Any(name) is { ValueKind: JsonValueKind.String } element ? element.GetString()! : throw Wrong(name, "a string");

    public bool Flag(string name) => Any(name) switch
    {
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw Wrong(name, "true or false"),
    };

    public long Integer(string name, long least, long greatest) =>
        Any(name) is { ValueKind: JsonValueKind.Number } element
            && element.TryGetInt64(out long value) && value >= least && value <= greatest
            ? value
            : throw Wrong(name, $"an integer from {least} to {greatest}");

    public ulong Seed(string name) =>
        Any(name) is { ValueKind: JsonValueKind.Number } element && element.TryGetUInt64(out ulong value)
            ? value
            : throw Wrong(name, $"an integer from 0 to {ulong.MaxValue}");

    public double Number(string name, NumberRange range) =>
        Any(name) is { ValueKind: JsonValueKind.Number } element && element.TryGetDouble(out double value) && range.Contains(value)
            ? value
            : throw Wrong(name, range.Legal);

    /// <summary>A number; null stands for <paramref name="absent"/>, which JSON cannot write.</summary>
    public double NumberOr(string name, double absent, NumberRange range)
    {
        if (_fields.TryGetValue(name, out JsonElement element) && element.ValueKind == JsonValueKind.Null)
        {
            Any(name);
            return absent;
        }

        return Number(name, range);
    }

    public T Choice<T>(string name, IReadOnlyDictionary<string, T> values) =>
        values.TryGetValue(Text(name), out T? value) ? value : throw Wrong(name, $"one of {string.Join(", ", values.Keys)}");

    /// <summary>Refuses fields that nobody has asked for.</summary>
    public void EnsureNoOther()
    {
        if (_fields.Keys.FirstOrDefault() is string other)
        {
            throw new InputException($"{_source}: '{PathOf(other)}' is not a field "
                + $"here{NearestName.QuestionOrStop(other, _asked)} Legal: {string.Join(", ", _asked)}.");
        }
    }

    private InputException Wrong(string name, string legal) => new($"{_source}: {PathOf(name)} must be {legal}, got {Excerpt(_last)}");

    private string PathOf(string name) => _path == "" ? name : $"{_path}.{name}";

    private static string Excerpt(JsonElement element) => JsonText.Excerpt(element.GetRawText());
}
