using Hybrid.Architectures;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>
/// What one sublayer keeps for the backward pass, whatever its module. Letters are those of <see cref="CoordinatePlan"/>.
/// </summary>
internal sealed class SublayerPlan
{
    /// <summary>
    /// Takes its places in the plan: behind so many other sublayers of its step, on vectors with so many coordinates or, of 0, in
    /// a frame. Of what its output matrices see: rows, columns, what is left free behind them, and the rank that it may have.
    /// </summary>
    internal SublayerPlan(
        CoordinatePlan plan, Placement placement, int before, (long Tokens, long Width, long Vectors) frame,
        (long Rows, long Columns, long Gap, long Rank) outputs, long images)
    {
        (long n, long w, long d) = frame;
        long normalised = placement.OnBranch ? n : 0, capacity = Math.Min(n, outputs.Rank);
        Seen = plan.Take(n, w);
        Input = d > 0 ? plan.Take(n, n) : Seen;
        InputRows = plan.Take(d > 0 ? n : 0, d);
        InputInverse = plan.Take(d > 0 ? n : 0, n);
        InputScale = plan.Take(n, 1);
        NormalisedBranch = plan.Take(normalised, w);
        BranchScale = plan.Take(normalised, 1);
        OutputImages = plan.Take(n, d > 0 ? d : CoordinatePlan.FrameWidth(n, before + 1));
        OutputFactor = plan.Take(n, capacity);
        Inverse = plan.Take(capacity, n);
        InputImages = plan.Take(outputs.Rows, images);
        Outputs = plan.Take(outputs.Rows, outputs.Columns + outputs.Gap);
        OutputWidth = (int)outputs.Columns;
    }

    /// <summary>z: [n, w], as its placement makes it.</summary>
    internal Slot Seen { get; }

    /// <summary>z in a frame of its span: the same [n, w] where the stream has one, [n, n] where z has all coordinates.</summary>
    internal Slot Input { get; }

    /// <summary>[n, d] where z has all coordinates: rows that span it.</summary>
    internal Slot InputRows { get; }

    /// <summary>[n, n] where z has all coordinates: its frame by the rows.</summary>
    internal Slot InputInverse { get; }

    /// <summary>[n, 1].</summary>
    internal Slot InputScale { get; }

    /// <summary>N f: [n, w], where the branch is normalised.</summary>
    internal Slot NormalisedBranch { get; }

    /// <summary>[n, 1].</summary>
    internal Slot BranchScale { get; }

    /// <summary>
    /// [n, (2 + j) n] behind j other sublayers of the step: what the output matrix made of its inputs' directions, in the local
    /// frame of x, the branches before and its own; or all d coordinates of it.
    /// </summary>
    internal Slot OutputImages { get; }

    /// <summary>
    /// [n, c], c = min(n, outputs): the output matrix' inputs in a frame of their span; with experts those of all together, c = n.
    /// </summary>
    internal Slot OutputFactor { get; }

    /// <summary>[c, n], the frame by the kept rows.</summary>
    internal Slot Inverse { get; }

    /// <summary>What the input matrices made of z's directions: [S, their outputs].</summary>
    internal Slot InputImages { get; }

    /// <summary>Columns of what the output matrix sees.</summary>
    internal int OutputWidth { get; }

    /// <summary>[S, outputs + gap], rows that span what the output matrix has seen.</summary>
    internal Slot Outputs { get; }
}
