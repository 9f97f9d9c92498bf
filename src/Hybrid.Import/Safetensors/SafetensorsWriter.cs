using System.Runtime.InteropServices;
using Hybrid.Networks.Training;

namespace Hybrid.Import.Safetensors;

/// <summary>Writes tensors in single precision as a safetensors file, a piece at a time: no copy of the file is ever held.</summary>
internal static class SafetensorsWriter
{
    private const int Piece = 1 << 16;

    /// <summary>Copies entries [offset, offset + destination.Length) of a tensor out.</summary>
    public delegate void Read(NamedTensor tensor, long offset, Span<float> destination);

    /// <summary>Writes header and data; the data are little-endian, as the machines are that .NET runs the engines on.</summary>
    public static void Write(
        Action<ReadOnlySpan<byte>> write,
        IReadOnlyList<NamedTensor> tensors,
        IReadOnlyDictionary<string, string> metadata,
        Read read)
    {
        write(SafetensorsHeader.Format(tensors, metadata));
        float[] buffer = new float[Piece];
        foreach (NamedTensor tensor in tensors)
        {
            for (long offset = 0; offset < tensor.Length; offset += Piece)
            {
                Span<float> piece = buffer.AsSpan(0, (int)Math.Min(Piece, tensor.Length - offset));
                read(tensor, offset, piece);
                write(MemoryMarshal.AsBytes(piece));
            }
        }
    }
}
