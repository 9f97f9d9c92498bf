using System.Text.Json;
using System.Text.Json.Nodes;
using Hybrid.Import.Json;

namespace Hybrid.Import.Records;

/// <summary>The kinds of field that the architecture record has.</summary>
internal static class FieldKinds
{
    public static readonly FieldKind<string> Text = new(
        "a string",
        element => element.ValueKind == JsonValueKind.String ? [element.GetString()!] : null,
        value => JsonValue.Create(value),
        []);

    public static readonly FieldKind<bool> Flag = new(
        "true or false",
        element => element.ValueKind is JsonValueKind.True or JsonValueKind.False ? [element.GetBoolean()] : null,
        value => JsonValue.Create(value),
        []);

    // Ranges proper are the theory's to check: Architecture.validate is the only place that states them.
    public static readonly FieldKind<int> Integer = new(
        $"an integer from 1 to {ArchitectureModule.LargestSize}",
        element => element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out int value) ? [value] : null,
        value => JsonValue.Create(value),
        []);

    public static readonly FieldKind<double> Number = new("a finite number", ReadNumber, WriteNumber, []);

    public static readonly FieldKind<Schedule> Schedule = new(
        "a finite number, or an array of finite numbers, one for each layer",
        ReadSchedule,
        value => value is Hybrid.Architectures.Schedule.PerLayer layers
            ? new JsonArray([.. layers.Item.Select(WriteNumber)])
            : WriteNumber(value.Values[0]),
        []);

    public static readonly FieldKind<Activation> Activation =
        Choice([.. ActivationModule.Named.Select(named => (named.Item2, named.Item1))]);

    public static readonly FieldKind<Norm> Norm = Choice(
        ("none", Hybrid.Architectures.Norm.None),
        ("pre", Hybrid.Architectures.Norm.Pre),
        ("post", Hybrid.Architectures.Norm.Post),
        ("peri", Hybrid.Architectures.Norm.Peri),
        ("output", Hybrid.Architectures.Norm.Output));

    public static readonly FieldKind<Mask> Mask = Choice(
        ("none", Hybrid.Architectures.Mask.None),
        ("causal", Hybrid.Architectures.Mask.Causal));

    /// <summary>1e999 is refused here; it is not turned into infinity.</summary>
    private static double[]? ReadNumber(JsonElement element) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out double value) && double.IsFinite(value)
            ? [value]
            : null;

    private static JsonNode WriteNumber(double value) => JsonValue.Create(value);

    private static Schedule[]? ReadSchedule(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Array)
            return ReadNumber(element) is [double constant] ? [Hybrid.Architectures.Schedule.NewConstant(constant)] : null;
        double[]?[] entries = [.. element.EnumerateArray().Select(ReadNumber)];
        return entries.Any(entry => entry is null)
            ? null
            : [Hybrid.Architectures.Schedule.NewPerLayer([.. entries.Select(entry => entry![0])])];
    }

    /// <summary>Only a custom activation has no name: it is code, and no record can hold it.</summary>
    private static string NameOf<T>(T value, (string Name, T Value)[] cases)
        where T : notnull =>
        cases.FirstOrDefault(item => item.Value.Equals(value)).Name
            ?? throw new InputException($"{value} has no name in the architecture record and cannot be written; it must be one of {string.Join(", ", cases.Select(item => item.Name))}");

    private static FieldKind<T> Choice<T>(params (string Name, T Value)[] cases)
        where T : notnull => new(
        "one of " + string.Join(", ", cases.Select(item => item.Name)),
        element => element.ValueKind == JsonValueKind.String
            ? cases.Where(item => item.Name == element.GetString()).Select(item => item.Value).ToArray() is [T value] ? [value] : null
            : null,
        value => JsonValue.Create(NameOf(value, cases)),
        [.. cases.Select(item => item.Name)]);
}
