using Hybrid.Architectures;
using Hybrid.Networks.Blocks;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>The rows of coordinates on which steps work, one after the other: [n, w] each.</summary>
internal sealed class StepRows
{
    private readonly MatrixView<double> partial;
    private readonly Architecture architecture;

    internal StepRows(Architecture architecture, CoordinatePlan plan, NativeBuffer<double> memory)
    {
        this.architecture = architecture;
        partial = plan.Partial.In(memory);
        Stream = plan.Stream.In(memory);
        Gradient = plan.Gradient.In(memory);
        Branch = plan.Branch.In(memory);
        BranchGradient = plan.BranchGradient.In(memory);
        InputGradient = plan.InputGradient.In(memory);
    }

    /// <inheritdoc cref="CoordinatePlan.Stream"/>
    internal MatrixView<double> Stream { get; }

    /// <inheritdoc cref="CoordinatePlan.Gradient"/>
    internal MatrixView<double> Gradient { get; }

    /// <inheritdoc cref="CoordinatePlan.Branch"/>
    internal MatrixView<double> Branch { get; }

    /// <inheritdoc cref="CoordinatePlan.BranchGradient"/>
    internal MatrixView<double> BranchGradient { get; }

    /// <inheritdoc cref="CoordinatePlan.InputGradient"/>
    internal MatrixView<double> InputGradient { get; }

    /// <summary>Where a sublayer meets these rows of the stream, or of its gradient.</summary>
    internal Placement<double> Placed(StepPart step, SublayerPart part, MatrixView<double> stream) => new()
    {
        Norm = part.Place.Placement,
        Normalisation = Normalisation.Of(architecture, part.At.Layer, gainsLearn: false),
        Skip = part.Place.Skip,
        Weight = part.Place.Weight,
        Turn = part.Place.Turn,
        Stream = stream,
        Partial = partial,
        Branch = Branch,
        BranchGradient = BranchGradient,
        InputGradient = InputGradient,
        Input = part.At.Seen,
        NormalisedInput = part.At.Seen,
        InputScale = part.At.InputScale,
        NormalisedBranch = part.At.NormalisedBranch,
        BranchScale = part.At.BranchScale,
        NormalisedSum = step.At.NormalisedSum,
        SumScale = step.At.SumScale,
    };
}
