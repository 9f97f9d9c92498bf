using System.Numerics;
using Hybrid.Networks.Linear;
using Hybrid.Theory;

namespace Hybrid.Networks.Dense;

/// <summary>
/// What surrounds a module f in a sublayer: theory.md, section 1. In: z = N x (pre, peri) or x. Out: x' = r x + a f,
/// with f normalised before (peri, output) or the sum after (post). Tokens are independent, and threads share them.
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

    /// <summary>x or G: [n, d], the stream forwards and its gradient backwards; updated in place.</summary>
    internal MatrixView<T> Stream;

    /// <summary>f or its gradient: [n, d].</summary>
    internal MatrixView<T> Branch;

    /// <summary>The gradient at z: [n, d].</summary>
    internal MatrixView<T> InputGradient;

    /// <summary>z: [n, d].</summary>
    internal MatrixView<T> Input;

    /// <summary>[n, 1].</summary>
    internal MatrixView<T> InputScale;

    /// <summary>N f or x': [n, d].</summary>
    internal MatrixView<T> Normalised;

    /// <summary>[n, 1].</summary>
    internal MatrixView<T> NormalisedScale;

    /// <summary>Which of the three places carry a normalisation.</summary>
    internal Norm Norm
    {
        set
        {
            normalisesInput = value.IsPre || value.IsPeri;
            normalisesBranch = value.IsPeri || value.IsOutput;
            normalisesOutput = value.IsPost;
        }
    }

    /// <summary>Input from Stream.</summary>
    internal static void Enter(Placement<T>* at, int worker, int threads)
    {
        (int start, int end) = WorkerPool.Share(at->Stream.Rows, worker, threads);
        int length = at->Stream.Columns;
        for (int token = start; token < end; token++)
        {
            if (at->normalisesInput)
                at->InputScale.Data[token] = Normalisation.Forward(Row(at->Stream, token), Row(at->Input, token), length, at->Width);
            else
                at->Stream.Row(token).CopyTo(at->Input.Row(token));
        }
    }

    /// <summary>Stream from Stream and Branch.</summary>
    internal static void Leave(Placement<T>* at, int worker, int threads)
    {
        (int start, int end) = WorkerPool.Share(at->Stream.Rows, worker, threads);
        int length = at->Stream.Columns;
        for (int token = start; token < end; token++)
        {
            T* x = Row(at->Stream, token), f = Row(at->Branch, token);
            if (at->normalisesBranch)
            {
                T* normalised = Row(at->Normalised, token);
                at->NormalisedScale.Data[token] = Normalisation.Forward(f, normalised, length, at->Width);
                f = normalised;
            }

            RowMath.Combine(at->Skip, x, at->Weight, f, x, length);
            if (at->normalisesOutput)
            {
                at->NormalisedScale.Data[token] = Normalisation.Forward(x, x, length, at->Width);
                at->Stream.Row(token).CopyTo(at->Normalised.Row(token));
            }
        }
    }

    /// <summary>The gradient at f, into Branch, from the gradient at x', in Stream; for post Stream is taken before N.</summary>
    internal static void LeaveBackward(Placement<T>* at, int worker, int threads)
    {
        (int start, int end) = WorkerPool.Share(at->Stream.Rows, worker, threads);
        int length = at->Stream.Columns;
        for (int token = start; token < end; token++)
        {
            T* gradient = Row(at->Stream, token), branch = Row(at->Branch, token);
            if (at->normalisesOutput)
                Normalisation.Backward(gradient, Row(at->Normalised, token), at->NormalisedScale.Data[token], length, at->Width);
            RowMath.Scale(at->Weight, gradient, branch, length);
            if (at->normalisesBranch)
                Normalisation.Backward(branch, Row(at->Normalised, token), at->NormalisedScale.Data[token], length, at->Width);
        }
    }

    /// <summary>The gradient at x, into Stream, from both paths: r times the one in Stream, and InputGradient.</summary>
    internal static void EnterBackward(Placement<T>* at, int worker, int threads)
    {
        (int start, int end) = WorkerPool.Share(at->Stream.Rows, worker, threads);
        int length = at->Stream.Columns;
        for (int token = start; token < end; token++)
        {
            T* gradient = Row(at->Stream, token), input = Row(at->InputGradient, token);
            if (at->normalisesInput)
                Normalisation.Backward(input, Row(at->Input, token), at->InputScale.Data[token], length, at->Width);
            RowMath.Combine(at->Skip, gradient, T.One, input, gradient, length);
        }
    }

    private static T* Row(MatrixView<T> matrix, int row) => matrix.Data + row * matrix.RowStride;
}
