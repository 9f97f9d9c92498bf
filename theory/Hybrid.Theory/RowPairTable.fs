namespace Hybrid.Theory

open System
open System.Numerics
open Hybrid.Architectures

/// What sums over pairs of attention rows are made of, derivation section 3.4: the grid of T and Δ, the average over D as
/// nodes with their probabilities, and its stencil, by Lagrange's interpolation, on a table of one-row expectations.
module internal RowPairTable =

    /// Points of Lagrange's interpolation in t, at the integers First .. First + Points − 1 around [0, 1).
    [<Literal>]
    let Points = 16

    [<Literal>]
    let First = -7

    /// 1/Π_{j≠k}(k − j)
    let private denominators =
        Array.init Points (fun k ->
            let others = seq { 0 .. Points - 1 } |> Seq.filter ((<>) k)
            1.0 / (others |> Seq.fold (fun product j -> product * float (k - j)) 1.0))

    let private integers = Array.init Points (fun k -> float (k + First))

    /// Lagrange's weights at x in [0, 1]: Π_j (x − j) over (x − k), which keeps its relative accuracy however near x is to an integer.
    let interpolate (x: float) (weights: float[]) =
        // rounding may leave 1 of what lies just below an integer
        if x < 1e-20 || x = 1.0 then
            Array.Clear weights
            weights[int x - First] <- 1.0
        else
            let lanes = SoftmaxNodes.lanes
            let mutable products = Vector<float>.One
            let mutable k = 0

            while k < Points do
                products <- products * (Vector<float> x - Vector<float>(integers, k))
                k <- k + lanes

            let mutable product = products[0]

            for lane in 1 .. lanes - 1 do
                product <- product * products[lane]

            k <- 0

            while k < Points do
                let others = Vector<float>(denominators, k) * product
                (others / (Vector<float> x - Vector<float>(integers, k))).CopyTo(weights, k)
                k <- k + lanes

    /// ℓ(D) = log 2cosh(D/2)
    let lift (d: float) =
        0.5 * abs d + Elementary.log1p (exp -(abs d))

    /// How finely everything is resolved.
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
            /// longest panel of the average over D
            Panel: float
            /// Δ = 0, step, …, (count − 1) step
            DeltaStep: float
            DeltaCount: int
        }

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
          // 16 points leave 4e-18 of a Gaussian on a panel of four of its deviations, and 1e-17 of a function that is
          // analytic in |Im D| < π on a panel of 4
          Panel = min (4.0 * difference) (4.0 * max 1.0 mean)
          DeltaStep = deltaStep
          DeltaCount = 1 + int (furthest / deltaStep) }

    /// The table's nodes in t.
    let tableNodes (plan: Plan) =
        let fine = plan.Step / float plan.Stride
        let size = plan.Stride * (plan.Count - 1) + 2 * plan.Margin + 1
        Array.init size (fun i -> plan.Start + fine * float (i - plan.Margin))

    /// E(1 − K_0), E K_1, E K_2 at spread plan.Mean, over t.
    let table n (plan: Plan) =
        SoftmaxNodes.oneRow n plan.Mean plan.Digits (tableNodes plan)

    /// Weights on the table's nodes around t, relative to t's own at plan.Margin.
    type Weights(plan: Plan) =
        let weights = Array.zeroCreate<float>(2 * plan.Margin + 1)
        let mutable from = 0
        let mutable until = 0

        member _.Clear() =
            Array.Clear(weights, from, until - from)
            from <- weights.Length
            until <- 0

        /// Adds `weight` times the value that `lagrange` interpolates from node `at` on.
        member _.Add(at: int, weight: float, lagrange: float[]) =
            from <- min from at
            until <- max until (at + Points)

            let mutable p = 0

            while p < Points do
                let sum = Vector<float>(weights, at + p) + weight * Vector<float>(lagrange, p)
                sum.CopyTo(weights, at + p)
                p <- p + SoftmaxNodes.lanes

        /// The sum at node i of t.
        member _.Apply(table: float[], i: int) =
            SquareMatrix.dot table (i * plan.Stride + from) weights from (until - from)

    /// Beyond this |D|, overlap and ahead are 0 or 1, and ℓ is |D|/2, to rounding.
    [<Literal>]
    let Local = 40.0

    /// Between these and their negatives, panels of 16 points resolve ℓ, overlap and ahead.
    let private breaks =
        [| -Local; -16.0; -8.0; -4.0; 0.0; 4.0; 8.0; 16.0; Local; infinity |]

    /// D's standard deviation up to which a trapezoidal sum over all of its distribution takes fewer nodes than panels.
    [<Literal>]
    let private Narrow = 5.0

    /// The sum's longest steps, in D and in D's deviations: e^{−2π²/step} is left of what is analytic in |Im D| < π, e^{−2π²/step²} of a
    /// Gaussian.
    [<Literal>]
    let private Step = 0.5

    [<Literal>]
    let private StepOfDeviations = 0.7

    /// The average over D around Δ, as nodes with their probabilities, and the functions of D that multiply them.
    type Nodes(plan: Plan) =
        let lanes = SoftmaxNodes.lanes

        // no more panels than those of a span of all of D's distribution, cut at the breaks
        let capacity =
            let panels =
                int (2.0 * Quadrature.HalfWidth * plan.Difference / plan.Panel)
                + 2 * breaks.Length

            panels * Quadrature.unitNodes.Length + lanes

        let d = Array.zeroCreate<float> capacity
        let probability = Array.zeroCreate<float> capacity
        let lifts = Array.zeroCreate<float> capacity
        let overlaps = Array.zeroCreate<float> capacity
        let ahead = Array.zeroCreate<float> capacity
        let behind = Array.zeroCreate<float> capacity
        let mutable count = 0

        /// (D − Δ)/Difference with its probabilities, where D's distribution is narrow: the same at every Δ
        let narrow =
            if plan.Difference = 0.0 then
                [| struct (0.0, 1.0) |]
            elif plan.Difference <= Narrow then
                let step = min StepOfDeviations (Step / plan.Difference)
                let half = int (ceil (Quadrature.HalfWidth / step))

                Array.init (2 * half + 1) (fun k ->
                    let xi = step * float (k - half)
                    struct (xi, step * Normal.density xi))
            else
                [||]

        /// Panels of D where its distribution is wide.
        let wide (delta: float) =
            let last = delta + Quadrature.HalfWidth * plan.Difference
            let mutable left = delta - Quadrature.HalfWidth * plan.Difference

            for next in breaks do
                let right = min next last

                if right > left then
                    let panels = ceil ((right - left) / plan.Panel)
                    let width = (right - left) / panels

                    for k in 0 .. int panels - 1 do
                        let start = left + width * float k

                        for i in 0 .. Quadrature.unitNodes.Length - 1 do
                            d[count] <- start + width * Quadrature.unitNodes[i]
                            probability[count] <- width / plan.Difference * Quadrature.unitWeights[i]
                            count <- count + 1

                    left <- right

            let mutable k = 0

            while k < count do
                let z = (Vector<float>(d, k) - Vector<float> delta) / Vector<float> plan.Difference

                (Vector<float>(probability, k) * Normal.density 0.0 * Vector.Exp(-0.5 * z * z)).CopyTo(probability, k)

                k <- k + lanes

        member _.Count = count
        member _.D = d
        member _.Probability = probability

        /// ℓ(D)
        member _.Lifts = lifts

        /// (2cosh(D/2))^{−2}
        member _.Overlaps = overlaps

        /// σ(−D)
        member _.Ahead = ahead

        /// σ(D)
        member _.Behind = behind

        /// Sets the nodes of Δ.
        member _.Set(delta: float) =
            count <- 0

            if narrow.Length = 0 then
                wide delta
            else
                for struct (xi, weight) in narrow do
                    d[count] <- delta + plan.Difference * xi
                    probability[count] <- weight
                    count <- count + 1

            let mutable k = 0

            while k < count do
                let d = Vector<float>(d, k)
                let size = Vector.Abs d
                let e = Vector.Exp -size
                let larger = Vector<float>.One / (Vector<float>.One + e)
                let smaller = e * larger
                let isPositive = Vector.GreaterThan(d, Vector<float>.Zero)
                (0.5 * size + Elementary.log1pOf e).CopyTo(lifts, k)
                (smaller * larger).CopyTo(overlaps, k)
                Vector.ConditionalSelect(isPositive, smaller, larger).CopyTo(ahead, k)
                Vector.ConditionalSelect(isPositive, larger, smaller).CopyTo(behind, k)
                k <- k + lanes
