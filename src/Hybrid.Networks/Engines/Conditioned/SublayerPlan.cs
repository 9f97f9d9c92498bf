using Hybrid.Architectures;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>
/// What one sublayer keeps for the backward pass, whatever its module. Letters are those of <see cref="CoordinatePlan"/>.
/// </summary>
internal sealed class SublayerPlan
{
    /// <summary>Takes its places in the plan: behind so many other sublayers of its step, with so many outputs of its module.</summary>
    internal SublayerPlan(
        CoordinatePlan plan, Placement placement, int before, (long Tokens, long Width) frame, long outputs, long gap, long images)
    {
        (long n, long w) = frame;
        long capacity = Math.Min(n, outputs), normalised = placement.OnBranch ? n : 0;
        Input = plan.Take(n, w);
        InputScale = plan.Take(n, 1);
        NormalisedBranch = plan.Take(normalised, w);
        BranchScale = plan.Take(normalised, 1);
        OutputImages = plan.Take(n, CoordinatePlan.FrameWidth(n, before + 1));
        OutputFactor = plan.Take(n, capacity);
        Inverse = plan.Take(capacity, n);
        InputImages = plan.Take(n, images);
        Outputs = plan.Take(n, outputs + gap);
        OutputWidth = (int)outputs;
    }

    /// <summary>z: [n, w].</summary>
    internal Slot Input { get; }

    /// <summary>[n, 1].</summary>
    internal Slot InputScale { get; }

    /// <summary>N f: [n, w], where the branch is normalised.</summary>
    internal Slot NormalisedBranch { get; }

    /// <summary>[n, 1].</summary>
    internal Slot BranchScale { get; }

    /// <summary>
    /// [n, (2 + j) n] behind j other sublayers of the step: what the output matrix made of its inputs' directions, in the local
    /// frame of x, the branches before and its own.
    /// </summary>
    internal Slot OutputImages { get; }

    /// <summary>[n, c], c = min(n, outputs): the output matrix' inputs in a frame of their span.</summary>
    internal Slot OutputFactor { get; }

    /// <summary>[c, n], the frame by the kept rows.</summary>
    internal Slot Inverse { get; }

    /// <summary>What the input matrices made of z's directions: [n, their outputs].</summary>
    internal Slot InputImages { get; }

    /// <summary>Columns of what the output matrix sees.</summary>
    internal int OutputWidth { get; }

    /// <summary>[n, outputs + gap], rows that span what the output matrix has seen.</summary>
    internal Slot Outputs { get; }
}
