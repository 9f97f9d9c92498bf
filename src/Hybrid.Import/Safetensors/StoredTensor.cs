using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Hybrid.Networks.Training;

namespace Hybrid.Import.Safetensors;

/// <summary>A tensor as a file holds it.</summary>
/// <param name="Tensor">Name and shape.</param>
/// <param name="Type">Its dtype as the format names it, such as BF16.</param>
/// <param name="Start">The first byte of its data, counted from the first data byte of the file.</param>
internal sealed record StoredTensor(NamedTensor Tensor, string Type, long Start)
{
    private static readonly Dictionary<string, int> Sizes = new()
    {
        ["F64"] = 8,
        ["F32"] = 4,
        ["F16"] = 2,
        ["BF16"] = 2,
        ["I64"] = 8,
        ["I32"] = 4,
        ["I16"] = 2,
        ["I8"] = 1,
        ["U64"] = 8,
        ["U32"] = 4,
        ["U16"] = 2,
        ["U8"] = 1,
        ["BOOL"] = 1,
        ["F8_E5M2"] = 1,
        ["F8_E4M3"] = 1,
    };

    /// <summary>The types that the format knows.</summary>
    public static IEnumerable<string> Types => Sizes.Keys;

    /// <summary>Bytes of its data.</summary>
    public long Bytes => ElementBytes * Tensor.Length;

    /// <summary>Bytes of one entry.</summary>
    public int ElementBytes => Sizes[Type];

    /// <summary>Whether its entries are numbers that can be read in single precision.</summary>
    public bool IsReadable => Type is "F64" or "F32" or "F16" or "BF16";

    /// <summary>Bytes of an entry of a type, or null of one that is not known.</summary>
    public static int? BytesOf(string type) => Sizes.TryGetValue(type, out int size) ? size : null;

    /// <summary>Entries from their bytes, little-endian; doubles are rounded, the others are exact.</summary>
    public void Convert(ReadOnlySpan<byte> bytes, Span<float> destination)
    {
        switch (Type)
        {
            case "F32":
                bytes.CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case "F16":
                ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(bytes);
                for (int i = 0; i < destination.Length; i++)
                    destination[i] = (float)halves[i];
                break;
            case "BF16":
                ReadOnlySpan<ushort> upper = MemoryMarshal.Cast<byte, ushort>(bytes);
                for (int i = 0; i < destination.Length; i++)
                    destination[i] = BitConverter.UInt32BitsToSingle((uint)upper[i] << 16);
                break;
            case "F64":
                for (int i = 0; i < destination.Length; i++)
                    destination[i] = (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes[(8 * i)..]);
                break;
            default:
                throw new InvalidOperationException($"{Tensor.Name} is {Type}, which is not read as numbers");
        }
    }
}
