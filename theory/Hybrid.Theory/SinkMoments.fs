namespace Hybrid.Theory

open System
open Hybrid.Architectures

/// What a head with a sink does to tokens that are alike: derivation (16.1). All its logits are one number ℓ, so that the tokens share
/// t = n e^ℓ/(n e^ℓ + e^b) of every row's weight. Dimensionless.
[<Struct>]
type SinkMoments =
    {
        /// E t², what is left of norms
        Square: float
        /// X = E[Var(∂ℓ) t²(1−t)²], what queries pass on of differences, and queries and keys each of the mean mode's gradient
        Rest: float
    }

/// Averages over ℓ = s k·q/√d_k of d_k Gaussian coordinates: given k it is Gaussian of variance s² w, w = |k|²/d_k.
[<RequireQualifiedAccess>]
module SinkMoments =

    /// Beyond so many units of ℓ from where half is the sink's, t(1 − t) is nothing to double precision.
    [<Literal>]
    let private Local = 45.0

    /// Logits of so small a deviation change nothing beyond the first order, whose next is smaller by their square.
    [<Literal>]
    let private Still = 1e-9

    /// Panels of ℓ over which 16 nodes resolve t²(1−t)², whose poles are π off the line: their error falls as 4.4⁻³².
    [<Literal>]
    let private Panel = 3.0

    /// Visits nodes of ℓ ~ N(0, σ²), σ > 0, in panels that resolve both the Gaussian and the step of t at `middle`.
    let private overLogits std (middle: float) (visit: float -> float -> unit) =
        let reach = Quadrature.HalfWidth * std
        let clip x = max -reach (min reach x)

        let panels from until widest =
            if until > from then
                let count = int (ceil ((until - from) / widest))
                let width = (until - from) / float count

                for panel in 0 .. count - 1 do
                    for k in 0 .. Quadrature.unitNodes.Length - 1 do
                        let logit = from + width * (float panel + Quadrature.unitNodes[k])
                        visit logit (width / std * Quadrature.unitWeights[k] * Normal.density (logit / std))

        let low, high = clip (middle - Local), clip (middle + Local)
        let smooth = 2.0 * std
        panels -reach low smooth
        panels low high (min Panel smooth)
        panels high reach smooth

    /// Visits nodes and probabilities of w = χ²/d_k, by the trapezoid rule in ln w, where its density is entire.
    let private overStrengths width (visit: float -> float -> unit) =
        let half = 0.5 * float width
        let step = min 0.25 (0.25 * sqrt (1.0 / half))
        // of the logarithm of the density, whose largest value is at w = 1
        let weight z = exp (half * (z - exp z + 1.0))

        let last =
            Seq.initInfinite id |> Seq.find (fun k -> weight (float k * step) < 1e-17)

        let first =
            Seq.initInfinite (~-) |> Seq.find (fun k -> weight (float k * step) < 1e-17)

        let total = seq { first..last } |> Seq.sumBy (fun k -> weight (float k * step))

        for k in first..last do
            let z = float k * step
            visit (exp z) (weight z / total)

    /// Of n ≥ 1 tokens, d_k = `width` ≥ 1 coordinates of queries and keys, logits of standard deviation s ≥ 0 and a sink of logit b.
    /// Checks: s = 0 gives E t² = (n/(n + e^b))² and X = 0; b → −∞ gives 1 and 0.
    [<CompiledName("Compute")>]
    let compute (tokens: int) (width: int) (s: float) (sink: float) : SinkMoments =
        let middle = sink - log (float tokens)
        let share logit = 1.0 / (1.0 + exp (middle - logit))

        if s <= Still then
            // E w = 1
            let slope = s * share 0.0 / (1.0 + exp -middle)

            { Square = share 0.0 * share 0.0
              Rest = slope * slope }
        else
            let mutable square = 0.0
            let mutable rest = 0.0

            overStrengths width (fun w strength ->
                let std = s * sqrt w

                overLogits std middle (fun logit probability ->
                    // the smaller of t and 1 − t without cancellation
                    let ratio = exp -(abs (logit - middle))
                    let larger = 1.0 / (1.0 + ratio)
                    let smaller = ratio * larger

                    let struct (t, other) =
                        if logit > middle then
                            struct (larger, smaller)
                        else
                            struct (smaller, larger)

                    let slope = std * t * other
                    square <- square + strength * probability * t * t
                    rest <- rest + strength * probability * slope * slope))

            { Square = square; Rest = rest }
