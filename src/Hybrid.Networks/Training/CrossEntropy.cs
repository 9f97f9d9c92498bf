using System.Numerics;
using Hybrid.Networks.Blocks;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Training;

/// <summary>
/// −log softmax(ℓ)[target] of every row that has a target, in nats. Backwards, for the mean over N targets,
/// ∂/∂ℓ_v = (softmax(ℓ)_v − [v = target])/N. The softmax is attention's own, without a mask.
/// </summary>
internal unsafe struct CrossEntropy<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Target of every row, or TokenBatch.NoTarget: [R].</summary>
    internal int* Targets;

    /// <summary>ℓ: [R, V]; overwritten by the gradient if it is asked for, or else by probabilities.</summary>
    internal MatrixView<T> Logits;

    /// <summary>The loss of every row, 0 without a target: [R].</summary>
    internal double* Losses;

    /// <summary>1/N for the gradient, 0 for none.</summary>
    internal T GradientScale;

    /// <summary>Losses, and Logits by their gradient.</summary>
    internal static void Run(CrossEntropy<T>* at, int worker, int threads)
    {
        (int start, int end) = WorkerPool.Share(at->Logits.Rows, worker, threads);
        int vocabulary = at->Logits.Columns;
        for (int row = start; row < end; row++)
        {
            int target = at->Targets[row];
            T* logits = at->Logits.Data + row * at->Logits.RowStride;
            if (target == TokenBatch.NoTarget)
            {
                at->Losses[row] = 0;
                at->Logits.Row(row).Clear();
                continue;
            }

            at->Losses[row] = Softmax.CrossEntropy(logits, target, vocabulary);
            if (at->GradientScale == T.Zero)
                continue;
            logits[target] -= T.One;
            RowMath.Scale(at->GradientScale, logits, logits, vocabulary);
        }
    }
}
