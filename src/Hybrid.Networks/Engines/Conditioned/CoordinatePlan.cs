using Hybrid.Architectures;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>
/// Where everything that a pass in coordinates computes lies in one buffer, counted in doubles (singles fill half their
/// slots). First what all blocks share, then, block after block, what the forward pass leaves for the backward pass.
/// Letters: n tokens, d width, m MLP width, H heads, e = min(d/H, 2n) coordinates kept of a head (<see cref="HeadNormals"/>),
/// w = 4n coordinates of the stream in a local frame: x's own n, n of f's outside them, n of the gradient's outside both,
/// n of the gradient that a module adds.
/// </summary>
internal sealed class CoordinatePlan
{
    private Int128 end;

    internal CoordinatePlan(Architecture architecture)
    {
        long n = architecture.Tokens, m = architecture.MlpWidth, heads = architecture.Heads;
        long h = heads * HeadNormals.Kept(architecture), gates = architecture.Gated ? 2 : 1;
        Frames = Take(n, FrameWidth(n));
        Gradient = Take(n, FrameWidth(n));
        Branch = Take(n, FrameWidth(n));
        InputGradient = Take(n, FrameWidth(n));
        Noise = Take(n, FrameWidth(n));
        Small = Take(SmallMatrices * n, n);
        ModuleSmall = Take(SmallMatrices * n, n);
        ModuleNoise = Take(n, Math.Max(h, m));
        ProjectedGradient = Take(n, 3 * h + Gap);
        LogitGradient = Take(heads * n, n);
        ContextGradient = Take(n, h + Gap);
        Hidden = Take(n, m);
        HiddenGradient = Take(n, gates * m);

        Int128 shared = end;
        Attention = new SublayerPlan(this, n, h, Gap, 3 * h);
        Projected = Take(n, 3 * h + Gap);
        Probabilities = Take(heads * n, n);
        Mlp = new SublayerPlan(this, n, m, 0, gates * m);
        PreActivation = Take(n, gates * m);
        Bias = Take(1, m);
        Int128 block = end - shared;
        Length = shared + block * architecture.Depth;
        BlockLength = (long)Int128.Min(block, long.MaxValue);
    }

    /// <summary>Scratch matrices [n, n] of either kind.</summary>
    internal const int SmallMatrices = 8;

    /// <summary>
    /// Columns left free at the end of rows that are read head by head: rows a multiple of 4 KiB apart would share the few
    /// places that the first-level cache has for them.
    /// </summary>
    internal const int Gap = 16;

    /// <summary>Doubles of the whole plan.</summary>
    internal Int128 Length { get; }

    /// <summary>Doubles from one block's slots to the next block's.</summary>
    internal long BlockLength { get; }

    /// <summary>x: [n, w], the stream in its local frame.</summary>
    internal Slot Frames { get; }

    /// <summary>G: [n, w], the gradient in the same frame.</summary>
    internal Slot Gradient { get; }

    /// <summary>f, and backwards the gradient there: [n, w].</summary>
    internal Slot Branch { get; }

    /// <summary>The gradient at what a module sees: [n, w].</summary>
    internal Slot InputGradient { get; }

    /// <summary>Normal coordinates of a gradient: [n, w].</summary>
    internal Slot Noise { get; }

    /// <summary>[8 n, n] doubles.</summary>
    internal Slot Small { get; }

    /// <summary>[8 n, n] in a module's storage.</summary>
    internal Slot ModuleSmall { get; }

    /// <summary>[n, max(H e, m)], what is fresh of a gradient behind an output matrix.</summary>
    internal Slot ModuleNoise { get; }

    /// <summary>Gradient at queries, keys and values: [n, 3 H e + gap].</summary>
    internal Slot ProjectedGradient { get; }

    /// <summary>[H n, n].</summary>
    internal Slot LogitGradient { get; }

    /// <summary>[n, H e + gap], the gradient at the contexts; scratch forwards.</summary>
    internal Slot ContextGradient { get; }

    /// <summary>[n, m].</summary>
    internal Slot Hidden { get; }

    /// <summary>[n, m], twice when gated: the gradient at the hidden layer and at the up projection.</summary>
    internal Slot HiddenGradient { get; }

    /// <summary>Per block.</summary>
    internal SublayerPlan Attention { get; }

    /// <summary>Per block: queries, keys, values, [n, 3 H e + gap].</summary>
    internal Slot Projected { get; }

    /// <summary>Per block: A, [H n, n].</summary>
    internal Slot Probabilities { get; }

    /// <summary>Per block.</summary>
    internal SublayerPlan Mlp { get; }

    /// <summary>Per block: W_1 z + b, [n, m], and when gated W_u z behind it.</summary>
    internal Slot PreActivation { get; }

    /// <summary>Per block: [1, m].</summary>
    internal Slot Bias { get; }

    /// <summary>w.</summary>
    internal static long FrameWidth(long tokens) => 4 * tokens;

    internal Slot Take(long rows, long columns)
    {
        // As in ActivationPlan: a plan too long for any memory is refused before a slot is used.
        Slot slot = new((long)Int128.Min(end, long.MaxValue), (int)Math.Min(rows, int.MaxValue), (int)Math.Min(columns, int.MaxValue));
        end += Slot.Padded((Int128)rows * columns);
        return slot;
    }
}

/// <summary>What one sublayer keeps for the backward pass, whatever its module.</summary>
internal sealed class SublayerPlan
{
    internal SublayerPlan(CoordinatePlan plan, long n, long outputs, long gap, long images)
    {
        long w = CoordinatePlan.FrameWidth(n), capacity = Math.Min(n, outputs);
        Input = plan.Take(n, w);
        InputScale = plan.Take(n, 1);
        Normalised = plan.Take(n, w);
        NormalisedScale = plan.Take(n, 1);
        Frame = plan.Take(n, 2 * n);
        OutputImages = plan.Take(n, 2 * n);
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

    /// <summary>N f or x': [n, w].</summary>
    internal Slot Normalised { get; }

    /// <summary>[n, 1].</summary>
    internal Slot NormalisedScale { get; }

    /// <summary>E: [n, 2n], directions of x' in the local frame of x and f.</summary>
    internal Slot Frame { get; }

    /// <summary>[n, 2n], what the output matrix made of its inputs' directions, in the local frame.</summary>
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
