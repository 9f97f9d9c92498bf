using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hybrid.Import.Json;

namespace Hybrid.Lab.Cells;

/// <summary>
/// Everything that the results of a set of cells depend on. A cell is a function of the plan and its number, so equal plans
/// have equal results, whoever measures them. Plans are told apart by the hash of their text, the bytes of plan.json.
/// </summary>
public sealed class CellPlan
{
    private const int Format = 1;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, IndentSize = 1, NewLine = "\n" };

    /// <summary>A plan.</summary>
    /// <param name="kind">Who can read the question, such as sweep.</param>
    /// <param name="version">The version of hybrid that measures; another one is another plan.</param>
    /// <param name="seed">The seed of every random number.</param>
    /// <param name="cells">The number of cells, ≥ 1.</param>
    /// <param name="question">What is asked, complete: no file and no option beside it changes a result.</param>
    public CellPlan(string kind, string version, ulong seed, int cells, JsonObject question)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(cells, 1);
        (Kind, Version, Seed, Cells, Question) = (kind, version, seed, cells, question);
        JsonObject node = new()
        {
            ["format"] = Format,
            ["kind"] = kind,
            ["version"] = version,
            ["seed"] = seed,
            ["cells"] = cells,
            ["question"] = question.DeepClone(),
        };
        Text = node.ToJsonString(Indented) + "\n";
        Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)));
    }

    /// <summary>Who can read the question.</summary>
    public string Kind { get; }

    /// <summary>The version of hybrid.</summary>
    public string Version { get; }

    /// <summary>The seed.</summary>
    public ulong Seed { get; }

    /// <summary>The number of cells.</summary>
    public int Cells { get; }

    /// <summary>What is asked.</summary>
    public JsonObject Question { get; }

    /// <summary>The plan as plan.json holds it.</summary>
    public string Text { get; }

    /// <summary>SHA-256 of <see cref="Text"/>, 64 hexadecimal digits.</summary>
    public string Hash { get; }

    /// <summary>Reads <see cref="Text"/>; <paramref name="source"/> names it in errors.</summary>
    /// <exception cref="InputException">It is no plan.</exception>
    public static CellPlan Parse(string text, string source)
    {
        using JsonDocument document = Document(text, source);
        JsonFields root = new(document.RootElement, source);
        root.Integer("format", Format, Format);
        CellPlan plan = new(
            root.Text("kind"),
            root.Text("version"),
            root.Seed("seed"),
            (int)root.Integer("cells", 1, int.MaxValue),
            JsonNode.Parse(root.Any("question").GetRawText()) as JsonObject
                ?? throw new InputException($"{source}: question must be a JSON object"));
        root.EnsureNoOther();
        return plan.Text == text
            ? plan
            : throw new InputException($"{source}: has been edited, and is no plan as hybrid writes it; make the cells' folder anew");
    }

    // Deeper than a record alone may be.
    private static JsonDocument Document(string text, string source)
    {
        try
        {
            return JsonDocument.Parse(text);
        }
        catch (JsonException error)
        {
            throw new InputException($"{source}: must be JSON, got something else ({error.Message.TrimEnd('.')})", error);
        }
    }

    /// <summary>The first difference to another plan in words, or "" where there is none.</summary>
    public string DifferenceTo(CellPlan other)
    {
        (string Path, string Stored, string Given) = JsonDifferences.Between(JsonNode.Parse(Text), JsonNode.Parse(other.Text))
            .FirstOrDefault();
        return Path is null ? "" : $"{Path} is {JsonText.Excerpt(Stored)} there and {JsonText.Excerpt(Given)} here";
    }
}
