using System.Numerics;
using Hybrid.Architectures;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;

namespace Hybrid.Networks.Blocks;

/// <summary>
/// The blocks of a transformer on weights that somebody else holds, block by block forwards and backwards, for B sequences
/// of n tokens (R = B n rows): products with weights run over all rows, attention within each sequence. Backwards, a
/// matrix y = z W with the gradient g at y passes g Wᵀ on to z and, where gradients of parameters are asked for, gets Zᵀ G.
/// </summary>
internal sealed unsafe class DenseBlocks<T> : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Architecture architecture;
    private readonly WorkerPool pool;
    private readonly MatrixProduct<T> product;
    private readonly BlockStages<T> stages;
    private readonly BlockParameters<T> weights;
    private readonly BlockParameters<T> gradients;
    private readonly KeptActivations kept;

    /// <summary>Plans the activations of a legal architecture.</summary>
    /// <param name="architecture">Legal.</param>
    /// <param name="sequences">B ≥ 1.</param>
    /// <param name="kept">What the forward pass keeps; parameter gradients are computed where it serves them.</param>
    /// <param name="weights">Read.</param>
    /// <param name="gradients">Overwritten by backward passes, where parameter gradients are computed.</param>
    /// <param name="pool">The caller's.</param>
    /// <param name="product">The caller's.</param>
    internal DenseBlocks(
        Architecture architecture,
        int sequences,
        KeptActivations kept,
        BlockParameters<T> weights,
        BlockParameters<T> gradients,
        WorkerPool pool,
        MatrixProduct<T> product)
    {
        this.architecture = architecture;
        this.kept = kept;
        this.weights = weights;
        this.gradients = gradients;
        this.pool = pool;
        this.product = product;
        stages = new BlockStages<T>(architecture, sequences, kept, product);
    }

    /// <summary>x: [R, d], the residual stream where the forward pass stands.</summary>
    internal MatrixView<T> Stream => stages.Stream;

    /// <summary>G: [R, d], the loss gradient where the backward pass stands.</summary>
    internal MatrixView<T> Gradient => stages.Gradient;

    /// <summary>[R, d]: after a sublayer's forward pass, what it added to the stream but for the weight a.</summary>
    internal MatrixView<T> Branch => stages.Branch;

    private bool LearnsParameters => kept.LearnParameters();

    /// <summary>A of block <paramref name="layer"/> as its last forward pass left it: [B, H, n, n].</summary>
    internal ReadOnlySpan<T> Probabilities(int layer) => stages.Probabilities(layer);

    /// <summary>The same as rows: [B H n, n].</summary>
    internal MatrixView<T> ProbabilityRows(int layer) => stages.ProbabilityRows(layer);

    /// <summary>Carries <see cref="Stream"/> through block <paramref name="layer"/>, keeping what its backward pass needs.</summary>
    internal void Forward(int layer)
    {
        ForwardAttention(layer);
        ForwardMlp(layer);
    }

    /// <summary>The first half of <see cref="Forward"/>.</summary>
    internal void ForwardAttention(int layer)
    {
        if (kept == KeptActivations.BlockInputs)
            Copy(Stream, stages.BlockInput(layer));
        RunAttention(layer);
    }

    /// <summary>The second half of <see cref="Forward"/>.</summary>
    internal void ForwardMlp(int layer)
    {
        Placement<T> placement = MlpPlacement(layer);
        pool.Run(&Placement<T>.Enter, &placement);
        MlpForward(layer, placement.Input, placement.Branch);
        pool.Run(&Placement<T>.Leave, &placement);
    }

    /// <summary>
    /// Carries <see cref="Gradient"/> from the output to the input of block <paramref name="layer"/>. Where only inputs of
    /// blocks are kept, <see cref="Stream"/> is the block's output afterwards.
    /// </summary>
    internal void Backward(int layer)
    {
        if (kept == KeptActivations.BlockInputs)
        {
            Copy(stages.BlockInput(layer), Stream);
            RunAttention(layer);
            ForwardMlp(layer);
        }

        Placement<T> placement = MlpPlacement(layer) with { Stream = Gradient };
        pool.Run(&Placement<T>.LeaveBackward, &placement);
        MlpBackward(layer, placement);
        pool.Run(&Placement<T>.EnterBackward, &placement);
        AddGains(placement, layer, GainRole.MlpInput, GainRole.MlpOutput);

        placement = AttentionPlacement(layer) with { Stream = Gradient };
        pool.Run(&Placement<T>.LeaveBackward, &placement);
        AttentionBackward(layer, placement);
        pool.Run(&Placement<T>.EnterBackward, &placement);
        AddGains(placement, layer, GainRole.AttentionInput, GainRole.AttentionOutput);
    }

    /// <inheritdoc/>
    public void Dispose() => stages.Dispose();

    private void RunAttention(int layer)
    {
        Placement<T> placement = AttentionPlacement(layer);
        pool.Run(&Placement<T>.Enter, &placement);
        AttentionForward(layer, placement.Input, placement.Branch);
        pool.Run(&Placement<T>.Leave, &placement);
    }

    // input: [R, d], branch: [R, d].
    private void AttentionForward(int layer, MatrixView<T> input, MatrixView<T> branch)
    {
        AttentionHeads<T> heads = stages.Heads(layer);
        product.Multiply(input, weights.Matrix(layer, MatrixRole.Query), heads.Query, T.One);
        product.Multiply(input, weights.Matrix(layer, MatrixRole.Key), heads.Key, T.One);
        product.Multiply(input, weights.Matrix(layer, MatrixRole.Value), heads.Value, T.One);
        pool.Run(&AttentionHeads<T>.Forward, &heads);
        product.Multiply(heads.Context, weights.Matrix(layer, MatrixRole.AttentionOut), branch, T.One);
    }

    private void AttentionBackward(int layer, Placement<T> placement)
    {
        AttentionHeads<T> heads = stages.Heads(layer);
        MatrixView<T> branch = placement.Branch, input = placement.InputGradient;
        Learn(layer, MatrixRole.AttentionOut, heads.Context, branch);
        product.Multiply(branch, weights.Matrix(layer, MatrixRole.AttentionOut).Transposed, heads.Context, T.One);
        pool.Run(&AttentionHeads<T>.BackwardRows, &heads);
        pool.Run(&AttentionHeads<T>.BackwardColumns, &heads);
        Learn(layer, MatrixRole.Query, placement.Input, heads.QueryGradient);
        Learn(layer, MatrixRole.Key, placement.Input, heads.KeyGradient);
        Learn(layer, MatrixRole.Value, placement.Input, heads.ValueGradient);
        product.Multiply(heads.QueryGradient, weights.Matrix(layer, MatrixRole.Query).Transposed, input, T.One);
        product.Multiply(heads.KeyGradient, weights.Matrix(layer, MatrixRole.Key).Transposed, input, T.One, accumulate: true);
        product.Multiply(heads.ValueGradient, weights.Matrix(layer, MatrixRole.Value).Transposed, input, T.One, accumulate: true);
    }

    private void MlpForward(int layer, MatrixView<T> input, MatrixView<T> branch)
    {
        HiddenLayer<T> hidden = Hidden(layer);
        product.Multiply(input, weights.Matrix(layer, MatrixRole.MlpIn), hidden.PreActivation, T.One);
        if (architecture.Gated)
            product.Multiply(input, weights.Matrix(layer, MatrixRole.MlpUp), hidden.Up, T.One);
        pool.Run(&HiddenLayer<T>.Forward, &hidden);
        product.Multiply(hidden.Hidden, weights.Matrix(layer, MatrixRole.MlpOut), branch, T.One);
    }

    private void MlpBackward(int layer, Placement<T> placement)
    {
        HiddenLayer<T> hidden = Hidden(layer);
        MatrixView<T> branch = placement.Branch, input = placement.InputGradient;
        Learn(layer, MatrixRole.MlpOut, hidden.Hidden, branch);
        product.Multiply(branch, weights.Matrix(layer, MatrixRole.MlpOut).Transposed, hidden.Gradient, T.One);
        pool.Run(&HiddenLayer<T>.Backward, &hidden);
        if (LearnsParameters)
            RowChunks.Add(hidden.BiasSums, gradients.Matrix(layer, MatrixRole.MlpBias));
        Learn(layer, MatrixRole.MlpIn, placement.Input, hidden.Gradient);
        product.Multiply(hidden.Gradient, weights.Matrix(layer, MatrixRole.MlpIn).Transposed, input, T.One);
        if (!architecture.Gated)
            return;
        Learn(layer, MatrixRole.MlpUp, placement.Input, hidden.UpGradient);
        product.Multiply(hidden.UpGradient, weights.Matrix(layer, MatrixRole.MlpUp).Transposed, input, T.One, accumulate: true);
    }

    // The gradient of a matrix: Zᵀ G. input: [R, in], gradient: [R, out].
    private void Learn(int layer, MatrixRole role, MatrixView<T> input, MatrixView<T> gradient)
    {
        if (LearnsParameters)
            product.Multiply(input.Transposed, gradient, gradients.Matrix(layer, role), T.One);
    }

    private void AddGains(Placement<T> placement, int layer, GainRole input, GainRole output)
    {
        if (!LearnsParameters)
            return;
        if (placement.InputGain.Rows > 0)
            RowChunks.Add(placement.InputGainSums, gradients.Gain(layer, input));
        if (placement.OutputGain.Rows > 0)
            RowChunks.Add(placement.OutputGainSums, gradients.Gain(layer, output));
    }

    private Placement<T> AttentionPlacement(int layer) =>
        stages.AttentionPlacement(layer, weights.Gain(layer, GainRole.AttentionInput), weights.Gain(layer, GainRole.AttentionOutput));

    private Placement<T> MlpPlacement(int layer) =>
        stages.MlpPlacement(layer, weights.Gain(layer, GainRole.MlpInput), weights.Gain(layer, GainRole.MlpOutput));

    private HiddenLayer<T> Hidden(int layer) => stages.Hidden(layer, weights.Matrix(layer, MatrixRole.MlpBias));

    private void Copy(MatrixView<T> source, MatrixView<T> destination)
    {
        RowCopy copy = new() { Source = source, Destination = destination };
        pool.Run(&RowCopy.Run, &copy);
    }

    private struct RowCopy
    {
        public MatrixView<T> Source, Destination;

        public static void Run(RowCopy* copy, int worker, int threads)
        {
            (int start, int end) = WorkerPool.Share(copy->Source.Rows, worker, threads);
            for (int row = start; row < end; row++)
                copy->Source.Row(row).CopyTo(copy->Destination.Row(row));
        }
    }
}
