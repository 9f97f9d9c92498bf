using Hybrid.Architectures;
using Hybrid.Networks.Blocks;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;

namespace Hybrid.Networks.Tangents;

/// <summary>
/// One random transformer whose weights are known only through what was asked of them, run block by block forwards and
/// backwards in double precision. Attention, MLP and placements are the dense network's own; only the products with
/// weights differ. A block's backward pass asks its matrices for the last time. Its vectors have all their coordinates, so
/// tangents can be carried along, and functions may act on coordinates of the stream; where neither is asked for, and all
/// tokens have one MLP, the coordinate network has the same law and is faster.
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
            blocks[block] = new BlockMatrices(architecture, block + 1, layout, workspace);
    }

    /// <summary>Bytes that a network for asks about <paramref name="vectors"/> vectors takes.</summary>
    internal static Int128 Bytes(Architecture architecture, int vectors)
    {
        ParameterLayout layout = new(architecture);
        return BlockStages<double>.Bytes(architecture)
            + sizeof(double) * BlockMatrices.Length(architecture, layout, vectors)
            + ConditioningWorkspace.Bytes(vectors, LargestVector(architecture, layout));
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
            else if (stages.Routing(layer) is ExpertRouting<double> routing)
                Route(layer, routing with { Input = placement.Input, Output = placement.Branch });
            else
                Hide(layer, 0, 0, placement.Input, placement.Branch);
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
            else if (stages.Routing(layer) is ExpertRouting<double> routing)
                RouteBackward(
                    layer,
                    routing with { Input = placement.Input, Output = placement.BranchGradient, InputGradient = placement.InputGradient },
                    weightGradients);
            else
                HideBackward(layer, 0, 0, placement.BranchGradient, placement.InputGradient, weightGradients);
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

    /// <summary>The hidden layer of block <paramref name="layer"/> with one MLP.</summary>
    internal HiddenLayer<double> Hidden(int layer) => stages.Hidden(layer, Block(layer).Mlps[0].Bias);

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

    // One of a block's MLPs on some rows: [rows, d]; the hidden layer's begin at first.
    private void Hide(int layer, int mlp, int first, MatrixView<double> input, MatrixView<double> output)
    {
        MlpMatrices matrices = Block(layer).Mlps[mlp];
        HiddenLayer<double> hidden = Hidden(layer, mlp, first, input.Rows);
        matrices.Inputs.Begin(input);
        matrices.Inputs.Apply(0, hidden.PreActivation);
        if (architecture.Gated)
            matrices.Inputs.Apply(1, hidden.Up);
        pool.Run(&HiddenLayer<double>.Forward, &hidden);
        matrices.HiddenUnits.Begin(hidden.Hidden);
        matrices.HiddenUnits.Apply(0, output);
    }

    private void Route(int layer, ExpertRouting<double> routing)
    {
        AskedInputs router = Block(layer).Router!;
        router.Begin(routing.Input);
        router.Apply(0, routing.Logits);
        routing.Choose();
        pool.Run(&ExpertRouting<double>.Gather, &routing);
        for (int mlp = 0; mlp < routing.Mlps; mlp++)
        {
            (int first, int rows) = routing.RowsOf(mlp);
            if (rows > 0)
                Hide(layer, mlp, first, Rows(routing.Seen, first, rows), Rows(routing.Made, first, rows));
        }

        pool.Run(&ExpertRouting<double>.Combine, &routing);
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

    private void HideBackward(
        int layer, int mlp, int first, MatrixView<double> output, MatrixView<double> input, Span<double> weightGradients,
        bool accumulate = false)
    {
        MlpMatrices matrices = Block(layer).Mlps[mlp];
        HiddenLayer<double> hidden = Hidden(layer, mlp, first, output.Rows);
        matrices.HiddenUnits.ApplyTransposeLast([output], hidden.Gradient, weightGradients, accumulate);
        pool.Run(&HiddenLayer<double>.Backward, &hidden);
        ReadOnlySpan<MatrixView<double>> gates = [hidden.Gradient, hidden.UpGradient];
        matrices.Inputs.ApplyTransposeLast(gates[..(architecture.Gated ? 2 : 1)], input, weightGradients, accumulate);
    }

    // The gradients of matrices with one role are those of all experts together.
    private void RouteBackward(int layer, ExpertRouting<double> routing, Span<double> weightGradients)
    {
        pool.Run(&ExpertRouting<double>.CombineBackward, &routing);
        Block(layer).Router!.ApplyTransposeLast([routing.LogitGradient], routing.InputGradient, weightGradients);
        bool further = false;
        for (int mlp = 0; mlp < routing.Mlps; mlp++)
        {
            (int first, int rows) = routing.RowsOf(mlp);
            if (rows == 0)
                continue;
            MatrixView<double> made = Rows(routing.MadeGradient, first, rows), seen = Rows(routing.SeenGradient, first, rows);
            HideBackward(layer, mlp, first, made, seen, weightGradients, further);
            further = true;
        }

        pool.Run(&ExpertRouting<double>.GatherBackward, &routing);
    }

    private HiddenLayer<double> Hidden(int layer, int mlp, int first, int rows)
    {
        MatrixView<double> bias = Block(layer).Mlps[mlp].Bias;
        return stages.Hidden(layer, bias).Of(first, rows, bias);
    }

    private static MatrixView<double> Rows(MatrixView<double> matrix, int first, int rows) =>
        matrix.Slice(first, 0, rows, matrix.Columns);

    private static int LargestVector(Architecture architecture, ParameterLayout layout) =>
        Math.Max(layout[MatrixRole.AttentionOut].Rows, Math.Max(architecture.Width, architecture.MlpWidth));
}
