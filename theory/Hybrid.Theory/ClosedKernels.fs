namespace Hybrid.Theory

open System

/// Kernels that have a closed form, theory.md section 2.1, derivation sections 2.2 and 2.3. Arguments: variance v ≥ 0 of the
/// pre-activations and u = 1 − ρ ∈ [0, 2]. Every difference that vanishes with u is written without cancellation.
[<RequireQualifiedAccess>]
module internal ClosedKernels =

    /// κ(v, 1) − κ(v, 1 − u) = ∫₀ᵘ χ, equation (2.2), for χ analytic up to a distance of order 1/(1 + v) beyond ρ = 1:
    /// panels that double from that distance on keep every panel as far from the singularity as it is long.
    let private gapByPanels (chi: float -> float) v u =
        let rec accumulate left width sum =
            if left >= u then
                sum
            else
                let right = min u (left + width)
                accumulate right (2.0 * width) (sum + Quadrature.integrate left right chi)

        accumulate 0.0 (0.5 / (1.0 + v)) 0.0

    // ReLU, θ = arccos ρ (Cho and Saul 2009), equation (2.3)

    let private angle u = 2.0 * asin (sqrt (0.5 * u))

    let reluKappa v u =
        let theta = angle u

        v * (sqrt (u * (2.0 - u)) + (Math.PI - theta) * (1.0 - u)) / (2.0 * Math.PI)

    let reluChi v u =
        v * (Math.PI - angle u) / (2.0 * Math.PI)

    /// κ(1) − κ(ρ) = v [πu − (sin θ − θ cos θ)]/2π; the bracketed difference is a power series at small angles.
    let reluGap v u =
        let theta = angle u

        let excess =
            if theta < 0.5 then
                // Σ_k (−1)^{k+1} 2k θ^{2k+1}/(2k+1)!; eight terms reach 1e-18 at θ = 1/2
                let square = theta * theta
                let mutable power = theta
                let mutable factorial = 1.0
                let mutable sum = 0.0

                for k in 1..8 do
                    power <- power * square
                    factorial <- factorial * float (2 * k * (2 * k + 1))
                    let term = float (2 * k) * power / factorial
                    sum <- if k % 2 = 1 then sum + term else sum - term

                sum
            else
                sqrt (u * (2.0 - u)) - theta * (1.0 - u)

        v * (Math.PI * u - excess) / (2.0 * Math.PI)

    // erf: κ = (2/π) asin(2vρ/(1 + 2v)) (Williams 1997), equation (2.4), the arcsine written as an arctangent

    let erfKappa v u =
        let rho = 1.0 - u

        2.0 / Math.PI
        * atan2 (2.0 * v * rho) (sqrt (1.0 + 4.0 * v + 4.0 * v * v * u * (2.0 - u)))

    let erfChi v u =
        4.0 * v / Math.PI / sqrt (1.0 + 4.0 * v + 4.0 * v * v * u * (2.0 - u))

    let erfGap v u =
        if u > 1.0 then
            erfKappa v 0.0 - erfKappa v u
        else
            let alpha = 1.0 + 4.0 * v
            let w = u * (2.0 - u)
            let root = sqrt (alpha + 4.0 * v * v * w)
            let rho = 1.0 - u
            let scale = 1.0 + 2.0 * v
            // sine and cosine of the difference of the two angles
            let sine = 2.0 * v * w / (root + rho * sqrt alpha)
            let cosine = (sqrt alpha * root + 4.0 * v * v * rho) / (scale * scale)
            2.0 / Math.PI * atan2 sine cosine

    // exact GELU by Stein's lemma, equations (2.5) to (2.7); c = vρ, s = (1+v)² − c²

    let private geluParts v u =
        let c = v * (1.0 - u)
        let s = 1.0 + 2.0 * v + v * v * u * (2.0 - u)
        struct (c, s, atan2 c (sqrt s), 1.0 / (2.0 * Math.PI * sqrt s))

    let geluKappa v u =
        let struct (c, _, arcsine, b) = geluParts v u

        c / 4.0
        + c * arcsine / (2.0 * Math.PI)
        + b * (v * v * u * (2.0 - u) + 2.0 * c * c / (1.0 + v))

    let geluChi v u =
        let struct (c, s, arcsine, b) = geluParts v u
        v * (0.25 + arcsine / (2.0 * Math.PI) + 2.0 * c * b / (1.0 + v) + b * c / s)

    let geluGap v u =
        if u > 0.5 then
            geluKappa v 0.0 - geluKappa v u
        else
            gapByPanels (geluChi v) v u
