namespace Hybrid.Networks.Linear;

/// <summary>
/// A matrix that somebody else owns: element (i, j) is Data[i·RowStride + j·ColumnStride]. Transposing and slicing only
/// change the description.
/// </summary>
/// <typeparam name="T">Element type.</typeparam>
public readonly unsafe struct MatrixView<T>
    where T : unmanaged
{
    /// <summary>A row-major matrix without gaps between its rows.</summary>
    public MatrixView(T* data, int rows, int columns)
        : this(data, rows, columns, columns, 1)
    {
    }

    /// <summary>A matrix with any strides, in elements.</summary>
    public MatrixView(T* data, int rows, int columns, nint rowStride, nint columnStride)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        Data = data;
        Rows = rows;
        Columns = columns;
        RowStride = rowStride;
        ColumnStride = columnStride;
    }

    /// <summary>Element (0, 0).</summary>
    public T* Data { get; }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>Elements from one row to the next.</summary>
    public nint RowStride { get; }

    /// <summary>Elements from one column to the next; 1 for row-major.</summary>
    public nint ColumnStride { get; }

    /// <summary>The same elements with rows and columns exchanged.</summary>
    public MatrixView<T> Transposed => new(Data, Columns, Rows, ColumnStride, RowStride);

    /// <summary>Rows [row, row + rows) and columns [column, column + columns).</summary>
    public MatrixView<T> Slice(int row, int column, int rows, int columns) =>
        new(Data + row * RowStride + column * ColumnStride, rows, columns, RowStride, ColumnStride);

    /// <summary>Row <paramref name="row"/> of a row-major matrix.</summary>
    public Span<T> Row(int row) => new(Data + row * RowStride, Columns);
}
