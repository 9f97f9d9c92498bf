using Hybrid.Architectures;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Blocks;

/// <summary>
/// Where everything that a pass computes lies in one buffer, decided before the first pass. First what all blocks share
/// (stream, gradient, scratch), then, block after block, what the forward pass leaves for the backward pass.
/// Letters: B sequences of n tokens, R = B n rows, d width, m MLP width, H heads.
/// </summary>
internal sealed class ActivationPlan
{
    private Int128 end;

    /// <summary>Plans a legal architecture for <paramref name="sequences"/> ≥ 1 sequences at a time.</summary>
    internal ActivationPlan(Architecture architecture, int sequences = 1, KeptActivations kept = KeptActivations.ForStream)
    {
        long rows = (long)sequences * architecture.Tokens, d = architecture.Width, m = architecture.MlpWidth;
        long tokens = architecture.Tokens, heads = (long)sequences * architecture.Heads;
        Placement norm = architecture.Norm;
        bool normalises = norm.OnBranch || norm.OnSum;
        bool normalisesInput = norm.Before;
        bool parameters = kept.LearnParameters(), gains = kept != KeptActivations.ForStream;
        long m2 = architecture.Gated ? m : 0;
        long chunks = parameters ? RowChunks.Count(rows) : 0;

        Stream = Take(rows, d);
        Gradient = Take(rows, d);
        Branch = Take(rows, d);
        InputGradient = Take(rows, d);
        QueryGradient = Take(rows, d);
        KeyGradient = Take(rows, d);
        ValueGradient = Take(rows, d);
        LogitGradient = Take(heads * tokens, tokens);
        HiddenGradient = Take(rows, m);
        UpGradient = Take(rows, m2);
        ModuleInput = Take(gains && normalisesInput ? rows : 0, d);
        InputGainSums = Take(chunks, d);
        OutputGainSums = Take(chunks, d);
        BiasSums = Take(chunks, m);
        if (!parameters)
        {
            Context = Take(rows, d);
            Hidden = Take(rows, m);
        }

        BlockInput = Take(kept == KeptActivations.BlockInputs ? rows : 0, d);
        BlockInputLength = (long)Slot.Padded((Int128)BlockInput.Rows * BlockInput.Columns);
        end += (Int128)BlockInputLength * (architecture.Depth - 1);

        Int128 shared = end;
        Attention = new SublayerSlots(Take(rows, d), Take(rows, 1), Take(normalises ? rows : 0, d), Take(rows, 1));
        Query = Take(rows, d);
        Key = Take(rows, d);
        Value = Take(rows, d);
        Probabilities = Take(heads * tokens, tokens);
        Mlp = new SublayerSlots(Take(rows, d), Take(rows, 1), Take(normalises ? rows : 0, d), Take(rows, 1));
        PreActivation = Take(rows, m);
        Up = Take(rows, m2);
        if (parameters)
        {
            Context = Take(rows, d);
            Hidden = Take(rows, m);
        }

        Int128 block = end - shared;
        bool once = kept == KeptActivations.BlockInputs;
        Length = shared + block * (once ? 1 : architecture.Depth);
        block = once ? 0 : block;
        BlockLength = (long)block;
    }

    /// <summary>Elements of the whole plan.</summary>
    internal Int128 Length { get; }

    /// <summary>Elements from one block's slots to the next block's; 0 where all blocks share them.</summary>
    internal long BlockLength { get; }

    /// <summary>Elements from one block's input to the next block's, where inputs are all that is kept.</summary>
    internal long BlockInputLength { get; }

    /// <summary>x: [R, d], the residual stream.</summary>
    internal Slot Stream { get; }

    /// <summary>G: [R, d], the loss gradient at the stream.</summary>
    internal Slot Gradient { get; }

    /// <summary>[R, d], what a sublayer's module puts out, and backwards the gradient there.</summary>
    internal Slot Branch { get; }

    /// <summary>[R, d], attention's mixture of values before W_O, and backwards the gradient there; per block where W_O learns.</summary>
    internal Slot Context { get; }

    /// <summary>[R, d], the gradient at what a module sees.</summary>
    internal Slot InputGradient { get; }

    /// <summary>[R, d].</summary>
    internal Slot QueryGradient { get; }

    /// <summary>[R, d].</summary>
    internal Slot KeyGradient { get; }

    /// <summary>[R, d].</summary>
    internal Slot ValueGradient { get; }

    /// <summary>[B H n, n].</summary>
    internal Slot LogitGradient { get; }

    /// <summary>[R, m], the hidden layer after φ (and the gate); per block where W_2 learns.</summary>
    internal Slot Hidden { get; }

    /// <summary>[R, m].</summary>
    internal Slot HiddenGradient { get; }

    /// <summary>[R, m] when gated.</summary>
    internal Slot UpGradient { get; }

    /// <summary>[R, d], γ ∘ N x where the module's input has a gain.</summary>
    internal Slot ModuleInput { get; }

    /// <summary>Chunk by chunk of rows, the sums that make up the gradient of an input gain.</summary>
    internal Slot InputGainSums { get; }

    /// <summary>The same of an output gain.</summary>
    internal Slot OutputGainSums { get; }

    /// <summary>The same of the MLP's bias.</summary>
    internal Slot BiasSums { get; }

    /// <summary>Per block, <see cref="BlockInputLength"/> apart: [R, d], the stream that entered.</summary>
    internal Slot BlockInput { get; }

    /// <summary>Per block: what the attention sublayer's placement keeps.</summary>
    internal SublayerSlots Attention { get; }

    /// <summary>Per block: [R, d].</summary>
    internal Slot Query { get; }

    /// <summary>Per block: [R, d].</summary>
    internal Slot Key { get; }

    /// <summary>Per block: [R, d].</summary>
    internal Slot Value { get; }

    /// <summary>Per block: A, [B H n, n].</summary>
    internal Slot Probabilities { get; }

    /// <summary>Per block: what the MLP sublayer's placement keeps.</summary>
    internal SublayerSlots Mlp { get; }

    /// <summary>Per block: W_1 z + b, [R, m].</summary>
    internal Slot PreActivation { get; }

    /// <summary>Per block: W_u z, [R, m] when gated.</summary>
    internal Slot Up { get; }

    private Slot Take(long rows, long columns)
    {
        // Sizes are at most 2²⁴ each, so rows · columns of [B H n, n] may pass 2⁶³. The sum does not,
        // and a plan that long is refused before any slot is used.
        Slot slot = new((long)Int128.Min(end, long.MaxValue), (int)Math.Min(rows, int.MaxValue), (int)columns);
        end += Slot.Padded((Int128)rows * columns);
        return slot;
    }
}

/// <summary>What the placement of one sublayer keeps for the backward pass.</summary>
/// <param name="Input">[R, d], N x or x, which the module sees, with a gain if there is one.</param>
/// <param name="InputScale">[R, 1], √d/‖x‖ where the module sees N x.</param>
/// <param name="Normalised">[R, d], N f (peri, output) or N (r x + a f) (post).</param>
/// <param name="NormalisedScale">[R, 1], its √d/‖·‖.</param>
internal readonly record struct SublayerSlots(Slot Input, Slot InputScale, Slot Normalised, Slot NormalisedScale);
