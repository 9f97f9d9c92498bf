using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Hybrid.Networks.Linear;

/// <summary>
/// A block of A as panels of rows that a micro-kernel reads, as they lie or packed; a remainder is packed, and of at most half a
/// panel it is half a panel. Knows where each panel's first and last columns are all zeros, as in a triangle: they add nothing.
/// </summary>
internal readonly unsafe struct LeftBlock<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly MatrixView<T> block;
    private readonly bool lies;
    private readonly T* packed;
    private readonly (int From, int To)* spans;

    /// <summary>Packs what is read packed.</summary>
    /// <param name="block">[rows, depth].</param>
    /// <param name="panelRows">Rows of a full panel.</param>
    /// <param name="lies">Whether full panels are read as they lie, which needs unit strides along rows or columns.</param>
    /// <param name="memory">For packed panels.</param>
    /// <param name="spans">Memory for an entry per panel.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal LeftBlock(MatrixView<T> block, int panelRows, bool lies, T* memory, (int From, int To)* spans)
    {
        this.block = block;
        this.lies = lies;
        this.spans = spans;
        packed = memory;
        PanelRows = panelRows;
        int first = lies ? block.Rows / panelRows * panelRows : 0;
        for (int row = first; row < block.Rows; row += panelRows)
        {
            int width = Math.Min(panelRows, block.Rows - row);
            T* source = block.Data + row * block.RowStride, destination = memory + (nint)row * block.Columns;
            Panel<T>.Pack(source, block.RowStride, block.ColumnStride, width, Height(row), block.Columns, destination);
        }

        for (int row = 0; row < block.Rows; row += panelRows)
        {
            T* panel = Whole(row, out int height, out nint across, out nint along);
            spans[row / panelRows] = NonZero(panel, height, across, along, block.Columns);
        }
    }

    /// <summary>Rows of a full panel.</summary>
    internal int PanelRows { get; }

    /// <summary>The panel that begins at <paramref name="row"/>, from its first column that is not all zeros on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal T* Panel(int number, int row, out int height, out nint across, out nint along, out int from, out int used)
    {
        (from, int to) = spans[number];
        used = to - from;
        return Whole(row, out height, out across, out along) + from * along;
    }

    // The same from its first column on.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private T* Whole(int row, out int height, out nint across, out nint along)
    {
        if (lies && block.Rows - row >= PanelRows)
        {
            (height, across, along) = (PanelRows, block.RowStride, block.ColumnStride);
            return block.Data + row * across;
        }

        height = Height(row);
        (across, along) = (1, height);
        return packed + (nint)row * block.Columns;
    }

    private int Height(int row)
    {
        int half = PackingBuffers<T>.TileRows / 2;
        return block.Rows - row <= half ? half : PanelRows;
    }

    // Columns before the first and after the last that are not all zeros are left out.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (int From, int To) NonZero(T* panel, int height, nint across, nint along, int depth)
    {
        int from, to;
        if (across == 1)
        {
            for (to = depth; to > 0 && IsZero(panel + (to - 1) * along, height);)
                to--;
            for (from = 0; from < to && IsZero(panel + from * along, height);)
                from++;
            return (from, to);
        }

        (from, to) = (depth, 0);
        int lanes = Vector<T>.Count;
        for (int row = 0; row < height; row++)
        {
            T* entries = panel + row * across;
            int last = depth;
            while (last - lanes >= to && Vector.EqualsAll(Vector.Load(entries + last - lanes), Vector<T>.Zero))
                last -= lanes;
            while (last > to && entries[last - 1] == T.Zero)
                last--;
            to = last;
            int first = 0;
            while (first + lanes <= from && Vector.EqualsAll(Vector.Load(entries + first), Vector<T>.Zero))
                first += lanes;
            while (first < from && entries[first] == T.Zero)
                first++;
            from = first;
        }

        return (Math.Min(from, to), to);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsZero(T* entries, int count)
    {
        int lanes = Vector256<T>.Count, i = 0;
        for (; i + lanes <= count; i += lanes)
        {
            if (!Vector256.EqualsAll(Vector256.Load(entries + i), Vector256<T>.Zero))
                return false;
        }

        for (; i < count; i++)
        {
            if (entries[i] != T.Zero)
                return false;
        }

        return true;
    }
}
