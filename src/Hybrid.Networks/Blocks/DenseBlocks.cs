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
internal sealed unsafe partial class DenseBlocks<T> : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Architecture architecture;
    private readonly WorkerPool pool;
    private readonly MatrixProduct<T> product;
    private readonly BlockStages<T> stages;
    private readonly BlockParameters<T> weights;
    private readonly BlockParameters<T> gradients;
    private readonly KeptActivations kept;
    private readonly ModelForm? form;
    private readonly BlockAdditions<T> additions;
    private readonly BlockAdditions<T> additionGradients;
    private readonly NativeBuffer<T>? additionSums;
    private readonly int chunks;

    /// <summary>Plans the activations of a legal architecture.</summary>
    /// <param name="architecture">Legal.</param>
    /// <param name="sequences">B ≥ 1.</param>
    /// <param name="kept">What the forward pass keeps; parameter gradients are computed where it serves them.</param>
    /// <param name="weights">Read.</param>
    /// <param name="gradients">Overwritten by backward passes, where parameter gradients are computed.</param>
    /// <param name="pool">The caller's.</param>
    /// <param name="product">The caller's.</param>
    /// <param name="form">What a published network has beyond the record.</param>
    /// <param name="additions">Biases and shifts of a published network.</param>
    /// <param name="additionGradients">Overwritten as <paramref name="gradients"/>.</param>
    internal DenseBlocks(
        Architecture architecture,
        int sequences,
        KeptActivations kept,
        BlockParameters<T> weights,
        BlockParameters<T> gradients,
        WorkerPool pool,
        MatrixProduct<T> product,
        ModelForm? form = null,
        BlockAdditions<T> additions = default,
        BlockAdditions<T> additionGradients = default)
    {
        this.architecture = architecture;
        this.kept = kept;
        (this.form, this.additions, this.additionGradients) = (form, additions, additionGradients);
        this.weights = weights;
        this.gradients = gradients;
        this.pool = pool;
        this.product = product;
        stages = new BlockStages<T>(architecture, sequences, kept, product, form?.Stretch);
        chunks = (int)RowChunks.Count((long)sequences * architecture.Tokens);
        if (LearnsParameters && additions.Layout is { } added)
            additionSums = new NativeBuffer<T>(SumsLength(added, chunks, architecture.Width), "sums of biases");
    }

    /// <summary>x: [R, d], the residual stream where the forward pass stands.</summary>
    internal MatrixView<T> Stream => stages.Stream;

    /// <summary>G: [R, d], the loss gradient where the backward pass stands.</summary>
    internal MatrixView<T> Gradient => stages.Gradient;

    private bool LearnsParameters => kept.LearnParameters();

    /// <summary>A of block <paramref name="layer"/> as its last forward pass left it: [B, H, n, n].</summary>
    internal ReadOnlySpan<T> Probabilities(int layer) => stages.Probabilities(layer);

    /// <summary>The same as rows: [B H n, n].</summary>
    internal MatrixView<T> ProbabilityRows(int layer) => stages.ProbabilityRows(layer);

    /// <summary>The sublayers of block <paramref name="layer"/>, first to last.</summary>
    internal ReadOnlySpan<BlockSublayer> Sublayers(int layer) => stages.Sublayers(layer);

    /// <summary>Carries <see cref="Stream"/> through block <paramref name="layer"/>, keeping what its backward pass needs.</summary>
    internal void Forward(int layer)
    {
        Keep(layer);
        Run(layer);
    }

    /// <summary>The beginning of <see cref="Forward(int)"/>: keeps the block's input, if inputs are kept.</summary>
    internal void Keep(int layer)
    {
        if (kept == KeptActivations.BlockInputs)
            Copy(Stream, stages.BlockInput(layer));
    }

    /// <summary>
    /// One sublayer's part of <see cref="Forward(int)"/>: afterwards <see cref="Stream"/> is its step's output if it ends the
    /// step, and still the step's input if not. Returned, until the next: f, what its module put out, and what was added of it
    /// to the stream but for the weight a, [R, d] each.
    /// </summary>
    internal (MatrixView<T> Branch, MatrixView<T> Added) Forward(int layer, BlockSublayer sublayer)
    {
        Placement<T> placement = Placed(layer, sublayer);
        pool.Run(&Placement<T>.Enter, &placement);
        if (sublayer.Module == ModuleKind.Attention)
            AttentionForward(layer, placement.Input, placement.Branch);
        else if (stages.Routing(layer) is ExpertRouting<T> routing)
            ExpertsForward(layer, routing with { Input = placement.Input, Output = placement.Branch });
        else
            MlpForward(layer, 0, 0, placement.Input, placement.Branch);
        pool.Run(&Placement<T>.Leave, &placement);
        return (placement.Branch, placement.Added);
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
            Run(layer);
        }

        ReadOnlySpan<BlockSublayer> sublayers = Sublayers(layer);
        for (int index = sublayers.Length - 1; index >= 0; index--)
            Backward(layer, sublayers[index]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        stages.Dispose();
        additionSums?.Dispose();
    }

    private void Run(int layer)
    {
        foreach (BlockSublayer sublayer in Sublayers(layer))
            Forward(layer, sublayer);
    }

    private void Backward(int layer, BlockSublayer sublayer)
    {
        Placement<T> placement = Placed(layer, sublayer) with { Stream = Gradient };
        pool.Run(&Placement<T>.LeaveBackward, &placement);
        if (sublayer.Module == ModuleKind.Attention)
            AttentionBackward(layer, placement.Input, placement.BranchGradient, placement.InputGradient);
        else if (stages.Routing(layer) is ExpertRouting<T> routing)
            ExpertsBackward(layer, routing with
            {
                Input = placement.Input,
                Output = placement.BranchGradient,
                InputGradient = placement.InputGradient,
            });
        else
            MlpBackward(layer, 0, 0, placement.Input, placement.BranchGradient, placement.InputGradient);
        pool.Run(&Placement<T>.EnterBackward, &placement);
        AddGain(layer, new(sublayer.Module, GainPlace.Input), placement.InputGainSums);
        AddGain(layer, new(sublayer.Module, GainPlace.Branch), placement.BranchGainSums);
        AddGain(layer, new(sublayer.Module, GainPlace.Sum), placement.SumGainSums);
        AddShifts(layer, sublayer.Module, placement);
    }

    private Placement<T> Placed(int layer, BlockSublayer sublayer)
    {
        Placement<T> plain = stages.Placed(
            layer,
            sublayer,
            weights.Gain(layer, new(sublayer.Module, GainPlace.Input)),
            weights.Gain(layer, new(sublayer.Module, GainPlace.Branch)),
            weights.Gain(layer, new(sublayer.Module, GainPlace.Sum)));
        return form is null ? plain : Published(plain, layer, sublayer);
    }

    // input: [R, d], branch: [R, d].
    private void AttentionForward(int layer, MatrixView<T> input, MatrixView<T> branch)
    {
        AttentionHeads<T> heads = stages.Heads(layer);
        product.Multiply(input, weights.Matrix(layer, MatrixRole.Query), heads.Query, T.One);
        product.Multiply(input, weights.Matrix(layer, MatrixRole.Key), heads.Key, T.One);
        product.Multiply(input, weights.Matrix(layer, MatrixRole.Value), heads.Value, T.One);
        AddBias(layer, MatrixRole.Query, heads.Query);
        AddBias(layer, MatrixRole.Key, heads.Key);
        AddBias(layer, MatrixRole.Value, heads.Value);
        QueriesAndKeys(layer).Forward(pool, heads.Query, heads.Key);
        pool.Run(&AttentionHeads<T>.Forward, &heads);
        product.Multiply(heads.Context, weights.Matrix(layer, MatrixRole.AttentionOut), branch, T.One);
        AddBias(layer, MatrixRole.AttentionOut, branch);
    }

    // input: [R, d] as forwards; the gradients at the branch, read, and at the input, written: [R, d].
    private void AttentionBackward(int layer, MatrixView<T> input, MatrixView<T> branchGradient, MatrixView<T> inputGradient)
    {
        AttentionHeads<T> heads = stages.Heads(layer);
        Learn(layer, MatrixRole.AttentionOut, heads.Context, branchGradient);
        LearnBias(layer, MatrixRole.AttentionOut, branchGradient);
        product.Multiply(branchGradient, weights.Matrix(layer, MatrixRole.AttentionOut).Transposed, heads.Context, T.One);
        pool.Run(&AttentionHeads<T>.BackwardRows, &heads);
        pool.Run(&AttentionHeads<T>.BackwardColumns, &heads);
        QueryKeyStages<T> queriesAndKeys = QueriesAndKeys(layer);
        queriesAndKeys.Backward(pool, heads.QueryGradient, heads.KeyGradient);
        AddGain(layer, new(ModuleKind.Attention, GainPlace.Query), queriesAndKeys.QueryNorm?.GainSums ?? default);
        AddGain(layer, new(ModuleKind.Attention, GainPlace.Key), queriesAndKeys.KeyNorm?.GainSums ?? default);
        LearnBias(layer, MatrixRole.Query, heads.QueryGradient);
        LearnBias(layer, MatrixRole.Key, heads.KeyGradient);
        LearnBias(layer, MatrixRole.Value, heads.ValueGradient);
        Learn(layer, MatrixRole.Query, input, heads.QueryGradient);
        Learn(layer, MatrixRole.Key, input, heads.KeyGradient);
        Learn(layer, MatrixRole.Value, input, heads.ValueGradient);
        product.Multiply(heads.QueryGradient, weights.Matrix(layer, MatrixRole.Query).Transposed, inputGradient, T.One);
        product.Multiply(heads.KeyGradient, weights.Matrix(layer, MatrixRole.Key).Transposed, inputGradient, T.One, accumulate: true);
        product.Multiply(heads.ValueGradient, weights.Matrix(layer, MatrixRole.Value).Transposed, inputGradient, T.One, accumulate: true);
    }

    private QueryKeyStages<T> QueriesAndKeys(int layer) => stages.QueriesAndKeys(
        layer,
        weights.Gain(layer, new(ModuleKind.Attention, GainPlace.Query)),
        weights.Gain(layer, new(ModuleKind.Attention, GainPlace.Key)),
        form);

    // The gradient of a matrix: Zᵀ G. input: [R, in], gradient: [R, out].
    private void Learn(int layer, MatrixRole role, MatrixView<T> input, MatrixView<T> gradient)
    {
        if (LearnsParameters)
            product.Multiply(input.Transposed, gradient, gradients.Matrix(layer, role), T.One);
    }

    private void AddGain(int layer, GainRole role, MatrixView<T> sums)
    {
        if (LearnsParameters && weights.Gain(layer, role).Rows > 0)
            RowChunks.Add(sums, gradients.Gain(layer, role));
    }

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

/// <summary>What blocks on real weights can do.</summary>
internal static class DenseBlocks
{
    /// <summary>Beyond plain heads, one MLP and norms of gain 1.</summary>
    internal static readonly Feature[] Features =
    [
        Feature.NormKind, Feature.NormGain, Feature.Mask, Feature.LogitScale, Feature.HeadWidth, Feature.KeyValueHeads, Feature.Positions,
        Feature.QueryKeyNorm, Feature.SoftCap, Feature.Sink, Feature.Experts,
    ];
}
