namespace Hybrid.Theory

open System

/// Sums over pairs of attention rows, derivation section 3.4. In the mean T and the difference Δ of log t and log t′ two
/// rows' logits enter through their mean and their difference D ~ N(Δ, 2s²u), which are independent: given D, every
/// expectation is one row's at spread s√(1 − u/2), shifted by ℓ(D) = log 2cosh(D/2). So one table of one-row expectations
/// over t = T + ℓ(Δ) serves all Δ, and the average over D is a stencil on it.
[<RequireQualifiedAccess>]
module internal RowPairs =

    /// What a sum may leave out of a tail that falls at least exponentially, relative to the sum.
    [<Literal>]
    let private Negligible = 1e-15

    /// Points of Lagrange's interpolation in t, at the integers First .. First + Points − 1 around [0, 1).
    [<Literal>]
    let private Points = 16

    [<Literal>]
    let private First = -7

    /// 1/Π_{j≠k}(k − j)
    let private denominators =
        Array.init Points (fun k ->
            let others = seq { 0 .. Points - 1 } |> Seq.filter ((<>) k)
            1.0 / (others |> Seq.fold (fun product j -> product * float (k - j)) 1.0))

    /// Lagrange's weights at x in [0, 1), in O(Points).
    let private interpolate (x: float) (weights: float[]) =
        let mutable before = 1.0

        for k in 0 .. Points - 1 do
            weights[k] <- before * denominators[k]
            before <- before * (x - float (k + First))

        let mutable after = 1.0

        for k in Points - 1 .. -1 .. 0 do
            weights[k] <- weights[k] * after
            after <- after * (x - float (k + First))

    /// ℓ(D) = log 2cosh(D/2)
    let private lift (d: float) =
        0.5 * abs d + Elementary.log1p (exp -(abs d))

    /// (2cosh(D/2))^{−2}
    let private overlap (d: float) =
        let e = exp -(abs d)
        e / ((1.0 + e) * (1.0 + e))

    /// How finely everything is resolved, and by that what it costs.
    type Plan =
        {
            /// standard deviations of the logits' mean and of their difference
            Mean: float
            Difference: float
            /// grid of t: first, step, count
            Start: float
            Step: float
            Count: int
            /// table nodes per step of t, and beyond either end
            Stride: int
            Margin: int
            /// e^{−digits}: accuracy of the table
            Digits: float
            /// trapezoid rule in ξ, D = Δ + Difference·ξ: from −half to half
            XiStep: float
            XiHalf: int
            /// Δ = 0, step, …, (count − 1) step
            DeltaStep: float
            DeltaCount: int
        }

        /// Multiply-adds, to a factor of a few; an exponential counts 20.
        member this.Cost(n: int) =
            let nodes = SoftmaxNodes.nodeCount n this.Mean this.Digits
            let size = float this.Stride * float this.Count + 2.0 * float this.Margin

            let perDelta =
                200.0 * float this.XiHalf + 8.0 * float this.Count * float this.Margin

            40.0 * nodes * size + perDelta * float this.DeltaCount

    /// The plan for n ≥ 2 tokens, s > 0 and 0 ≤ u ≤ 3/2, so that the mean keeps a spread.
    let plan refinement n s u =
        let mean = s * sqrt (1.0 - 0.5 * u)
        let difference = s * sqrt (2.0 * u)

        let struct (start, step, count) =
            SoftmaxNodes.grid refinement n s (SoftmaxNodes.rowScale n mean)
        // The expectations' frequencies end where e^{−ω²·mean²/2} or K's own e^{−πω/2} does; with one node per unit of phase
        // 16 points leave 1e-13.
        let stride = max 1.0 (ceil (step * min (8.6 / mean) 21.0))
        let reach = 0.5 * Quadrature.HalfWidth * difference
        // the average over D is analytic in |Im D| < π
        let xiStep = 2.0 * Math.PI / (8.6 + 11.8 * difference)
        // rows further apart overlap by less than e^{−37}/n, where S2 is 1/n at least (ρ ≥ 0)
        let furthest =
            SoftmaxNodes.Rounding + log (float n) + Quadrature.HalfWidth * difference

        let deltaStep =
            0.53 / refinement * min (SoftmaxNodes.rowScale n s) (max 1.0 (s * sqrt u))

        { Mean = mean
          Difference = difference
          Start = start
          Step = step
          Count = count
          Stride = int stride
          Margin = int (ceil (reach * stride / step)) + Points
          // K_m's transform is larger than e^{−πω/2} by ω^{m−1/2}, here at most e^{10}, of which summing over t takes off
          // some. And two rows share their largest weight where their mean lies √(2 log n/(1 − u/2)) deviations out: there
          // too the table must be accurate relative to itself.
          Digits =
            7.0
            + max SoftmaxNodes.Rounding (SoftmaxNodes.Digits + log (float n) / (1.0 - 0.5 * u))
          XiStep = xiStep
          XiHalf =
            if difference = 0.0 then
                0
            else
                int (ceil (Quadrature.HalfWidth / xiStep))
          DeltaStep = deltaStep
          DeltaCount = 1 + int (furthest / deltaStep) }

    /// The one-row expectations at spread plan.Mean, over t.
    let private tableNodes n (plan: Plan) =
        let struct (z, weights) = SoftmaxNodes.gaussianNodes n plan.Mean plan.Digits
        let fine = plan.Step / float plan.Stride
        let size = plan.Stride * (plan.Count - 1) + 2 * plan.Margin + 1

        Array.init size (fun i -> SoftmaxNodes.node plan.Mean z weights (plan.Start + fine * float (i - plan.Margin)))

    /// (3.6) as weights on the table's nodes around t, relative to t's own at plan.Margin: one stencil per table. `factors`
    /// writes what each expectation's κ is multiplied by at D, given D and the weight of its node.
    type private Stencil(plan: Plan, tables: float[][], factors: float -> float -> float[] -> unit) =
        let weights =
            tables |> Array.map (fun _ -> Array.zeroCreate<float>(2 * plan.Margin + 1))

        let shares = Array.zeroCreate<float> tables.Length
        let lagrange = Array.zeroCreate<float> Points
        let mutable from = 0
        let mutable length = 0

        /// Sets the stencil of Δ.
        member _.Set(delta: float) =
            for row in weights do
                Array.Clear row

            let fine = plan.Step / float plan.Stride
            let mutable lowest = Int32.MaxValue
            let mutable highest = 0

            for k in -plan.XiHalf .. plan.XiHalf do
                let xi = float k * plan.XiStep
                let d = delta + plan.Difference * xi

                let psi =
                    if plan.XiHalf = 0 then
                        1.0
                    else
                        plan.XiStep * Normal.density xi

                factors d psi shares
                let shift = (lift d - lift delta) / fine
                let whole = floor shift
                interpolate (shift - whole) lagrange
                let at = plan.Margin + int whole + First
                lowest <- min lowest at
                highest <- max highest (at + Points)

                for row in 0 .. weights.Length - 1 do
                    let share = shares[row]
                    let stencil = weights[row]

                    for p in 0 .. Points - 1 do
                        stencil[at + p] <- stencil[at + p] + share * lagrange[p]

            from <- lowest
            length <- highest - lowest

        /// Expectation number `which` at node i of t.
        member _.Apply(which: int, i: int) =
            SquareMatrix.dot tables[which] (i * plan.Stride + from) weights[which] from length

    /// Sums an integrand over t and Δ, both signs of Δ. Table 0 holds E(1 − K_0) and table 1 E K_2; `add i ψ rest2 totals`
    /// adds node i's terms, where rest2 is φ_00^{n−2} times the number of signs, and returns what it added to totals[0].
    let private total
        (n: int)
        (plan: Plan)
        (tables: float[][])
        (stencil: Stencil)
        (totals: float[])
        (add: int -> float -> float -> float[] -> float)
        =
        let count = float n

        // where one row's own sum is largest: nothing but rounding is found far above it, and the tail below
        let peak =
            Seq.init plan.Count (fun i ->
                let at = plan.Margin + i * plan.Stride
                let psi = tables[0][at]
                tables[1][at] * SoftmaxNodes.power psi (count - 1.0))
            |> Seq.indexed
            |> Seq.maxBy snd
            |> fst

        let mutable j = 0

        while j < plan.DeltaCount do
            let delta = float j * plan.DeltaStep
            stencil.Set delta
            // (Δ, −Δ)
            let both = if j = 0 then 1.0 else 2.0
            // both rows' t lie above the grid's first
            let lowest = int (ceil (delta / plan.Step))
            let before = totals[0]
            let mutable previous = 0.0
            let mutable i = plan.Count - 1

            // down from where φ_00^{n−1} vanishes, over the peak, to where nothing is added any more
            while i >= lowest do
                let psi = stencil.Apply(0, i)
                let rest2 = both * SoftmaxNodes.power psi (count - 2.0)
                let term = if rest2 > 1e-40 then add i psi rest2 totals else 0.0

                i <-
                    if i < peak && term < previous && term < Negligible * totals[0] then
                        -1
                    else
                        i - 1

                previous <- term

            j <-
                if totals[0] - before < Negligible * totals[0] then
                    plan.DeltaCount
                else
                    j + 1

        count * plan.Step * plan.DeltaStep

    /// S2, E ΣA²A′, E(ΣAA′)² of n tokens, (3.4).
    let sums (n: int) (plan: Plan) =
        let nodes = tableNodes n plan

        let tables =
            [| nodes |> Array.map _.Psi
               nodes |> Array.map _.K2
               nodes |> Array.map _.K3
               nodes |> Array.map _.K4 |]

        // φ_00, φ_11, φ_21 and φ_22
        let stencil =
            Stencil(
                plan,
                tables,
                fun d weight shares ->
                    shares[0] <- weight
                    shares[1] <- weight * overlap d
                    shares[2] <- 0.5 * shares[1]
                    shares[3] <- shares[1] * overlap d
            )

        let others = float n - 1.0
        let totals = Array.zeroCreate<float> 3

        let area =
            total n plan tables stencil totals (fun i psi rest2 totals ->
                let rest1 = rest2 * (1.0 - psi)
                let k11 = stencil.Apply(1, i)
                let term = k11 * rest1
                totals[0] <- totals[0] + term
                totals[1] <- totals[1] + stencil.Apply(2, i) * rest1
                totals[2] <- totals[2] + stencil.Apply(3, i) * rest1 + others * k11 * k11 * rest2
                term)

        struct (area * totals[0], area * totals[1], area * totals[2])

    /// E SS′, E XS and E X of n tokens, S = ΣA², X = ΣAA′: (13.9) and (3.4).
    let headSums (n: int) (plan: Plan) =
        let nodes = tableNodes n plan
        let k2 = nodes |> Array.map _.K2
        let k4 = nodes |> Array.map _.K4
        let tables = [| nodes |> Array.map _.Psi; k2; k2; k2; k4; k4 |]

        // φ_00, φ_11, φ_20, φ_02, φ_22 and ½(φ_31 + φ_13), from the shares of e^x and e^{x′} in their sum
        let stencil =
            Stencil(
                plan,
                tables,
                fun d weight shares ->
                    let e = exp -(abs d)
                    let larger = 1.0 / (1.0 + e)
                    let smaller = e * larger
                    let own = if d > 0.0 then smaller else larger
                    let other = if d > 0.0 then larger else smaller
                    shares[0] <- weight
                    shares[1] <- weight * own * other
                    shares[2] <- weight * own * own
                    shares[3] <- weight * other * other
                    shares[4] <- shares[2] * other * other
                    shares[5] <- 0.5 * shares[1] * (own * own + other * other)
            )

        let others = float n - 1.0
        let totals = Array.zeroCreate<float> 4

        let area =
            total n plan tables stencil totals (fun i psi rest2 totals ->
                let rest1 = rest2 * (1.0 - psi)
                let k11 = stencil.Apply(1, i)
                let k20 = stencil.Apply(2, i)
                let k02 = stencil.Apply(3, i)
                let squares = stencil.Apply(4, i) * rest1 + others * k20 * k02 * rest2

                let mixed =
                    0.5 * (stencil.Apply(5, i) * rest1 + 0.5 * others * k11 * (k20 + k02) * rest2)

                // towards small t, or t′, SS′ falls as their squares and X as they do: the sum must outlast each
                let overlap = k11 * rest1
                let term = squares + mixed + overlap
                totals[0] <- totals[0] + term
                totals[1] <- totals[1] + squares
                totals[2] <- totals[2] + mixed
                totals[3] <- totals[3] + overlap
                term)

        struct (area * totals[1], area * totals[2], area * totals[3])
