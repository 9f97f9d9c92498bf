using Hybrid.Architectures;
using Hybrid.Networks.Blocks;
using Hybrid.Networks.Inputs;
using Hybrid.Networks.Linear;
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
internal sealed unsafe class CoordinateNetwork : ModuleNetwork
{
    private readonly GramFactor tokens;
    private readonly GradientCoordinates gradients;
    private int rank;

    /// <inheritdoc cref="ModuleNetwork(Architecture, WorkerPool, MatrixProduct{double}, bool)"/>
    internal CoordinateNetwork(Architecture architecture, WorkerPool pool, MatrixProduct<double> product, bool singles = true)
        : base(architecture, pool, product, singles)
    {
        tokens = GramFactor.Equicorrelated(Tokens, architecture.Input.Norm, architecture.Input.Correlation);
        gradients = new GradientCoordinates(architecture, Wide, Rows.Gradient, Rows.InputGradient);
    }

    private int Width => Architecture.Width;

    /// <inheritdoc/>
    public override void Forward(int layer)
    {
        foreach (StepPart step in Blocks[layer - 1])
            Forward(step);
    }

    /// <inheritdoc/>
    public override void BeginBackward() => gradients.Begin(RandomStream.LossGradient.OfInput(Seed, Sample), rank);

    /// <inheritdoc/>
    public override void Backward(int layer, Span<double> weightGradients)
    {
        StepPart[] steps = Blocks[layer - 1];
        for (int index = steps.Length - 1; index >= 0; index--)
            Backward(steps[index], weightGradients);
    }

    /// <inheritdoc/>
    public override void MeasureStream(double[] result) => Measure(Rows.Stream.Slice(0, 0, Tokens, rank), result);

    /// <inheritdoc/>
    protected override void BeginForward()
    {
        GradientCoordinates.Clear(Rows.Stream);
        rank = tokens.Rank;
        double scale = Math.Sqrt(Width);
        for (int i = 0; i < Tokens; i++)
        {
            for (int k = 0; k < rank; k++)
                Rows.Stream.Row(i)[k] = scale * tokens.Values[i * rank + k];
        }
    }

    private void Forward(StepPart step)
    {
        StepState at = step.At;
        int n = Tokens;
        (at.InputRank, at.FrameRank) = (rank, rank);
        MatrixView<double> stream = Rows.Stream.Slice(0, 0, n, at.Width);
        foreach (SublayerPart part in step.Sublayers)
            Forward(step, part, stream);

        MatrixView<double> coefficients = Wide.Small(SmallMatrix.StreamCoefficients, n, n);
        at.Frame.Clear();
        at.Frame.Append(stream, coefficients, Workspace);
        rank = at.Frame.Rank;
        GradientCoordinates.Clear(Rows.Stream);
        for (int i = 0; i < n; i++)
            coefficients.Row(i)[..rank].CopyTo(Rows.Stream.Row(i));
    }

    private void Forward(StepPart step, SublayerPart part, MatrixView<double> stream)
    {
        SublayerState at = part.At;
        int n = Tokens, known = step.At.FrameRank;
        at.InputRank = step.At.InputRank;
        Placement<double> placement = Rows.Placed(step, part, stream);
        Pool.Run(&Placement<double>.Enter, &placement);
        at.Single = Singles && Precision.Resolves(at.Input.Slice(0, 0, n, at.InputRank)) && part.Single.Forward(Seed, Sample, at);
        if (!at.Single)
            part.Wide.Forward(Seed, Sample, at);

        // f = σ L Φ: Φ's coordinates along the frame of x and the branches before are normal, those off it are new directions.
        NormalSequence normals = Wide.Normals;
        normals.Start(part.ImageStream.OfBlock(Seed, Sample, at.Layer));
        int added = Bartlett.Columns(at.OutputRank, Width - known);
        at.BranchRank = known + added;
        MatrixView<double> images = at.OutputImages<double>().Slice(0, 0, at.OutputRank, at.BranchRank);
        for (int i = 0; i < images.Rows; i++)
            normals.Fill(images.Row(i)[..known]);
        Bartlett.Fill(images.Slice(0, known, images.Rows, added), Width - known, normals);
        GradientCoordinates.Clear(Rows.Branch);
        Product.Multiply(at.OutputFactor.Slice(0, 0, n, at.OutputRank), images, Rows.Branch.Slice(0, 0, n, at.BranchRank), part.Deviation);
        Pool.Run(&Placement<double>.Leave, &placement);
        step.At.FrameRank = at.BranchRank;
    }

    private void Backward(StepPart step, Span<double> weightGradients)
    {
        SublayerPart[] sublayers = step.Sublayers;
        int layer = sublayers[0].At.Layer;
        int taken = gradients.EnterFrame(step.At, rank, sublayers[0].FrameStream.OfBlock(Seed, Sample, layer));
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
        Placement<double> placement = Rows.Placed(step, part, Rows.Gradient);
        Pool.Run(&Placement<double>.LeaveBackward, &placement);

        MatrixView<double> gram = Wide.Small(SmallMatrix.BranchGradientGram, n, n), known = Wide.Small(SmallMatrix.Known, n, at.OutputRank);
        Product.Gram(Rows.BranchGradient.Slice(0, 0, n, taken), gram, 1);
        MatrixView<double> images = at.OutputImages<double>().Slice(0, 0, at.OutputRank, at.BranchRank);
        Product.Multiply(Rows.BranchGradient.Slice(0, 0, n, at.BranchRank), images.Transposed, known, part.Deviation);
        GradientCoordinates.Clear(Rows.InputGradient);
        MatrixView<double> covariance = Backward(part, gram, known, Rows.InputGradient.Slice(0, 0, n, at.InputRank), weightGradients);
        double rounding = at.Single ? Precision.SingleRounding : Precision.Rounding;
        taken = gradients.AddOffInput(at, covariance, taken, rounding, part.InputStream.OfBlock(Seed, Sample, at.Layer));
        Pool.Run(&Placement<double>.EnterBackward, &placement);
        return taken;
    }
}
