namespace Hybrid.Networks.Linear;

/// <summary>A matrix's place in a planned buffer.</summary>
/// <param name="Offset">Its first element.</param>
/// <param name="Rows">Rows, each contiguous.</param>
/// <param name="Columns">Columns.</param>
internal readonly record struct Slot(long Offset, int Rows, int Columns)
{
    // Elements per cache line of singles: every matrix starts on a line.
    private const int Line = 16;

    /// <summary>A length rounded up to whole cache lines.</summary>
    internal static Int128 Padded(Int128 length) => (length + Line - 1) / Line * Line;

    /// <summary>The matrix itself, <paramref name="shift"/> elements further on.</summary>
    internal MatrixView<T> In<T>(NativeBuffer<T> buffer, long shift = 0)
        where T : unmanaged => buffer.Matrix(Offset + shift, Rows, Columns);

    /// <summary>The matrix stored as another type of at most eight bytes in a slot counted in doubles.</summary>
    internal unsafe MatrixView<T> As<T>(NativeBuffer<double> buffer, long shift = 0)
        where T : unmanaged => new((T*)In(buffer, shift).Data, Rows, Columns);
}
