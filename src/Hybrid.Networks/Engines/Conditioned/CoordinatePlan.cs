using Hybrid.Architectures;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>
/// Where everything that a pass in coordinates computes lies in one buffer, counted in doubles (singles fill half their
/// slots). First what all blocks share, then, block after block, what the forward pass leaves for the backward pass.
/// Letters: n tokens, d width, m MLP width, H heads, G groups of them that share keys and values, e coordinates kept of a head
/// (<see cref="HeadNormals"/>), P = (H + 2 G) e, K sublayers of the widest step, w = (2 + 2K) n coordinates of a step's local
/// frame: x's own n, n of each branch f outside those before it, n of the gradient's outside all these, n of the gradient that
/// each module adds. Where vectors have all their coordinates w = d. S rows of tokens as MLPs see them: n, or with experts
/// n times as many as a token has.
/// </summary>
internal sealed class CoordinatePlan
{
    private Int128 end;

    internal CoordinatePlan(Architecture architecture)
    {
        long n = architecture.Tokens, m = architecture.MlpWidth, heads = architecture.Heads, gates = architecture.Gated ? 2 : 1;
        long groups = ArchitectureModule.KeyValueHeads(architecture), kept = HeadNormals.Kept(architecture);
        long h = heads * kept, g = groups * kept, projected = h + 2 * g;
        HeadParameters head = architecture.Attention.Head;
        long normalised = head.QueryKeyNorm.IsNone ? 0 : n;
        Step[] steps = BlockModule.At(architecture, 1).Steps;
        int widest = steps.Max(step => step.Sublayers.Length);
        Experts? experts = architecture.Mlp.Experts?.Value;
        long seen = n * (experts?.MlpsForToken ?? 1), vectors = HasVectors(architecture) ? architecture.Width : 0;
        long w = vectors > 0 ? vectors : (2 + 2 * widest) * n;
        Stream = Take(n, w);
        Partial = Take(widest > 1 ? n : 0, w);
        Gradient = Take(n, w);
        Branch = Take(n, w);
        BranchGradient = Take(n, w);
        InputGradient = Take(n, w);
        Noise = Take(n, Math.Max(w, 2 * n));
        VectorStorage = Take(vectors > 0 ? n : 0, vectors);
        Small = Take(Enum.GetValues<SmallMatrix>().Length * n, n);
        ModuleSmall = Take(Enum.GetValues<StorageMatrix>().Length * n, n);
        ModuleNoise = Take(n, Math.Max(vectors, Math.Max(h, m)));
        ProjectedGradient = Take(n, projected + Gap);
        LogitGradient = Take(heads * n, n);
        ContextGradient = Take(n, h + Gap);
        Hidden = Take(n, m);
        HiddenGradient = Take(n, gates * m);
        Experts = experts is null ? null : new ExpertPlan(this, experts, n);

        Int128 shared = end;
        Steps = [.. steps.Select(step => new StepPlan(this, step, n, w, vectors == 0, Sublayer))];
        Projected = Take(n, projected + Gap);
        NormalisedQuery = Take(normalised, h);
        NormalisedKey = Take(normalised, g);
        QueryScale = Take(normalised, head.QueryKeyNorm.IsAll ? 1 : heads);
        KeyScale = Take(normalised, head.QueryKeyNorm.IsAll ? 1 : groups);
        Probabilities = Take(heads * n, n);
        Capped = Take(head.SoftCap is null ? 0 : heads * n, n);
        PreActivation = Take(seen, gates * m);
        Bias = Take(experts?.Mlps ?? 1, m);
        Experts?.TakeBlock();
        Int128 block = end - shared;
        Length = shared + block * architecture.Depth;
        BlockLength = (long)Int128.Min(block, long.MaxValue);

        SublayerPlan Sublayer(Sublayer sublayer, int before) => sublayer.Kind() == ModuleKind.Attention
            ? new(this, sublayer.Placement, before, (n, w, vectors), (n, h, Gap, h), projected)
            : new(this, sublayer.Placement, before, (n, w, vectors), (seen, m, 0, experts is null ? m : n), gates * m);
    }

