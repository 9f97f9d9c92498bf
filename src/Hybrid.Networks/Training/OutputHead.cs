using System.Numerics;
using Hybrid.Architectures;
using Hybrid.Networks.Blocks;
using Hybrid.Networks.Blocks.Activations;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;

namespace Hybrid.Networks.Training;

/// <summary>
/// From the last block's stream to the loss: final normalisation where the placement has one, logits = c z U (U = Eᵀ of the
/// vocabulary and c constant when tied, c = 1 otherwise), mean cross-entropy. Backwards, with g the gradient at the logits:
/// at z it is c g Uᵀ, at U c zᵀ g, at E (tied) c gᵀ z. Published networks may map z first (<see cref="HeadTransform{T}"/>), add a bias
/// to the logits and cap them, C tanh(ℓ/C), whose slope is 1 − (capped/C)².
/// </summary>
internal sealed unsafe class OutputHead<T> : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly WorkerPool pool;
    private readonly MatrixProduct<T> product;
    private readonly NativeBuffer<T> memory;
    private readonly NativeBuffer<double> losses;
    private readonly Plan plan;
    private readonly T logitScale;
    private readonly Normalisation norm;
    private readonly double? cap;
    private readonly HeadTransform<T>? transform;

    internal OutputHead(ModelOptions model, int sequences, WorkerPool pool, MatrixProduct<T> product)
    {
        this.pool = pool;
        this.product = product;
        OutputForm? form = model.Form?.Output;
        norm = new Normalisation(model.Architecture.Width).Under(model.Form);
        cap = form?.Cap;
        transform = form?.Transform == true ? new(model, sequences, pool, product) : null;
        HasLogits = form?.Head != HeadKind.None;
        logitScale = T.CreateChecked(model.LogitScale);
        plan = new Plan(model, sequences);
        memory = new NativeBuffer<T>(plan.Length, "output of the network");
        losses = new NativeBuffer<double>(Math.Max(1, plan.Logits.Rows), "losses of the tokens");
    }

    /// <summary>ℓ: [R, V] after <see cref="Logits"/>.</summary>
    internal MatrixView<T> LogitRows => plan.Logits.In(memory);

    /// <summary>Whether there are logits, and with them a loss.</summary>
    internal bool HasLogits { get; }

    /// <summary>Bytes that the head takes.</summary>
    internal static Int128 Bytes(ModelOptions model, int sequences)
    {
        Plan plan = new(model, sequences);
        return sizeof(T) * plan.Length + sizeof(double) * (Int128)plan.Logits.Rows;
    }

    /// <summary>The logits of x. stream: [R, d].</summary>
    /// <param name="stream">x.</param>
    /// <param name="gain">γ of the final normalisation: [1, d], or without rows where there is none.</param>
    /// <param name="unembedding">U: [d, V].</param>
    /// <param name="more">What a published network has besides.</param>
    internal void Logits(MatrixView<T> stream, MatrixView<T> gain, MatrixView<T> unembedding, HeadParameters<T> more = default)
    {
        FinalNormalisation<T> final = Final(gain, more.FinalShift) with { Stream = stream };
        if (gain.Rows > 0)
            pool.Run(&FinalNormalisation<T>.Forward, &final);
        MatrixView<T> output = gain.Rows > 0 ? final.Output : stream;
        if (transform is not null)
            output = transform.Forward(output, more);
        product.Multiply(output, unembedding, LogitRows, logitScale);
        if (more.Bias.Rows > 0)
        {
            RowBias<T> bias = new() { Rows = LogitRows, Bias = more.Bias };
            pool.Run(&RowBias<T>.Forward, &bias);
        }

        if (cap is double most)
            Cap(most);
    }

    /// <summary>Mean loss over the targets; the logits become their gradient if that is asked for.</summary>
    internal double Loss(ReadOnlySpan<int> targets, bool gradient)
    {
        if (!HasLogits)
            return double.NaN;
        int count = targets.Length - targets.Count(TokenBatch.NoTarget);
        fixed (int* at = targets)
        {
            CrossEntropy<T> entropy = new()
            {
                Targets = at,
                Logits = LogitRows,
                Losses = losses.Pointer,
                GradientScale = gradient ? T.One / T.CreateChecked(count) : T.Zero,
            };
            pool.Run(&CrossEntropy<T>.Run, &entropy);
        }

        double sum = 0;
        for (int row = 0; row < targets.Length; row++)
            sum += losses.Pointer[row];
        return sum / count;
    }

    /// <summary>The gradients at x, at γ and at the unembedding (tied: at the vocabulary's embedding), all overwritten.</summary>
    /// <param name="stream">x: [R, d], as <see cref="Logits"/> saw it; not read where there is a final normalisation.</param>
    /// <param name="gain">γ.</param>
    /// <param name="unembedding">U: [d, V].</param>
    /// <param name="streamGradient">[R, d].</param>
    /// <param name="gainGradient">[1, d], or without rows.</param>
    /// <param name="unembeddingGradient">[d, V].</param>
    /// <param name="more">What a published network has besides.</param>
    /// <param name="moreGradients">The gradients there.</param>
    internal void Backward(
        MatrixView<T> stream,
        MatrixView<T> gain,
        MatrixView<T> unembedding,
        MatrixView<T> streamGradient,
        MatrixView<T> gainGradient,
        MatrixView<T> unembeddingGradient,
        HeadParameters<T> more = default,
        HeadParameters<T> moreGradients = default)
    {
        FinalNormalisation<T> final = Final(gain, more.FinalShift) with { Gradient = streamGradient };
        MatrixView<T> output = gain.Rows > 0 ? final.Output : stream;
        if (cap is not null)
            CapBackward();
        if (more.Bias.Rows > 0)
            SumLogits(moreGradients.Bias);
        product.Multiply((transform is null ? output : transform.Output).Transposed, LogitRows, unembeddingGradient, logitScale);
        product.Multiply(LogitRows, unembedding.Transposed, streamGradient, logitScale);
        transform?.Backward(output, streamGradient, more, moreGradients);
        if (gain.Rows == 0)
            return;
        pool.Run(&FinalNormalisation<T>.Backward, &final);
        RowChunks.Add(final.GainSums, gainGradient);
        if (final.ShiftSums.Rows > 0)
            RowChunks.Add(final.ShiftSums, moreGradients.FinalShift);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        memory.Dispose();
        losses.Dispose();
        transform?.Dispose();
    }

    private void Cap(double most)
    {
        ActivationKernels<T> tanh = ActivationKernels<T>.Of(Activation.Tanh);
        MatrixView<T> logits = LogitRows, capped = plan.Capped.In(memory);
        for (int row = 0; row < logits.Rows; row++)
        {
            T* at = logits.Data + row * logits.RowStride, kept = capped.Data + row * capped.RowStride;
            RowMath.Scale(T.CreateChecked(1 / most), at, at, logits.Columns);
            tanh.Value(at, kept, logits.Columns);
            RowMath.Scale(T.CreateChecked(most), kept, at, logits.Columns);
        }
    }

    private void CapBackward()
    {
        MatrixView<T> logits = LogitRows, capped = plan.Capped.In(memory);
        for (int row = 0; row < logits.Rows; row++)
        {
            T* kept = capped.Data + row * capped.RowStride;
            RowMath.MultiplyByTanhSlope(T.One, kept, T.One, logits.Data + row * logits.RowStride, logits.Columns);
        }
    }

    private void SumLogits(MatrixView<T> result)
    {
        MatrixView<T> logits = LogitRows;
        result.Row(0).Clear();
        for (int row = 0; row < logits.Rows; row++)
            RowMath.Combine(T.One, result.Data, T.One, logits.Data + row * logits.RowStride, result.Data, result.Columns);
    }

    private FinalNormalisation<T> Final(MatrixView<T> gain, MatrixView<T> shift) => new()
    {
        Norm = norm,
        Shift = shift,
        ShiftSums = shift.Rows > 0 ? plan.ShiftSums.In(memory) : default,
        Gain = gain,
        Normalised = plan.Normalised.In(memory),
        Output = plan.Output.In(memory),
        Scale = plan.Scale.In(memory),
        GainSums = plan.GainSums.In(memory),
    };

    private sealed class Plan
    {
        internal Plan(ModelOptions model, int sequences)
        {
            Architecture architecture = model.Architecture;
            int rows = checked(sequences * architecture.Tokens), d = architecture.Width;
            bool normalises = ModelLayout.NormalisesFinally(architecture.Norm);
            bool shifted = normalises && model.Form?.Shifted == true;
            Logits = Take(model.Form?.Output?.Head == HeadKind.None ? 0 : rows, model.Vocabulary);
            Normalised = Take(normalises ? rows : 0, d);
            Output = Take(normalises ? rows : 0, d);
            Scale = Take(rows, 1);
            GainSums = Take((int)RowChunks.Count(rows), d);
            ShiftSums = Take(shifted ? (int)RowChunks.Count(rows) : 0, d);
            Capped = Take(model.Form?.Output?.Cap is null ? 0 : rows, model.Vocabulary);
        }

        internal Int128 Length { get; private set; }

        internal Slot Logits { get; }

        internal Slot Normalised { get; }

        internal Slot Output { get; }

        internal Slot Scale { get; }

        internal Slot GainSums { get; }

        internal Slot ShiftSums { get; }

        internal Slot Capped { get; }

        private Slot Take(int rows, int columns)
        {
            Slot slot = new((long)Length, rows, columns);
            Length += Slot.Padded((Int128)rows * columns);
            return slot;
        }
    }
}
