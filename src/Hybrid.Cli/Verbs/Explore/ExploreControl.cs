using System.Text.Json.Nodes;
using Hybrid.Architectures;
using Hybrid.Import.Records;

namespace Hybrid.Cli.Verbs;

/// <summary>
/// One control of the page, from a row of the table of fields and nothing else: what it may hold is asked of the field, so that a new
/// field has a control without a line here.
/// </summary>
internal static class ExploreControl
{
    // The ends of a slider without an end of its own, for values of size one.
    private const double Wide = 4;

    // Whole numbers that a slider stops at, where they are legal: 1, 2, 3, 4, 6, 8, 12, 16, 24 …
    private static readonly int[] Steps = [1, .. Enumerable.Range(1, 23).SelectMany(k => (int[])[1 << k, 3 << (k - 1)])];

    /// <summary>What stays as it is: path, symbol, meaning, and what kinds of value it takes.</summary>
    public static JsonNode Describe(Field field) => new JsonObject
    {
        ["path"] = field.Path,
        ["symbol"] = field.Symbol,
        ["meaning"] = field.Meaning,
        ["legal"] = field.Legal,
        ["control"] = Kind(field),
        ["names"] = new JsonArray([.. field.Names.Select(name => (JsonNode)name)]),
        ["optional"] = Takes(field, FieldValue.Null),
        ["absent"] = ArchitectureJson.ValueOf(field, ArchitectureModule.Defaults),
        ["schedule"] = field.Kind.IsSchedule,
    };

    /// <summary>The present value, and the ends or stops of its slider.</summary>
    public static JsonNode Of(Field field, Architecture architecture)
    {
        JsonObject control = new() { ["value"] = ArchitectureJson.ValueOf(field, architecture) };
        switch (Kind(field))
        {
            case "whole":
                control["stops"] = new JsonArray([.. Stops(field, architecture).Select(stop => (JsonNode)stop)]);
                break;
            case "number":
                (double low, double high) = Ends(field, architecture);
                control["low"] = low;
                control["high"] = high;
                break;
        }

        return control;
    }

    private static string Kind(Field field) =>
        field.Kind.IsText ? "text"
        : field.Kind.IsFlag ? "flag"
        : field.Kind.IsChoice ? "choice"
        : Takes(field, FieldValue.NewNumber(1.5)) ? "number"
        : Takes(field, FieldValue.NewWhole(1)) ? "whole"
        : field.Names.Length > 0 ? "choice" : "record";

    private static bool Takes(Field field, FieldValue value) => field.Write(ArchitectureModule.Defaults, value) is not null;

    private static double Present(Field field, Architecture architecture, double absent) => field.Read(architecture) switch
    {
        FieldValue.Whole whole => whole.Item,
        FieldValue.Number number => number.Item,
        FieldValue.Numbers { Item: [double first, ..] } => first,
        _ => absent,
    };

    /// <summary>From 0, or as far below as is legal, to four times the value, rounded up, or as far as is legal.</summary>
    private static (double Low, double High) Ends(Field field, Architecture architecture)
    {
        double value = Present(field, architecture, 1);
        double reach = value == 0 ? 1 : Rounded(Wide * Math.Abs(value));
        return (End(field, architecture, value, -reach), End(field, architecture, value, reach));
    }

    /// <summary>The legal number nearest to <paramref name="end"/> between it and a legal value, to a relative 1e-12.</summary>
    private static double End(Field field, Architecture architecture, double value, double end)
    {
        if (IsLegal(end))
            return end;
        if (end < 0 && IsLegal(0))
            value = 0;
        double illegal = end;
        for (int i = 0; i < 80 && Math.Abs(illegal - value) > 1e-12 * Math.Abs(end); i++)
        {
            double middle = 0.5 * (illegal + value);
            if (IsLegal(middle))
                value = middle;
            else
                illegal = middle;
        }

        return value;

        bool IsLegal(double number) =>
            field.Write(architecture, FieldValue.NewNumber(number)) is Architecture changed && field.Check.Invoke(changed).IsEmpty;
    }

    /// <summary>1, 2 or 5 times a power of ten, at least <paramref name="value"/>.</summary>
    private static double Rounded(double value)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return power * ((double[])[1, 2, 5, 10]).First(digit => digit * power >= value * (1 - 1e-12));
    }

    /// <summary>Legal steps up to four times the value, and the value.</summary>
    private static int[] Stops(Field field, Architecture architecture)
    {
        int value = (int)Present(field, architecture, 64);
        return [.. Steps.Append(value).Where(step => step <= Wide * value && (step == value || IsLegal(step))).Distinct().Order()];

        bool IsLegal(int number) => field.Write(architecture, FieldValue.NewWhole(number)) is Architecture changed
            && (field.Path == "depth" || ArchitectureModule.Validate(changed).Length == 0);
    }
}
