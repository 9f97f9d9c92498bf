using Hybrid.Theory;

namespace Hybrid.Networks.Dense;

/// <summary>
/// Where everything that a pass computes lies in one buffer, decided before the first pass. First what all blocks share
/// (stream, gradient, scratch), then, block after block, what the forward pass leaves for the backward pass.
/// Letters: n tokens, d width, m MLP width, H heads.
/// </summary>
internal sealed class ActivationPlan
{
    private Int128 end;

    internal ActivationPlan(Architecture architecture)
    {
        long n = architecture.Tokens, d = architecture.Width, m = architecture.MlpWidth, heads = architecture.Heads;
        Norm norm = architecture.Norm;
        bool normalises = norm.IsPost || norm.IsPeri || norm.IsOutput;
        long m2 = architecture.Gated ? m : 0;

        Stream = Take(n, d);
        Gradient = Take(n, d);
        Branch = Take(n, d);
        Context = Take(n, d);
        InputGradient = Take(n, d);
        QueryGradient = Take(n, d);
        KeyGradient = Take(n, d);
        ValueGradient = Take(n, d);
        LogitGradient = Take(heads * n, n);
        Hidden = Take(n, m);
        HiddenGradient = Take(n, m);
        UpGradient = Take(n, m2);

        Int128 shared = end;
        Attention = new SublayerSlots(Take(n, d), Take(n, 1), Take(normalises ? n : 0, d), Take(n, 1));
        Query = Take(n, d);
        Key = Take(n, d);
        Value = Take(n, d);
        Probabilities = Take(heads * n, n);
        Mlp = new SublayerSlots(Take(n, d), Take(n, 1), Take(normalises ? n : 0, d), Take(n, 1));
        PreActivation = Take(n, m);
        Up = Take(n, m2);
        Int128 block = end - shared;
        Length = shared + block * architecture.Depth;
        BlockLength = (long)block;
    }

    /// <summary>Elements of the whole plan.</summary>
    internal Int128 Length { get; }

    /// <summary>Elements from one block's slots to the next block's.</summary>
    internal long BlockLength { get; }

    /// <summary>x: [n, d], the residual stream.</summary>
    internal Slot Stream { get; }

    /// <summary>G: [n, d], the loss gradient at the stream.</summary>
    internal Slot Gradient { get; }

    /// <summary>[n, d], what a sublayer's module puts out, and backwards the gradient there.</summary>
    internal Slot Branch { get; }

    /// <summary>[n, d], attention's mixture of values before W_O, and backwards the gradient there.</summary>
    internal Slot Context { get; }

    /// <summary>[n, d], the gradient at what a module sees.</summary>
    internal Slot InputGradient { get; }

    /// <summary>[n, d].</summary>
    internal Slot QueryGradient { get; }

    /// <summary>[n, d].</summary>
    internal Slot KeyGradient { get; }

    /// <summary>[n, d].</summary>
    internal Slot ValueGradient { get; }

    /// <summary>[H n, n].</summary>
    internal Slot LogitGradient { get; }

    /// <summary>[n, m], the hidden layer after φ (and the gate).</summary>
    internal Slot Hidden { get; }

    /// <summary>[n, m].</summary>
    internal Slot HiddenGradient { get; }

    /// <summary>[n, m] when gated.</summary>
    internal Slot UpGradient { get; }

    /// <summary>Per block: what the attention sublayer's placement keeps.</summary>
    internal SublayerSlots Attention { get; }

    /// <summary>Per block: [n, d].</summary>
    internal Slot Query { get; }

    /// <summary>Per block: [n, d].</summary>
    internal Slot Key { get; }

    /// <summary>Per block: [n, d].</summary>
    internal Slot Value { get; }

    /// <summary>Per block: A, [H n, n].</summary>
    internal Slot Probabilities { get; }

    /// <summary>Per block: what the MLP sublayer's placement keeps.</summary>
    internal SublayerSlots Mlp { get; }

    /// <summary>Per block: W_1 z + b, [n, m].</summary>
    internal Slot PreActivation { get; }

    /// <summary>Per block: W_u z, [n, m] when gated.</summary>
    internal Slot Up { get; }

    private Slot Take(long rows, long columns)
    {
        // Sizes are at most 2²⁴ each, so rows · columns of [H n, n] may pass 2⁶³. The sum does not,
        // and a plan that long is refused before any slot is used.
        Slot slot = new((long)Int128.Min(end, long.MaxValue), (int)Math.Min(rows, int.MaxValue), (int)columns);
        end += Slot.Padded((Int128)rows * columns);
        return slot;
    }
}

/// <summary>What the placement of one sublayer keeps for the backward pass.</summary>
/// <param name="Input">z: [n, d], what the module sees.</param>
/// <param name="InputScale">[n, 1], √d/‖x‖ where z = N x.</param>
/// <param name="Normalised">[n, d], N f (peri, output) or the sublayer's output (post).</param>
/// <param name="NormalisedScale">[n, 1], its √d/‖·‖.</param>
internal readonly record struct SublayerSlots(Slot Input, Slot InputScale, Slot Normalised, Slot NormalisedScale);
