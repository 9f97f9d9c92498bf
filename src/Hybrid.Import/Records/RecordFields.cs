using System.Text.Json;
using System.Text.Json.Nodes;
using Hybrid.Architectures;
using Hybrid.Import.Json;

namespace Hybrid.Import.Records;

/// <summary>The table of fields, <see cref="Fields.All"/>, as JSON and error messages see it.</summary>
internal static class RecordFields
{
    /// <summary>The nested objects of the record: attention, mlp, input.</summary>
    public static readonly IReadOnlyList<string> Groups =
        [.. Fields.All.Select(field => Split(field).Group).Where(group => group != "").Distinct()];

    /// <summary>The object that holds the field ("" for the record itself) and the field's name in it.</summary>
    public static (string Group, string Name) Split(Field field) =>
        field.Path.IndexOf('.') is int dot and >= 0 ? (field.Path[..dot], field.Path[(dot + 1)..]) : ("", field.Path);

    /// <summary>The field at a dotted path, or the error that names it.</summary>
    public static Field Find(string source, string path) => Fields.Find(path) ?? throw Unknown(source, path);

    /// <summary>The error for a path that is no field: names it, the nearest legal paths and all legal names beside it.</summary>
    public static InputException Unknown(string source, string path)
    {
        string group = Groups.FirstOrDefault(candidate => path.StartsWith(candidate + ".", StringComparison.Ordinal)) ?? "";
        IEnumerable<string> names = Fields.All.Select(Split).Where(field => field.Group == group).Select(field => field.Name);
        if (group == "")
            names = names.Concat(Groups);
        string question = NearestName.QuestionOrStop(path, Fields.All.Select(field => field.Path).Concat(Groups));
        string place = group == "" ? "the record" : group;
        return new InputException(
            $"{source}: '{path}' is not a field of an architecture{question} Legal in {place}: {string.Join(", ", names)}.");
    }

    /// <summary>The architecture with the field set to a JSON element, or the error that names the field.</summary>
    public static Architecture Set(string source, Field field, JsonElement element, Architecture architecture)
    {
        if (ValueOf(element) is FieldValue value && field.Write(architecture, value) is Architecture changed)
            return changed;
        string question = element.ValueKind == JsonValueKind.String ? NearestName.Question(element.GetString()!, field.Names) : "";
        throw new InputException(
            $"{source}: {field.Path} must be {field.Legal}, got {JsonText.Excerpt(element.GetRawText())}{question}");
    }

    /// <summary>The architecture with the field set to a number, or the error that names the field.</summary>
    public static Architecture Set(string source, Field field, double number, Architecture architecture)
    {
        FieldValue value = field.Kind.IsWhole && number == Math.Floor(number) && Math.Abs(number) <= int.MaxValue
            ? FieldValue.NewWhole((int)number)
            : FieldValue.NewNumber(number);
        return (field.IsNumeric ? field.Write(architecture, value) : null)
            ?? throw new InputException($"{source}: {field.Path} must be {field.Legal}, got {JsonSerializer.Serialize(number)}");
    }

    /// <summary>The field's value as JSON that <see cref="Set(string, Field, JsonElement, Architecture)"/> reads back.</summary>
    /// <exception cref="InputException">A value that no record can hold, such as an activation of the user's own.</exception>
    public static JsonNode? NodeOf(Field field, Architecture architecture)
    {
        try
        {
            return NodeOf(field.Read(architecture));
        }
        catch (NotSupportedException error)
        {
            throw new InputException(error.Message, error);
        }
    }

    /// <summary>What a JSON element says; null where no field can hold it. 1e999 is refused here, not turned into infinity.</summary>
    private static FieldValue? ValueOf(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => FieldValue.NewText(element.GetString()!),
        JsonValueKind.True or JsonValueKind.False => FieldValue.NewFlag(element.GetBoolean()),
        JsonValueKind.Null => FieldValue.Null,
        JsonValueKind.Number => element.TryGetInt32(out int whole) ? FieldValue.NewWhole(whole)
            : NumberOf(element) is double number ? FieldValue.NewNumber(number) : null,
        JsonValueKind.Array => Array(element),
        JsonValueKind.Object => Object(element),
        _ => null,
    };

    private static FieldValue? Array(JsonElement element)
    {
        double?[] numbers = [.. element.EnumerateArray().Select(NumberOf)];
        if (numbers.All(number => number is not null))
            return FieldValue.NewNumbers([.. numbers.Select(number => number!.Value)]);
        FieldValue?[] values = [.. element.EnumerateArray().Select(ValueOf)];
        return values.All(value => value is not null) ? FieldValue.NewList([.. values.Select(value => value!)]) : null;
    }

    private static FieldValue? Object(JsonElement element)
    {
        (string Name, FieldValue? Value)[] parts = [.. element.EnumerateObject().Select(part => (part.Name, ValueOf(part.Value)))];
        return parts.All(part => part.Value is not null) ? FieldValue.NewObject([.. parts.Select(part => (part.Name, part.Value!))]) : null;
    }

    private static JsonNode? NodeOf(FieldValue value) => value switch
    {
        FieldValue.Text text => JsonValue.Create(text.Item),
        FieldValue.Whole whole => JsonValue.Create(whole.Item),
        FieldValue.Number number => JsonValue.Create(number.Item),
        FieldValue.Flag flag => JsonValue.Create(flag.Item),
        FieldValue.Numbers numbers => new JsonArray([.. numbers.Item.Select(number => (JsonNode)JsonValue.Create(number))]),
        FieldValue.List list => new JsonArray([.. list.Item.Select(NodeOf)]),
        FieldValue.Object parts => new JsonObject(parts.Item.Select(part => KeyValuePair.Create(part.Item1, NodeOf(part.Item2)))),
        _ => null,
    };

    private static double? NumberOf(JsonElement element) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out double value) && double.IsFinite(value) ? value : null;
}
