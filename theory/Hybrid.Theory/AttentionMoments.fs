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

    /// `compute` with the τ-step divided by `refinement`, for the tests of its convergence.
    let internal computeRefined refinement (n: int) (s: float) (u: float) : AttentionMoments =
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
            let rho = 1.0 - u

            let struct (_, _, pairNodes) =
                SoftmaxNodes.grid refinement n s (SoftmaxNodes.pairScale n s rho)

            if RowPairs.tableSize n s rho pairNodes > RowPairs.LargestTable then
                raise (
                    AttentionMomentsException(
                        $"attention moments at logit spread s = {s} and row correlation ρ = {rho}: such spread, or such spread between rows so nearly equal (or opposite), needs tables of {RowPairs.tableSize n s rho pairNodes:G2} entries, {RowPairs.LargestTable:G1} are allowed; lower σ_A, or note that s² = σ_A² q² (1 − ρ) keeps s small wherever ρ is near 1"
                    )
                )

            let struct (step, _, moments) =
                SoftmaxNodes.rowNodes refinement n s (SoftmaxNodes.rowScale n s)

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

            let struct (pairStep, taus, psis) =
                let struct (step, all, moments) =
                    SoftmaxNodes.rowNodes refinement n s (SoftmaxNodes.pairScale n s rho)
                // ∫dτ′ of the S2 integrand is below K_1 φ_0^{n−1}: where that is negligible, so is the row of pairs
                let weights =
                    moments
                    |> Array.map (fun node -> node.K1 * SoftmaxNodes.power node.Psi (count - 1.0))

                let largest = Array.max weights

                let relevant =
                    [| for i in 0 .. all.Length - 1 do
                           if weights[i] > 1e-11 * largest then
                               i |]

                struct (step, relevant |> Array.map (Array.get all), relevant |> Array.map (fun i -> moments[i].Psi))

            let struct (s2, cubic2, quartic2) =
                RowPairs.pairs n (RowPairs.factors n s u taus) psis pairStep

            { S1 = scale * s1
              S2 = s2
              T1 = scale * (s1 - 2.0 * cubic + quartic)
              T2 = s2 - 2.0 * cubic2 + quartic2 }

    /// Moments of softmax rows over n tokens with logit standard deviation s and row correlation ρ = 1 − u.
    /// n ≥ 1, s ≥ 0, 0 ≤ u ≤ 1 + 1/(n−1). Raises AttentionMomentsException where s exceeds about 40 and ρ is so close to
    /// 1 (or −1), or s so large alone (some thousands), that neither route is of reasonable size; no state with σ_A ≤ 100 comes near, since s² = σ_A² q² u.
    /// Checks: s = 0 gives S1 = S2 = 1/n; s → ∞ gives S1 → 1.
    [<CompiledName("Compute")>]
    let compute (n: int) (s: float) (u: float) : AttentionMoments = computeRefined 1.0 n s u
