using Hybrid.Networks.Conditioned;
using Hybrid.Networks.Dense;
using Hybrid.Networks.Inputs;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Random;
using Hybrid.Theory;

namespace Hybrid.Networks.Coordinates;

/// <summary>
/// One random transformer, exact in distribution, whose residual stream and gradient are never formed: theory/derivation.md,
/// section 12. Weights are invariant under rotations, so of x only its Gram matrix acts on what follows, and of the gradient
/// only its components along x and its Gram matrix off x's span. Both are kept as coordinates in local frames of at most 4n
/// directions, in double precision; explicit are only the coordinates on which a nonlinearity acts, in heads and hidden
/// layers (<see cref="IModule"/>), in single precision where the tokens' differences allow.
/// </summary>
internal sealed unsafe class CoordinateNetwork : IDisposable
{
    // Streams of a sublayer beside those of its matrices: images of what the output matrix sees, the gradient's directions
    // in the frame, and what the input matrices add to it off the tokens' span. Attention's; those of the MLP follow.
    private const int ImageStream = 16, FrameStream = 17, InputStream = 18, StreamsPerSublayer = 3, OutputStream = 1;

    private readonly Architecture architecture;
    private readonly NativeBuffer<double> memory;
    private readonly ConditioningWorkspace workspace;
    private readonly MatrixProduct<double> product;
    private readonly WorkerPool pool;
    private readonly ModuleScratch<float> single;
    private readonly ModuleScratch<double> wide;
    private readonly AttentionModule<float> singleAttention;
    private readonly AttentionModule<double> wideAttention;
    private readonly Part[] parts;
    private readonly bool singles;
    private readonly MatrixView<double> offStream;
    private ulong seed;
    private int sample, rank, offRank;

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
        Noise = plan.Noise.In(memory);
        offStream = wide.SmallDouble(7, n, n);

