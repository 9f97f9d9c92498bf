using System.Numerics;
using Hybrid.Networks.Blocks;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;

namespace Hybrid.Networks.Training;

/// <summary>
/// A network that learns: embedding, blocks, output head, with its parameters and their gradients. One forward and one
/// backward pass per batch of B sequences of n tokens. Double precision is for tests.
/// </summary>
internal sealed unsafe class DenseModel<T> : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly ModelOptions model;
    private readonly int sequences;
    private readonly WorkerPool pool;
    private readonly DenseBlocks<T> blocks;
    private readonly OutputHead<T> head;
    private readonly Normalisation norm;
    private readonly NativeBuffer<T>? embeddingMemory;

    /// <summary>Plans everything for valid options; pool and product stay the caller's.</summary>
    /// <param name="model">Legal.</param>
    /// <param name="sequences">B ≥ 1.</param>
    /// <param name="recompute">Whether only inputs of blocks are kept.</param>
    /// <param name="pool">The caller's.</param>
    /// <param name="product">The caller's.</param>
    /// <param name="gradients">Whether there is memory for gradients, without which no pass goes back.</param>
    internal DenseModel(
        ModelOptions model, int sequences, bool recompute, WorkerPool pool, MatrixProduct<T> product, bool gradients = true)
    {
        this.model = model;
        this.sequences = sequences;
        this.pool = pool;
        Layout = new ModelLayout(model);
        Parameters = new NativeBuffer<T>(Layout.Length, "parameters");
        Gradients = new NativeBuffer<T>(gradients ? Layout.Length : 0, "gradients of the parameters");
        norm = new Normalisation(model.Architecture.Width).Under(model.Form);
        blocks = new DenseBlocks<T>(
            model.Architecture, sequences, Kept(recompute), Blocks(Parameters), Blocks(Gradients), pool, product, model.Form,
            AdditionsIn(Parameters), AdditionsIn(Gradients));
        if (Layout.EmbeddingGain >= 0)
        {
            Int128 rows = blocks.Stream.Rows, d = model.Architecture.Width;
            embeddingMemory = new NativeBuffer<T>(rows * d + 2 * RowChunks.Count((long)rows) * d + rows, "norm of the embedding");
        }

        head = new OutputHead<T>(model, sequences, pool, product);
    }

    /// <summary>Where each parameter lies.</summary>
    internal ModelLayout Layout { get; }

    /// <summary>All parameters.</summary>
    internal NativeBuffer<T> Parameters { get; }

    /// <summary>The gradient of the mean loss at all parameters, after <see cref="Run"/> with it.</summary>
    internal NativeBuffer<T> Gradients { get; }

    /// <summary>Logits of the last <see cref="Logits"/>: [R, V].</summary>
    internal MatrixView<T> LogitRows => head.LogitRows;

    /// <summary>Bytes of parameters and gradients, and of activations.</summary>
    internal static (Int128 Parameters, Int128 Activations) Bytes(ModelOptions model, int sequences, bool recompute)
    {
        Int128 activations = new ActivationPlan(model.Architecture, sequences, Kept(recompute)).Length;
        return (2 * sizeof(T) * new ModelLayout(model).Length,
            sizeof(T) * activations + OutputHead<T>.Bytes(model, sequences));
    }

    /// <summary>Draws the initial parameters.</summary>
    internal void Draw(ulong seed) => InitialState.Draw(model, Layout, Parameters, seed, pool);

    /// <summary>The logits of a batch.</summary>
    /// <param name="batch">B sequences of n tokens.</param>
    /// <param name="observer">Told what passes, or null.</param>
    internal void Logits(TokenBatch batch, IPassObserver<T>? observer = null)
    {
        BatchRanges.EnsureValid(batch, model, sequences);
        fixed (int* inputs = batch.Inputs)
        {
            Embedding<T> embedding = EmbeddingIn(Parameters) with { Inputs = inputs, Stream = blocks.Stream };
            pool.Run(&Embedding<T>.Forward, &embedding);
        }

        if (embeddingMemory is not null)
        {
            FinalNormalisation<T> embedded = EmbeddingNorm() with { Stream = blocks.Stream, Output = blocks.Stream };
            pool.Run(&FinalNormalisation<T>.Forward, &embedded);
        }

        observer?.Stream(0, blocks.Stream);
        for (int layer = 1; layer <= model.Architecture.Depth; layer++)
        {
            Forward(layer, observer);
            observer?.Stream(layer, blocks.Stream);
        }

        if (!head.HasLogits)
            return;
        head.Logits(blocks.Stream, FinalGain(Parameters), Unembedding(Parameters), HeadIn(Parameters));
        observer?.Logits(head.LogitRows);
    }

    /// <summary>The mean loss of a batch and, if asked for, its gradient at all parameters.</summary>
    /// <param name="batch">B sequences of n tokens.</param>
    /// <param name="gradient">Whether <see cref="Gradients"/> are computed.</param>
    /// <param name="observer">Told what passes, or null.</param>
    internal double Run(TokenBatch batch, bool gradient, IPassObserver<T>? observer = null)
    {
        Logits(batch, observer);
        double loss = head.Loss(batch.Targets, gradient);
        if (gradient)
            Backward(batch, observer);
        return loss;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Parameters.Dispose();
        Gradients?.Dispose();
        blocks?.Dispose();
        head?.Dispose();
        embeddingMemory?.Dispose();
    }

    private static KeptActivations Kept(bool recompute) =>
        recompute ? KeptActivations.BlockInputs : KeptActivations.ForParameters;

    private void Backward(TokenBatch batch, IPassObserver<T>? observer)
    {
        MatrixView<T> tokens = EmbeddingIn(Gradients).Tokens;
        new Span<T>(tokens.Data, tokens.Rows * tokens.Columns).Clear();
        head.Backward(
            blocks.Stream, FinalGain(Parameters), Unembedding(Parameters), blocks.Gradient, FinalGain(Gradients), Unembedding(Gradients),
            HeadIn(Parameters), HeadIn(Gradients));
        observer?.Gradient(model.Architecture.Depth, blocks.Gradient);
        for (int layer = model.Architecture.Depth; layer >= 1; layer--)
        {
            blocks.Backward(layer);
            observer?.Gradient(layer - 1, blocks.Gradient);
        }

        if (embeddingMemory is not null)
            EmbeddingNormBackward();
        fixed (int* inputs = batch.Inputs)
        {
            Embedding<T> embedding = EmbeddingIn(Gradients) with { Inputs = inputs, Stream = blocks.Gradient };
            pool.Run(&Embedding<T>.Backward, &embedding);
        }
    }

    private void Forward(int layer, IPassObserver<T>? observer)
    {
        ReadOnlySpan<BlockSublayer> sublayers = blocks.Sublayers(layer);
        blocks.Keep(layer);
        for (int index = 0; index < sublayers.Length; index++)
        {
            BlockSublayer sublayer = sublayers[index];
            (MatrixView<T> branch, MatrixView<T> added) = blocks.Forward(layer, sublayer);
            if (sublayer.Module == ModuleKind.Attention)
                observer?.Probabilities(layer, blocks.ProbabilityRows(layer));
            observer?.Branch(layer, sublayer.Module, branch);
            observer?.Added(layer, sublayer.Module, added);
            if (sublayer.EndsStep && index < sublayers.Length - 1)
                observer?.Middle(layer, blocks.Stream);
        }
    }

    // γ ∘ N x + β of the embedded tokens, in place.
    private FinalNormalisation<T> EmbeddingNorm()
    {
        int rows = blocks.Stream.Rows, d = model.Architecture.Width, chunks = (int)RowChunks.Count(rows);
        long sums = (long)rows * d;
        MatrixView<T> shift = Vector(Parameters, Layout.EmbeddingShift, d);
        return new()
        {
            Norm = norm,
            Gain = Vector(Parameters, Layout.EmbeddingGain, d),
            Shift = shift,
            Normalised = embeddingMemory!.Matrix(0, rows, d),
            GainSums = embeddingMemory.Matrix(sums, chunks, d),
            ShiftSums = shift.Rows > 0 ? embeddingMemory.Matrix(sums + (long)chunks * d, chunks, d) : default,
            Scale = embeddingMemory.Matrix(sums + 2L * chunks * d, rows, 1),
        };
    }

    private void EmbeddingNormBackward()
    {
        FinalNormalisation<T> embedded = EmbeddingNorm() with { Gradient = blocks.Gradient };
        pool.Run(&FinalNormalisation<T>.Backward, &embedded);
        RowChunks.Add(embedded.GainSums, Vector(Gradients, Layout.EmbeddingGain, model.Architecture.Width));
        if (embedded.ShiftSums.Rows > 0)
            RowChunks.Add(embedded.ShiftSums, Vector(Gradients, Layout.EmbeddingShift, model.Architecture.Width));
    }

    private HeadParameters<T> HeadIn(NativeBuffer<T> buffer)
    {
        int d = model.Architecture.Width;
        return new()
        {
            FinalShift = Vector(buffer, Layout.FinalShift, d),
            Transform = Layout.Transform < 0 ? default : buffer.Matrix(Layout.Transform, d, d),
            TransformBias = Vector(buffer, Layout.TransformBias, d),
            Gain = Vector(buffer, Layout.HeadGain, d),
            Shift = Vector(buffer, Layout.HeadShift, d),
            Bias = Vector(buffer, Layout.UnembeddingBias, model.Vocabulary),
        };
    }

    private static MatrixView<T> Vector(NativeBuffer<T> buffer, long offset, int length) =>
        offset < 0 ? default : buffer.Matrix(offset, 1, length);

    private BlockAdditions<T> AdditionsIn(NativeBuffer<T> buffer) => new(buffer.Pointer + Layout.FirstAddition, Layout.Additions);

    private BlockParameters<T> Blocks(NativeBuffer<T> buffer) =>
        new(buffer.Pointer + Layout.FirstBlock, Layout.Blocks, buffer.Pointer + Layout.FirstGain, Layout.Gains);

    private Embedding<T> EmbeddingIn(NativeBuffer<T> buffer) => new()
    {
        Tokens = buffer.Matrix(Layout.TokenEmbedding, model.EmbeddedTokens, model.Architecture.Width),
        Positions = buffer.Matrix(Layout.PositionEmbedding, model.Architecture.Tokens, model.Architecture.Width),
    };

    private MatrixView<T> FinalGain(NativeBuffer<T> buffer) =>
        buffer.Matrix(Layout.FinalGain, Layout.HasFinalNormalisation ? 1 : 0, model.Architecture.Width);

    private MatrixView<T> Unembedding(NativeBuffer<T> buffer) => model.Tied
        ? buffer.Matrix(Layout.TokenEmbedding, model.Vocabulary, model.Architecture.Width).Transposed
        : buffer.Matrix(Layout.Unembedding, model.Architecture.Width, model.Vocabulary);
}
