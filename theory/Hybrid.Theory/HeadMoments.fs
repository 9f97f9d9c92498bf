namespace Hybrid.Theory

/// How the sums over a head's softmax rows fluctuate, derivation (13.6), with S = ΣA², X = ΣAA′ and T = tr J²,
/// J = diag A − AAᵀ, of two rows A, A′ of one head. Dimensionless.
[<Struct>]
type HeadMoments =
    {
        /// Var S
        VarS: float
        /// Cov(S, S′) of two rows
        CovSS: float
        /// Cov(X, S)
        CovXS: float
        /// Cov(S, T) of one row
        CovST: float
        /// E |J A|²
        U: float
    }

/// The moments that terms of order 1/H of a layer with H heads need, exactly at any token count and logit spread:
/// derivation section 13.2. Rows as in `AttentionMoments`.
[<RequireQualifiedAccess>]
module HeadMoments =

    /// Equal logits, or as many heads as one likes: nothing fluctuates.
    let internal still =
        { VarS = 0.0
          CovSS = 0.0
          CovXS = 0.0
          CovST = 0.0
          U = 0.0 }

    /// Var S relative to (E S)² below which the integrals, good to some 1e-12 of (E S)², are not used: leading order in s.
    [<Literal>]
    let private Weak = 1e-9

    /// K_6's transform exceeds K_4's by up to ω², which the Gaussian nodes pay for with as many digits more.
    [<Literal>]
    let private Digits = 44.0

    /// (13.10): logits so weak that S − 1/n is quadratic in them.
    let internal weak n s u =
        let count = float n
        let rho = 1.0 - u
        let s2 = s * s
        let variance = 2.0 * (count - 1.0) * s2 * s2 / (count * count * count * count)

        { VarS = variance
          CovSS = variance * rho * rho
          CovXS = variance * rho
          CovST = variance * (1.0 - 4.0 / count)
          U = s2 * (count - 1.0) / (count * count * count * count) }

    /// (1 − ψ)^{n−k}, what is left of n tokens by k; 0 where there are fewer than k tokens.
    let private others n k psi =
        if n < k then
            0.0
        else
            SoftmaxNodes.power psi (float (n - k))

    /// `compute` with the τ-step divided by `refinement`, for the tests of its convergence.
    let internal computeRefined refinement (n: int) (s: float) (u: float) : HeadMoments =
        AttentionMoments.validate n s u
        let count = float n

        if n = 1 || 2.0 * s * s * s * s < Weak * count then
            weak n s u
        else
            let struct (first, step, size) =
                SoftmaxNodes.grid refinement n s (SoftmaxNodes.rowScale n s)

            let ts = Array.init size (fun i -> first + step * float i)
            let row = SoftmaxNodes.oneRow n s SoftmaxNodes.Rounding ts
            let higher = SoftmaxNodes.powers [| 3; 4; 5; 6 |] n s Digits ts
            let mutable s1 = 0.0
            let mutable cubes = 0.0
            let mutable square = 0.0
            let mutable mixed = 0.0
            let mutable cube = 0.0
            let mutable change = 0.0
            let mutable apart = 0.0
            let mutable apartT = 0.0
            let n1 = count - 1.0
            let n2 = count - 2.0
            let n3 = count - 3.0

            for i in 0 .. size - 1 do
                let psi = row.Psi[i]
                let k1 = row.K1[i] / row.Scale
                let k2 = row.K2[i] / row.Scale
                let k3, k4, k5, k6 = higher[0][i], higher[1][i], higher[2][i], higher[3][i]
                let rest1 = others n 1 psi
                let rest2 = n1 * others n 2 psi
                let rest3 = n1 * n2 * others n 3 psi
                let rest4 = n1 * n2 * n3 * others n 4 psi
                let rest5 = n1 * n2 * n3 * (count - 4.0) * others n 5 psi
                // (13.8)
                s1 <- s1 + k2 * rest1
                cubes <- cubes + k3 * rest1
                square <- square + k4 * rest1 + k2 * k2 * rest2
                mixed <- mixed + k5 * rest1 + k2 * k3 * rest2
                cube <- cube + k6 * rest1 + 3.0 * k4 * k2 * rest2 + k2 * k2 * k2 * rest3

                // (13.14)
                change <-
                    change
                    + 2.0 * (k4 * k2 - k3 * k3) * rest2
                    + (k4 * k1 * k1 - 2.0 * k3 * k2 * k1 + k2 * k2 * k2) * rest3

                apart <- apart + k1 * k1 * rest2

                apartT <-
                    apartT
                    + 4.0 * k3 * k3 * rest2
                    + (12.0 * k3 * k2 * k1 + 2.0 * k2 * k2 * k2) * rest3
                    + (6.0 * k2 * k2 + 2.0 * k3 * k1) * k1 * k1 * rest4
                    + k2 * k1 * k1 * k1 * k1 * rest5

            let scale = count * step
            let meanS = scale * s1
            let meanSS = scale * square / 6.0
            let struct (plan, opposite) = AttentionMoments.pairPlan refinement n s u
            let struct (pairSS, pairXS, meanX) = RowPairs.headSums n plan
            // at −ρ X → 1 − X, S′ as it was
            let covXS = pairXS - meanX * meanS

            // (13.15) where attention freezes
            let covST =
                if meanS < 0.5 then
                    let meanT = meanS - scale * cubes + meanSS
                    meanSS - scale * mixed / 12.0 + scale * cube / 120.0 - meanS * meanT
                else
                    let meanT = (AttentionMoments.computeRefined refinement n s u).T1
                    scale * apart * meanT - scale * apartT / 120.0

            { VarS = max 0.0 (meanSS - meanS * meanS)
              CovSS = pairSS - meanS * meanS
              CovXS = if opposite then -covXS else covXS
              CovST = covST
              U = max 0.0 (scale * change / 120.0) }

    /// Moments of softmax rows over n tokens with logit standard deviation s and row correlation ρ = 1 − u.
    /// n ≥ 1, s ≥ 0, 0 ≤ u ≤ 1 + 1/(n−1). To 1e-9 of (E S)² for n ≤ 10⁶ and every finite s; where attention freezes, U and
    /// Cov(S,T), which fall as 1/s, are good to 1e-9 of themselves. ArgumentOutOfRangeException outside the range.
    /// Checks: n = 1 or s = 0 gives 0; u = 0 gives CovSS = CovXS = VarS; u = 1 gives CovSS = CovXS = 0; VarS ≤ 4 s² U.
    [<CompiledName("Compute")>]
    let compute (n: int) (s: float) (u: float) : HeadMoments = computeRefined 1.0 n s u
