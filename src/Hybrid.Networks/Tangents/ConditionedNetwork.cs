using Hybrid.Architectures;
using Hybrid.Networks.Blocks;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;

namespace Hybrid.Networks.Tangents;

/// <summary>
/// One random transformer whose weights are known only through what was asked of them, run block by block forwards and
/// backwards in double precision. Attention, MLP and placements are the dense network's own; only the products with
/// weights differ. A block's backward pass asks its matrices for the last time. Its vectors have all their coordinates, so
/// tangents can be carried along; where none are, networks in coordinates have the same law and are faster. Blocks have one
/// MLP each.
/// </summary>
internal sealed unsafe class ConditionedNetwork : IDisposable
{
    private readonly Architecture architecture;
    private readonly WorkerPool pool;
    private readonly MatrixProduct<double> product;
    private readonly ConditioningWorkspace workspace;
    private readonly BlockStages<double> stages;
    private readonly BlockMatrices?[] blocks;

    /// <summary>Plans a legal architecture for asks about <paramref name="vectors"/> ≥ tokens vectors per matrix.</summary>
    internal ConditionedNetwork(Architecture architecture, int vectors, WorkerPool pool, MatrixProduct<double> product)
    {
        this.architecture = architecture;
        this.pool = pool;
        this.product = product;
        stages = new BlockStages<double>(architecture, product);
        blocks = new BlockMatrices?[architecture.Depth];
        ParameterLayout layout = new(architecture);
        workspace = new ConditioningWorkspace(pool, product, vectors, LargestVector(architecture, layout));
        for (int block = 0; block < blocks.Length; block++)
            blocks[block] = new BlockMatrices(architecture, layout, workspace);
    }

    /// <summary>The architecture that the buffers were planned for.</summary>
    internal Architecture Architecture => architecture;

    /// <summary>Products on the network's threads.</summary>
    internal MatrixProduct<double> Product => product;

    /// <summary>x: [n, d], the residual stream where the forward pass stands; the caller writes the input here.</summary>
    internal MatrixView<double> Stream => stages.Stream;

    /// <summary>G: [n, d], the loss gradient where the backward pass stands; the caller writes the output's here.</summary>
    internal MatrixView<double> Gradient => stages.Gradient;

    /// <summary>Carries <see cref="Stream"/> through block <paramref name="layer"/>, 1..depth, of network (seed, sample).</summary>
    internal void Forward(ulong seed, int sample, int layer)
    {
        Block(layer).Reset(seed, sample, layer);
        foreach (BlockSublayer sublayer in Sublayers(layer))
        {
            Placement<double> placement = Placed(layer, sublayer);
            pool.Run(&Placement<double>.Enter, &placement);
            if (sublayer.Module == ModuleKind.Attention)
                Attend(layer, placement.Input, placement.Branch);
            else
                Hide(layer, placement.Input, placement.Branch);
            pool.Run(&Placement<double>.Leave, &placement);
        }
    }

