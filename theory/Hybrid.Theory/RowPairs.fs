namespace Hybrid.Theory

open System
open System.Numerics
open Hybrid.Theory.RowPairTable

/// Sums over pairs of attention rows, derivation section 3.4. In the mean T and the difference Δ of log t and log t′ two
/// rows' logits enter through their mean and their difference D ~ N(Δ, 2s²u), which are independent: given D, every
/// expectation is one row's at spread s√(1 − u/2), shifted by ℓ(D) = log 2cosh(D/2). So one table of one-row expectations
/// over t = T + ℓ(Δ) serves all Δ, and the average over D is a stencil on it.
[<RequireQualifiedAccess>]
module internal RowPairs =

    /// What a sum may leave out of a tail that falls at least exponentially, relative to the sum.
    [<Literal>]
    let private Negligible = 1e-15

    /// (3.6) and (3.12) as weights: for φ_00, φ_11, φ_10 and φ_01.
    type private Stencil(plan: Plan) =
        let nodes = Nodes plan
        let none = Weights plan
        let both = Weights plan
        let first = Weights plan
        let second = Weights plan
        let lagrange = Array.zeroCreate<float> Points
        let fine = plan.Step / float plan.Stride

        /// max(1, Difference): φ_11 falls as its inverse, and is carried without that factor
        let scale = max 1.0 plan.Difference

        member _.Scale = scale
        member _.None = none
        member _.Both = both
        member _.First = first
        member _.Second = second

        /// Sets the stencil of Δ.
        member _.Set(delta: float) =
            none.Clear()
            both.Clear()
            first.Clear()
            second.Clear()

            nodes.Set delta
            let origin = lift delta

            for k in 0 .. nodes.Count - 1 do
                let d = nodes.D[k]
                let probability = nodes.Probability[k]
                let shift = (nodes.Lifts[k] - origin) / fine
                let whole = floor shift
                interpolate (shift - whole) lagrange
                let at = plan.Margin + int whole + First
                none.Add(at, probability, lagrange)

                if abs d < Local then
                    both.Add(at, scale * probability * nodes.Overlaps[k], lagrange)

                if d < Local then
                    first.Add(at, probability * nodes.Ahead[k], lagrange)

                if d > -Local then
                    second.Add(at, probability * nodes.Behind[k], lagrange)

    /// (13.9) as weights: for φ_00, φ_11, φ_20, φ_02, φ_22 and ½(φ_31 + φ_13).
    type private HeadStencil(plan: Plan) =
        let nodes = Nodes plan
        let weights = Array.init 6 (fun _ -> Weights plan)
        let lagrange = Array.zeroCreate<float> Points
        let fine = plan.Step / float plan.Stride

        /// Sets the stencil of Δ.
        member _.Set(delta: float) =
            for weight in weights do
                weight.Clear()

            nodes.Set delta
            let origin = lift delta

            for k in 0 .. nodes.Count - 1 do
                let d = nodes.D[k]
                let probability = nodes.Probability[k]
                let shift = (nodes.Lifts[k] - origin) / fine
                let whole = floor shift
                interpolate (shift - whole) lagrange
                let at = plan.Margin + int whole + First
                // the shares of e^x and e^{x′} in their sum
                let own, other = nodes.Ahead[k], nodes.Behind[k]
                let both = own * other
                weights[0].Add(at, probability, lagrange)

                if d < Local then
                    weights[2].Add(at, probability * own * own, lagrange)

                if d > -Local then
                    weights[3].Add(at, probability * other * other, lagrange)

                if abs d < Local then
                    weights[1].Add(at, probability * both, lagrange)
                    weights[4].Add(at, probability * both * both, lagrange)
                    weights[5].Add(at, 0.5 * probability * both * (own * own + other * other), lagrange)

        /// Expectation number `which`, over its one-row table, at node i of t.
        member _.Apply(which: int, table: float[], i: int) = weights[which].Apply(table, i)

    /// The node where one row's own sum, given by its place in a table, is largest; the first of them.
    let inline private peakOf (plan: Plan) ([<InlineIfLambda>] ofRow: int -> float) =
        let mutable peak = 0
        let mutable largest = Double.NegativeInfinity

        for i in 0 .. plan.Count - 1 do
            let own = ofRow (plan.Margin + i * plan.Stride)

            if own > largest then
                peak <- i
                largest <- own

        peak

    /// S2 and T2 of n tokens, (3.4) and (3.12).
    let sums (n: int) (plan: Plan) =
        let count = float n
        let table = table n plan
        let stencil = Stencil plan
        let lanes = SoftmaxNodes.lanes
        let psis = Array.zeroCreate<float> lanes
        let rests = Array.zeroCreate<float> lanes

        // nothing but rounding is found far above it, and the tail below
        let peak =
            peakOf plan (fun at -> table.K2[at] * SoftmaxNodes.power table.Psi[at] (count - 1.0))

        let mutable s2 = 0.0
        let mutable pairs = 0.0
        let mutable triples = 0.0
        let mutable j = 0

        while j < plan.DeltaCount do
            let delta = float j * plan.DeltaStep
            stencil.Set delta
            // (Δ, −Δ)
            let both = if j = 0 then 1.0 else 2.0
            // both rows' t lie above the grid's first
            let lowest = int (ceil (delta / plan.Step))
            let before = s2
            let mutable previous = 0.0
            let mutable i = plan.Count - 1

            // down from where φ_00^{n−3} vanishes, over the peak, to where nothing is added any more; several at once
            while i >= lowest do
                let size = min lanes (i - lowest + 1)

                for k in 0 .. size - 1 do
                    psis[k] <- stencil.None.Apply(table.Psi, i - k)

                if n > 2 then
                    (both * SoftmaxNodes.powerOf (Vector<float> psis) (count - 3.0)).CopyTo rests

                let mutable k = 0

                while k < size do
                    let psi = psis[k]
                    let rest3 = rests[k]
                    let mutable term = 0.0

                    if n = 2 || rest3 > 1e-40 then
                        let rest2 = if n = 2 then both else rest3 * (1.0 - psi)
                        let k11 = stencil.Both.Apply(table.K2, i - k)
                        term <- k11 * rest2 * (1.0 - psi)
                        s2 <- s2 + term
                        pairs <- pairs + k11 * k11 * rest2

                        if n > 2 then
                            let k10 = stencil.First.Apply(table.K1, i - k)
                            let k01 = stencil.Second.Apply(table.K1, i - k)
                            triples <- triples + k11 * k10 * k01 * rest3

                    if i - k < peak && term < previous && term < Negligible * s2 then
                        i <- -1
                        k <- size
                    else
                        k <- k + 1

                    previous <- term

                i <- i - size

            j <-
                if s2 - before < Negligible * s2 then
                    plan.DeltaCount
                else
                    j + 1

        let mean = table.Scale
        let area = count * (plan.Step / mean) * (plan.DeltaStep / stencil.Scale)

        struct (area * s2,
                area * (count - 1.0) / mean
                * (2.0 * pairs / stencil.Scale + (count - 2.0) / mean * triples))

    /// E SS′, E XS and E X of n tokens, S = ΣA², X = ΣAA′: (13.9) and (3.4).
    let headSums (n: int) (plan: Plan) =
        let count = float n
        let others = count - 1.0
        let ts = tableNodes plan
        let psi = (SoftmaxNodes.oneRow n plan.Mean plan.Digits ts).Psi
        let higher = SoftmaxNodes.powers [| 2; 4 |] n plan.Mean plan.Digits ts
        let k2, k4 = higher[0], higher[1]
        let stencil = HeadStencil plan

        let peak = peakOf plan (fun at -> k2[at] * SoftmaxNodes.power psi[at] others)

        let mutable total = 0.0
        let mutable squares = 0.0
        let mutable mixed = 0.0
        let mutable overlaps = 0.0
        let mutable j = 0

        while j < plan.DeltaCount do
            let delta = float j * plan.DeltaStep
            stencil.Set delta
            // (Δ, −Δ)
            let both = if j = 0 then 1.0 else 2.0
            let lowest = int (ceil (delta / plan.Step))
            let before = total
            let mutable previous = 0.0
            let mutable i = plan.Count - 1

            while i >= lowest do
                let covered = stencil.Apply(0, psi, i)
                let rest2 = both * SoftmaxNodes.power covered (count - 2.0)
                let mutable term = 0.0

                if rest2 > 1e-40 then
                    let rest1 = rest2 * (1.0 - covered)
                    let k11 = stencil.Apply(1, k2, i)
                    let k20 = stencil.Apply(2, k2, i)
                    let k02 = stencil.Apply(3, k2, i)
                    let square = stencil.Apply(4, k4, i) * rest1 + others * k20 * k02 * rest2

                    let mix =
                        0.5
                        * (stencil.Apply(5, k4, i) * rest1 + 0.5 * others * k11 * (k20 + k02) * rest2)

                    let overlap = k11 * rest1
                    squares <- squares + square
                    mixed <- mixed + mix
                    overlaps <- overlaps + overlap
                    // towards small t, or t′, SS′ falls as their squares and X as they do: the sum must outlast each
                    term <- square + mix + overlap
                    total <- total + term

                i <-
                    if i < peak && term < previous && term < Negligible * total then
                        -1
                    else
                        i - 1

                previous <- term

            j <-
                if total - before < Negligible * total then
                    plan.DeltaCount
                else
                    j + 1

        let area = count * plan.Step * plan.DeltaStep
        struct (area * squares, area * mixed, area * overlaps)
