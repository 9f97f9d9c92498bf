using Hybrid.Architectures;
using Hybrid.Networks.Blocks;
using Hybrid.Networks.Inputs;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Random;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>
/// One random transformer, exact in distribution, whose residual stream and gradient are never formed: theory/derivation.md,
/// section 12. Weights are invariant under rotations, so of x only its Gram matrix acts on what follows, and of the gradient
/// only its components along x and its Gram matrix off x's span. Both are kept as coordinates in local frames of at most 4n
/// directions, in double precision; explicit are only the coordinates on which a nonlinearity acts, in heads and hidden
/// layers (<see cref="IModule"/>), in single precision where the tokens' differences allow.
/// </summary>
internal sealed unsafe class CoordinateNetwork : IDisposable
{
    // The stream of random numbers of the loss gradient; those of sublayers are SublayerPart's.
    private const int OutputStream = 1;

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
    private readonly SublayerPart[] parts;
    private readonly bool singles;
    private readonly GradientCoordinates gradients;
    private ulong seed;
    private int sample, rank;

    /// <summary>Plans a legal architecture; without <paramref name="singles"/> all modules run in double precision.</summary>
    internal CoordinateNetwork(Architecture architecture, WorkerPool pool, MatrixProduct<double> product, bool singles = true)
    {
        (this.architecture, this.pool, this.product, this.singles) = (architecture, pool, product, singles);
        CoordinatePlan plan = new(architecture);
        memory = new NativeBuffer<double>(
            plan.Length, $"coordinates of {architecture.Tokens} tokens in {architecture.Depth} blocks of width {architecture.Width}, MLP width {architecture.MlpWidth}");
        int n = architecture.Tokens;
        workspace = new ConditioningWorkspace(pool, product, n, LargestRow(architecture));
        single = new ModuleScratch<float>(plan, memory, pool, product, workspace);
        wide = new ModuleScratch<double>(plan, memory, pool, product, workspace);
        Stream = plan.Frames.In(memory);
        Gradient = plan.Gradient.In(memory);
        Branch = plan.Branch.In(memory);
        InputGradient = plan.InputGradient.In(memory);
        gradients = new GradientCoordinates(architecture, wide, Gradient, InputGradient);

        ParameterLayout layout = new(architecture);
        singleAttention = new AttentionModule<float>(architecture, layout, plan, memory, single);
        wideAttention = new AttentionModule<double>(architecture, layout, plan, memory, wide);
        parts = SublayerPart.All(
            architecture,
            layout,
            plan,
            memory,
            (singleAttention, wideAttention),
            (new MlpModule<float>(architecture, layout, plan, memory, single), new MlpModule<double>(architecture, layout, plan, memory, wide)));
    }

    private MatrixView<double> Stream { get; }

    private MatrixView<double> Gradient { get; }

    private MatrixView<double> Branch { get; }

    private MatrixView<double> InputGradient { get; }

    private int Tokens => architecture.Tokens;

    private int Width => architecture.Width;

    /// <summary>Bytes that a network takes.</summary>
    internal static Int128 Bytes(Architecture architecture) =>
        sizeof(double) * new CoordinatePlan(architecture).Length
        + ConditioningWorkspace.Bytes(architecture.Tokens, LargestRow(architecture));

    /// <summary>Whether block <paramref name="layer"/>'s attention and MLP ran in single precision.</summary>
    internal (bool Attention, bool Mlp) RanSingle(int layer) => (parts[2 * layer - 2].At.Single, parts[2 * layer - 1].At.Single);

