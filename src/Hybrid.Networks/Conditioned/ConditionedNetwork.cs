using Hybrid.Networks.Dense;
using Hybrid.Networks.Dense.Activations;
using Hybrid.Networks.Linear;
using Hybrid.Theory;

namespace Hybrid.Networks.Conditioned;

/// <summary>
/// One random transformer whose weights are known only through what was asked of them, run block by block forwards and
/// backwards in double precision. Attention, MLP and placements are the dense network's own; only the products with
/// weights differ. A block's backward pass asks its matrices for the last time.
/// </summary>
internal sealed unsafe class ConditionedNetwork : IDisposable
{
    private readonly Architecture architecture;
    private readonly WorkerPool pool;
    private readonly MatrixProduct<double> product;
    private readonly ConditioningWorkspace workspace;
    private readonly ActivationPlan plan;
    private readonly ActivationKernels<double> kernels;
    private readonly NativeBuffer<double> activations;
    private readonly BlockMatrices?[] blocks;

    /// <summary>Plans a legal architecture for asks about <paramref name="vectors"/> ≥ tokens vectors per matrix.</summary>
    internal ConditionedNetwork(Architecture architecture, int vectors, WorkerPool pool, MatrixProduct<double> product)
    {
        this.architecture = architecture;
        this.pool = pool;
        this.product = product;
        kernels = ActivationKernels<double>.Of(architecture.Activation);
        plan = new ActivationPlan(architecture);
        blocks = new BlockMatrices?[architecture.Depth];
        activations = new NativeBuffer<double>(plan.Length, $"activations of {architecture.Tokens} tokens in {architecture.Depth} blocks of width {architecture.Width}");
        workspace = new ConditioningWorkspace(pool, product, vectors, Math.Max(architecture.Width, architecture.MlpWidth));
        ParameterLayout layout = new(architecture);
        for (int block = 0; block < blocks.Length; block++)
            blocks[block] = new BlockMatrices(architecture, layout, workspace);
        Stream = plan.Stream.In(activations);
        Gradient = plan.Gradient.In(activations);
    }

    /// <summary>The architecture that the buffers were planned for.</summary>
    internal Architecture Architecture => architecture;

    /// <summary>Products on the network's threads.</summary>
    internal MatrixProduct<double> Product => product;

    /// <summary>x: [n, d], the residual stream where the forward pass stands; the caller writes the input here.</summary>
    internal MatrixView<double> Stream { get; }

    /// <summary>G: [n, d], the loss gradient where the backward pass stands; the caller writes the output's here.</summary>
    internal MatrixView<double> Gradient { get; }

    /// <summary>Bytes that a network takes with asks about so many vectors per matrix.</summary>
    internal static Int128 Bytes(Architecture architecture, long vectors)
    {
        Int128 doubles = new ActivationPlan(architecture).Length + architecture.Depth * BlockMatrices.Length(architecture, vectors);
        return sizeof(double) * doubles + ConditioningWorkspace.Bytes(vectors, Math.Max(architecture.Width, architecture.MlpWidth));
    }

    /// <summary>A of block <paramref name="layer"/> after its forward pass: [H n, n].</summary>
    internal ReadOnlySpan<double> Probabilities(int layer)
    {
        MatrixView<double> probabilities = Kept(plan.Probabilities, layer);
        return new ReadOnlySpan<double>(probabilities.Data, probabilities.Rows * probabilities.Columns);
    }

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
        activations.Dispose();
        workspace.Dispose();
        foreach (BlockMatrices? block in blocks)
            block?.Dispose();
    }

    internal BlockMatrices Block(int layer) => blocks[layer - 1]!;

    internal Placement<double> AttentionPlacement(int layer) => Placed(
        layer, plan.Attention, architecture.Attention.Skip.At(layer), architecture.Attention.Branch.At(layer));

    internal Placement<double> MlpPlacement(int layer) =>
        Placed(layer, plan.Mlp, architecture.Mlp.Skip.At(layer), architecture.Mlp.Branch.At(layer));

    private Placement<double> Placed(int layer, SublayerSlots slots, double skip, double weight) => new()
    {
        Norm = architecture.Norm,
        Skip = skip,
        Weight = weight,
        Stream = Stream,
        Branch = plan.Branch.In(activations),
        InputGradient = plan.InputGradient.In(activations),
        Input = Kept(slots.Input, layer),
        InputScale = Kept(slots.InputScale, layer),
        Normalised = Kept(slots.Normalised, layer),
        NormalisedScale = Kept(slots.NormalisedScale, layer),
    };

    internal AttentionHeads<double> Heads(int layer) => new()
    {
        Heads = architecture.Heads,
        Causal = architecture.Mask.IsCausal,
        Buffers = product.Buffers,
        Query = Kept(plan.Query, layer),
        Key = Kept(plan.Key, layer),
        Value = Kept(plan.Value, layer),
        Probabilities = Kept(plan.Probabilities, layer),
        LogitGradient = plan.LogitGradient.In(activations),
        Context = plan.Context.In(activations),
        QueryGradient = plan.QueryGradient.In(activations),
        KeyGradient = plan.KeyGradient.In(activations),
        ValueGradient = plan.ValueGradient.In(activations),
    };

    internal HiddenLayer<double> Hidden(int layer) => new()
    {
        Kernels = kernels,
        Gated = architecture.Gated,
        Bias = Block(layer).Bias,
        PreActivation = Kept(plan.PreActivation, layer),
        Up = Kept(plan.Up, layer),
        Hidden = plan.Hidden.In(activations),
        Gradient = plan.HiddenGradient.In(activations),
        UpGradient = plan.UpGradient.In(activations),
    };

    private MatrixView<double> Kept(Slot slot, int layer) => slot.In(activations, (layer - 1) * plan.BlockLength);
}
