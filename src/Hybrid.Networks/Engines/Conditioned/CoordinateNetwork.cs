using Hybrid.Architectures;
using Hybrid.Networks.Blocks;
using Hybrid.Networks.Inputs;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Random;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>
/// One random transformer, exact in distribution, whose residual stream and gradient are never formed:
/// theory/derivation, section 12. Weights are invariant under rotations, so of x only its Gram matrix acts
/// on what follows, and of the gradient only its components along x and its Gram matrix off x's span. Both
/// are kept as coordinates in local frames of a few n directions (<see cref="CoordinatePlan"/>), in double
/// precision; explicit are only the coordinates on which a nonlinearity acts, in heads and hidden layers
/// (<see cref="IModule"/>), in single precision where the tokens' differences allow.
/// </summary>
internal sealed unsafe class CoordinateNetwork : IRandomNetwork
{
    // What singles leave of a gradient's covariance, relative to its largest entry.
    private const double SingleRounding = 1e-6;

    private readonly Architecture architecture;
    private readonly NativeBuffer<double> memory;
    private readonly ConditioningWorkspace workspace;
    private readonly MatrixProduct<double> product;
    private readonly WorkerPool pool;
    private readonly ModuleScratch<float> single;
    private readonly ModuleScratch<double> wide;
    private readonly AttentionModule<float> singleAttention;
    private readonly AttentionModule<double> wideAttention;
    private readonly StepPart[][] blocks;
    private readonly GramFactor tokens;
    private readonly bool singles;
    private readonly StepRows rows;
    private readonly GradientCoordinates gradients;
    private ulong seed;
    private int sample, rank;

    /// <summary>Plans a legal architecture; without <paramref name="singles"/> all modules run in double precision.</summary>
    internal CoordinateNetwork(Architecture architecture, WorkerPool pool, MatrixProduct<double> product, bool singles = true)
    {
        (this.architecture, this.pool, this.product, this.singles) = (architecture, pool, product, singles);
        CoordinatePlan plan = new(architecture);
        memory = new NativeBuffer<double>(
            plan.Length,
            $"coordinates of {architecture.Tokens} tokens in {architecture.Depth} "
            + $"blocks of width {architecture.Width}, MLP width {architecture.MlpWidth}");
        int n = architecture.Tokens;
        tokens = GramFactor.Equicorrelated(n, architecture.Input.Norm, architecture.Input.Correlation);
        workspace = new ConditioningWorkspace(pool, product, n, LargestRow(architecture));
        single = new ModuleScratch<float>(plan, memory, pool, product, workspace);
        wide = new ModuleScratch<double>(plan, memory, pool, product, workspace);
        rows = new StepRows(architecture, plan, memory);
        gradients = new GradientCoordinates(architecture, wide, rows.Gradient, rows.InputGradient);

        ParameterLayout layout = new(architecture);
        singleAttention = new AttentionModule<float>(architecture, layout, plan, memory, single);
        wideAttention = new AttentionModule<double>(architecture, layout, plan, memory, wide);
        (IModule Single, IModule Wide) attention = (singleAttention, wideAttention);
        (IModule Single, IModule Wide) mlp = (
            new MlpModule<float>(architecture, layout, plan, memory, single),
            new MlpModule<double>(architecture, layout, plan, memory, wide));
        blocks = [.. Enumerable.Range(1, architecture.Depth).Select(layer => StepPart.Of(
            architecture, layer, layout, plan, memory, module => module == ModuleKind.Attention ? attention : mlp))];
    }

    private int Tokens => architecture.Tokens;

    private int Width => architecture.Width;

    /// <summary>Bytes that a network takes.</summary>
    internal static Int128 Bytes(Architecture architecture) =>
        sizeof(double) * new CoordinatePlan(architecture).Length
        + (sizeof(float) + sizeof(double)) * RotaryPositions<double>.Length(architecture)
        + ConditioningWorkspace.Bytes(architecture.Tokens, LargestRow(architecture));

