namespace Hybrid.Theory

open System

/// A request outside the range in which the attention moments meet their error bound.
type AttentionMomentsException(message: string) =
    inherit TheoryException(message)

/// Softmax moments of two rows A, A′ of attention, theory.md section 2.2, derivation (3.2). Dimensionless, in [0, 1].
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

    /// Most multiply-adds of one evaluation, about half a minute.
    [<Literal>]
    let private LargestCost = 5e10

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

    /// The plan of a sum over two rows, and whether it is that of −ρ: with two tokens A′ at −ρ is that at ρ with its
    /// entries exchanged, (3.7). Raises AttentionMomentsException where the sum would take minutes.
    let internal pairPlan refinement n s u =
        let opposite = n = 2 && u > 1.0
        let plan = RowPairs.plan refinement n s (if opposite then max 0.0 (2.0 - u) else u)
        let cost = plan.Cost n

        if cost > LargestCost then
            raise (
                AttentionMomentsException(
                    $"attention moments of {n} tokens at logit spread s = {s} and row correlation ρ = {1.0 - u} need {cost:G2} operations, {LargestCost:G1} are allowed; lower σ_A: s² = σ_A² q² (1 − ρ) of some hundreds freezes attention on one token anyway"
                )
            )

        struct (plan, opposite)

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

            let struct (step, moments) =
                SoftmaxNodes.rowNodes refinement n s SoftmaxNodes.Rounding

            let mutable s1 = 0.0
            let mutable cubic = 0.0
            let mutable quartic = 0.0

            for node in moments do
                let rest2 = SoftmaxNodes.power node.Psi (count - 2.0)
                let rest1 = rest2 * (1.0 - node.Psi)
                s1 <- s1 + node.K2 * rest1
                cubic <- cubic + 0.5 * node.K3 * rest1

                quartic <- quartic + (node.K4 * rest1 + (count - 1.0) * node.K2 * node.K2 * rest2) / 6.0

            let scale = count * step
            let struct (s2, cubic2, quartic2) = RowPairs.sums n plan

            { S1 = scale * s1
              S2 = if opposite then 1.0 - s2 else s2
              T1 = scale * (s1 - 2.0 * cubic + quartic)
              T2 = s2 - 2.0 * cubic2 + quartic2 }

    /// Moments of softmax rows over n tokens with logit standard deviation s and row correlation ρ = 1 − u.
    /// n ≥ 1, s ≥ 0, 0 ≤ u ≤ 1 + 1/(n−1). To 1e-8 relative for n ≤ 10⁶ and s ≤ 50, in at most about a second; raises
    /// AttentionMomentsException where s, some thousands or more, would take minutes.
    /// Checks: s = 0 gives S1 = S2 = 1/n; s → ∞ gives S1 → 1; u = 0 gives S2 = S1, T2 = T1.
    [<CompiledName("Compute")>]
    let compute (n: int) (s: float) (u: float) : AttentionMoments = computeRefined 1.0 n s u
