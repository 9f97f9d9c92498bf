using Hybrid.Architectures;
using Hybrid.Networks.Blocks;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;

namespace Hybrid.Networks.Tangents;

/// <summary>
/// One random transformer whose weights are known only through what was asked of them, run block by block forwards and
/// backwards in double precision. Attention, MLP and placements are the dense network's own; only the products with
/// weights differ. A block's backward pass asks its matrices for the last time. Its vectors have all their coordinates, so
/// tangents can be carried along; without tangents the coordinate network has the same law and is faster.
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
        workspace = new ConditioningWorkspace(pool, product, vectors, Math.Max(architecture.Width, architecture.MlpWidth));
        ParameterLayout layout = new(architecture);
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
        BlockMatrices block = Block(layer);
        block.Reset(seed, sample, layer);

        Placement<double> placement = AttentionPlacement(layer);
        pool.Run(&Placement<double>.Enter, &placement);
        AttentionHeads<double> heads = Heads(layer);
        block.AttentionInputs.Begin(placement.Input);
        block.AttentionInputs.Apply(0, heads.Query);
        block.AttentionInputs.Apply(1, heads.Key);
        block.AttentionInputs.Apply(2, heads.Value);
        pool.Run(&AttentionHeads<double>.Forward, &heads);
        block.Contexts.Begin(heads.Context);
        block.Contexts.Apply(0, placement.Branch);
        pool.Run(&Placement<double>.Leave, &placement);

        placement = MlpPlacement(layer);
        pool.Run(&Placement<double>.Enter, &placement);
        HiddenLayer<double> hidden = Hidden(layer);
        block.MlpInputs.Begin(placement.Input);
        block.MlpInputs.Apply(0, hidden.PreActivation);
        if (architecture.Gated)
            block.MlpInputs.Apply(1, hidden.Up);
        pool.Run(&HiddenLayer<double>.Forward, &hidden);
        block.HiddenUnits.Begin(hidden.Hidden);
        block.HiddenUnits.Apply(0, placement.Branch);
        pool.Run(&Placement<double>.Leave, &placement);
    }

    /// <summary>
    /// Carries <see cref="Gradient"/> from the output to the input of block <paramref name="layer"/>, and writes the squared
    /// norm of every parameter's gradient, by <see cref="MatrixRole"/>.
    /// </summary>
    internal void Backward(int layer, Span<double> weightGradients)
    {
        BlockMatrices block = Block(layer);
        Placement<double> placement = MlpPlacement(layer) with { Stream = Gradient };
        pool.Run(&Placement<double>.LeaveBackward, &placement);
        HiddenLayer<double> hidden = Hidden(layer);
        block.HiddenUnits.ApplyTransposeLast([placement.Branch], hidden.Gradient, weightGradients);
        pool.Run(&HiddenLayer<double>.Backward, &hidden);
        ReadOnlySpan<MatrixView<double>> gates = [hidden.Gradient, hidden.UpGradient];
        block.MlpInputs.ApplyTransposeLast(gates[..(architecture.Gated ? 2 : 1)], placement.InputGradient, weightGradients);
        pool.Run(&Placement<double>.EnterBackward, &placement);

        placement = AttentionPlacement(layer) with { Stream = Gradient };
        pool.Run(&Placement<double>.LeaveBackward, &placement);
        AttentionHeads<double> heads = Heads(layer);
        block.Contexts.ApplyTransposeLast([placement.Branch], heads.Context, weightGradients);
        pool.Run(&AttentionHeads<double>.BackwardRows, &heads);
        pool.Run(&AttentionHeads<double>.BackwardColumns, &heads);
        block.AttentionInputs.ApplyTransposeLast(
            [heads.QueryGradient, heads.KeyGradient, heads.ValueGradient], placement.InputGradient, weightGradients);
        pool.Run(&Placement<double>.EnterBackward, &placement);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        stages.Dispose();
        workspace.Dispose();
        foreach (BlockMatrices? block in blocks)
            block?.Dispose();
    }

    internal BlockMatrices Block(int layer) => blocks[layer - 1]!;

    internal Placement<double> AttentionPlacement(int layer) => stages.AttentionPlacement(layer);

    internal Placement<double> MlpPlacement(int layer) => stages.MlpPlacement(layer);

    internal AttentionHeads<double> Heads(int layer) => stages.Heads(layer);

    internal HiddenLayer<double> Hidden(int layer) => stages.Hidden(layer, Block(layer).Bias);
}