        ParameterLayout layout = new(architecture);
        singleAttention = new AttentionModule<float>(architecture, layout, plan, memory, single);
        wideAttention = new AttentionModule<double>(architecture, layout, plan, memory, wide);
        MlpModule<float> mlp = new(architecture, layout, plan, memory, single);
        MlpModule<double> wideMlp = new(architecture, layout, plan, memory, wide);
        parts = new Part[2 * architecture.Depth];
        for (int index = 0; index < parts.Length; index++)
        {
            int layer = index / 2 + 1;
            bool first = index % 2 == 0;
            parts[index] = new Part(
                new Sublayer(first ? plan.Attention : plan.Mlp, memory, layer, (layer - 1) * plan.BlockLength),
                first ? singleAttention : mlp,
                first ? wideAttention : wideMlp,
                layout[first ? MatrixRole.AttentionOut : MatrixRole.MlpOut],
                first ? architecture.Attention.Skip.At(layer) : architecture.Mlp.Skip.At(layer),
                first ? architecture.Attention.Branch.At(layer) : architecture.Mlp.Branch.At(layer),
                first ? 0 : StreamsPerSublayer);
        }
    }

    private MatrixView<double> Stream { get; }

    private MatrixView<double> Gradient { get; }

    private MatrixView<double> Branch { get; }

    private MatrixView<double> InputGradient { get; }

    private MatrixView<double> Noise { get; }

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
        Sublayer at = parts[2 * layer - 2].At;
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
        Clear(Stream);
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

    /// <summary>
    /// The loss gradient at the output: √d times uniformly random orthonormal rows, whose coordinates along the stream's
    /// frame and off it are those of normal rows, orthonormalised (twice: the first time leaves the condition number times ε).
    /// </summary>
    internal void BeginBackward()
    {
        NormalSequence normals = wide.Normals;
        normals.Start(new RandomKey(seed, sample, 0, OutputStream));
        int n = Tokens, off = Bartlett.Columns(n, Width - rank);
        MatrixView<double> drawn = Noise.Slice(0, 0, n, rank + off), frame = InputGradient.Slice(0, 0, n, rank + off);
        for (int i = 0; i < n; i++)
            normals.Fill(drawn.Row(i)[..rank]);
        Bartlett.Fill(drawn.Slice(0, rank, n, off), Width - rank, normals);
        product.Multiply(Orthonormaliser(drawn), drawn, frame, 1);
        Clear(Gradient);
        product.Multiply(Orthonormaliser(frame), frame, Gradient.Slice(0, 0, n, rank + off), Math.Sqrt(Width));
        SplitOff(rank + off);
    }

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

    private void Forward(Part part)
    {
        Sublayer at = part.At;
        int n = Tokens;
        at.InputRank = rank;
        Placement<double> placement = Placed(part, Stream.Slice(0, 0, n, 2 * n));
        pool.Run(&Placement<double>.Enter, &placement);
        at.Single = singles && Resolved(at.Input.Slice(0, 0, n, rank)) && part.Single.Forward(seed, sample, at);
        if (!at.Single)
            part.Wide.Forward(seed, sample, at);

        // f = σ L Φ: Φ's coordinates along x's frame are normal, those off it are new directions of the local frame.
        NormalSequence normals = wide.Normals;
        normals.Start(new RandomKey(seed, sample, at.Layer, ImageStream + part.Streams));
        int added = Bartlett.Columns(at.OutputRank, Width - rank);
        at.FrameRank = rank + added;
        MatrixView<double> images = at.OutputImages.Slice(0, 0, at.OutputRank, at.FrameRank);
        for (int i = 0; i < images.Rows; i++)
            normals.Fill(images.Row(i)[..rank]);
        Bartlett.Fill(images.Slice(0, rank, images.Rows, added), Width - rank, normals);
        Clear(Branch);
        product.Multiply(at.OutputFactor.Slice(0, 0, n, at.OutputRank), images, Branch.Slice(0, 0, n, at.FrameRank), part.Deviation);
        pool.Run(&Placement<double>.Leave, &placement);

        MatrixView<double> coefficients = wide.SmallDouble(3, n, n);
        at.Frame.Clear();
        at.Frame.Append(Stream.Slice(0, 0, n, 2 * n), coefficients, workspace);
        rank = at.Frame.Rank;
        Clear(Stream);
        for (int i = 0; i < n; i++)
            coefficients.Row(i)[..rank].CopyTo(Stream.Row(i));
    }

    private void Backward(Part part, Span<double> weightGradients)
    {
        Sublayer at = part.At;
        int n = Tokens, known = EnterFrame(part);
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
        int rows = Factor(gram, n, factor, 1e-15);
        MatrixView<double> images = at.OutputImages.Slice(0, 0, at.OutputRank, at.FrameRank);
        product.Multiply(Branch.Slice(0, 0, n, at.FrameRank), images.Transposed, along, part.Deviation);

        MatrixView<double> inputGram = wide.SmallDouble(4, n, n);
        product.Gram(at.Input.Slice(0, 0, n, at.InputRank), inputGram, 1);
        Clear(InputGradient);
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
        int all = AddOffInput(part, gram, known, at.Single ? 1e-6 : 1e-15);
        pool.Run(&Placement<double>.EnterBackward, &placement);
        SplitOff(all);
    }

    // G into the local frame of x and f. Of its part off x', [n, offRank] in directions of their own, nothing is known but
    // its Gram matrix: those directions are uniformly random off x', like orthonormalised normal rows. So many normals are
    // drawn along what the frame has off x', N (I − EᵀE), and Bartlett's triangle for all the other coordinates.
    private int EnterFrame(Part part)
    {
        Sublayer at = part.At;
        int n = Tokens, k = at.FrameRank, off = Bartlett.Columns(offRank, Width - k), all = k + off;
        MatrixView<double> along = wide.SmallDouble(3, n, rank), frame = at.Frame.Rows.Slice(0, 0, rank, k);
        for (int i = 0; i < n; i++)
        {
            Gradient.Row(i)[..rank].CopyTo(along.Row(i));
            Gradient.Row(i).Clear();
        }

        if (offRank > 0)
        {
            NormalSequence normals = wide.Normals;
            normals.Start(new RandomKey(seed, sample, at.Layer, FrameStream + part.Streams));
            MatrixView<double> drawn = Noise.Slice(0, 0, offRank, all), inside = drawn.Slice(0, 0, offRank, k);
            MatrixView<double> overlap = wide.SmallDouble(4, offRank, rank), mixed = wide.SmallDouble(5, n, offRank);
            for (int i = 0; i < offRank; i++)
                normals.Fill(inside.Row(i));
            Bartlett.Fill(drawn.Slice(0, k, offRank, off), Width - k, normals);
            product.Multiply(inside, frame.Transposed, overlap, 1);
            product.Multiply(overlap, frame, inside, -1, accumulate: true);
            product.Multiply(offStream.Slice(0, 0, n, offRank), Orthonormaliser(drawn), mixed, 1);
            product.Multiply(mixed, drawn, Gradient.Slice(0, 0, n, all), 1);
        }

        product.Multiply(along, frame, Gradient.Slice(0, 0, n, k), 1, accumulate: true);
        return all;
    }

    // The gradient at z off z's span: rows of the given covariance with normal coordinates along everything that the frame
    // and the gradient know beside x, and Bartlett's triangle for the others.
    private int AddOffInput(Part part, MatrixView<double> covariance, int known, double tolerance)
    {
        Sublayer at = part.At;
        int n = Tokens, r = at.InputRank;
        MatrixView<double> factor = wide.SmallDouble(5, n, n);
        int rows = Factor(covariance, Math.Min(n, Width - r), factor, tolerance);
        int off = Bartlett.Columns(rows, Width - known), columns = known - r + off;
        if (rows == 0)
            return known;
        NormalSequence normals = wide.Normals;
        normals.Start(new RandomKey(seed, sample, at.Layer, InputStream + part.Streams));
        MatrixView<double> drawn = Noise.Slice(0, 0, rows, columns);
        for (int i = 0; i < rows; i++)
            normals.Fill(drawn.Row(i)[..(known - r)]);
        Bartlett.Fill(drawn.Slice(0, known - r, rows, off), Width - known, normals);
        product.Multiply(factor.Slice(0, 0, n, rows), drawn, InputGradient.Slice(0, r, n, columns), 1);
        return known + off;
    }

    // Off the stream's frame only the Gram matrix counts: a factor of it replaces the coordinates.
    private void SplitOff(int all)
    {
        int n = Tokens;
        MatrixView<double> gram = wide.SmallDouble(3, n, n);
        product.Gram(Gradient.Slice(0, rank, n, all - rank), gram, 1);
        offRank = Factor(gram, Math.Min(n, Width - rank), offStream, 1e-15);
    }

    // S = F Fᵀ to a tolerance relative to S's largest diagonal entry; S is overwritten.
    private int Factor(MatrixView<double> matrix, int most, MatrixView<double> factor, double tolerance)
    {
        int n = matrix.Rows;
        double largest = 0;
        for (int i = 0; i < n; i++)
            largest = Math.Max(largest, matrix.Data[(long)i * n + i]);
        return PivotedCholesky.Factor(matrix.Data, n, tolerance * largest, most, factor.Data, workspace.Pivots);
    }

    // M with M N orthonormal rows, N: [p, columns] of rank p.
    private MatrixView<double> Orthonormaliser(MatrixView<double> rows)
    {
        int p = rows.Rows;
        MatrixView<double> gram = wide.SmallDouble(0, p, p), factor = wide.SmallDouble(1, p, p), inverse = wide.SmallDouble(2, p, p);
        product.Gram(rows, gram, 1);
        if (PivotedCholesky.Factor(gram.Data, p, 0, p, factor.Data, workspace.Pivots) < p)
            throw new InvalidOperationException($"{p} Gaussian vectors were linearly dependent in double precision; use another seed");
        PivotedCholesky.InvertPivots(factor.Data, workspace.Pivots, p, p, inverse.Data);
        return inverse;
    }

    // Whether singles carry the differences of the tokens: a column of a pivoted factor has no entry above twice its pivot.
    private static bool Resolved(MatrixView<double> factor)
    {
        double largest = 0, least = double.PositiveInfinity;
        for (int k = 0; k < factor.Columns; k++)
        {
            double pivot = 0;
            for (int i = 0; i < factor.Rows; i++)
                pivot = Math.Max(pivot, Math.Abs(factor.Data[i * factor.RowStride + k]));
            (largest, least) = (Math.Max(largest, pivot), Math.Min(least, pivot));
        }

        return least * least >= SpannedRows<float>.LeastDifference * largest * largest;
    }

    private Placement<double> Placed(Part part, MatrixView<double> stream) => new()
    {
        Norm = architecture.Norm,
        Width = Width,
        Skip = part.Skip,
        Weight = part.Weight,
        Stream = stream,
        Branch = Branch,
        InputGradient = InputGradient,
        Input = part.At.Input,
        InputScale = part.At.InputScale,
        Normalised = part.At.Normalised,
        NormalisedScale = part.At.NormalisedScale,
    };

    private void Measure(MatrixView<double> rows, double[] result)
    {
        fixed (double* gram = result)
            product.Gram(rows, new MatrixView<double>(gram, Tokens, Tokens), 1.0 / Width);
    }

    private static void Clear(MatrixView<double> matrix) => new Span<double>(matrix.Data, matrix.Rows * matrix.Columns).Clear();

    private sealed record Part(
        Sublayer At, IModule Single, IModule Wide, ParameterBlock Matrix, double Skip, double Weight, int Streams)
    {
        internal MatrixRole Output => Matrix.Role;

        internal double Deviation => Matrix.StandardDeviation;
    }
}
