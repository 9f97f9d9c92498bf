using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Hybrid.Import.Json;
using Hybrid.Networks.Training;
using Microsoft.Win32.SafeHandles;

namespace Hybrid.Import.Safetensors;

/// <summary>
/// A safetensors file, open for reading by position: nothing of it is held but its header, about which everything is checked on
/// opening. Numbers of other types come out in single precision.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    private readonly string _path;
    private readonly SafeFileHandle _file;
    private readonly long _dataStart;
    private readonly Dictionary<string, StoredTensor> _tensors;

    private SafetensorsFile(string path, SafeFileHandle file, long dataStart, Dictionary<string, StoredTensor> tensors) =>
        (_path, _file, _dataStart, _tensors) = (path, file, dataStart, tensors);

    /// <summary>The tensors of the file.</summary>
    public IEnumerable<NamedTensor> Tensors => _tensors.Values.Select(item => item.Tensor);

    /// <summary>The tensors with their types.</summary>
    internal IEnumerable<StoredTensor> Stored => _tensors.Values;

    /// <summary>Opens a file in single precision, as runs write them.</summary>
    /// <exception cref="InputException">It cannot be read, is torn, or is no safetensors file in single precision.</exception>
    public static SafetensorsFile Open(string path) => Open(path, onlySingle: true);

    /// <summary>Opens a file whose tensors may be of any type.</summary>
    /// <exception cref="InputException">It cannot be read, is torn, or is no safetensors file.</exception>
    public static SafetensorsFile OpenAny(string path) => Open(path, onlySingle: false);

    private static SafetensorsFile Open(string path, bool onlySingle)
    {
        SafeFileHandle file;
        try
        {
            file = File.OpenHandle(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new InputException($"{path}: cannot be read ({error.Message.TrimEnd('.')})", error);
        }

        try
        {
            long length = RandomAccess.GetLength(file);
            Span<byte> prefix = stackalloc byte[SafetensorsHeader.LengthBytes];
            if (length < prefix.Length)
                throw new InputException($"{path}: a safetensors file begins with 8 bytes of header length, got {length} bytes in all");
            ReadExactly(file, prefix, 0, path);
            ulong json = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
            if (json > (ulong)Math.Min(SafetensorsHeader.LargestJson, length - prefix.Length))
            {
                throw new InputException($"{path}: the header is said to have {json} bytes, and the file has {length} "
                    + $"(legal are {SafetensorsHeader.LargestJson}); it is torn or no safetensors file");
            }

            byte[] header = new byte[json];
            ReadExactly(file, header, prefix.Length, path);
            long dataStart = prefix.Length + header.Length;
            return new(path, file, dataStart, SafetensorsHeader.Parse(header, length - dataStart, path, onlySingle));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads entries [offset, offset + destination.Length) of a tensor.</summary>
    /// <exception cref="InputException">The file has no such tensor of this shape.</exception>
    public void Read(NamedTensor tensor, long offset, Span<float> destination)
    {
        if (!_tensors.TryGetValue(tensor.Name, out StoredTensor? found))
            throw new InputException($"{_path}: has no tensor '{tensor.Name}'");
        if (!found.Tensor.Shape.SequenceEqual(tensor.Shape))
        {
            throw new InputException($"{_path}: tensor '{tensor.Name}' must be [{string.Join(", ", tensor.Shape)}], "
                + $"got [{string.Join(", ", found.Tensor.Shape)}]");
        }

        if (!found.IsReadable)
            throw new InputException($"{_path}: tensor '{tensor.Name}' must be F32, F16, BF16 or F64, got {found.Type}");
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, tensor.Length - destination.Length);
        long start = _dataStart + found.Start + found.ElementBytes * offset;
        if (found.ElementBytes == sizeof(float))
        {
            ReadExactly(_file, MemoryMarshal.AsBytes(destination), start, _path);
            return;
        }

        byte[] bytes = ArrayPool<byte>.Shared.Rent(checked(found.ElementBytes * destination.Length));
        try
        {
            Span<byte> piece = bytes.AsSpan(0, found.ElementBytes * destination.Length);
            ReadExactly(_file, piece, start, _path);
            found.Convert(piece, destination);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private static void ReadExactly(SafeFileHandle file, Span<byte> destination, long offset, string path)
    {
        while (!destination.IsEmpty)
        {
            int read = RandomAccess.Read(file, destination, offset);
            if (read == 0)
                throw new InputException($"{path}: ends at byte {offset}, where more is expected");
            destination = destination[read..];
            offset += read;
        }
    }
}