    /// <summary>Whether block <paramref name="layer"/>'s attention and MLP ran in single precision.</summary>
    internal (bool Attention, bool Mlp) RanSingle(int layer) =>
        (StepPart.StateOf(blocks[layer - 1], ModuleKind.Attention).Single, StepPart.StateOf(blocks[layer - 1], ModuleKind.Mlp).Single);

    /// <inheritdoc/>
    public ReadOnlySpan<double> Probabilities(int layer)
    {
        SublayerState at = StepPart.StateOf(blocks[layer - 1], ModuleKind.Attention);
        double[] result = new double[architecture.Heads * Tokens * Tokens];
        fixed (double* data = result)
        {
            MatrixView<double> view = new(data, architecture.Heads * Tokens, Tokens);
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
        (this.seed, this.sample) = (seed, sample);
        GradientCoordinates.Clear(rows.Stream);
        rank = tokens.Rank;
        double scale = Math.Sqrt(Width);
        for (int i = 0; i < Tokens; i++)
        {
            for (int k = 0; k < rank; k++)
                rows.Stream.Row(i)[k] = scale * tokens.Values[i * rank + k];
        }
    }

    /// <inheritdoc/>
    public void Forward(int layer)
    {
        foreach (StepPart step in blocks[layer - 1])
            Forward(step);
    }

    /// <inheritdoc/>
    public void BeginBackward() => gradients.Begin(RandomStream.LossGradient.OfInput(seed, sample), rank);

    /// <inheritdoc/>
    public void Backward(int layer, Span<double> weightGradients)
    {
        StepPart[] steps = blocks[layer - 1];
        for (int index = steps.Length - 1; index >= 0; index--)
            Backward(steps[index], weightGradients);
    }

    /// <inheritdoc/>
    public void MeasureStream(double[] result) => Measure(rows.Stream.Slice(0, 0, Tokens, rank), result);

    /// <inheritdoc/>
    public void MeasureGradient(double[] result) => Measure(rows.Gradient, result);

    /// <inheritdoc/>
    public void Dispose()
    {
        singleAttention?.Dispose();
        wideAttention?.Dispose();
        single?.Dispose();
        wide?.Dispose();
        workspace?.Dispose();
        memory?.Dispose();
    }

    private static int LargestRow(Architecture architecture) => Math.Max(
        Math.Max(CoordinatePlan.LargestFrame(architecture), architecture.MlpWidth), architecture.Heads * HeadNormals.Kept(architecture));

    private void Forward(StepPart step)
    {
        StepState at = step.At;
        int n = Tokens;
        (at.InputRank, at.FrameRank) = (rank, rank);
        MatrixView<double> stream = rows.Stream.Slice(0, 0, n, at.Width);
        foreach (SublayerPart part in step.Sublayers)
            Forward(step, part, stream);

        MatrixView<double> coefficients = wide.Small(SmallMatrix.StreamCoefficients, n, n);
        at.Frame.Clear();
        at.Frame.Append(stream, coefficients, workspace);
        rank = at.Frame.Rank;
        GradientCoordinates.Clear(rows.Stream);
        for (int i = 0; i < n; i++)
            coefficients.Row(i)[..rank].CopyTo(rows.Stream.Row(i));
    }

    private void Forward(StepPart step, SublayerPart part, MatrixView<double> stream)
    {
        SublayerState at = part.At;
        int n = Tokens, known = step.At.FrameRank;
        at.InputRank = step.At.InputRank;
        Placement<double> placement = rows.Placed(step, part, stream);
        pool.Run(&Placement<double>.Enter, &placement);
        at.Single = singles && Precision.Resolves(at.Input.Slice(0, 0, n, at.InputRank)) && part.Single.Forward(seed, sample, at);
        if (!at.Single)
            part.Wide.Forward(seed, sample, at);

        // f = σ L Φ: Φ's coordinates along the frame of x and the branches before are normal, those off it are new directions.
        NormalSequence normals = wide.Normals;
        normals.Start(part.ImageStream.OfBlock(seed, sample, at.Layer));
        int added = Bartlett.Columns(at.OutputRank, Width - known);
        at.BranchRank = known + added;
        MatrixView<double> images = at.OutputImages.Slice(0, 0, at.OutputRank, at.BranchRank);
        for (int i = 0; i < images.Rows; i++)
            normals.Fill(images.Row(i)[..known]);
        Bartlett.Fill(images.Slice(0, known, images.Rows, added), Width - known, normals);
        GradientCoordinates.Clear(rows.Branch);
        product.Multiply(at.OutputFactor.Slice(0, 0, n, at.OutputRank), images, rows.Branch.Slice(0, 0, n, at.BranchRank), part.Deviation);
        pool.Run(&Placement<double>.Leave, &placement);
        step.At.FrameRank = at.BranchRank;
    }

    private void Backward(StepPart step, Span<double> weightGradients)
    {
        SublayerPart[] sublayers = step.Sublayers;
        int layer = sublayers[0].At.Layer;
        int taken = gradients.EnterFrame(step.At, rank, sublayers[0].FrameStream.OfBlock(seed, sample, layer));
        for (int index = sublayers.Length - 1; index >= 0; index--)
            taken = Backward(step, sublayers[index], taken, weightGradients);
        rank = step.At.InputRank;
        gradients.SplitOff(rank, taken);
    }

    // Returns how many coordinates of the step's frame are taken with the gradient that the module adds.
    private int Backward(StepPart step, SublayerPart part, int taken, Span<double> weightGradients)
    {
        SublayerState at = part.At;
        int n = Tokens;
        Placement<double> placement = rows.Placed(step, part, rows.Gradient);
        pool.Run(&Placement<double>.LeaveBackward, &placement);

        MatrixView<double> gram = wide.Small(SmallMatrix.BranchGradientGram, n, n), seen = wide.Small(SmallMatrix.OutputGram, n, n);
        double variance = part.Deviation * part.Deviation;
        product.Gram(rows.BranchGradient.Slice(0, 0, n, taken), gram, 1);
        product.Gram(at.OutputFactor.Slice(0, 0, n, at.OutputRank), seen, 1);
        weightGradients[(int)part.Output] = RowMath.Dot(seen.Data, gram.Data, n * n);
        RowMath.Scale(variance, gram.Data, gram.Data, n * n);
        MatrixView<double> factor = wide.Small(SmallMatrix.BranchGradientFactor, n, n);
        MatrixView<double> along = wide.Small(SmallMatrix.Known, n, at.OutputRank);
        int factorRank = gradients.Factor(gram, n, factor, GradientCoordinates.Rounding);
        MatrixView<double> images = at.OutputImages.Slice(0, 0, at.OutputRank, at.BranchRank);
        product.Multiply(rows.BranchGradient.Slice(0, 0, n, at.BranchRank), images.Transposed, along, part.Deviation);

        MatrixView<double> inputGram = wide.Small(SmallMatrix.InputGram, n, n);
        MatrixView<double> covariance = wide.Small(SmallMatrix.OffInputCovariance, n, n);
        product.Gram(at.Input.Slice(0, 0, n, at.InputRank), inputGram, 1);
        GradientCoordinates.Clear(rows.InputGradient);
        ModuleGradient gradient = new()
        {
            Factor = factor.Slice(0, 0, n, factorRank),
            Known = along,
            Covariance = covariance,
            AlongInput = rows.InputGradient.Slice(0, 0, n, at.InputRank),
            InputGram = inputGram,
        };
        (at.Single ? part.Single : part.Wide).Backward(seed, sample, at, gradient, weightGradients);
        double rounding = at.Single ? SingleRounding : GradientCoordinates.Rounding;
        taken = gradients.AddOffInput(at, covariance, taken, rounding, part.InputStream.OfBlock(seed, sample, at.Layer));
        pool.Run(&Placement<double>.EnterBackward, &placement);
        return taken;
    }

    private void Measure(MatrixView<double> rows, double[] result)
    {
        fixed (double* gram = result)
            product.Gram(rows, new MatrixView<double>(gram, Tokens, Tokens), 1.0 / Width);
    }
}
