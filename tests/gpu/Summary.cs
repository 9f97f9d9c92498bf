using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Hybrid.Gpu;

/// <summary>A part of the report in lines for a person: how it ended, and its numbers, without what is long.</summary>
internal static class Summary
{
    // Lists of more entries than this are left to report.json; so is what an engine was asked.
    private const int Most = 24;
    private static readonly string[] Skipped = ["run", "architecture", "layers", "predicted", "comparisons", "measured"];

    public static void Write(StringBuilder text, string name, Report.Outcome outcome)
    {
        using StringWriter writer = new(text, CultureInfo.InvariantCulture);
        Write(writer, name, outcome);
    }

    public static void Write(TextWriter writer, string name, Report.Outcome outcome)
    {
        writer.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{name}: exit code {outcome.Code}, ended {outcome.Ended}, {outcome.Seconds:0.0} s"));
        if (outcome.Result is null)
        {
            foreach (string line in outcome.Said.Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(Most))
                writer.WriteLine($"  {line}");
        }
        else
        {
            Write(writer, outcome.Result, "  ");
        }
    }

    private static void Write(TextWriter writer, JsonNode node, string indent)
    {
        if (node is JsonArray { Count: <= Most } list)
        {
            foreach (JsonNode? item in list)
                WriteItem(writer, "-", item, indent);
        }
        else if (node is JsonObject fields)
        {
            foreach ((string key, JsonNode? value) in fields.Where(field => !Skipped.Contains(field.Key)))
                WriteItem(writer, key, value, indent);
        }
    }

    private static void WriteItem(TextWriter writer, string key, JsonNode? value, string indent)
    {
        if (value is JsonObject or JsonArray { Count: > 0 })
        {
            string one = value.ToJsonString();
            if (one.Length + indent.Length + key.Length < 130)
            {
                writer.WriteLine($"{indent}{key} {one}");
                return;
            }

            writer.WriteLine($"{indent}{key}");
            Write(writer, value, indent + "  ");
        }
        else
        {
            writer.WriteLine($"{indent}{key} {value?.ToJsonString() ?? "null"}");
        }
    }
}
