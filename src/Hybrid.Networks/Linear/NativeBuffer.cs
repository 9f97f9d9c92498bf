using System.Runtime.InteropServices;

namespace Hybrid.Networks.Linear;

/// <summary>
/// Zeroed memory outside the managed heap, aligned to a cache line (64 bytes, also the widest vector), owned until
/// disposed. Elements are counted in 64 bits, so one buffer may hold more than an array can.
/// </summary>
/// <typeparam name="T">Element type.</typeparam>
public sealed unsafe class NativeBuffer<T> : IDisposable
    where T : unmanaged
{
    private const int Alignment = 64;

    /// <summary>Takes <paramref name="length"/> zeroed elements.</summary>
    /// <param name="length">Elements, ≥ 0.</param>
    /// <param name="purpose">What the memory is for; the message of a failure says it.</param>
    /// <exception cref="InsufficientMemoryException">The machine cannot give that many bytes.</exception>
    public NativeBuffer(Int128 length, string purpose)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Int128 bytes = length * sizeof(T);
        if (bytes > GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)
            throw TooLarge(purpose, bytes, null);
        Length = (long)length;
        try
        {
            Pointer = (T*)HugePages.Allocate((nuint)Int128.Max(1, bytes), Alignment);
        }
        catch (OutOfMemoryException exception)
        {
            throw TooLarge(purpose, bytes, exception);
        }

        NativeMemory.Clear(Pointer, (nuint)bytes);
    }

    /// <summary>Gives memory back that nobody disposed.</summary>
    ~NativeBuffer() => Release();

    /// <summary>The first element; aligned to 64 bytes.</summary>
    public T* Pointer { get; private set; }

    /// <summary>Elements in the buffer.</summary>
    public long Length { get; }

    /// <summary>Elements [offset, offset + count) as a span.</summary>
    public Span<T> Span(long offset, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + count, Length);
        return new Span<T>(Pointer + offset, count);
    }

    /// <summary>Elements from <paramref name="offset"/> on as a row-major matrix without gaps.</summary>
    public MatrixView<T> Matrix(long offset, int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + (long)rows * columns, Length);
        return new MatrixView<T>(Pointer + offset, rows, columns);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private static InsufficientMemoryException TooLarge(string purpose, Int128 bytes, Exception? inner) => new(
        $"{purpose} needs {bytes} bytes ({(double)bytes / (1L << 30):0.0} GiB) and this machine offers "
        + $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes} bytes; ask for fewer tokens, a smaller width or fewer blocks",
        inner);

    private void Release()
    {
        NativeMemory.AlignedFree(Pointer);
        Pointer = null;
    }
}
