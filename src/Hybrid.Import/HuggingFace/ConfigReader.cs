using System.Globalization;
using System.Text.Json;
using Hybrid.Architectures;
using Hybrid.Import.Json;

namespace Hybrid.Import.HuggingFace;

/// <summary>
/// One object of a configuration: strict about types and ranges, lenient about keys, but keeping account of those that were
/// asked for. A key with the value null counts as absent, as it does in the code that wrote the file.
/// </summary>
internal sealed class ConfigReader
{
    private readonly string _source;
    private readonly string _group;
    private readonly Dictionary<string, JsonElement> _values = [];
    private readonly HashSet<string> _read = [];
    private readonly Dictionary<string, ConfigReader> _objects = [];

    /// <summary>The keys of an object; <paramref name="group"/> is the key that holds it, or "" at the top.</summary>
    public ConfigReader(JsonElement element, string source, string group = "")
    {
        _source = source;
        _group = group;
        if (element.ValueKind != JsonValueKind.Object)
            throw new InputException($"{source}: {group} must be an object, got {JsonText.Excerpt(element.GetRawText())}");
        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (!_values.TryAdd(property.Name, property.Value))
                throw new InputException($"{source}: {Path(property.Name)} is given twice; give every key once");
        }
    }

    /// <summary>The keys that nobody asked for, in the file's order.</summary>
    public IEnumerable<string> Unread => _values.Keys.Where(key => !_read.Contains(key));

    /// <summary>Whether a key is there with a value that asks for something: neither null, false nor 0.</summary>
    public bool IsSet(string key) => _values.TryGetValue(key, out JsonElement value) && EffectiveKeys.IsSet(value);

    /// <summary>Whether a key is there, be it with the value null.</summary>
    public bool Has(string key) => _values.ContainsKey(key);

    /// <summary>What stands in the place of a key that is not there; null where it is, be it with the value null.</summary>
    public T? Absent<T>(string key, T? usual)
        where T : struct => Has(key) ? null : usual;

    /// <summary>Marks keys as read whose values change nothing, given others.</summary>
    public void PassOver(params string[] keys) => _read.UnionWith(keys);

    /// <summary>A key as the user finds it in the file: text_config.hidden_size.</summary>
    public string Path(string key) => _group == "" ? key : $"{_group}.{key}";

    /// <summary>The nested objects that somebody asked for.</summary>
    public IEnumerable<ConfigReader> Objects => _objects.Values;

    /// <summary>The nested object at a key, the same one each time, or null.</summary>
    public ConfigReader? Object(string key)
    {
        if (Find(key) is not JsonElement element)
            return null;
        if (!_objects.TryGetValue(key, out ConfigReader? nested))
            _objects[key] = nested = new ConfigReader(element, _source, Path(key));
        return nested;
    }

    /// <summary>A size from the first of several names that is there, or null; two names that differ are an error.</summary>
    public int? Size(params string[] names) => One(names, key => Read<int>(
        key,
        $"an integer from 1 to {ArchitectureModule.LargestSize}",
        element => element.TryGetInt32(out int value) && value >= 1 && value <= ArchitectureModule.LargestSize ? value : null));

    /// <summary>A number of things of which 0 means that there are none, as does an absent key: null.</summary>
    public int? Count(params string[] names)
    {
        int? count = One(names, key => Read<int>(
            key,
            $"an integer from 0 to {ArchitectureModule.LargestSize}",
            element => element.TryGetInt32(out int value) && value >= 0 && value <= ArchitectureModule.LargestSize ? value : null));
        return count > 0 ? count : null;
    }

    /// <summary>As <see cref="Count"/>, with 0 for none, and what stands in the place of a key that is not there.</summary>
    public int CountOr(int absent, params string[] names) => Count(names) ?? (names.Any(Has) ? 0 : absent);

    /// <summary>The number of a layer, −1 for the last one, or null.</summary>
    public int? Layer(string key) => Read<int>(
        key,
        "the number of a layer from 0, or -1 for the last one",
        element => element.TryGetInt32(out int value) && value >= -1 ? value : null);

    /// <summary>A size that must be there.</summary>
    public int RequiredSize(params string[] names) =>
        Size(names) ?? throw Error(
            $"{string.Join(" or ", names.Select(Path))} is missing; it must be an integer from 1 to {ArchitectureModule.LargestSize}");

    /// <summary>A finite number > 0 from the first of several names that is there, or null.</summary>
    public double? Positive(params string[] names) => One(names, key => Read<double>(
        key,
        "a finite number > 0",
        element => element.TryGetDouble(out double value) && double.IsFinite(value) && value > 0 ? value : null));

    /// <summary>A finite number ≥ 0, or null.</summary>
    public double? NonNegative(string key) => Read<double>(
        key,
        "a finite number ≥ 0",
        element => element.TryGetDouble(out double value) && double.IsFinite(value) && value >= 0 ? value : null);

    /// <summary>A number from 0 to 1 from the first of several names that is there, or null.</summary>
    public double? Fraction(params string[] names) => One(names, key => Read<double>(
        key,
        "a number from 0 to 1",
        element => element.TryGetDouble(out double value) && value is >= 0 and <= 1 ? value : null));

    /// <summary>true or false; <paramref name="absent"/> where the key is not there.</summary>
    public bool Flag(string key, bool absent) => Find(key) switch
    {
        null => absent,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        JsonElement element => throw Illegal(key, "true or false", element),
    };

    /// <summary>As <see cref="Flag"/>, where files have a number in the place of true, too.</summary>
    public bool FlagOrNumber(string key, bool absent) =>
        Find(key) is { ValueKind: JsonValueKind.Number } number ? EffectiveKeys.IsSet(number) : Flag(key, absent);

    /// <summary>Reads a key that says once more what the code does; another value than that is an error.</summary>
    public void Restates(string key, bool what, string family)
    {
        if (Flag(key, what) != what)
            throw Error($"{Path(key)} must be {(what ? "true" : "false")} or absent, as in the code of {family}, which does not read it");
    }

    /// <summary>A string, or null.</summary>
    public string? Text(string key) => Find(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } element => element.GetString(),
        JsonElement element => throw Illegal(key, "a string", element),
    };

    /// <summary>The string at the first of several names that is there, or null.</summary>
    public string? FirstText(params string[] names) => names.Select(Text).FirstOrDefault(text => text is not null);

    /// <summary>An array of strings; empty where the key is not there.</summary>
    public string[] Texts(string key) => Find(key) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } element when element.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) =>
            [.. element.EnumerateArray().Select(item => item.GetString()!)],
        JsonElement element => throw Illegal(key, "an array of strings", element),
    };

    /// <summary>Groups of strings, each with how often it is repeated: [[["a", "b"], 2]] is a, b, a, b.</summary>
    public string[] RepeatedTexts(string key)
    {
        if (Find(key) is not JsonElement element)
            return [];
        const int Most = 4096;
        List<string> texts = [];
        foreach (JsonElement group in element.ValueKind == JsonValueKind.Array ? [.. element.EnumerateArray()] : new[] { element })
        {
            JsonElement[] pair = group.ValueKind == JsonValueKind.Array ? [.. group.EnumerateArray()] : [];
            bool isGroup = pair.Length == 2 && pair[0].ValueKind == JsonValueKind.Array && pair[1].ValueKind == JsonValueKind.Number
                && pair[0].EnumerateArray().All(item => item.ValueKind == JsonValueKind.String);
            if (!isGroup || !pair[1].TryGetInt32(out int times) || times is < 0 or > Most)
                throw Illegal(key, $"an array of groups, each an array of strings and how often it is repeated, up to {Most}", element);
            texts.AddRange(Enumerable.Repeat(pair[0].EnumerateArray().Select(item => item.GetString()!), times).SelectMany(item => item));
            if (texts.Count > Most)
                throw Illegal(key, $"groups of at most {Most} strings together", element);
        }

        return [.. texts];
    }

    /// <summary>An array of finite numbers, or null.</summary>
    public double[]? Numbers(string key) => Find(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } element when element.EnumerateArray().All(IsNumber) =>
            [.. element.EnumerateArray().Select(item => item.GetDouble())],
        JsonElement element => throw Illegal(key, "an array of finite numbers", element),
    };

    /// <summary>One quantity that this object and the one around it may give; the error where both do and differ.</summary>
    public double? Same(double? inner, double? outer, string key) => inner is double one && outer is double other && one != other
        ? throw Error(string.Create(
            CultureInfo.InvariantCulture,
            $"{Path(key)} = {one} and {other} outside of it are one quantity and disagree; give one of them"))
        : inner ?? outer;

    /// <summary>The error for this file.</summary>
    public InputException Error(string message) => new($"{_source}: {message}");

    private JsonElement? Find(string key)
    {
        _read.Add(key);
        return _values.TryGetValue(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    private static bool IsNumber(JsonElement item) =>
        item.ValueKind == JsonValueKind.Number && item.TryGetDouble(out double value) && double.IsFinite(value);

    // Some programs write numbers as strings: "1e-05".
    private T? Read<T>(string key, string legal, Func<JsonElement, T?> read)
        where T : struct => Find(key) is not JsonElement element
            ? null
            : (element.ValueKind == JsonValueKind.Number ? read(element) : Quoted(element, read)) ?? throw Illegal(key, legal, element);

    private static T? Quoted<T>(JsonElement element, Func<JsonElement, T?> read)
        where T : struct
    {
        if (element.ValueKind != JsonValueKind.String)
            return null;
        try
        {
            using JsonDocument number = JsonDocument.Parse(element.GetString()!);
            return number.RootElement.ValueKind == JsonValueKind.Number ? read(number.RootElement) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private T? One<T>(string[] names, Func<string, T?> read)
        where T : struct
    {
        (string Name, T? Value)[] given = [.. names.Select(name => (name, read(name))).Where(item => item.Item2 is not null)];
        if (given.Length > 1 && given.Any(item => !item.Value.Equals(given[0].Value)))
        {
            IEnumerable<string> shown = given.Select(
                item => string.Create(CultureInfo.InvariantCulture, $"{Path(item.Name)} = {item.Value}"));
            throw Error($"{string.Join(" and ", shown)} are two names of one quantity and disagree; give one of them");
        }

        return given.Length == 0 ? null : given[0].Value;
    }

    private InputException Illegal(string key, string legal, JsonElement element) =>
        Error($"{Path(key)} must be {legal}, got {JsonText.Excerpt(element.GetRawText())}");
}
