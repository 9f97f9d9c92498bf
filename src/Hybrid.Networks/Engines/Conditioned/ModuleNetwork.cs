using Hybrid.Architectures;
using Hybrid.Networks.Blocks;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>
/// What networks whose weights are never formed have in common: modules in single and in double precision
/// (<see cref="IModule"/>), each of which is asked with the span of what it sees, and the memory of all blocks. How the stream
/// between modules is held is the heirs' own.
/// </summary>
internal abstract unsafe class ModuleNetwork : IRandomNetwork
{
    private readonly AttentionModule<float> singleAttention;
    private readonly AttentionModule<double> wideAttention;
    private readonly NativeBuffer<double> memory;

    /// <summary>Plans a legal architecture; without <paramref name="singles"/> all modules run in double precision.</summary>
    protected ModuleNetwork(Architecture architecture, WorkerPool pool, MatrixProduct<double> product, bool singles)
    {
        (Architecture, Pool, Product, Singles) = (architecture, pool, product, singles);
        CoordinatePlan plan = new(architecture);
        memory = new NativeBuffer<double>(
            plan.Length,
            $"coordinates of {architecture.Tokens} tokens in {architecture.Depth} "
            + $"blocks of width {architecture.Width}, MLP width {architecture.MlpWidth}");
        Workspace = new ConditioningWorkspace(pool, product, architecture.Tokens, LargestRow(architecture));
        Single = new ModuleScratch<float>(plan, memory, pool, product, Workspace);
        Wide = new ModuleScratch<double>(plan, memory, pool, product, Workspace);
        Rows = new StepRows(architecture, plan, memory);

        ParameterLayout layout = new(architecture);
        singleAttention = new AttentionModule<float>(architecture, layout, plan, memory, Single);
        wideAttention = new AttentionModule<double>(architecture, layout, plan, memory, Wide);
        MlpModule<float> singleMlp = new(architecture, layout, plan, memory, Single);
        MlpModule<double> wideMlp = new(architecture, layout, plan, memory, Wide);
        (IModule Single, IModule Wide) attention = (singleAttention, wideAttention), mlp = (singleMlp, wideMlp), experts = mlp;
        if (plan.Experts is not null)
        {
            experts = (
                new ExpertsModule<float>(architecture, layout, plan, memory, Single, singleMlp),
                new ExpertsModule<double>(architecture, layout, plan, memory, Wide, wideMlp));
        }

        int dense = plan.Experts?.Experts.Dense ?? 0;
        Blocks = [.. Enumerable.Range(1, architecture.Depth).Select(layer => StepPart.Of(
            architecture, layer, layout, plan, memory,
            module => module == ModuleKind.Attention ? attention : layer <= dense ? mlp : experts))];
    }

    /// <summary>Bytes that a network takes.</summary>
    internal static Int128 Bytes(Architecture architecture) =>
        sizeof(double) * new CoordinatePlan(architecture).Length
        + (sizeof(float) + sizeof(double)) * RotaryPositions<double>.Length(architecture)
        + ConditioningWorkspace.Bytes(architecture.Tokens, LargestRow(architecture));

    /// <summary>What was planned for.</summary>
    protected Architecture Architecture { get; }

    /// <summary>n.</summary>
    protected int Tokens => Architecture.Tokens;

    /// <summary>Threads.</summary>
    protected WorkerPool Pool { get; }

    /// <summary>Products in double precision.</summary>
    protected MatrixProduct<double> Product { get; }

    /// <summary>Scratch of the factorisations.</summary>
    protected ConditioningWorkspace Workspace { get; }

    /// <summary>What modules share in single precision.</summary>
    protected ModuleScratch<float> Single { get; }

    /// <summary>What modules share in double precision.</summary>
    protected ModuleScratch<double> Wide { get; }

    /// <summary>The stream and what is added to it.</summary>
    protected StepRows Rows { get; }

    /// <summary>The steps of every block.</summary>
    protected StepPart[][] Blocks { get; }

    /// <summary>Whether modules may run in single precision.</summary>
    protected bool Singles { get; }

    /// <summary>Of the network.</summary>
    protected ulong Seed { get; private set; }

    /// <summary>Of the network.</summary>
    protected int Sample { get; private set; }

    /// <summary>Whether block <paramref name="layer"/>'s attention and MLP ran in single precision.</summary>
    internal (bool Attention, bool Mlp) RanSingle(int layer) =>
        (StepPart.StateOf(Blocks[layer - 1], ModuleKind.Attention).Single, StepPart.StateOf(Blocks[layer - 1], ModuleKind.Mlp).Single);