    /// <summary>A of block <paramref name="layer"/> after its forward pass: [H n, n].</summary>
    internal ReadOnlySpan<double> Probabilities(int layer)
    {
        SublayerState at = parts[2 * layer - 2].At;
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

    /// <summary>Network (seed, sample), its tokens √d F.</summary>
    internal void Begin(ulong seed, int sample, GramFactor tokens)
    {
        (this.seed, this.sample) = (seed, sample);
        GradientCoordinates.Clear(Stream);
        rank = tokens.Rank;
        double scale = Math.Sqrt(Width);
        for (int i = 0; i < Tokens; i++)
        {
            for (int k = 0; k < rank; k++)
                Stream.Row(i)[k] = scale * tokens.Values[i * rank + k];
        }
    }

    /// <summary>Carries the stream through block <paramref name="layer"/>, 1..depth.</summary>
    internal void Forward(int layer)
    {
        Forward(parts[2 * layer - 2]);
        Forward(parts[2 * layer - 1]);
    }

    /// <summary>Draws the loss gradient at the output.</summary>
    internal void BeginBackward() => gradients.Begin(new RandomKey(seed, sample, 0, OutputStream), rank);

    /// <summary>Carries the gradient from the output to the input of block <paramref name="layer"/>.</summary>
    internal void Backward(int layer, Span<double> weightGradients)
    {
        Backward(parts[2 * layer - 1], weightGradients);
        Backward(parts[2 * layer - 2], weightGradients);
    }

    /// <summary>x xᵀ/d.</summary>
    internal void MeasureStream(double[] result) => Measure(Stream.Slice(0, 0, Tokens, rank), result);

    /// <summary>G Gᵀ/d.</summary>
    internal void MeasureGradient(double[] result) => Measure(Gradient, result);

    /// <inheritdoc/>
    public void Dispose()
    {
        single?.Dispose();
        wide?.Dispose();
        workspace?.Dispose();
        memory?.Dispose();
    }

    private static int LargestRow(Architecture architecture) => Math.Max(
        Math.Max(2 * architecture.Tokens, architecture.MlpWidth), architecture.Heads * HeadNormals.Kept(architecture));

    private void Forward(SublayerPart part)
    {
        SublayerState at = part.At;
        int n = Tokens;
        at.InputRank = rank;
        Placement<double> placement = Placed(part, Stream.Slice(0, 0, n, 2 * n));
        pool.Run(&Placement<double>.Enter, &placement);
        at.Single = singles && Precision.Resolves(at.Input.Slice(0, 0, n, rank)) && part.Single.Forward(seed, sample, at);
        if (!at.Single)
            part.Wide.Forward(seed, sample, at);

        // f = σ L Φ: Φ's coordinates along x's frame are normal, those off it are new directions of the local frame.
        NormalSequence normals = wide.Normals;
        normals.Start(part.Key(seed, sample, SublayerPart.ImageStream));
        int added = Bartlett.Columns(at.OutputRank, Width - rank);
        at.FrameRank = rank + added;
        MatrixView<double> images = at.OutputImages.Slice(0, 0, at.OutputRank, at.FrameRank);
        for (int i = 0; i < images.Rows; i++)
            normals.Fill(images.Row(i)[..rank]);
        Bartlett.Fill(images.Slice(0, rank, images.Rows, added), Width - rank, normals);
        GradientCoordinates.Clear(Branch);
        product.Multiply(at.OutputFactor.Slice(0, 0, n, at.OutputRank), images, Branch.Slice(0, 0, n, at.FrameRank), part.Deviation);
        pool.Run(&Placement<double>.Leave, &placement);

        MatrixView<double> coefficients = wide.SmallDouble(3, n, n);
        at.Frame.Clear();
        at.Frame.Append(Stream.Slice(0, 0, n, 2 * n), coefficients, workspace);
        rank = at.Frame.Rank;
        GradientCoordinates.Clear(Stream);
        for (int i = 0; i < n; i++)
            coefficients.Row(i)[..rank].CopyTo(Stream.Row(i));
    }

    private void Backward(SublayerPart part, Span<double> weightGradients)
    {
        SublayerState at = part.At;
        int n = Tokens, known = gradients.EnterFrame(at, rank, part.Key(seed, sample, SublayerPart.FrameStream));
        Placement<double> placement = Placed(part, Gradient);
        pool.Run(&Placement<double>.LeaveBackward, &placement);

        MatrixView<double> branch = Branch.Slice(0, 0, n, known), gram = wide.SmallDouble(3, n, n), seen = wide.SmallDouble(4, n, n);
        double variance = part.Deviation * part.Deviation;
        product.Gram(branch, gram, 1);
        MatrixView<double> outputFactor = at.OutputFactor.Slice(0, 0, n, at.OutputRank);
        product.Gram(outputFactor, seen, 1);
        weightGradients[(int)part.Output] = RowMath.Dot(seen.Data, gram.Data, n * n);
        RowMath.Scale(variance, gram.Data, gram.Data, n * n);
        MatrixView<double> factor = wide.SmallDouble(5, n, n), along = wide.SmallDouble(6, n, at.OutputRank);
        int rows = gradients.Factor(gram, n, factor, GradientCoordinates.Rounding);
        MatrixView<double> images = at.OutputImages.Slice(0, 0, at.OutputRank, at.FrameRank);
        product.Multiply(Branch.Slice(0, 0, n, at.FrameRank), images.Transposed, along, part.Deviation);

        MatrixView<double> inputGram = wide.SmallDouble(4, n, n);
        product.Gram(at.Input.Slice(0, 0, n, at.InputRank), inputGram, 1);
        GradientCoordinates.Clear(InputGradient);
        ModuleGradient gradient = new()
        {
            Factor = factor.Slice(0, 0, n, rows),
            Known = along,
            Covariance = gram,
            AlongInput = InputGradient.Slice(0, 0, n, at.InputRank),
            InputGram = inputGram,
        };
        (at.Single ? part.Single : part.Wide).Backward(seed, sample, at, gradient, weightGradients);
        rank = at.InputRank;
        int all = gradients.AddOffInput(at, gram, known, at.Single ? SingleRounding : GradientCoordinates.Rounding, part.Key(seed, sample, SublayerPart.InputStream));
        pool.Run(&Placement<double>.EnterBackward, &placement);
        gradients.SplitOff(rank, all);
    }

    private Placement<double> Placed(SublayerPart part, MatrixView<double> stream) => new()
    {
        Norm = architecture.Norm,
        Width = Width,
        Skip = part.Skip,
        Weight = part.Weight,
        Stream = stream,
        Branch = Branch,
        InputGradient = InputGradient,
        Input = part.At.Input,
        NormalisedInput = part.At.Input,
        InputScale = part.At.InputScale,
        Normalised = part.At.Normalised,
        NormalisedScale = part.At.NormalisedScale,
    };

    private void Measure(MatrixView<double> rows, double[] result)
    {
        fixed (double* gram = result)
            product.Gram(rows, new MatrixView<double>(gram, Tokens, Tokens), 1.0 / Width);
    }
}
