namespace Hybrid.Theory

open System

/// Kernels that have a closed form, derivation sections 2.2 and 2.3. Arguments: variance v ≥ 0 of the
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

    // The remaining kernels are written in f = kv/(1 + kv), g = 1/(1 + kv) and S = 1 − f²ρ² = g² + 2fg + f²u(2 − u), all of
    // them in [0, 1], so that no power of v leaves the double range.

    [<Struct>]
    type private Saturation = { F: float; G: float; S: float }

    let private saturation kv u =
        let f = kv / (1.0 + kv)
        let g = 1.0 / (1.0 + kv)

        { F = f
          G = g
          S = g * g + 2.0 * f * g + f * f * u * (2.0 - u) }

    // erf: κ = (2/π) asin(2vρ/(1 + 2v)) (Williams 1997), equation (2.4), the arcsine written as an arctangent

    let erfKappa v u =
        let at = saturation (2.0 * v) u
        2.0 / Math.PI * atan2 (at.F * (1.0 - u)) (sqrt at.S)

    let erfChi v u =
        let at = saturation (2.0 * v) u
        2.0 / Math.PI * at.F / sqrt at.S

    let erfGap v u =
        if u > 1.0 then
            erfKappa v 0.0 - erfKappa v u
        else
            let at = saturation (2.0 * v) u
            let one = at.G * at.G + 2.0 * at.F * at.G
            let rho = 1.0 - u
            // sine and cosine of the difference of the two angles
            let sine = at.F * u * (2.0 - u) / (sqrt at.S + rho * sqrt one)
            let cosine = sqrt one * sqrt at.S + at.F * at.F * rho
            2.0 / Math.PI * atan2 sine cosine

    // exact GELU by Stein's lemma, equations (2.5) to (2.7)

    let geluKappa v u =
        let at = saturation v u
        let rho = 1.0 - u
        let both = 0.25 + atan2 (at.F * rho) (sqrt at.S) / (2.0 * Math.PI)
        let density = at.F / (2.0 * Math.PI * sqrt at.S)

        v * (rho * both + density * (u * (2.0 - u) + 2.0 * rho * rho * at.G))

    let geluChi v u =
        let at = saturation v u
        let rho = 1.0 - u
        let both = 0.25 + atan2 (at.F * rho) (sqrt at.S) / (2.0 * Math.PI)
        let density = at.F * rho / (2.0 * Math.PI * sqrt at.S)
        v * (both + density * (2.0 * at.G + at.G * at.G / at.S))

    let geluGap v u =
        if u > 0.5 then
            geluKappa v 0.0 - geluKappa v u
        else
            gapByPanels (geluChi v) v u

    /// Both kernels of a pair whose variances differ, and the correlation ρ with w = 1 − ρ²: E φφ′ and E φ₁′φ₂′.
    /// Equations (2.4), (2.6) and (2.7) with f and g of either variance.
    let private pairSaturation kvi kvj rho w =
        let i = saturation kvi 0.0
        let j = saturation kvj 0.0

        struct (i, j, i.G * j.G + i.F * j.G + i.G * j.F + i.F * j.F * w, rho * sqrt (i.F * j.F))

    let erfPair vi vj (rho: float) w =
        let struct (i, j, s, sine) = pairSaturation (2.0 * vi) (2.0 * vj) rho w
        struct (2.0 / Math.PI * atan2 sine (sqrt s), 4.0 / Math.PI * sqrt i.G * sqrt j.G / sqrt s)

    let geluPair vi vj (rho: float) w =
        let struct (i, j, s, sine) = pairSaturation vi vj rho w
        let both = 0.25 + atan2 sine (sqrt s) / (2.0 * Math.PI)
        let density = 1.0 / (2.0 * Math.PI * sqrt s)
        let g = i.G + j.G
        let root = sqrt vi * sqrt vj

        struct (root * (rho * both + sqrt (i.F * j.F) * density * (w + rho * rho * g)),
                both + sine * density * (g + i.G * j.G / s))
