using System.Numerics;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Training;

/// <summary>
/// x₀ = E[token] + P[position]. Backwards, each row of the gradient is added to the rows of E and P that it came from.
/// </summary>
internal unsafe struct Embedding<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // Columns go to threads in whole cache lines of singles.
    private const int Line = 16;

    /// <summary>Token of every row: [R].</summary>
    internal int* Inputs;

    /// <summary>E: [embedded tokens, d]; backwards its gradient, added to.</summary>
    internal MatrixView<T> Tokens;

    /// <summary>P: [n, d]; backwards its gradient, overwritten.</summary>
    internal MatrixView<T> Positions;

    /// <summary>x₀: [R, d]; backwards the gradient there.</summary>
    internal MatrixView<T> Stream;

    /// <summary>Stream from Tokens and Positions.</summary>
    internal static void Forward(Embedding<T>* at, int worker, int threads)
    {
        (int start, int end) = WorkerPool.Share(at->Stream.Rows, worker, threads);
        for (int row = start; row < end; row++)
        {
            T* token = at->Tokens.Data + at->Inputs[row] * at->Tokens.RowStride;
            T* position = at->Positions.Data + row % at->Positions.Rows * at->Positions.RowStride;
            RowMath.Combine(T.One, token, T.One, position, at->Stream.Data + row * at->Stream.RowStride, at->Stream.Columns);
        }
    }

    /// <summary>Tokens and Positions from Stream. Threads share columns, so each sum runs over the rows in their order.</summary>
    internal static void Backward(Embedding<T>* at, int worker, int threads)
    {
        int width = at->Stream.Columns;
        (int start, int end) = WorkerPool.Share((width + Line - 1) / Line, worker, threads);
        int column = start * Line, columns = Math.Min(end * Line, width) - column;
        if (columns <= 0)
            return;
        for (int row = 0; row < at->Positions.Rows; row++)
            at->Positions.Row(row).Slice(column, columns).Clear();
        for (int row = 0; row < at->Stream.Rows; row++)
        {
            T* gradient = at->Stream.Data + row * at->Stream.RowStride + column;
            T* token = at->Tokens.Data + at->Inputs[row] * at->Tokens.RowStride + column;
            T* position = at->Positions.Data + row % at->Positions.Rows * at->Positions.RowStride + column;
            RowMath.Combine(T.One, token, T.One, gradient, token, columns);
            RowMath.Combine(T.One, position, T.One, gradient, position, columns);
        }
    }
}
