namespace Hybrid.Theory

open System

/// An attention layer's closed maps with the terms of order 1/H, derivation section 13.3: what replaces the moments and
/// the norms in (4.1), (4.3), (5.2) and (5.3). Dimensionless. Made by `FewHeads`.
[<Struct>]
type FewHeadTerms =
    {
        /// 1 + v: multiplies 1/N̄ in every mean of a token with itself
        Diagonal: float
        /// 1 + ¾v + ¼w: multiplies 1/N̄ in every mean over two tokens
        OffDiagonal: float
        /// x, by which the normalised overlap of two tokens falls beyond that
        OverlapLoss: float
        /// ¾v + ¼w − x, which vanishes where rows agree
        GapLoss: float
        /// S1, S2, T1, T2 as (5.2) takes them behind a norm, with 1/N̄'s own factor included: S1 stands in the diagonal
        /// mean, Diagonal − S1 where (5.2) has 1 − S1, and OffDiagonal − S2 where it has 1 − S2
        Moments: AttentionMoments
    }

/// Terms of order 1/H where the norm of attention's own output divides it (peri, output) or the stream (post): the
/// expectation of a ratio whose denominator is a mean over H heads. Width → ∞, symmetric tokens, within one layer.
[<RequireQualifiedAccess>]
module FewHeads =

    /// Fewest heads at which the closed maps take these terms: below, what is left out of them is as large as 30 % of them
    /// (derivation section 13.4), and a prediction averages the Gram process instead.
    [<Literal>]
    let Fewest = 4

    /// No norm behind the branch (none, pre): nothing of order 1/H within a layer, (13.12), (13.13) at k = 0.
    [<CompiledName("Many")>]
    let many (moments: AttentionMoments) =
        { Diagonal = 1.0
          OffDiagonal = 1.0
          OverlapLoss = 0.0
          GapLoss = 0.0
          Moments = moments }

    /// k = c² σ_V² D/N̄, (13.11): how the norm's argument answers S, relatively. D = q − p as the module sees it. c² = 1 and
    /// N̄ = q_f for peri and output, c² = a² and N̄ = r²q + a²q_f for post. All ≥ 0, N̄ > 0.
    [<CompiledName("Sensitivity")>]
    let sensitivity (branchSquared: float) (valueSquared: float) (difference: float) (norm: float) =
        branchSquared * valueSquared * difference / norm

    /// The terms at H = `heads` ≥ 1 heads and sensitivity k ≥ 0 from a layer's moments: (13.11) to (13.13).
    /// Raises ArgumentOutOfRangeException outside the range. Check: k = 0 or H → ∞ gives `many`.
    [<CompiledName("Terms")>]
    let terms (heads: int) (k: float) (moments: AttentionMoments) (fluctuation: HeadMoments) =
        if heads < 1 then
            raise (ArgumentOutOfRangeException("heads", heads, "the number of heads must be at least 1"))

        if not (k >= 0.0 && Double.IsFinite k) then
            raise (ArgumentOutOfRangeException("k", k, "the norm's sensitivity must be a finite number ≥ 0"))

        let perHead = k / float heads
        let v = k * perHead * fluctuation.VarS
        let w = k * perHead * fluctuation.CovSS
        let x = k * perHead * fluctuation.CovXS
        let diagonal = 1.0 + v
        let offDiagonal = 1.0 + 0.75 * v + 0.25 * w

        { Diagonal = diagonal
          OffDiagonal = offDiagonal
          OverlapLoss = x
          GapLoss =
            k
            * perHead
            * (0.75 * (fluctuation.VarS - fluctuation.CovXS)
               + 0.25 * (fluctuation.CovSS - fluctuation.CovXS))
          Moments =
            { S1 = moments.S1 * diagonal - perHead * fluctuation.VarS
              S2 = moments.S2 * offDiagonal - perHead * fluctuation.CovXS
              T1 = moments.T1 * diagonal - perHead * (fluctuation.CovST + fluctuation.U)
              T2 = moments.T2 * offDiagonal } }

    /// The mean overlap of two normalised tokens, (13.12), from the ratio of means: p_f/q_f (peri, output) or
    /// (r²p + a²p_f)/N̄ (post).
    [<CompiledName("Overlap")>]
    let overlap (terms: FewHeadTerms) (ratio: float) =
        ratio * terms.OffDiagonal - terms.OverlapLoss

    /// One minus `overlap`, (13.12), from one minus the ratio of means, without their difference: (q_f − p_f)/q_f (peri, output) or
    /// (r²qu + a²(q_f − p_f))/N̄ (post).
    [<CompiledName("Gap")>]
    let gap (terms: FewHeadTerms) (gap: float) = gap * terms.OffDiagonal - terms.GapLoss
