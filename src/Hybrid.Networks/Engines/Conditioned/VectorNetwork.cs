using Hybrid.Architectures;
using Hybrid.Networks.Blocks;
using Hybrid.Networks.Inputs;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Random;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>
/// One random transformer, exact in distribution, whose stream and gradient have all their coordinates, in double precision, for
/// tanh in a norm's place, which acts on every one of them (derivation section 12). Modules are those of networks in coordinates
/// (<see cref="CoordinateNetwork"/>): they are asked with the span of z, and what leads to it and away from it, f = σ L Φ with
/// normal Φ: [rank, d], and backwards the gradient at z, is formed in their precision (<see cref="StreamVectors{T}"/>).
/// </summary>
internal sealed unsafe class VectorNetwork : ModuleNetwork
{
    private readonly ExactGram tokens, outputGradient;
    private readonly StreamVectors<float> singles;
    private readonly StreamVectors<double> doubles;
    private bool gradientGramKnown;

    /// <inheritdoc cref="ModuleNetwork(Architecture, WorkerPool, MatrixProduct{double}, bool)"/>
    internal VectorNetwork(Architecture architecture, WorkerPool pool, MatrixProduct<double> product, bool singles = true)
        : base(architecture, pool, product, singles)
    {
        GramFactor input = GramFactor.Equicorrelated(Tokens, architecture.Input.Norm, architecture.Input.Correlation);
        tokens = new ExactGram(input, architecture.Width, pool, product, "input tokens");
        outputGradient = new ExactGram(GramFactor.Identity(Tokens), architecture.Width, pool, product, "orthogonal output gradients");
        this.singles = new StreamVectors<float>(Single);
        doubles = new StreamVectors<double>(Wide);
    }

    /// <inheritdoc cref="ModuleNetwork.Bytes"/>
    internal static new Int128 Bytes(Architecture architecture)
    {
        Int128 n = architecture.Tokens, d = architecture.Width;
        return ModuleNetwork.Bytes(architecture) + 2 * sizeof(double) * (3 * n * d + 3 * n * n);
    }

    /// <inheritdoc/>
    public override void Forward(int layer)
    {
        foreach (StepPart step in Blocks[layer - 1])
        {
            foreach (SublayerPart part in step.Sublayers)
                Forward(step, part);
        }
    }

    /// <inheritdoc/>
    public override void BeginBackward()
    {
        outputGradient.Fill(Rows.Gradient, RandomStream.LossGradient.OfInput(Seed, Sample));
        gradientGramKnown = false;
    }

    /// <inheritdoc/>
    public override void Backward(int layer, Span<double> weightGradients)
    {
        StepPart[] steps = Blocks[layer - 1];
        for (int index = steps.Length - 1; index >= 0; index--)
        {
            SublayerPart[] sublayers = steps[index].Sublayers;
            for (int turn = sublayers.Length - 1; turn >= 0; turn--)
                Backward(steps[index], sublayers[turn], weightGradients);
        }
    }

    /// <inheritdoc/>
    public override void MeasureStream(double[] result) => Measure(Rows.Stream, result);

    /// <inheritdoc/>
    public override void MeasureGradient(double[] result)
    {
        fixed (double* gram = result)
            RowMath.Scale(1.0 / Architecture.Width, GradientGram().Data, gram, Tokens * Tokens);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        tokens?.Dispose();
        outputGradient?.Dispose();
    }

    /// <inheritdoc/>
    protected override void BeginForward() => tokens.Fill(Rows.Stream, RandomStream.InputTokens.OfInput(Seed, Sample));

    private void Forward(StepPart step, SublayerPart part)
    {
        SublayerState at = part.At;
        Placement<double> placement = Rows.Placed(step, part, Rows.Stream);
        at.Single = Singles && singles.Enter(at, placement) && Precision.Resolves(at.Input.Slice(0, 0, Tokens, at.InputRank))
            && part.Single.Forward(Seed, Sample, at);
        RandomKey images = part.ImageStream.OfBlock(Seed, Sample, at.Layer);
        if (at.Single)
        {
            singles.Leave(at, images, part.Deviation, Rows.Branch);
        }
        else
        {
            doubles.Enter(at, placement);
            part.Wide.Forward(Seed, Sample, at);
            doubles.Leave(at, images, part.Deviation, Rows.Branch);
        }

        Pool.Run(&Placement<double>.Leave, &placement);
    }

    private void Backward(StepPart step, SublayerPart part, Span<double> weightGradients)
    {
        SublayerState at = part.At;
        int n = Tokens;
        Placement<double> placement = Rows.Placed(step, part, Rows.Gradient);
        Pool.Run(&Placement<double>.LeaveBackward, &placement);
        MatrixView<double> gram = Wide.Small(SmallMatrix.BranchGradientGram, n, n), known = Wide.Small(SmallMatrix.Known, n, at.OutputRank);
        if (part.Place.Placement.OnBranch || part.Place.Placement.OnSum)
            Product.Gram(Rows.BranchGradient, gram, 1);
        else
            RowMath.Scale(part.Place.Weight * part.Place.Weight, GradientGram().Data, gram.Data, n * n);
        if (at.Single)
            singles.Known(at, Rows.BranchGradient, part.Deviation, known);
        else
            doubles.Known(at, Rows.BranchGradient, part.Deviation, known);

        MatrixView<double> along = Wide.Small(SmallMatrix.GradientAlong, n, at.InputRank);
        MatrixView<double> covariance = Backward(part, gram, known, along, weightGradients);
        RandomKey fresh = part.InputStream.OfBlock(Seed, Sample, at.Layer);
        if (at.Single)
            singles.Recover(at, covariance, along, fresh, Rows.InputGradient);
        else
            doubles.Recover(at, covariance, along, fresh, Rows.InputGradient);
        Pool.Run(&Placement<double>.EnterBackward, &placement);
        gradientGramKnown = false;
    }

    // G Gᵀ, once for a measurement and the branches whose gradient is a G.
    private MatrixView<double> GradientGram()
    {
        MatrixView<double> gram = Wide.Small(SmallMatrix.GradientGram, Tokens, Tokens);
        if (!gradientGramKnown)
            Product.Gram(Rows.Gradient, gram, 1);
        gradientGramKnown = true;
        return gram;
    }
}
