using System.Numerics;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Blocks;

/// <summary>
/// γ ∘ N of a layer's queries, or of its keys: of each head's coordinates, or of those of all heads together. Backwards as in
/// <see cref="Placement{T}"/>. Without γ it is 1, and the logits are scaled instead.
/// </summary>
internal unsafe struct HeadNormalisation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Coordinates that are normalised together.</summary>
    internal int Width;

    /// <summary>N of so many coordinates.</summary>
    internal Normalisation Norm;

    /// <summary>Queries or keys, overwritten; backwards their gradient: [R, vectors · Width].</summary>
    internal MatrixView<T> Rows;

    /// <summary>N of each vector: [R, vectors · Width].</summary>
    internal MatrixView<T> Normalised;

    /// <summary>[R, vectors].</summary>
    internal MatrixView<T> Scale;

    /// <summary>γ: [1, Width], or without rows.</summary>
    internal MatrixView<T> Gain;

    /// <summary>The gradient at γ, chunk by chunk of rows: [chunks, Width], or without rows where it is not asked for.</summary>
    internal MatrixView<T> GainSums;

    /// <summary>Rows, Normalised and Scale.</summary>
    internal static void Forward(HeadNormalisation<T>* at, int worker, int threads)
    {
        (int start, int end) = WorkerPool.Share(at->Rows.Rows, worker, threads);
        Normalisation norm = at->Norm;
        for (int row = start; row < end; row++)
        {
            for (int vector = 0; vector < at->Scale.Columns; vector++)
            {
                T* x = Vector(at->Rows, row, vector, at->Width), z = Vector(at->Normalised, row, vector, at->Width);
                at->Scale.Row(row)[vector] = norm.Forward(x, z, at->Width);
                if (at->Gain.Rows > 0)
                    RowMath.Multiply(at->Gain.Data, z, x, at->Width);
                else
                    new Span<T>(z, at->Width).CopyTo(new Span<T>(x, at->Width));
            }
        }
    }

    /// <summary>The gradient in Rows, and GainSums.</summary>
    internal static void Backward(HeadNormalisation<T>* at, int worker, int threads)
    {
        (int start, int end) = RowChunks.Share(at->Rows.Rows, worker, threads);
        Normalisation norm = at->Norm;
        for (int row = start; row < end; row++)
        {
            T* sum = RowChunks.SumOf(at->GainSums, row);
            for (int vector = 0; vector < at->Scale.Columns; vector++)
            {
                T* gradient = Vector(at->Rows, row, vector, at->Width), z = Vector(at->Normalised, row, vector, at->Width);
                if (at->Gain.Rows > 0)
                    Normalisation.GainBackward(gradient, z, at->Gain.Data, sum, at->Width);
                norm.Backward(gradient, z, at->Scale.Row(row)[vector], at->Width);
            }
        }
    }

    private static T* Vector(MatrixView<T> rows, int row, int vector, int width) => rows.Data + row * rows.RowStride + vector * width;
}
