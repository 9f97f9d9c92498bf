using System.Numerics;
using Hybrid.Architectures;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Training;

/// <summary>
/// From the last block's stream to the loss: final normalisation where the placement has one, logits = c z U (U = Eᵀ of the
/// vocabulary and c constant when tied, c = 1 otherwise), mean cross-entropy. Backwards, with g the gradient at the logits:
/// at z it is c g Uᵀ, at U c zᵀ g, at E (tied) c gᵀ z.
/// </summary>
internal sealed unsafe class OutputHead<T> : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly WorkerPool pool;
    private readonly MatrixProduct<T> product;
    private readonly NativeBuffer<T> memory;
    private readonly NativeBuffer<double> losses;
    private readonly Plan plan;
    private readonly bool tied;
    private readonly T logitScale;

    internal OutputHead(ModelOptions model, int sequences, WorkerPool pool, MatrixProduct<T> product)
    {
        this.pool = pool;
        this.product = product;
        tied = model.Tied;
        logitScale = T.CreateChecked(
            tied ? model.LogitStd / Math.Sqrt(model.Architecture.Width * InitialState.EmbeddingVariance(model)) : 1);
        plan = new Plan(model, sequences);
        memory = new NativeBuffer<T>(plan.Length, "output of the network");
        losses = new NativeBuffer<double>(plan.Logits.Rows, "losses of the tokens");
    }

    /// <summary>ℓ: [R, V] after <see cref="Logits"/>.</summary>
    internal MatrixView<T> LogitRows => plan.Logits.In(memory);

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
    internal void Logits(MatrixView<T> stream, MatrixView<T> gain, MatrixView<T> unembedding)
    {
        FinalNormalisation<T> final = Final(gain) with { Stream = stream };
        if (gain.Rows > 0)
            pool.Run(&FinalNormalisation<T>.Forward, &final);
        product.Multiply(gain.Rows > 0 ? final.Output : stream, unembedding, LogitRows, logitScale);
    }

    /// <summary>Mean loss over the targets; the logits become their gradient if that is asked for.</summary>
    internal double Loss(ReadOnlySpan<int> targets, bool gradient)
    {
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
    internal void Backward(
        MatrixView<T> stream,
        MatrixView<T> gain,
        MatrixView<T> unembedding,
        MatrixView<T> streamGradient,
        MatrixView<T> gainGradient,
        MatrixView<T> unembeddingGradient)
    {
        FinalNormalisation<T> final = Final(gain) with { Gradient = streamGradient };
        MatrixView<T> output = gain.Rows > 0 ? final.Output : stream;
        product.Multiply(output.Transposed, LogitRows, unembeddingGradient, logitScale);
        product.Multiply(LogitRows, unembedding.Transposed, streamGradient, logitScale);
        if (gain.Rows == 0)
            return;
        pool.Run(&FinalNormalisation<T>.Backward, &final);
        RowChunks.Add(final.GainSums, gainGradient);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        memory.Dispose();
        losses.Dispose();
    }

    private FinalNormalisation<T> Final(MatrixView<T> gain) => new()
    {
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
            Logits = Take(rows, model.Vocabulary);
            Normalised = Take(normalises ? rows : 0, d);
            Output = Take(normalises ? rows : 0, d);
            Scale = Take(rows, 1);
            GainSums = Take((int)RowChunks.Count(rows), d);
        }

        internal Int128 Length { get; private set; }

        internal Slot Logits { get; }

        internal Slot Normalised { get; }

        internal Slot Output { get; }

        internal Slot Scale { get; }

        internal Slot GainSums { get; }

        private Slot Take(int rows, int columns)
        {
            Slot slot = new((long)Length, rows, columns);
            Length += Slot.Padded((Int128)rows * columns);
            return slot;
        }
    }
}
