using System.Numerics;
using Hybrid.Architectures;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;

namespace Hybrid.Networks.Blocks;

/// <summary>
/// What surrounds a module f in a step x' = [N] (r x + Σ a [N] f([N] x)), derivation (4.3): each N where the placement has it.
/// A step's only sublayer adds to the stream in place. Where there are several, each reads the stream x while the first ones
/// add to a partial sum, and the last completes it in the stream; backwards, in the reverse order, each reads the gradient at
/// the sum, and the parts of the gradient at x add up in the same way. In training every N carries a gain, γ ∘ N x, and
/// backwards, with g the gradient there, G_γ = Σ over rows of g ∘ N x and the gradient at N x is γ ∘ g. Published networks add a
/// shift, γ ∘ N x + β, and G_β = Σ g. Rows (R of them) are independent, and threads share them.
/// </summary>
internal unsafe struct Placement<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private bool normalisesInput, normalisesBranch, normalisesOutput;

    /// <summary>Whether the module sees N x.</summary>
    internal readonly bool NormalisesInput => normalisesInput;

    /// <summary>Whether N f is added to the stream.</summary>
    internal readonly bool NormalisesBranch => normalisesBranch;

    /// <summary>Whether x' = N(…), and this sublayer completes it.</summary>
    internal readonly bool NormalisesOutput => normalisesOutput && EndsStep;

    /// <summary>N, of as many coordinates as the matrices have columns, or more where they hold coordinates in a frame.</summary>
    internal Normalisation Normalisation;

    /// <summary>r, weight of the stream.</summary>
    internal T Skip;

    /// <summary>a, weight of the branch.</summary>
    internal T Weight;

    /// <summary>The sublayer's turn in its step.</summary>
    internal StepTurn Turn;

    /// <summary>x or G: [R, d], the stream forwards and its gradient backwards; updated in place.</summary>
    internal MatrixView<T> Stream;

    /// <summary>
    /// What the step has added up so far, forwards of x' and backwards of the gradient at x: [R, d], where it has several
    /// sublayers.
    /// </summary>
    internal MatrixView<T> Partial;

    /// <summary>f: [R, d].</summary>
    internal MatrixView<T> Branch;

    /// <summary>The gradient at f: [R, d].</summary>
    internal MatrixView<T> BranchGradient;

    /// <summary>The gradient at z: [R, d].</summary>
    internal MatrixView<T> InputGradient;

    /// <summary>z: [R, d].</summary>
    internal MatrixView<T> Input;

    /// <summary>N x, or x: [R, d]; without a gain z itself.</summary>
    internal MatrixView<T> NormalisedInput;

    /// <summary>[R, 1].</summary>
    internal MatrixView<T> InputScale;

    /// <summary>N f: [R, d], where the branch is normalised.</summary>
    internal MatrixView<T> NormalisedBranch;

    /// <summary>[R, 1].</summary>
    internal MatrixView<T> BranchScale;

    /// <summary>γ ∘ N f: [R, d], where the branch's normalisation has a gain.</summary>
    internal MatrixView<T> GainedBranch;

    /// <summary>N (r x + Σ a f): [R, d], where the sum is normalised.</summary>
    internal MatrixView<T> NormalisedSum;

    /// <summary>[R, 1].</summary>
    internal MatrixView<T> SumScale;

    /// <summary>γ: [1, d], or without rows where there is none.</summary>
    internal MatrixView<T> InputGain, BranchGain, SumGain;

    /// <summary>Gradients of the gains, chunk by chunk of rows: [chunks, d], or without rows where they are not asked for.</summary>
    internal MatrixView<T> InputGainSums, BranchGainSums, SumGainSums;

    /// <summary>β: [1, d], or without rows where there is none. One only where there is a gain.</summary>
    internal MatrixView<T> InputShift, BranchShift, SumShift;

    /// <summary>Gradients of the shifts as those of the gains.</summary>
    internal MatrixView<T> InputShiftSums, BranchShiftSums, SumShiftSums;

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

    /// <summary>What is added to the stream but for the weight: f, N f or γ ∘ N f, after <see cref="Leave"/>.</summary>
    internal readonly MatrixView<T> Added => !normalisesBranch ? Branch : HasBranchGain ? GainedBranch : NormalisedBranch;

    private readonly bool StartsStep => Turn is StepTurn.Only or StepTurn.First;

    private readonly bool EndsStep => Turn is StepTurn.Only or StepTurn.Last;

    private readonly bool HasInputGain => InputGain.Rows > 0;

    private readonly bool HasBranchGain => BranchGain.Rows > 0;

    private readonly bool HasSumGain => SumGain.Rows > 0;

    /// <summary>Input from Stream.</summary>
    internal static void Enter(Placement<T>* at, int worker, int threads)
    {
        (int start, int end) = WorkerPool.Share(at->Stream.Rows, worker, threads);
        int length = at->Stream.Columns;
        for (int row = start; row < end; row++)
        {
            T* normalised = Row(at->NormalisedInput, row);
            if (at->normalisesInput)
                at->InputScale.Data[row] = at->Normalisation.Forward(Row(at->Stream, row), normalised, length);
            else
                at->Stream.Row(row).CopyTo(at->NormalisedInput.Row(row));
            if (at->HasInputGain)
                Gain(at->InputGain, at->InputShift, normalised, Row(at->Input, row), length);
        }
    }

    /// <summary>Stream, or Partial before the step's last sublayer, from what stands there and Branch.</summary>
    internal static void Leave(Placement<T>* at, int worker, int threads)
    {
        MatrixView<T> added = at->Added;
        (int start, int end) = WorkerPool.Share(at->Stream.Rows, worker, threads);
        int length = at->Stream.Columns;
        for (int row = start; row < end; row++)
        {
            if (at->normalisesBranch)
            {
                T* normalised = Row(at->NormalisedBranch, row);
                at->BranchScale.Data[row] = at->Normalisation.Forward(Row(at->Branch, row), normalised, length);
                if (at->HasBranchGain)
                    Gain(at->BranchGain, at->BranchShift, normalised, Row(at->GainedBranch, row), length);
            }

            T* sum = at->Add(row, begins: at->StartsStep, ends: at->EndsStep, at->Weight, Row(added, row), length);
            if (at->NormalisesOutput)
            {
                at->SumScale.Data[row] = at->Normalisation.Forward(sum, sum, length);
                at->Stream.Row(row).CopyTo(at->NormalisedSum.Row(row));
                if (at->HasSumGain)
                    Gain(at->SumGain, at->SumShift, sum, sum, length);
            }
        }
    }

    /// <summary>
    /// The gradient at f from the gradient at x', in Stream, which the step's last sublayer first takes before the sum's N.
    /// Where z has a gain it is formed again, for the gradients of the matrices that it enters.
    /// </summary>
    internal static void LeaveBackward(Placement<T>* at, int worker, int threads)
    {
        MatrixView<T> branch = at->BranchGradient;
        (int start, int end) = Share(at->Stream.Rows, at->HasBranchGain || at->HasSumGain, worker, threads);
        int length = at->Stream.Columns;
        for (int row = start; row < end; row++)
        {
            T* gradient = Row(at->Stream, row), atBranch = Row(branch, row);
            if (at->NormalisesOutput)
            {
                T* normalised = Row(at->NormalisedSum, row);
                if (at->HasSumGain)
                    GainBackward(gradient, normalised, at->SumGain, at->SumGainSums, at->SumShiftSums, row);
                at->Normalisation.Backward(gradient, normalised, at->SumScale.Data[row], length);
            }

            RowMath.Scale(at->Weight, gradient, atBranch, length);
            if (at->normalisesBranch)
            {
                T* normalised = Row(at->NormalisedBranch, row);
                if (at->HasBranchGain)
                    GainBackward(atBranch, normalised, at->BranchGain, at->BranchGainSums, at->BranchShiftSums, row);
                at->Normalisation.Backward(atBranch, normalised, at->BranchScale.Data[row], length);
            }

            if (at->HasInputGain)
                Gain(at->InputGain, at->InputShift, Row(at->NormalisedInput, row), Row(at->Input, row), length);
        }
    }

    /// <summary>
    /// The gradient at x, into Stream once the step's first sublayer is reached and into Partial before: r times the one that
    /// stood in Stream, and InputGradient of every sublayer.
    /// </summary>
    internal static void EnterBackward(Placement<T>* at, int worker, int threads)
    {
        (int start, int end) = Share(at->Stream.Rows, at->HasInputGain, worker, threads);
        int length = at->Stream.Columns;
        for (int row = start; row < end; row++)
        {
            T* input = Row(at->InputGradient, row);
            if (at->normalisesInput)
            {
                T* normalised = Row(at->NormalisedInput, row);
                if (at->HasInputGain)
                    GainBackward(input, normalised, at->InputGain, at->InputGainSums, at->InputShiftSums, row);
                at->Normalisation.Backward(input, normalised, at->InputScale.Data[row], length);
            }

            at->Add(row, begins: at->EndsStep, ends: at->StartsStep, T.One, input, length);
        }
    }

    // Adds to the sum, which begins as r times the stream, stands in Partial and ends in the stream. Returns where it is now.
    private readonly T* Add(int row, bool begins, bool ends, T weight, T* part, int length)
    {
        T* stream = Row(Stream, row), sum = ends ? stream : Row(Partial, row);
        if (begins)
            RowMath.Combine(Skip, stream, weight, part, sum, length);
        else
            RowMath.Combine(T.One, Row(Partial, row), weight, part, sum, length);
        return sum;
    }

    // γ ∘ z + β.
    private static void Gain(MatrixView<T> gain, MatrixView<T> shift, T* normalised, T* destination, int length)
    {
        RowMath.Multiply(gain.Data, normalised, destination, length);
        if (shift.Rows > 0)
            RowMath.Combine(T.One, destination, T.One, shift.Data, destination, length);
    }

    private static void GainBackward(
        T* gradient, T* normalised, MatrixView<T> gain, MatrixView<T> gainSums, MatrixView<T> shiftSums, int row)
    {
        int length = gain.Columns;
        T* shift = RowChunks.SumOf(shiftSums, row);
        if (shift != null)
            RowMath.Combine(T.One, shift, T.One, gradient, shift, length);
        Normalisation.GainBackward(gradient, normalised, gain.Data, RowChunks.SumOf(gainSums, row), length);
    }

    // Whole chunks where sums are taken.
    private static (int Start, int End) Share(int rows, bool sums, int worker, int threads) =>
        sums ? RowChunks.Share(rows, worker, threads) : WorkerPool.Share(rows, worker, threads);

    private static T* Row(MatrixView<T> matrix, int row) => matrix.Data + row * matrix.RowStride;
}