    /// <summary>
    /// Carries <see cref="Gradient"/> from the output to the input of block <paramref name="layer"/>, and writes the squared
    /// norm of every parameter's gradient, by <see cref="MatrixRole"/>.
    /// </summary>
    internal void Backward(int layer, Span<double> weightGradients)
    {
        ReadOnlySpan<BlockSublayer> sublayers = Sublayers(layer);
        for (int index = sublayers.Length - 1; index >= 0; index--)
        {
            BlockSublayer sublayer = sublayers[index];
            Placement<double> placement = Placed(layer, sublayer) with { Stream = Gradient };
            pool.Run(&Placement<double>.LeaveBackward, &placement);
            if (sublayer.Module == ModuleKind.Attention)
                AttendBackward(layer, placement.BranchGradient, placement.InputGradient, weightGradients);
            else
                HideBackward(layer, placement.BranchGradient, placement.InputGradient, weightGradients);
            pool.Run(&Placement<double>.EnterBackward, &placement);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        stages.Dispose();
        workspace.Dispose();
        foreach (BlockMatrices? block in blocks)
            block?.Dispose();
    }

    /// <summary>The weights of block <paramref name="layer"/>.</summary>
    internal BlockMatrices Block(int layer) => blocks[layer - 1]!;

    /// <summary>A of block <paramref name="layer"/> after its forward pass: [H n, n].</summary>
    internal ReadOnlySpan<double> Probabilities(int layer) => stages.Probabilities(layer);

    /// <summary>The sublayers of block <paramref name="layer"/>, first to last.</summary>
    internal ReadOnlySpan<BlockSublayer> Sublayers(int layer) => stages.Sublayers(layer);

    /// <summary>Where a sublayer of block <paramref name="layer"/> meets the stream.</summary>
    internal Placement<double> Placed(int layer, BlockSublayer sublayer) => stages.Placed(layer, sublayer);

    /// <summary>Attention of block <paramref name="layer"/>.</summary>
    internal AttentionHeads<double> Heads(int layer) => stages.Heads(layer);

    /// <summary>The hidden layer of block <paramref name="layer"/>.</summary>
    internal HiddenLayer<double> Hidden(int layer) => stages.Hidden(layer, Block(layer).Mlp.Bias);

    // input, output: [n, d].
    private void Attend(int layer, MatrixView<double> input, MatrixView<double> output)
    {
        BlockMatrices block = Block(layer);
        AttentionHeads<double> heads = Heads(layer);
        block.AttentionInputs.Begin(input);
        block.AttentionInputs.Apply(0, heads.Query);
        block.AttentionInputs.Apply(1, heads.Key);
        block.AttentionInputs.Apply(2, heads.Value);
        stages.QueriesAndKeys(layer).Forward(pool, heads.Query, heads.Key);
        pool.Run(&AttentionHeads<double>.Forward, &heads);
        block.Contexts.Begin(heads.Context);
        block.Contexts.Apply(0, output);
    }

    // input, output: [n, d].
    private void Hide(int layer, MatrixView<double> input, MatrixView<double> output)
    {
        MlpMatrices matrices = Block(layer).Mlp;
        HiddenLayer<double> hidden = Hidden(layer);
        matrices.Inputs.Begin(input);
        matrices.Inputs.Apply(0, hidden.PreActivation);
        if (architecture.Gated)
            matrices.Inputs.Apply(1, hidden.Up);
        pool.Run(&HiddenLayer<double>.Forward, &hidden);
        matrices.HiddenUnits.Begin(hidden.Hidden);
        matrices.HiddenUnits.Apply(0, output);
    }

    // Gradients at output and input: [n, d].
    private void AttendBackward(int layer, MatrixView<double> output, MatrixView<double> input, Span<double> weightGradients)
    {
        BlockMatrices block = Block(layer);
        AttentionHeads<double> heads = Heads(layer);
        block.Contexts.ApplyTransposeLast([output], heads.Context, weightGradients);
        pool.Run(&AttentionHeads<double>.BackwardRows, &heads);
        pool.Run(&AttentionHeads<double>.BackwardColumns, &heads);
        stages.QueriesAndKeys(layer).Backward(pool, heads.QueryGradient, heads.KeyGradient);
        block.AttentionInputs.ApplyTransposeLast([heads.QueryGradient, heads.KeyGradient, heads.ValueGradient], input, weightGradients);
    }

    // Gradients at output and input: [n, d].
    private void HideBackward(int layer, MatrixView<double> output, MatrixView<double> input, Span<double> weightGradients)
    {
        MlpMatrices matrices = Block(layer).Mlp;
        HiddenLayer<double> hidden = Hidden(layer);
        matrices.HiddenUnits.ApplyTransposeLast([output], hidden.Gradient, weightGradients);
        pool.Run(&HiddenLayer<double>.Backward, &hidden);
        ReadOnlySpan<MatrixView<double>> gates = [hidden.Gradient, hidden.UpGradient];
        matrices.Inputs.ApplyTransposeLast(gates[..(architecture.Gated ? 2 : 1)], input, weightGradients);
    }

    private static int LargestVector(Architecture architecture, ParameterLayout layout) =>
        Math.Max(layout[MatrixRole.AttentionOut].Rows, Math.Max(architecture.Width, architecture.MlpWidth));
}
