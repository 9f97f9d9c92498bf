using System.Numerics;
using Hybrid.Networks.Blocks.Activations;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Blocks;

/// <summary>
/// The part of the MLP between the weight matrices: h = φ(W_1 z + b), or φ(W_1 z + b) ∘ W_u z when gated. Backwards, with
/// g the gradient at h: at the pre-activation g ∘ u ∘ φ′, at u (the up projection) g ∘ φ; ungated g ∘ φ′. The gradient at b
/// is the sum of the pre-activation's over the rows.
/// </summary>
internal unsafe struct HiddenLayer<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>φ.</summary>
    internal ActivationKernels<T> Kernels;

    /// <summary>Whether Up takes part.</summary>
    internal bool Gated;

    /// <summary>b: [1, m].</summary>
    internal MatrixView<T> Bias;

    /// <summary>W_1 z, and after the forward pass W_1 z + b: [R, m].</summary>
    internal MatrixView<T> PreActivation;

    /// <summary>W_u z: [R, m].</summary>
    internal MatrixView<T> Up;

    /// <summary>h: [R, m]; backwards h again where W_2 learns, and else scratch.</summary>
    internal MatrixView<T> Hidden;

    /// <summary>The gradient at h, overwritten by the one at the pre-activation: [R, m].</summary>
    internal MatrixView<T> Gradient;

    /// <summary>[R, m].</summary>
    internal MatrixView<T> UpGradient;

    /// <summary>The gradient at b, chunk by chunk of rows: [chunks, m], or without rows where parameters do not learn.</summary>
    internal MatrixView<T> BiasSums;

    /// <summary>The same of some rows alone, with a bias of their own.</summary>
    internal readonly HiddenLayer<T> Of(int first, int rows, MatrixView<T> bias) => this with
    {
        Bias = bias,
        PreActivation = PreActivation.Slice(first, 0, rows, PreActivation.Columns),
        Up = Gated ? Up.Slice(first, 0, rows, Up.Columns) : Up,
        Hidden = Hidden.Slice(first, 0, rows, Hidden.Columns),
        Gradient = Gradient.Slice(first, 0, rows, Gradient.Columns),
        UpGradient = Gated ? UpGradient.Slice(first, 0, rows, UpGradient.Columns) : UpGradient,
        BiasSums = BiasSums.Rows > 0 ? BiasSums.Slice(0, 0, (int)RowChunks.Count(rows), BiasSums.Columns) : BiasSums,
    };

    /// <summary>PreActivation + Bias, and Hidden.</summary>
    internal static void Forward(HiddenLayer<T>* at, int worker, int threads)
    {
        int m = at->Hidden.Columns;
        (int start, int end) = WorkerPool.Share(at->Hidden.Rows, worker, threads);
        for (int token = start; token < end; token++)
        {
            nint shift = token * at->Hidden.RowStride;
            T* x = at->PreActivation.Data + shift;
            RowMath.Combine(T.One, x, T.One, at->Bias.Data, x, m);
            at->Kernels.Value(x, at->Hidden.Data + shift, m);
            if (at->Gated)
                RowMath.Multiply(at->Hidden.Data + shift, at->Up.Data + shift, at->Hidden.Data + shift, m);
        }
    }

    /// <summary>Gradient at the pre-activation and, when gated, UpGradient; where parameters learn BiasSums, and h.</summary>
    internal static void Backward(HiddenLayer<T>* at, int worker, int threads)
    {
        int m = at->Hidden.Columns;
        bool learns = at->BiasSums.Rows > 0;
        (int start, int end) = learns
            ? RowChunks.Share(at->Hidden.Rows, worker, threads)
            : WorkerPool.Share(at->Hidden.Rows, worker, threads);
        for (int token = start; token < end; token++)
        {
            nint shift = token * at->Hidden.RowStride;
            T* x = at->PreActivation.Data + shift, gradient = at->Gradient.Data + shift, hidden = at->Hidden.Data + shift;
            T* up = at->Up.Data + shift, upGradient = at->UpGradient.Data + shift;
            if (at->Gated)
            {
                new Span<T>(gradient, m).CopyTo(new Span<T>(upGradient, m));
                RowMath.Multiply(gradient, up, gradient, m);
            }

            if (learns || at->Gated)
                at->Kernels.ValueAndSlope(x, hidden, gradient, m);
            else
                at->Kernels.MultiplyBySlope(x, gradient, m);
            if (at->Gated)
            {
                RowMath.Multiply(upGradient, hidden, upGradient, m);
                if (learns)
                    RowMath.Multiply(hidden, up, hidden, m);
            }

            if (learns)
            {
                T* sum = RowChunks.SumOf(at->BiasSums, token);
                RowMath.Combine(T.One, sum, T.One, gradient, sum, m);
            }
        }
    }
}
