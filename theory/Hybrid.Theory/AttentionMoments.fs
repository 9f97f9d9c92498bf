namespace Hybrid.Theory

open System

/// Softmax moments of two rows A, A′ of attention, derivation (3.2). Dimensionless, in [0, 1].
[<Struct>]
type AttentionMoments =
    {
        /// E Σ_j A_j²
        S1: float
        /// E Σ_j A_j A′_j
        S2: float
        /// E[Σ A² − 2ΣA³ + (ΣA²)²]
        T1: float
        /// E[Σ AA′ − ΣA²A′ − ΣAA′² + (ΣAA′)²]
        T2: float
    }

/// The moments exactly, at any token count and logit spread: derivation section 3. Rows are softmaxes of n Gaussian
/// logits of standard deviation s; two rows' logits have correlation ρ.
[<RequireQualifiedAccess>]
module AttentionMoments =

    /// Raises ArgumentOutOfRangeException unless n ≥ 1, s ≥ 0 is finite and 0 ≤ u ≤ 1 + 1/(n−1).
    let internal validate (n: int) (s: float) (u: float) =
        if n < 1 then
            raise (ArgumentOutOfRangeException("n", n, "the number of tokens must be at least 1"))

        if not (s >= 0.0 && Double.IsFinite s) then
            raise (ArgumentOutOfRangeException("s", s, "the logits' standard deviation must be a finite number ≥ 0"))

        if
            not (
                u >= 0.0
                && u
                   <= (if n > 1 then
                           float n / float (n - 1) * (1.0 + 1e-12)
                       else
                           2.0)
            )
        then
            raise (ArgumentOutOfRangeException("u", u, $"u = 1 − ρ must lie in [0, n/(n−1)] for n = {n} tokens"))

    /// The plan of a sum over two rows, and whether it is that of −ρ: with two tokens A′ at −ρ is that at ρ with its entries
    /// exchanged, (3.7).
    let internal pairPlan refinement n s u =
        let opposite = n = 2 && u > 1.0
        struct (RowPairTable.plan refinement n s (if opposite then max 0.0 (2.0 - u) else u), opposite)

    /// S1 and T1 of n ≥ 2 tokens, s ≥ 1e-9.
    let private oneRow refinement (n: int) (s: float) =
        let count = float n
        let struct (step, row) = SoftmaxNodes.rowNodes refinement n s
        let mutable s1 = 0.0
        let mutable pairs = 0.0
        let mutable triples = 0.0

        for i in 0 .. row.Psi.Length - 1 do
            let psi = row.Psi[i]
            let k2 = row.K2[i]
            let k1 = row.K1[i]

            let rest3 = if n = 2 then 0.0 else SoftmaxNodes.power psi (count - 3.0)

            let rest2 = if n = 2 then 1.0 else rest3 * (1.0 - psi)
            s1 <- s1 + k2 * rest2 * (1.0 - psi)
            pairs <- pairs + k2 * k2 * rest2
            triples <- triples + k2 * k1 * k1 * rest3

        let scale = row.Scale
        let area = count * (step / scale)

        // (3.12)
        struct (area * s1,
                area * (count - 1.0) / scale * (2.0 * pairs + (count - 2.0) / scale * triples)
                / 6.0)

    /// Whether rows are so nearly equal, s²u ≤ `most`, that T2 is T1 but for a share of order s²u: (3.9).
    let internal areNear most (s: float) (u: float) = s * (s * u) <= most

    /// s²u up to which S1 − S2, a difference of numbers that are nearly one, is taken from T's instead.
    [<Literal>]
    let private Together = 1e-4

    /// `compute` with the τ-step divided by `refinement`, for the tests of its convergence.
    let internal computeRefined refinement (n: int) (s: float) (u: float) : AttentionMoments =
        validate n s u
        let count = float n

        // S1 = e^{s²}/n to leading order: below this spread the limit is exact to rounding
        if n = 1 || s < 1e-9 then
            let share = 1.0 / count
            let t = share - share * share

            { S1 = share
              S2 = share
              T1 = t
              T2 = t }
        else
            // at −ρ S2 → 1 − S2, T2 as it was
            let struct (plan, opposite) = pairPlan refinement n s u
            let struct (s1, t1) = oneRow refinement n s
            let struct (s2, t2) = RowPairs.sums n plan

            // (3.10), which rounding would break where rows agree
            let t2 = min t1 t2

            { S1 = s1
              S2 =
                if areNear Together s u then
                    s1 - 0.5 * s * (s * u) * (t1 + t2)
                else
                    min s1 (if opposite then 1.0 - s2 else s2)
              T1 = t1
              T2 = t2 }

    /// Moments of softmax rows over n tokens with logit standard deviation s and row correlation ρ = 1 − u.
    /// n ≥ 1, s ≥ 0, 0 ≤ u ≤ 1 + 1/(n−1). To 1e-8 relative for n ≤ 10⁶ and every finite s, in some 10 ms whatever s is. T2
    /// falls as 1/s² and is lost to the double range beyond s = 1e150.
    /// Checks: s = 0 gives S1 = S2 = 1/n; s → ∞ gives S1 → 1; u = 0 gives S2 = S1, T2 = T1.
    [<CompiledName("Compute")>]
    let compute (n: int) (s: float) (u: float) : AttentionMoments = computeRefined 1.0 n s u

    /// The moments of rows that are nearly equal, from those of one row: S2 falls from S1 as s²u T1, (3.9).
    let internal near (n: int) (s: float) : float -> AttentionMoments =
        let line =
            if n = 1 || s < 1e-9 then
                compute n s 0.0
            else
                let struct (s1, t1) = oneRow 1.0 n s

                { S1 = s1; S2 = s1; T1 = t1; T2 = t1 }

        fun u ->
            { line with
                S2 = line.S1 - s * (s * u) * line.T1 }
