using System.Numerics;
using Hybrid.Architectures;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Blocks;

/// <summary>
/// What surrounds a module f in a sublayer: theory.md, section 1. In: z = N x (pre, peri) or x. Out: x' = r x + a f,
/// with f normalised before (peri, output) or the sum after (post). In training every N carries a gain, γ ∘ N x, and
/// backwards, with g the gradient there, G_γ = Σ over rows of g ∘ N x and the gradient at N x is γ ∘ g. Rows (R of them) are
/// independent, and threads share them.
/// </summary>
internal unsafe struct Placement<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private bool normalisesInput, normalisesBranch, normalisesOutput;

    /// <summary>Whether the module sees N x.</summary>
    internal readonly bool NormalisesInput => normalisesInput;

    /// <summary>Whether N f is added to the stream.</summary>
    internal readonly bool NormalisesBranch => normalisesBranch;

    /// <summary>Whether x' = N(…).</summary>
    internal readonly bool NormalisesOutput => normalisesOutput;

    /// <summary>d, by which N normalises: the matrices' columns, or more where they hold coordinates in a frame.</summary>
    internal int Width;

    /// <summary>r, weight of the stream.</summary>
    internal T Skip;

    /// <summary>a, weight of the branch.</summary>
    internal T Weight;

    /// <summary>x or G: [R, d], the stream forwards and its gradient backwards; updated in place.</summary>
    internal MatrixView<T> Stream;

    /// <summary>f, with a gain γ ∘ N f once it is added; backwards the gradient at f: [R, d].</summary>
    internal MatrixView<T> Branch;

    /// <summary>The gradient at z: [R, d].</summary>
    internal MatrixView<T> InputGradient;

    /// <summary>z: [R, d].</summary>
    internal MatrixView<T> Input;

    /// <summary>N x, or x: [R, d]; without a gain z itself.</summary>
    internal MatrixView<T> NormalisedInput;

    /// <summary>[R, 1].</summary>
    internal MatrixView<T> InputScale;

    /// <summary>N f or N (r x + a f): [R, d].</summary>
    internal MatrixView<T> Normalised;

    /// <summary>[R, 1].</summary>
    internal MatrixView<T> NormalisedScale;

    /// <summary>γ: [1, d], or without rows where there is none.</summary>
    internal MatrixView<T> InputGain, OutputGain;

    /// <summary>Gradients of the gains, chunk by chunk of rows: [chunks, d], or without rows where they are not asked for.</summary>
    internal MatrixView<T> InputGainSums, OutputGainSums;

    /// <summary>Which of the three places carry a normalisation.</summary>
    internal Placement Norm
    {
        set
        {
            normalisesInput = value.Before;
            normalisesBranch = value.OnBranch;
            normalisesOutput = value.OnSum;
        }
    }

    private readonly bool HasInputGain => InputGain.Rows > 0;

    private readonly bool HasOutputGain => OutputGain.Rows > 0;

    /// <summary>Input from Stream.</summary>
    internal static void Enter(Placement<T>* at, int worker, int threads)
    {
        (int start, int end) = WorkerPool.Share(at->Stream.Rows, worker, threads);
        int length = at->Stream.Columns;
        for (int row = start; row < end; row++)
        {
            T* normalised = Row(at->NormalisedInput, row);
            if (at->normalisesInput)
                at->InputScale.Data[row] = Normalisation.Forward(Row(at->Stream, row), normalised, length, at->Width);
            else
                at->Stream.Row(row).CopyTo(at->NormalisedInput.Row(row));
            if (at->HasInputGain)
                RowMath.Multiply(at->InputGain.Data, normalised, Row(at->Input, row), length);
        }
    }

    /// <summary>Stream from Stream and Branch.</summary>
    internal static void Leave(Placement<T>* at, int worker, int threads)
    {
        (int start, int end) = WorkerPool.Share(at->Stream.Rows, worker, threads);
        int length = at->Stream.Columns;
        for (int row = start; row < end; row++)
        {
            T* x = Row(at->Stream, row), f = Row(at->Branch, row);
            if (at->normalisesBranch)
            {
                T* normalised = Row(at->Normalised, row);
                at->NormalisedScale.Data[row] = Normalisation.Forward(f, normalised, length, at->Width);
                if (at->HasOutputGain)
                    RowMath.Multiply(at->OutputGain.Data, normalised, f, length);
                else
                    f = normalised;
            }

            RowMath.Combine(at->Skip, x, at->Weight, f, x, length);
            if (at->normalisesOutput)
            {
                at->NormalisedScale.Data[row] = Normalisation.Forward(x, x, length, at->Width);
                at->Stream.Row(row).CopyTo(at->Normalised.Row(row));
                if (at->HasOutputGain)
                    RowMath.Multiply(at->OutputGain.Data, x, x, length);
            }
        }
    }

    /// <summary>
    /// The gradient at f, into Branch, from the gradient at x', in Stream; for post Stream is taken before N. Where z has a
    /// gain it is formed again, for the gradients of the matrices that it enters.
    /// </summary>
    internal static void LeaveBackward(Placement<T>* at, int worker, int threads)
    {
        (int start, int end) = Share(at->Stream.Rows, at->HasOutputGain, worker, threads);
        int length = at->Stream.Columns;
        for (int row = start; row < end; row++)
        {
            T* gradient = Row(at->Stream, row), branch = Row(at->Branch, row), normalised = Row(at->Normalised, row);
            if (at->normalisesOutput)
            {
                if (at->HasOutputGain)
                    Normalisation.GainBackward(gradient, normalised, at->OutputGain.Data, RowChunks.SumOf(at->OutputGainSums, row), length);
                Normalisation.Backward(gradient, normalised, at->NormalisedScale.Data[row], length, at->Width);
            }

            RowMath.Scale(at->Weight, gradient, branch, length);
            if (at->normalisesBranch)
            {
                if (at->HasOutputGain)
                    Normalisation.GainBackward(branch, normalised, at->OutputGain.Data, RowChunks.SumOf(at->OutputGainSums, row), length);
                Normalisation.Backward(branch, normalised, at->NormalisedScale.Data[row], length, at->Width);
            }

            if (at->HasInputGain)
                RowMath.Multiply(at->InputGain.Data, Row(at->NormalisedInput, row), Row(at->Input, row), length);
        }
    }

    /// <summary>The gradient at x, into Stream, from both paths: r times the one in Stream, and InputGradient.</summary>
    internal static void EnterBackward(Placement<T>* at, int worker, int threads)
    {
        (int start, int end) = Share(at->Stream.Rows, at->HasInputGain, worker, threads);
        int length = at->Stream.Columns;
        for (int row = start; row < end; row++)
        {
            T* gradient = Row(at->Stream, row), input = Row(at->InputGradient, row);
            if (at->normalisesInput)
            {
                T* normalised = Row(at->NormalisedInput, row);
                if (at->HasInputGain)
                    Normalisation.GainBackward(input, normalised, at->InputGain.Data, RowChunks.SumOf(at->InputGainSums, row), length);
                Normalisation.Backward(input, normalised, at->InputScale.Data[row], length, at->Width);
            }

            RowMath.Combine(at->Skip, gradient, T.One, input, gradient, length);
        }
    }

    // Whole chunks where sums are taken.
    private static (int Start, int End) Share(int rows, bool sums, int worker, int threads) =>
        sums ? RowChunks.Share(rows, worker, threads) : WorkerPool.Share(rows, worker, threads);

    private static T* Row(MatrixView<T> matrix, int row) => matrix.Data + row * matrix.RowStride;
}