    /// <summary>
    /// Whether vectors have all their coordinates, as tanh in a norm's place asks for, which acts on every one of the stream's.
    /// </summary>
    internal static bool HasVectors(Architecture architecture) => !architecture.NormKind.IsScale;

    /// <summary>Most coordinates of x' in the local frame of its step: n of x and n of every branch.</summary>
    internal static int LargestFrame(Architecture architecture) =>
        BlockModule.At(architecture, 1).Steps.Max(step => FrameWidth(architecture.Tokens, step.Sublayers.Length));

    /// <summary>The same of a step of so many sublayers.</summary>
    internal static int FrameWidth(long tokens, int sublayers) => (int)Math.Min((1 + sublayers) * tokens, int.MaxValue);

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
    internal Slot Stream { get; }

    /// <summary>[n, w] where a step has several sublayers: what it has added up so far.</summary>
    internal Slot Partial { get; }

    /// <summary>G: [n, w], the gradient in the same frame.</summary>
    internal Slot Gradient { get; }

    /// <summary>f: [n, w].</summary>
    internal Slot Branch { get; }

    /// <summary>The gradient there: [n, w].</summary>
    internal Slot BranchGradient { get; }

    /// <summary>The gradient at what a module sees: [n, w].</summary>
    internal Slot InputGradient { get; }

    /// <summary>Normal coordinates of a gradient: [n, w].</summary>
    internal Slot Noise { get; }

    /// <summary>Vectors in a module's storage: [n, d], where they have all their coordinates.</summary>
    internal Slot VectorStorage { get; }

    /// <summary>All of <see cref="SmallMatrix"/>, [n, n] doubles each.</summary>
    internal Slot Small { get; }

    /// <summary>All of <see cref="StorageMatrix"/>, [n, n] each.</summary>
    internal Slot ModuleSmall { get; }

    /// <summary>[n, max(H e, m)], and d where vectors have all coordinates: what is fresh of a gradient behind a matrix.</summary>
    internal Slot ModuleNoise { get; }

    /// <summary>Gradient at queries, keys and values: [n, P + gap].</summary>
    internal Slot ProjectedGradient { get; }

    /// <summary>[H n, n].</summary>
    internal Slot LogitGradient { get; }

    /// <summary>[n, H e + gap], the gradient at the contexts; scratch forwards.</summary>
    internal Slot ContextGradient { get; }

    /// <summary>[n, m].</summary>
    internal Slot Hidden { get; }

    /// <summary>[n, m], twice when gated: the gradient at the hidden layer and at the up projection.</summary>
    internal Slot HiddenGradient { get; }

    /// <summary>What surrounds experts; null without.</summary>
    internal ExpertPlan? Experts { get; }

    /// <summary>Per block: its steps, first to last.</summary>
    internal StepPlan[] Steps { get; }

    /// <summary>Per block: queries, keys, values, [n, P + gap].</summary>
    internal Slot Projected { get; }

    /// <summary>Per block: N of queries where they are normalised, [n, H e].</summary>
    internal Slot NormalisedQuery { get; }

    /// <summary>Per block: N of keys, [n, G e].</summary>
    internal Slot NormalisedKey { get; }

    /// <summary>Per block: √width/‖·‖ of what is normalised together, [n, H or 1].</summary>
    internal Slot QueryScale { get; }

    /// <summary>Per block: [n, G or 1].</summary>
    internal Slot KeyScale { get; }

    /// <summary>Per block: A, [H n, n].</summary>
    internal Slot Probabilities { get; }

    /// <summary>Per block: tanh(ℓ/c) where logits have a cap, [H n, n].</summary>
    internal Slot Capped { get; }

    /// <summary>Per block: W_1 z + b, [S, m], and when gated W_u z behind it.</summary>
    internal Slot PreActivation { get; }

    /// <summary>Per block: [1, m] of every MLP.</summary>
    internal Slot Bias { get; }

    internal Slot Take(long rows, long columns)
    {
        // As in ActivationPlan: a plan too long for any memory is refused before a slot is used.
        Slot slot = new((long)Int128.Min(end, long.MaxValue), (int)Math.Min(rows, int.MaxValue), (int)Math.Min(columns, int.MaxValue));
        end += Slot.Padded((Int128)rows * columns);
        return slot;
    }
}
