using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Hybrid.Networks.Linear;

/// <summary>
/// C = α A·B, or C += α A·B, on the calling thread: the micro-kernel sweeps cache-sized blocks of the operands, of A as they lie where
/// it can, of B mostly packed. Any strides are taken, so transposes cost nothing extra in code. The order in which each element is summed
/// depends on the inner dimension alone: cutting C into parts changes no bit of it. Zeros at either end of A's rows, eight rows at a
/// time, are not multiplied, whatever B holds there.
/// </summary>
public static unsafe class BlockedProduct
{
    // A strip of B is read as it lies where few rows of A meet it and its own are not far apart: packing would cost more than it saves.
    private const int FewRows = 256;
    private const int NearBytes = 2048;

    /// <summary>Writes, or adds if <paramref name="accumulate"/>, α·left·right to <paramref name="result"/>.</summary>
    /// <param name="buffers">Memory of the calling thread.</param>
    /// <param name="left">A: [m, k].</param>
    /// <param name="right">B: [k, n].</param>
    /// <param name="result">C: [m, n]; contiguous along its rows or along its columns; overlaps neither operand.</param>
    /// <param name="alpha">Factor of the product.</param>
    /// <param name="accumulate">Whether the old C is kept and added to; if not it is never read.</param>
    public static void Multiply<T>(
        PackingBuffers<T> buffers,
        MatrixView<T> left,
        MatrixView<T> right,
        MatrixView<T> result,
        T alpha,
        bool accumulate = false)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        RequireShapes(left, right, result);
        Dispatch(buffers, left, right, result, alpha, accumulate, diagonal: null);
    }

    /// <summary>
    /// Writes α·rows·rowsᵀ to <paramref name="result"/>, its tiles above the diagonal by mirroring: the same bits as
    /// <see cref="Multiply"/> gives, since both triangles sum the same products in the same order.
    /// </summary>
    /// <param name="buffers">Memory of the calling thread.</param>
    /// <param name="rows">X: [m, k].</param>
    /// <param name="result">X Xᵀ: [m, m], contiguous along its rows.</param>
    /// <param name="alpha">Factor of the product.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gram<T>(PackingBuffers<T> buffers, MatrixView<T> rows, MatrixView<T> result, T alpha)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        RequireShapes(rows, rows.Transposed, result);
        if (result.ColumnStride != 1)
            result = result.Transposed;
        Dispatch(buffers, rows, rows.Transposed, result, alpha, accumulate: false, diagonal: 0);
        Panel<T>.Mirror(result.Data, result.RowStride, result.Rows);
    }

    /// <summary>
    /// What <see cref="Multiply"/> gives where an element's column is at most its row + <paramref name="diagonal"/> ≥ 0; of the
    /// others some are written too. The result is contiguous along its rows.
    /// </summary>
    internal static void Lower<T>(
        PackingBuffers<T> buffers, MatrixView<T> left, MatrixView<T> right, MatrixView<T> result, T alpha, int diagonal)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        RequireShapes(left, right, result);
        int columns = Math.Min(result.Columns, result.Rows + diagonal);
        right = right.Slice(0, 0, right.Rows, columns);
        Dispatch(buffers, left, right, result.Slice(0, 0, result.Rows, columns), alpha, accumulate: false, diagonal);
    }

    private static void Dispatch<T>(
        PackingBuffers<T> buffers,
        MatrixView<T> left,
        MatrixView<T> right,
        MatrixView<T> result,
        T alpha,
        bool accumulate,
        int? diagonal)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (result.ColumnStride != 1)
            (left, right, result) = (right.Transposed, left.Transposed, result.Transposed);
        if (result.Rows == 0 || result.Columns == 0)
            return;
        if (left.Columns == 0)
        {
            if (!accumulate)
                Clear(result);
            return;
        }

        if (Vector512.IsHardwareAccelerated)
            Sweep<Simd512<T>, Vector512<T>, T>(buffers, left, right, result, alpha, accumulate, diagonal);
        else if (Vector256.IsHardwareAccelerated)
            Sweep<Simd256<T>, Vector256<T>, T>(buffers, left, right, result, alpha, accumulate, diagonal);
        else
            Sweep<Simd128<T>, Vector128<T>, T>(buffers, left, right, result, alpha, accumulate, diagonal);
    }

    internal static void RequireShapes<T>(MatrixView<T> left, MatrixView<T> right, MatrixView<T> result)
        where T : unmanaged
    {
        if (typeof(T) != typeof(float) && typeof(T) != typeof(double))
            throw new NotSupportedException($"a matrix product must be of float or double, got {typeof(T).Name}");
        if (left.Columns != right.Rows || left.Rows != result.Rows || right.Columns != result.Columns)
        {
            throw new ArgumentException(
                "a matrix product must have shapes [m, k] · [k, n] = [m, n], "
                + $"got [{left.Rows}, {left.Columns}] · [{right.Rows}, {right.Columns}] = [{result.Rows}, {result.Columns}]");
        }

        if (result.ColumnStride != 1 && result.RowStride != 1)
        {
            throw new ArgumentException(
                "the result of a matrix product must be contiguous along rows or columns, "
                + $"got strides {result.RowStride} and {result.ColumnStride}");
        }
    }

    private static void Clear<T>(MatrixView<T> matrix)
        where T : unmanaged
    {
        for (int row = 0; row < matrix.Rows; row++)
            matrix.Row(row).Clear();
    }

    // Columns of C in blocks that fit the last cache, then the depth, then rows in blocks that fit the second; a strip
    // of B is packed when the first block of rows meets it, and kept only if further blocks of rows follow. Tiles beyond
    // a diagonal are left out; where B = Aᵀ, two packed panels of A are then a strip of B, transposed already.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sweep<TSimd, TVector, T>(
        PackingBuffers<T> buffers,
        MatrixView<T> a,
        MatrixView<T> b,
        MatrixView<T> c,
        T alpha,
        bool accumulate,
        int? diagonal)
        where TSimd : ISimd<TVector, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        // One register of columns needs all rows in whole panels.
        int odd = a.Rows % PackingBuffers<T>.TileRows;
        bool narrow = TSimd.ManyRegisters && (odd == 0 || odd > PackingBuffers<T>.TileRows / 2);
        int blocks = (a.Columns + PackingBuffers<T>.BlockDepth - 1) / PackingBuffers<T>.BlockDepth;
        int blockDepth = (a.Columns + blocks - 1) / blocks;
        bool keep = a.Rows > PackingBuffers<T>.BlockRows;
        int panelRows = TSimd.ManyRegisters ? PackingBuffers<T>.TileRows : PackingBuffers<T>.TileRows / 2;
        bool lower = diagonal.HasValue;
        bool paired = lower && b.Data == a.Data && b.RowStride == a.ColumnStride && b.ColumnStride == a.RowStride
            && !keep && panelRows == PackingBuffers<T>.TileRows;
        bool leftLies = !paired && (a.ColumnStride == 1 || a.RowStride == 1);
        bool rightLies = b.ColumnStride == 1 && b.RowStride * sizeof(T) <= NearBytes && a.Rows <= FewRows;
        (int From, int To)* spans = stackalloc (int, int)[2 * PackingBuffers<T>.BlockRows / PackingBuffers<T>.TileRows + 1];
        for (int column = 0; column < c.Columns; column += PackingBuffers<T>.BlockColumns)
        {
            int columns = Math.Min(PackingBuffers<T>.BlockColumns, c.Columns - column);
            for (int k = 0; k < a.Columns; k += blockDepth)
            {
                int depth = Math.Min(blockDepth, a.Columns - k);
                for (int row = 0; row < c.Rows; row += PackingBuffers<T>.BlockRows)
                {
                    int rows = Math.Min(PackingBuffers<T>.BlockRows, c.Rows - row);
                    LeftBlock<T> left = new(a.Slice(row, k, rows, depth), panelRows, leftLies, buffers.Left, spans);
                    for (int strip = 0, panel; strip < columns; strip += panel)
                    {
                        panel = StripColumns(columns - strip, TSimd.Lanes, narrow, lower);
                        int width = Math.Min(panel, columns - strip);
                        T* packed = buffers.Right + (keep ? (nint)strip * depth : 0);
                        MatrixView<T> right = b.Slice(k, column + strip, depth, width);
                        bool more = row == 0 && strip + panel < columns && !lower;
                        T* next = more ? right.Data + panel * b.ColumnStride : null;
                        if (!rightLies || width < panel)
                        {
                            if (paired && panel == 2 * PackingBuffers<T>.TileRows && strip + panel <= a.Rows)
                                Panel<T>.Pair(buffers.Left + (nint)strip * depth, panel / 2, depth, packed);
                            else if (row == 0)
                                Panel<T>.Pack(right.Data, b.ColumnStride, b.RowStride, width, panel, depth, packed);
                            right = new(packed, depth, panel);
                        }

                        MatrixView<T> part = c.Slice(row, column + strip, rows, width);
                        int above = diagonal is { } shift ? Math.Max(0, column + strip - shift - row) : 0;
                        Strip<TSimd, TVector, T>(
                            buffers, &left, right, part, alpha, accumulate || k > 0, above, next, b.ColumnStride, b.RowStride);
                    }
                }
            }
        }
    }

    // Three registers, or two where as many strips of three would not be filled: 64 columns of 16 lanes are 32 + 32, 128 are
    // 48 + 48 + 32. One where no more is left, and in a triangle, to follow the diagonal closely.
    private static int StripColumns(int left, int lanes, bool narrow, bool lower)
    {
        int registers = (left + lanes - 1) / lanes;
        if (narrow && (lower || registers == 1))
            return lanes;
        return registers is 1 or 2 or 4 ? 2 * lanes : 3 * lanes;
    }

    // One strip of B, as wide as tiles are, against the panels of A that end after the first `above` rows.
    // c: [rows, width ≤ tileColumns]. While the first tiles run, they ask for the lines of the strip that starts at `next` and
    // comes after this one, and the others for the panel after theirs.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Strip<TSimd, TVector, T>(
        PackingBuffers<T> buffers,
        LeftBlock<T>* a,
        MatrixView<T> right,
        MatrixView<T> c,
        T alpha,
        bool accumulate,
        int above,
        T* next,
        nint nextAcross,
        nint nextAlong)
        where TSimd : ISimd<TVector, T>
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        int panel = a->PanelRows, depth = right.Rows, tileColumns = right.Columns;
        int half = PackingBuffers<T>.TileRows / 2;
        bool wide = tileColumns == PackingBuffers<T>.TileColumns;
        T* strip = right.Data;
        nint down = right.RowStride;
        int shares = Ahead<T>.Shares(tileColumns);
        int number = above / panel;
        for (int row = number * panel; row < c.Rows; row += panel, number++)
        {
            int rows = Math.Min(panel, c.Rows - row);
            T* left = a->Panel(number, row, out int height, out nint across, out nint along, out int from, out int used);
            bool whole = rows == height && c.Columns == tileColumns;
            T* tile = c.Data + row * c.RowStride;
            if (!whole && accumulate)
                CopyTile(tile, c.RowStride, buffers.Tile, tileColumns, rows, c.Columns);
            T* target = whole ? tile : buffers.Tile;
            nint stride = whole ? c.RowStride : tileColumns;
            T* b = strip + from * down;
            Ahead<T>.Tile(target, stride, rows, tileColumns);
            Ahead<T> ahead = next != null && number < shares
                ? Ahead<T>.Share(next, nextAcross, nextAlong, depth, number)
                : Ahead<T>.Panel(left + height * across, across, along, used);
            if (tileColumns == TSimd.Lanes)
                MicroKernel<TSimd, TVector, T>.Tile8x1(used, left, across, along, b, down, target, stride, alpha, accumulate);
            else if (height == half && wide)
                MicroKernel<TSimd, TVector, T>.Tile4x3(used, left, across, along, b, down, target, stride, alpha, accumulate, &ahead);
            else if (height == half)
                MicroKernel<TSimd, TVector, T>.Tile4x2(used, left, across, along, b, down, target, stride, alpha, accumulate, &ahead);
            else if (wide)
                MicroKernel<TSimd, TVector, T>.Tile8x3(used, left, across, along, b, down, target, stride, alpha, accumulate, &ahead);
            else
                MicroKernel<TSimd, TVector, T>.Tile8x2(used, left, across, along, b, down, target, stride, alpha, accumulate, &ahead);
            if (!whole)
                CopyTile(buffers.Tile, tileColumns, tile, c.RowStride, rows, c.Columns);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyTile<T>(T* source, nint sourceStride, T* destination, nint stride, int rows, int columns)
        where T : unmanaged
    {
        for (int row = 0; row < rows; row++)
            new ReadOnlySpan<T>(source + row * sourceStride, columns).CopyTo(new Span<T>(destination + row * stride, columns));
    }
}
