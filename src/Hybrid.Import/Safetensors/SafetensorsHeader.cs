using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hybrid.Import.Json;
using Hybrid.Networks.Training;

namespace Hybrid.Import.Safetensors;

/// <summary>
/// The head of a safetensors file: eight bytes of little-endian length, then JSON that gives every tensor's dtype, shape
/// and place in the data that follow. Data have neither gaps nor overlaps. What is written is F32; what is read may be of any type, or
/// must be F32 where the reader says so.
/// </summary>
internal static class SafetensorsHeader
{
    /// <summary>Bytes of the length before the JSON.</summary>
    public const int LengthBytes = 8;

    /// <summary>Longest JSON that is read, as in the format's reference implementation.</summary>
    public const long LargestJson = 100_000_000;

    private const string Metadata = "__metadata__";

    /// <summary>Length and JSON of a file whose data are the tensors in the given order; padded to a multiple of eight bytes.</summary>
    public static byte[] Format(IReadOnlyList<NamedTensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        JsonObject root = [];
        if (metadata.Count > 0)
            root[Metadata] = new JsonObject(metadata.Select(item => KeyValuePair.Create(item.Key, (JsonNode?)item.Value)));
        long offset = 0;
        foreach (NamedTensor tensor in tensors)
        {
            long end = offset + sizeof(float) * tensor.Length;
            root.Add(tensor.Name, new JsonObject
            {
                ["dtype"] = "F32",
                ["shape"] = new JsonArray([.. tensor.Shape.Select(side => (JsonNode)side)]),
                ["data_offsets"] = new JsonArray(offset, end),
            });
            offset = end;
        }

        byte[] json = Encoding.UTF8.GetBytes(root.ToJsonString());
        byte[] header = new byte[LengthBytes + (json.Length + 7) / 8 * 8];
        BinaryPrimitives.WriteInt64LittleEndian(header, header.Length - LengthBytes);
        header.AsSpan(LengthBytes).Fill((byte)' ');
        json.CopyTo(header, LengthBytes);
        return header;
    }

    /// <summary>Reads the JSON of a file with <paramref name="dataBytes"/> bytes of data.</summary>
    /// <param name="json">The header without its length.</param>
    /// <param name="dataBytes">Bytes behind it.</param>
    /// <param name="source">Names the file in errors.</param>
    /// <param name="onlySingle">Whether every tensor must be F32.</param>
    /// <returns>The tensors by name.</returns>
    /// <exception cref="InputException">The header is not one, or does not fit the data.</exception>
    public static Dictionary<string, StoredTensor> Parse(byte[] json, long dataBytes, string source, bool onlySingle = true)
    {
        using JsonDocument document = ParseDocument(json, source);
        JsonFields root = new(document.RootElement, source);
        if (root.Has(Metadata))
            root.Any(Metadata);
        Dictionary<string, StoredTensor> tensors = [];
        foreach (string name in root.Rest.ToArray())
            tensors.Add(name, ParseTensor(root.Object(name), name, source, onlySingle));
        EnsureContiguous(tensors.Values, dataBytes, source);
        return tensors;
    }

    private static JsonDocument ParseDocument(byte[] json, string source)
    {
        try
        {
            return JsonText.Parse(json, source, new JsonDocumentOptions { MaxDepth = 8 });
        }
        catch (JsonException error)
        {
            throw new InputException(
                $"{source}: the header is not JSON ({error.Message.Split(" LineNumber:")[0].TrimEnd('.')}); "
                + "the file is torn or no safetensors file",
                error);
        }
    }

    private static StoredTensor ParseTensor(JsonFields fields, string name, string source, bool onlySingle)
    {
        InputException Wrong(string what) => new($"{source}: tensor '{name}': {what}");

        string type = fields.Text("dtype");
        if (onlySingle && type != "F32")
            throw Wrong($"dtype must be F32, got {type}");
        if (StoredTensor.BytesOf(type) is not int size)
            throw Wrong($"dtype must be one of {string.Join(", ", StoredTensor.Types)}, got {type}");
        int[] shape = Array(fields.Any("shape")) is long[] sides && sides.All(side => side is >= 0 and <= int.MaxValue)
            ? [.. sides.Select(side => (int)side)]
            : throw Wrong($"shape must be an array of integers from 0 to {int.MaxValue}");
        if (Array(fields.Any("data_offsets")) is not [long start and >= 0, long end] || end < start)
            throw Wrong("data_offsets must be [begin, end] with 0 ≤ begin ≤ end");
        fields.EnsureNoOther();
        // Saturated long before it can overflow: no file has 2^62 bytes.
        Int128 bytes = shape.Aggregate((Int128)size, (product, side) => Int128.Min(product * side, long.MaxValue));
        if (bytes != end - start)
            throw Wrong($"shape [{string.Join(", ", shape)}] takes {bytes} bytes, data_offsets give {end - start}");
        return new(new(name, shape), type, start);
    }

    private static long[]? Array(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Array)
            return null;
        List<long> values = [];
        foreach (JsonElement entry in element.EnumerateArray())
        {
            if (entry.ValueKind != JsonValueKind.Number || !entry.TryGetInt64(out long value))
                return null;
            values.Add(value);
        }

        return [.. values];
    }

    private static void EnsureContiguous(IEnumerable<StoredTensor> tensors, long dataBytes, string source)
    {
        long end = 0;
        foreach (StoredTensor stored in tensors.OrderBy(item => item.Start).ThenBy(item => item.Tensor.Length))
        {
            (NamedTensor tensor, _, long start) = stored;
            if (start != end)
            {
                throw new InputException($"{source}: tensor '{tensor.Name}' begins at data byte {start}, "
                    + $"{(start < end ? "inside" : "after a gap behind")} the one that ends at {end}");
            }

            end += stored.Bytes;
        }

        if (end != dataBytes)
        {
            throw new InputException(
                $"{source}: the tensors take {end} bytes of data, the file has {dataBytes}; it is torn or no safetensors file");
        }
    }
}
