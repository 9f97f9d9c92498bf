namespace Hybrid.Theory

open System
open Hybrid.Architectures

/// Growth rates of one block, per block and dimensionless.
[<Struct>]
type BlockExponents =
    {
        /// λ_a: log growth of u = 1 − ρ at the collapsed line
        Angle: float
        /// λ_g: log of the larger eigenvalue of the block's 2×2 gradient map
        Gradient: float
        /// log of the smaller one, the difference mode's; on the line it is λ_a + log(q″/q), λ_a at stationary norms
        Difference: float
    }

/// λ_a and λ_g, derivation section 6.
[<RequireQualifiedAccess>]
module Exponents =

    /// A u so small that every map is linear in it to rounding, and far from underflow.
    [<Literal>]
    let private Infinitesimal = 1e-140

    /// λ_a of block `layer` for collapsed tokens of norm q: log(u″/u) as u → 0. Negative: ordered, tokens keep
    /// collapsing; positive: chaotic. The maps carry u without cancellation, so the limit is taken by evaluating them.
    /// Check: the closed forms of derivation (6.1).
    let angle architecture laws layer q =
        let trace =
            Geometry.block architecture (Laws.onLine architecture laws) layer { Q = q; U = Infinitesimal }

        let growth = trace.Output.U / Infinitesimal

        if Double.IsNormal growth then
            log growth
        else
            Elementary.logInRange trace.Output.U - log Infinitesimal

    /// Eigenvalues (larger, smaller) of the block's map of (g_d, g_o), both of which are real, derivation (6.2).
    let gradientEigenvalues architecture (trace: BlockTrace) =
        let first = Gradients.block architecture trace { Diagonal = 1.0; OffDiagonal = 0.0 }

        let second =
            Gradients.block architecture trace { Diagonal = 0.0; OffDiagonal = 1.0 }

        if architecture.Tokens = 1 then
            struct (first.Diagonal, first.Diagonal)
        else
            // In the mean and difference modes g_d + (n−1) g_o and g_d − g_o the map is triangular on the line, so
            // its eigenvalues are formed there without cancellation.
            let others = float (architecture.Tokens - 1)

            let mean gram =
                gram.Diagonal + others * gram.OffDiagonal

            let difference gram = gram.Diagonal - gram.OffDiagonal
            // unit mean mode: g_d = g_o = 1/n; unit difference mode: g_d = (n−1)/n, g_o = −1/n
            let n = others + 1.0
            let combine f alpha beta = alpha * f first + beta * f second
            let meanMean = combine mean (1.0 / n) (1.0 / n)
            let meanDifference = combine mean (others / n) (-1.0 / n)
            let differenceMean = combine difference (1.0 / n) (1.0 / n)
            let differenceDifference = combine difference (others / n) (-1.0 / n)
            // squares are formed of these, so that large and small ones are brought to 1 first
            let largest =
                max (max (abs meanMean) (abs differenceDifference)) (max (abs meanDifference) (abs differenceMean))

            let scale =
                if
                    largest = 0.0
                    || (largest > 1e-100 && largest < 1e100)
                    || not (Double.IsFinite largest)
                then
                    1.0
                else
                    Math.ScaleB(1.0, Math.ILogB largest)

            let meanMean = meanMean / scale
            let meanDifference = meanDifference / scale
            let differenceMean = differenceMean / scale
            let differenceDifference = differenceDifference / scale
            let half = 0.5 * (meanMean - differenceDifference)
            // ≥ 0 but for rounding
            let discriminant = max 0.0 (half * half + meanDifference * differenceMean)
            let center = 0.5 * (meanMean + differenceDifference)
            // the eigenvalue of larger modulus first, the other from the determinant
            let larger = center + Math.CopySign(sqrt discriminant, center)
            let determinant = meanMean * differenceDifference - meanDifference * differenceMean
            struct (scale * larger, (if larger = 0.0 then 0.0 else scale * (determinant / larger)))

    /// λ_g and the difference exponent from the gradient map at `state`, beside λ_a as given.
    let internal beside angle (architecture: Architecture) laws layer (state: TokenSimplex) =
        let stateLaws =
            if state.U = 0.0 then
                Laws.onLine architecture laws
            else
                laws

        let struct (larger, smaller) =
            gradientEigenvalues architecture (Geometry.block architecture stateLaws layer state)

        { Angle = angle
          Gradient = Elementary.logInRange larger
          Difference = Elementary.logInRange smaller }

    /// λ_a at the line for norm `lineQ`, λ_g and the difference exponent from the gradient map at `state`.
    let block (architecture: Architecture) laws layer lineQ state =
        beside (angle architecture laws layer lineQ) architecture laws layer state

    /// All three on the line.
    let onLine architecture laws layer q =
        block architecture laws layer q { Q = q; U = 0.0 }
