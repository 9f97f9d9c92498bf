using Hybrid.Architectures;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;

namespace Hybrid.Networks.Blocks;

/// <summary>
/// Where everything that a pass computes lies in one buffer, decided before the first pass. First what all blocks share
/// (stream, gradient, scratch), then, block after block, what the forward pass leaves for the backward pass.
/// Letters: B sequences of n tokens, R = B n rows, d width, m MLP width, H heads of d_k coordinates, G groups of them that share
/// keys and values, E experts and S = R (k + 1 for one that is shared) rows of tokens as they see them, S = R without experts.
/// </summary>
internal sealed class ActivationPlan
{
    private readonly SublayerSlots[] sublayers = new SublayerSlots[(int)ModuleKind.Mlp + 1];
    private Int128 end;

    /// <summary>Plans a legal architecture for <paramref name="sequences"/> ≥ 1 sequences at a time.</summary>
    internal ActivationPlan(Architecture architecture, int sequences = 1, KeptActivations kept = KeptActivations.ForStream)
    {
        long rows = (long)sequences * architecture.Tokens, d = architecture.Width, m = architecture.MlpWidth;
        long tokens = architecture.Tokens, heads = (long)sequences * architecture.Heads;
        long headWidth = ArchitectureModule.HeadWidth(architecture);
        long queries = architecture.Heads * headWidth, keys = ArchitectureModule.KeyValueHeads(architecture) * headWidth;
        Experts? experts = architecture.Mlp.Experts?.Value;
        long seen = rows * (experts?.MlpsForToken ?? 1);
        long routed = experts is null ? 0 : rows, copies = experts is null ? 0 : seen, count = experts?.Count ?? 0;
        HeadParameters head = architecture.Attention.Head;
        long normalised = head.QueryKeyNorm.IsNone ? 0 : rows, together = head.QueryKeyNorm.IsAll ? queries : headWidth;
        long togetherKeys = head.QueryKeyNorm.IsAll ? keys : headWidth;
        BlockSublayer[] walk = BlockSublayer.Of(architecture, layer: 1);
        bool parameters = kept.LearnParameters(), gains = kept != KeptActivations.ForStream;
        AttendsAgain = kept == KeptActivations.ForParameters && architecture.Heads * tokens >= m;
        long m2 = architecture.Gated ? m : 0;
        long chunks = parameters ? RowChunks.Count(rows) : 0, capped = head.SoftCap is null ? 0 : heads * tokens;

        Stream = Take(rows, d);
        Gradient = Take(rows, d);
        Branch = Take(rows, d);
        BranchGradient = Take(rows, d);
        Partial = Take(Array.TrueForAll(walk, sublayer => sublayer.Turn == StepTurn.Only) ? 0 : rows, d);
        InputGradient = Take(rows, d);
        QueryGradient = Take(rows, queries);
        KeyGradient = Take(rows, keys);
        ValueGradient = Take(rows, keys);
        LogitGradient = Take(heads * tokens, tokens);
        HiddenGradient = Take(seen, m);
        UpGradient = Take(seen, m2);
        ExpertInputGradient = Take(copies, d);
        ExpertOutputGradient = Take(copies, d);
        RouterGradient = Take(routed, count);
        GainedInput = Take(gains && Array.Exists(walk, sublayer => sublayer.Placement.Before) ? rows : 0, d);
        GainedBranch = Take(gains && Array.Exists(walk, sublayer => sublayer.Placement.OnBranch) ? rows : 0, d);
        InputGainSums = Take(chunks, d);
        BranchGainSums = Take(chunks, d);
        SumGainSums = Take(chunks, d);
        QueryGainSums = Take(head.QueryKeyNorm.IsNone ? 0 : chunks, together);
        KeyGainSums = Take(head.QueryKeyNorm.IsNone ? 0 : chunks, togetherKeys);
        BiasSums = Take(parameters ? RowChunks.Count(seen) : 0, m);
        Hidden = Take(seen, m);
        if (AttendsAgain)
        {
            Probabilities = Take(heads * tokens, tokens);
            Capped = Take(capped, tokens);
        }

        if (!parameters)
            Context = Take(rows, queries);
        BlockInput = Take(kept == KeptActivations.BlockInputs ? rows : 0, d);
        BlockInputLength = (long)Slot.Padded((Int128)BlockInput.Rows * BlockInput.Columns);
        end += (Int128)BlockInputLength * (architecture.Depth - 1);

        Int128 shared = end;
        foreach (BlockSublayer sublayer in walk)
            sublayers[(int)sublayer.Module] = TakeSublayer(sublayer, rows, d);
        Query = Take(rows, queries);
        Key = Take(rows, keys);
        Value = Take(rows, keys);
        NormalisedQuery = Take(normalised, queries);
        NormalisedKey = Take(normalised, keys);
        QueryScale = Take(normalised, queries / together);
        KeyScale = Take(normalised, keys / togetherKeys);
        if (!AttendsAgain)
        {
            Probabilities = Take(heads * tokens, tokens);
            Capped = Take(capped, tokens);
        }

        PreActivation = Take(seen, m);
        Up = Take(seen, m2);
        ExpertInput = Take(copies, d);
        ExpertOutput = Take(copies, d);
        RouterLogits = Take(routed, count);
        if (parameters)
            Context = Take(rows, queries);

        Int128 block = end - shared;
        bool once = kept == KeptActivations.BlockInputs;
        Length = shared + block * (once ? 1 : architecture.Depth);
        block = once ? 0 : block;
        BlockLength = (long)block;
    }

