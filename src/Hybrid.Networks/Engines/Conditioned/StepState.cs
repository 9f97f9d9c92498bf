using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>One step of a network in coordinates: the views of what it keeps, and the dimensions of its frame.</summary>
internal sealed class StepState
{
    private readonly StepPlan plan;
    private readonly NativeBuffer<double> memory;
    private readonly long shift;

    internal StepState(StepPlan plan, NativeBuffer<double> memory, long shift)
    {
        (this.plan, this.memory, this.shift) = (plan, memory, shift);
        Frame = new RowBasis(plan.Frame.In(memory, shift));
    }

    /// <inheritdoc cref="StepPlan.Width"/>
    internal int Width => plan.Width;

    /// <summary>r: coordinates of x, the first of the local frame.</summary>
    internal int InputRank { get; set; }

    /// <summary>k ≥ r: coordinates of x and the branches together.</summary>
    internal int FrameRank { get; set; }

    /// <summary>E: [r', (1 + k) n], directions of x' in the local frame.</summary>
    internal RowBasis Frame { get; }

    /// <inheritdoc cref="StepPlan.NormalisedSum"/>
    internal MatrixView<double> NormalisedSum => plan.NormalisedSum.In(memory, shift);

    /// <inheritdoc cref="StepPlan.SumScale"/>
    internal MatrixView<double> SumScale => plan.SumScale.In(memory, shift);
}
