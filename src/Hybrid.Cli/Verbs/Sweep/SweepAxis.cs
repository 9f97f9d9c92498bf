using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Hybrid.Import.Json;
using Hybrid.Import.Records;

namespace Hybrid.Cli.Verbs;

/// <summary>One axis of a sweep: what it sets, and to which values.</summary>
/// <param name="Paths">Fields of the architecture, seed, or optimiser.NAME; all take the same value.</param>
/// <param name="Values">The values as --set reads them.</param>
internal sealed record SweepAxis(IReadOnlyList<string> Paths, IReadOnlyList<string> Values)
{
    /// <summary>The path that is a run's seed.</summary>
    public const string Seed = "seed";

    /// <summary>What paths of a training's optimiser begin with.</summary>
    public const string Optimiser = "optimiser.";

    private const int MostValues = 1_000_000;

    /// <summary>Reads "PATHS=lo:hi:count", "PATHS=lo:hi:count:log" or "PATHS=value,value,…".</summary>
    /// <exception cref="InputException">The text has another form, or a path is nothing that can be set.</exception>
    public static SweepAxis Parse(string text)
    {
        int equals = text.IndexOf('=');
        string[] paths = equals < 1
            ? []
            : text[..equals].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (paths.Length == 0)
            throw Wrong(text, "has no path before an equals sign");
        string[] legal = [.. ArchitectureOverrides.Paths, Seed];
        foreach (string path in paths.Where(path => !path.StartsWith(Optimiser, StringComparison.Ordinal) && !legal.Contains(path)))
        {
            throw new InputException($"--axis {JsonText.Excerpt(text)}: '{path}' is nothing that can be swept"
                + $"{NearestName.QuestionOrStop(path, legal)} Legal: {string.Join(", ", legal)}, and {Optimiser}NAME with --do train.");
        }

        string[] values = Range(text, text[(equals + 1)..]) ?? Split(text[(equals + 1)..]);
        return values.Length == 0 || values.Contains("") ? throw Wrong(text, "has an empty value")
            : values.Distinct().Count() < values.Length ? throw Wrong(text, "has a value twice")
            : new(paths, values);
    }

    /// <summary>The axis as JSON.</summary>
    public JsonNode ToNode() => new JsonObject
    {
        ["paths"] = new JsonArray([.. Paths.Select(path => (JsonNode)path)]),
        ["values"] = new JsonArray([.. Values.Select(value => (JsonNode)value)]),
    };

    /// <summary>Reads <see cref="ToNode"/>.</summary>
    public static SweepAxis Of(JsonNode node)
    {
        string[] Words(string name) => [.. node[name]!.AsArray().Select(item => item!.GetValue<string>())];
        return new(Words("paths"), Words("values"));
    }

    /// <summary>The values of a range, first and last exactly its bounds; null where the text is none.</summary>
    private static string[]? Range(string text, string range)
    {
        string[] parts = range.Split(':');
        bool geometric = parts is [_, _, _, "log"];
        if (!(parts.Length == 3 || geometric) || !Number(parts[0], out double low) || !Number(parts[1], out double high))
            return null;
        if (!int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out int count) || count < 2 || count > MostValues)
            throw Wrong(text, $"has a count '{parts[2]}', which must be an integer from 2 to {MostValues}");
        if (!double.IsFinite(high - low) || !(high > low) || (geometric && low <= 0))
            throw Wrong(text, $"must have {(geometric ? "0 < lo" : "lo")} < hi, both finite");
        double At(int i) => i == count - 1 ? high : i == 0 ? low
            : geometric ? low * Math.Pow(high / low, (double)i / (count - 1)) : low + i * (high - low) / (count - 1);
        return [.. Enumerable.Range(0, count).Select(i => At(i).ToString("R", CultureInfo.InvariantCulture))];
    }

    /// <summary>At commas outside of brackets and quotes, so that values may be JSON.</summary>
    private static string[] Split(string text)
    {
        List<string> values = [];
        StringBuilder value = new();
        int depth = 0;
        bool quoted = false;
        foreach (char character in text)
        {
            quoted ^= character == '"';
            depth += quoted ? 0 : character is '{' or '[' ? 1 : character is '}' or ']' ? -1 : 0;
            if (character == ',' && depth == 0 && !quoted)
            {
                values.Add(value.ToString().Trim());
                value.Clear();
            }
            else
            {
                value.Append(character);
            }
        }

        return [.. values, value.ToString().Trim()];
    }

    private static bool Number(string text, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);

    private static InputException Wrong(string text, string reason) => new(
        $"--axis {JsonText.Excerpt(text)}: {reason}; must be PATHS=lo:hi:count, PATHS=lo:hi:count:log or PATHS=value,value,…, "
        + "for example --axis mlp.inStd=0.5:3:6");
}
