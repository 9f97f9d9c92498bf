using System.Numerics;
using Hybrid.Networks.Blocks;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Training;

/// <summary>
/// z = γ ∘ N x, and + β where there is one, before the unembedding; of some networks also behind the embedding. Backwards as in
/// <see cref="Placement{T}"/>.
/// </summary>
internal unsafe struct FinalNormalisation<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>x: [R, d].</summary>
    internal MatrixView<T> Stream;

    /// <summary>N x: [R, d].</summary>
    internal MatrixView<T> Normalised;

    /// <summary>√d/‖x‖: [R, 1].</summary>
    internal MatrixView<T> Scale;

    /// <summary>γ: [1, d].</summary>
    internal MatrixView<T> Gain;

    /// <summary>N of d coordinates.</summary>
    internal Normalisation Norm;

    /// <summary>β: [1, d], or without rows.</summary>
    internal MatrixView<T> Shift;

    /// <summary>The gradient at β as that at γ, or without rows.</summary>
    internal MatrixView<T> ShiftSums;

    /// <summary>z: [R, d].</summary>
    internal MatrixView<T> Output;

    /// <summary>The gradient at z, overwritten by the one at x: [R, d].</summary>
    internal MatrixView<T> Gradient;

    /// <summary>The gradient at γ, chunk by chunk of rows: [chunks, d].</summary>
    internal MatrixView<T> GainSums;

    /// <summary>Output from Stream.</summary>
    internal static void Forward(FinalNormalisation<T>* at, int worker, int threads)
    {
        (int start, int end) = WorkerPool.Share(at->Stream.Rows, worker, threads);
        int width = at->Stream.Columns;
        Normalisation norm = at->Norm;
        for (int row = start; row < end; row++)
        {
            nint shift = row * at->Stream.RowStride;
            at->Scale.Data[row] = norm.Forward(at->Stream.Data + shift, at->Normalised.Data + shift, width);
            RowMath.Multiply(at->Gain.Data, at->Normalised.Data + shift, at->Output.Data + shift, width);
            if (at->Shift.Rows > 0)
                RowMath.Combine(T.One, at->Output.Data + shift, T.One, at->Shift.Data, at->Output.Data + shift, width);
        }
    }

    /// <summary>Gradient and GainSums.</summary>
    internal static void Backward(FinalNormalisation<T>* at, int worker, int threads)
    {
        (int start, int end) = RowChunks.Share(at->Gradient.Rows, worker, threads);
        int width = at->Gradient.Columns;
        Normalisation norm = at->Norm;
        for (int row = start; row < end; row++)
        {
            nint shift = row * at->Gradient.RowStride;
            T* gradient = at->Gradient.Data + shift, normalised = at->Normalised.Data + shift;
            T* sum = RowChunks.SumOf(at->ShiftSums, row);
            if (sum != null)
                RowMath.Combine(T.One, sum, T.One, gradient, sum, width);
            Normalisation.GainBackward(gradient, normalised, at->Gain.Data, RowChunks.SumOf(at->GainSums, row), width);
            norm.Backward(gradient, normalised, at->Scale.Data[row], width);
        }
    }
}
