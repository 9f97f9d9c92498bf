using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>One sublayer of a network in coordinates: the views of what it keeps, and the dimensions of its frames.</summary>
internal sealed unsafe class SublayerState
{
    private readonly SublayerPlan plan;
    private readonly NativeBuffer<double> memory;
    private readonly long shift;

    internal SublayerState(SublayerPlan plan, NativeBuffer<double> memory, int layer, long shift) =>
        (this.plan, this.memory, this.shift, Layer) = (plan, memory, shift, layer);

    /// <summary>1..depth.</summary>
    internal int Layer { get; }

    /// <summary>r: coordinates of x, the first of the local frame; or dimension of z's span where vectors have all coordinates.</summary>
    internal int InputRank { get; set; }

    /// <summary>Coordinates of x, the branches before and f together.</summary>
    internal int BranchRank { get; set; }

    /// <summary>Rank of what the output matrix has seen.</summary>
    internal int OutputRank { get; set; }

    /// <summary>Whether the module ran in single precision.</summary>
    internal bool Single { get; set; }

    /// <inheritdoc cref="SublayerPlan.Seen"/>
    internal MatrixView<double> Seen => plan.Seen.In(memory, shift);

    /// <inheritdoc cref="SublayerPlan.Input"/>
    internal MatrixView<double> Input => plan.Input.In(memory, shift);

    /// <inheritdoc cref="SublayerPlan.InputScale"/>
    internal MatrixView<double> InputScale => plan.InputScale.In(memory, shift);

    /// <inheritdoc cref="SublayerPlan.NormalisedBranch"/>
    internal MatrixView<double> NormalisedBranch => plan.NormalisedBranch.In(memory, shift);

    /// <inheritdoc cref="SublayerPlan.BranchScale"/>
    internal MatrixView<double> BranchScale => plan.BranchScale.In(memory, shift);

    /// <inheritdoc cref="SublayerPlan.OutputImages"/>
    internal MatrixView<T> OutputImages<T>()
        where T : unmanaged => plan.OutputImages.As<T>(memory, shift);

    /// <inheritdoc cref="SublayerPlan.OutputFactor"/>
    internal MatrixView<double> OutputFactor => plan.OutputFactor.In(memory, shift);

    /// <inheritdoc cref="SublayerPlan.InputImages"/>
    internal MatrixView<T> InputImages<T>()
        where T : unmanaged => plan.InputImages.As<T>(memory, shift);

    /// <summary>[S, outputs], rows that span what the output matrices have seen.</summary>
    internal MatrixView<T> Outputs<T>()
        where T : unmanaged => plan.Outputs.As<T>(memory, shift).Slice(0, 0, plan.Outputs.Rows, plan.OutputWidth);

    /// <summary>What the output matrix has seen where there is one.</summary>
    internal RowSpan<T> OutputSpan<T>()
        where T : unmanaged =>
        new(Outputs<T>().Slice(0, 0, plan.OutputFactor.Rows, plan.OutputWidth), OutputFactor, plan.Inverse.In(memory, shift));

    /// <summary>z where it has all coordinates.</summary>
    internal RowSpan<T> InputSpan<T>()
        where T : unmanaged => new(plan.InputRows.As<T>(memory, shift), Input, plan.InputInverse.In(memory, shift));
}