    /// <summary>
    /// Whether the backward pass forms A from queries and keys again, where A has no fewer numbers than a hidden layer: a product of each
    /// head and its softmax, 3 to 4 % of a step, for n² numbers of every head and block.
    /// </summary>
    internal bool AttendsAgain { get; }

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

    /// <summary>f: [R, d], what a sublayer's module puts out.</summary>
    internal Slot Branch { get; }

    /// <summary>[R, d], the gradient at f.</summary>
    internal Slot BranchGradient { get; }

    /// <summary>[R, d] where a step has several sublayers: what it has added up so far.</summary>
    internal Slot Partial { get; }

    /// <summary>
    /// [R, H d_k], attention's mixture of values before W_O, and backwards the gradient there; per block where W_O learns.
    /// </summary>
    internal Slot Context { get; }

    /// <summary>[R, d], the gradient at what a module sees.</summary>
    internal Slot InputGradient { get; }

    /// <summary>[R, H d_k].</summary>
    internal Slot QueryGradient { get; }

    /// <summary>[R, G d_k].</summary>
    internal Slot KeyGradient { get; }

    /// <summary>[R, G d_k].</summary>
    internal Slot ValueGradient { get; }

    /// <summary>[B H n, n].</summary>
    internal Slot LogitGradient { get; }

    /// <summary>[S, m], the hidden layer after φ (and the gate); formed again on the way back where W_2 learns.</summary>
    internal Slot Hidden { get; }

    /// <summary>[S, m].</summary>
    internal Slot HiddenGradient { get; }

    /// <summary>[S, m] when gated.</summary>
    internal Slot UpGradient { get; }

    /// <summary>[S, d] with experts.</summary>
    internal Slot ExpertInputGradient { get; }

    /// <summary>[S, d] with experts.</summary>
    internal Slot ExpertOutputGradient { get; }

    /// <summary>[R, E] with experts.</summary>
    internal Slot RouterGradient { get; }

    /// <summary>[R, d], γ ∘ N x where the module's input has a gain.</summary>
    internal Slot GainedInput { get; }

    /// <summary>[R, d], γ ∘ N f where the branch's normalisation has a gain.</summary>
    internal Slot GainedBranch { get; }

    /// <summary>Chunk by chunk of rows, the sums that make up the gradient of an input gain.</summary>
    internal Slot InputGainSums { get; }

    /// <summary>The same of a branch's gain.</summary>
    internal Slot BranchGainSums { get; }

    /// <summary>The same of a sum's gain.</summary>
    internal Slot SumGainSums { get; }

    /// <summary>The same of the queries' gain.</summary>
    internal Slot QueryGainSums { get; }

    /// <summary>The same of the keys' gain.</summary>
    internal Slot KeyGainSums { get; }

    /// <summary>The same of the MLP's bias.</summary>
    internal Slot BiasSums { get; }

    /// <summary>Per block, <see cref="BlockInputLength"/> apart: [R, d], the stream that entered.</summary>
    internal Slot BlockInput { get; }

    /// <summary>Per block: [R, H d_k].</summary>
    internal Slot Query { get; }

    /// <summary>Per block: [R, G d_k].</summary>
    internal Slot Key { get; }

    /// <summary>Per block: [R, G d_k].</summary>
    internal Slot Value { get; }

    /// <summary>Per block: N of queries where they are normalised, [R, H d_k].</summary>
    internal Slot NormalisedQuery { get; }

    /// <summary>Per block: N of keys, [R, G d_k].</summary>
    internal Slot NormalisedKey { get; }

    /// <summary>Per block: √width/‖·‖ of what is normalised together, [R, H or 1].</summary>
    internal Slot QueryScale { get; }

    /// <summary>Per block: [R, G or 1].</summary>
    internal Slot KeyScale { get; }

    /// <summary>tanh(ℓ/c) where logits have a cap, [B H n, n]; where A is.</summary>
    internal Slot Capped { get; }

    /// <summary>A, [B H n, n]: per block, unless it is formed again on the way back.</summary>
    internal Slot Probabilities { get; }

    /// <summary>Per block: W_1 z + b, [S, m].</summary>
    internal Slot PreActivation { get; }

    /// <summary>Per block: W_u z, [S, m] when gated.</summary>
    internal Slot Up { get; }

    /// <summary>Per block: what each expert sees, the tokens of the first one first: [S, d] with experts.</summary>
    internal Slot ExpertInput { get; }

    /// <summary>Per block: what each makes of it, [S, d] with experts.</summary>
    internal Slot ExpertOutput { get; }

    /// <summary>Per block: W_r z, [R, E] with experts.</summary>
    internal Slot RouterLogits { get; }

    /// <summary>Per block: what the placement of that module's sublayer keeps.</summary>
    internal SublayerSlots Sublayer(ModuleKind module) => sublayers[(int)module];

    private SublayerSlots TakeSublayer(BlockSublayer sublayer, long rows, long width)
    {
        long branch = sublayer.Placement.OnBranch ? rows : 0, sum = sublayer.NormalisesSum ? rows : 0;
        return new(Take(rows, width), Take(rows, 1), Take(branch, width), Take(branch, 1), Take(sum, width), Take(sum, 1));
    }

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
/// <param name="NormalisedBranch">[R, d], N f where the branch is normalised.</param>
/// <param name="BranchScale">[R, 1], its √d/‖f‖.</param>
/// <param name="NormalisedSum">[R, d], N (r x + Σ a f) where it completes a sum that is normalised.</param>
/// <param name="SumScale">[R, 1], its √d/‖·‖.</param>
internal readonly record struct SublayerSlots(
    Slot Input, Slot InputScale, Slot NormalisedBranch, Slot BranchScale, Slot NormalisedSum, Slot SumScale);