    /// <inheritdoc/>
    public ReadOnlySpan<double> Probabilities(int layer)
    {
        SublayerState at = StepPart.StateOf(Blocks[layer - 1], ModuleKind.Attention);
        double[] result = new double[Architecture.Heads * Tokens * Tokens];
        fixed (double* data = result)
        {
            MatrixView<double> view = new(data, Architecture.Heads * Tokens, Tokens);
            if (at.Single)
                Precision.Widen(singleAttention.Probabilities(at), view);
            else
                Precision.Widen(wideAttention.Probabilities(at), view);
        }

        return result;
    }

    /// <inheritdoc/>
    public void Begin(ulong seed, int sample)
    {
        (Seed, Sample) = (seed, sample);
        BeginForward();
    }

    /// <inheritdoc/>
    public abstract void Forward(int layer);

    /// <inheritdoc/>
    public abstract void BeginBackward();

    /// <inheritdoc/>
    public abstract void Backward(int layer, Span<double> weightGradients);

    /// <inheritdoc/>
    public abstract void MeasureStream(double[] result);

    /// <inheritdoc/>
    public virtual void MeasureGradient(double[] result) => Measure(Rows.Gradient, result);

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        singleAttention?.Dispose();
        wideAttention?.Dispose();
        Single?.Dispose();
        Wide?.Dispose();
        Workspace?.Dispose();
        memory?.Dispose();
    }

    /// <summary>The stream at the input.</summary>
    protected abstract void BeginForward();

    /// <summary>
    /// From h hᵀ, [n, n], of the gradient at a branch to the gradient at z along its span; returns the covariance off it.
    /// </summary>
    /// <param name="part">The sublayer.</param>
    /// <param name="gram">h hᵀ; overwritten.</param>
    /// <param name="known">K = σ h Φᵀ: [n, rank of the outputs]; overwritten.</param>
    /// <param name="alongInput">[n, r].</param>
    /// <param name="weightGradients">Squared norms, by role.</param>
    protected MatrixView<double> Backward(
        SublayerPart part, MatrixView<double> gram, MatrixView<double> known, MatrixView<double> alongInput, Span<double> weightGradients)
    {
        SublayerState at = part.At;
        int n = Tokens;
        MatrixView<double> seen = Wide.Small(SmallMatrix.OutputGram, n, n);
        Product.Gram(at.OutputFactor.Slice(0, 0, n, at.OutputRank), seen, 1);
        weightGradients[(int)part.Output] = RowMath.Dot(seen.Data, gram.Data, n * n);
        RowMath.Scale(part.Deviation * part.Deviation, gram.Data, gram.Data, n * n);
        MatrixView<double> factor = Wide.Small(SmallMatrix.BranchGradientFactor, n, n);
        int rank = Wide.Factor(gram, n, factor, Precision.Rounding);

        MatrixView<double> inputGram = Wide.Small(SmallMatrix.InputGram, n, n);
        MatrixView<double> covariance = Wide.Small(SmallMatrix.OffInputCovariance, n, n);
        Product.Gram(at.Input.Slice(0, 0, n, at.InputRank), inputGram, 1);
        ModuleGradient gradient = new()
        {
            Factor = factor.Slice(0, 0, n, rank),
            Known = known,
            Covariance = covariance,
            AlongInput = alongInput,
            InputGram = inputGram,
        };
        (at.Single ? part.Single : part.Wide).Backward(Seed, Sample, at, gradient, weightGradients);
        return covariance;
    }

    /// <summary>Rows' Gram matrix over d.</summary>
    protected void Measure(MatrixView<double> rows, double[] result)
    {
        fixed (double* gram = result)
            Product.Gram(rows, new MatrixView<double>(gram, Tokens, Tokens), 1.0 / Architecture.Width);
    }

    private static int LargestRow(Architecture architecture)
    {
        int frame = CoordinatePlan.HasVectors(architecture) ? architecture.Width : CoordinatePlan.LargestFrame(architecture);
        long mixture = (long)architecture.Tokens * (architecture.Mlp.Experts?.Value.MlpsForToken ?? 0);
        int module = Math.Max(architecture.MlpWidth, architecture.Heads * HeadNormals.Kept(architecture));
        return Math.Max(Math.Max(frame, module), (int)Math.Min(mixture, int.MaxValue));
    }
}
