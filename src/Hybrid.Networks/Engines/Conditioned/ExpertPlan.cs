using Hybrid.Architectures;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>
/// Where a pass in coordinates keeps what surrounds the experts of a block. E experts, k of them active, and S = n (k + 1 with a
/// shared one) rows of tokens as experts see them, each expert's together; n coordinates of a token at most. What belongs to
/// an expert's R rows lies without gaps from its first row on.
/// </summary>
internal sealed class ExpertPlan
{
    private readonly CoordinatePlan plan;
    private readonly long tokens, seen;

    /// <summary>Takes what all blocks share; <see cref="TakeBlock"/> takes what every block keeps.</summary>
    internal ExpertPlan(CoordinatePlan plan, Experts experts, long tokens)
    {
        (this.plan, this.tokens, Experts) = (plan, tokens, experts);
        seen = tokens * experts.MlpsForToken;
        Seen = plan.Take(seen, tokens);
        Mixture = plan.Take(tokens, seen);
        Known = plan.Take(tokens, seen);
        LogitGradient = plan.Take(tokens, experts.Count);
    }

    /// <summary>The record's own.</summary>
    internal Experts Experts { get; }

    /// <summary>Coordinates of z as experts see it: [S, n].</summary>
    internal Slot Seen { get; }

    /// <summary>C, or normals of its shape: [n, S].</summary>
    internal Slot Mixture { get; }

    /// <summary>K = σ h Φᵀ of all experts: [n, S].</summary>
    internal Slot Known { get; }

    /// <summary>[n, E].</summary>
    internal Slot LogitGradient { get; }

    /// <summary>Per block: W_r z, [n, E].</summary>
    internal Slot Logits { get; private set; }

    /// <summary>Per block: what the router made of z's directions, [n, E].</summary>
    internal Slot RouterImages { get; private set; }

    /// <summary>Per block: directions of what every expert has seen, in the frame of z's span, [R, r] of [S, n].</summary>
    internal Slot Directions { get; private set; }

    /// <summary>Per block: what every expert's output matrix sees in a frame of its span, [R, R] of [S, n].</summary>
    internal Slot OutputFactor { get; private set; }

    /// <summary>Per block: that frame by the rows, [R, R] of [S, n].</summary>
    internal Slot Inverse { get; private set; }

    /// <summary>Per block: Q, orthonormal rows that span those of C, [n, S].</summary>
    internal Slot Basis { get; private set; }

    /// <summary>Per block: what every row's output is multiplied by, [1, S].</summary>
    internal Slot Weights { get; private set; }

    /// <summary>Per block: integers in the order of <see cref="ExpertChoices"/>.</summary>
    internal Slot Choices { get; private set; }

    internal void TakeBlock()
    {
        Logits = plan.Take(tokens, Experts.Count);
        RouterImages = plan.Take(tokens, Experts.Count);
        Directions = plan.Take(seen, tokens);
        OutputFactor = plan.Take(seen, tokens);
        Inverse = plan.Take(seen, tokens);
        Basis = plan.Take(tokens, seen);
        Weights = plan.Take(1, seen);
        Choices = plan.Take(1, ExpertChoices.Length(Experts, tokens, seen));
    }
}
