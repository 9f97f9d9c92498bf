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

    /// Var S relative to (E S)² below which the integrals, good to some 1e-12 of (E S)², are not used: leading order in s.
    [<Literal>]
    let private Weak = 1e-9

    /// K_6's transform exceeds K_4's by up to ω², which the Gaussian nodes pay for with as many digits more.
    [<Literal>]
    let private Digits = 44.0

    /// (13.10): logits so weak that S − 1/n is quadratic in them.
    let private weak n s u =
        let count = float n
        let rho = 1.0 - u
        let s2 = s * s
        let variance = 2.0 * (count - 1.0) * s2 * s2 / (count * count * count * count)

        { VarS = variance
          CovSS = variance * rho * rho
          CovXS = variance * rho
          CovST = variance * (1.0 - 4.0 / count)
          U = s2 * (count - 1.0) / (count * count * count * count) }

    /// `compute` with the τ-step divided by `refinement`, for the tests of its convergence.
    let internal computeRefined refinement (n: int) (s: float) (u: float) : HeadMoments =
        AttentionMoments.validate n s u
        let count = float n

        if n = 1 || 2.0 * s * s * s * s < Weak * count then
            weak n s u
        else
            let struct (plan, opposite) = AttentionMoments.pairPlan refinement n s u
            let struct (step, nodes) = SoftmaxNodes.rowNodes refinement n s Digits
            let mutable s1 = 0.0
            let mutable cubes = 0.0
            let mutable fourths = 0.0
            let mutable square = 0.0
            let mutable mixed = 0.0
            let mutable cube = 0.0
            let others = count - 1.0

            for node in nodes do
                let rest3 = SoftmaxNodes.power node.Psi (count - 3.0)
                let rest2 = rest3 * (1.0 - node.Psi)
                let rest1 = rest2 * (1.0 - node.Psi)
                let pair = others * node.K2 * rest2
                s1 <- s1 + node.K2 * rest1
                cubes <- cubes + node.K3 * rest1
                fourths <- fourths + node.K4 * rest1
                square <- square + node.K4 * rest1 + pair * node.K2
                mixed <- mixed + node.K5 * rest1 + pair * node.K3

                // no third token where there are two, whatever 1 − ψ is raised to
                let triple =
                    if n > 2 then
                        others * (count - 2.0) * node.K2 * node.K2 * node.K2 * rest3
                    else
                        0.0

                cube <- cube + node.K6 * rest1 + 3.0 * pair * node.K4 + triple

            // (13.8)
            let scale = count * step
            let meanS = scale * s1
            let meanSS = scale * square / 6.0
            let meanSCubes = scale * mixed / 24.0
            let meanSSS = scale * cube / 120.0
            let meanT = meanS - scale * cubes + meanSS
            let struct (pairSS, pairXS, meanX) = RowPairs.headSums n plan
            // at −ρ X → 1 − X, S′ as it was
            let covXS = pairXS - meanX * meanS

            { VarS = max 0.0 (meanSS - meanS * meanS)
              CovSS = pairSS - meanS * meanS
              CovXS = if opposite then -covXS else covXS
              CovST = meanSS - 2.0 * meanSCubes + meanSSS - meanS * meanT
              U = max 0.0 (scale * fourths / 6.0 - 2.0 * meanSCubes + meanSSS) }

    /// Moments of softmax rows over n tokens with logit standard deviation s and row correlation ρ = 1 − u.
    /// n ≥ 1, s ≥ 0, 0 ≤ u ≤ 1 + 1/(n−1). To 1e-9 of (E S)² for n ≤ 10⁶ and s ≤ 50; ArgumentOutOfRangeException outside
    /// the range, AttentionMomentsException where s, some thousands or more, would take minutes.
    /// Checks: n = 1 or s = 0 gives 0; u = 0 gives CovSS = CovXS = VarS; u = 1 gives CovSS = CovXS = 0; VarS ≤ 4 s² U.
    [<CompiledName("Compute")>]
    let compute (n: int) (s: float) (u: float) : HeadMoments = computeRefined 1.0 n s u
