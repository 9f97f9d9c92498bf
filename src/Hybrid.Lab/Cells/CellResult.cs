using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hybrid.Lab.Cells;

/// <summary>A finished cell as it is stored: one line of text that begins with the SHA-256 of the rest.</summary>
/// <param name="Index">The cell's number.</param>
/// <param name="Key">Its key.</param>
/// <param name="Values">What it measured, as JSON text: the part that is equal whoever measured it.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Machine">The kind of processor, <see cref="MachineKind"/>.</param>
public sealed record CellResult(int Index, string Key, string Values, double Seconds, string Machine)
{
    private const int HashLength = 64;

    /// <summary>The measured values as JSON.</summary>
    public JsonObject ToNode() => JsonNode.Parse(Values)!.AsObject();

    /// <summary>The line of a merged store: number, key and values.</summary>
    public string Line() => $"{{\"cell\":{Index},\"key\":{JsonSerializer.Serialize(Key)},\"values\":{Values}}}";

    /// <summary>The line of how it was measured, which differs between runs.</summary>
    public string Provenance() => new JsonObject { ["cell"] = Index, ["seconds"] = Seconds, ["machine"] = Machine }.ToJsonString();

    /// <summary>The line that a cell's file holds, without its end.</summary>
    /// <param name="plan">The plan's hash.</param>
    internal string ToText(string plan)
    {
        string body = new JsonObject
        {
            ["plan"] = plan,
            ["cell"] = Index,
            ["key"] = Key,
            ["seconds"] = Seconds,
            ["machine"] = Machine,
            ["values"] = JsonNode.Parse(Values),
        }.ToJsonString();
        return $"{HashOf(body)} {body}";
    }

    /// <summary>Reads a line.</summary>
    /// <param name="line">The line.</param>
    /// <param name="plan">The plan's hash that it must be of.</param>
    /// <param name="result">The cell.</param>
    internal static CellLine Parse(string line, string plan, out CellResult? result)
    {
        result = null;
        if (line.Length <= HashLength + 1 || line[HashLength] != ' '
            || !line.AsSpan(0, HashLength).SequenceEqual(HashOf(line[(HashLength + 1)..])))
        {
            return CellLine.Damaged;
        }

        using JsonDocument document = JsonDocument.Parse(line.AsMemory(HashLength + 1));
        JsonElement root = document.RootElement;
        if (root.GetProperty("plan").GetString() != plan)
            return CellLine.Foreign;
        result = new(
            root.GetProperty("cell").GetInt32(),
            root.GetProperty("key").GetString()!,
            root.GetProperty("values").GetRawText(),
            root.GetProperty("seconds").GetDouble(),
            root.GetProperty("machine").GetString()!);
        return CellLine.Whole;
    }

    private static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}

/// <summary>What a stored line is.</summary>
internal enum CellLine
{
    /// <summary>A cell of the plan.</summary>
    Whole,

    /// <summary>A cell of another plan.</summary>
    Foreign,

    /// <summary>Torn or altered: no cell.</summary>
    Damaged,
}
