module Hybrid.Theory.Tests.RouterMomentsTests

open System
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

let private gateOf name =
    let struct (_, gate) =
        Gate.named |> Array.find (fun struct (found, _) -> found = name)

    gate

/// Standard errors of what `RouterMoments` samples, relative: O(1) and B(1); losses.
let private sampled = 0.002

let private lost = 0.01

[<Theory>]
[<InlineData(8, 2, 2.2758)>]
[<InlineData(128, 8, 15.5088)>]
[<InlineData(16, 4, 4.8042)>]
[<InlineData(64, 6, 10.4656)>]
[<InlineData(64, 8, 12.9149)>]
[<InlineData(16, 1, 1.7660)>]
[<Trait("guards", "(16.6) by reference")>]
let ``The density of ties at the edge of the choice`` count active expected =
    Check.absolute "γ0" 0.5e-4 expected (RouterMoments.gapDensity count active)

[<Fact>]
[<Trait("guards", "(16.6) by closed form")>]
let ``Two experts tie as two normal numbers do, and all that are chosen never`` () =
    // |difference| of two standard normal numbers has density 2 n(0)/√2 at 0
    Check.relative "γ0 of 1 in 2" 1e-12 (1.0 / sqrt Math.PI) (RouterMoments.gapDensity 2 1)
    Assert.Equal(0.0, RouterMoments.gapDensity 4 4)

[<Theory>]
[<InlineData(8, 2, "renormalised", 1.0)>]
[<InlineData(8, 2, "softmax", 1.0)>]
[<InlineData(128, 8, "renormalised", 1.0)>]
[<InlineData(256, 128, "renormalised", 1.0)>]
[<InlineData(512, 480, "sigmoid", 1.0)>]
let ``Routers that are sampled afresh differ by no more than is stated`` count active gate routerStd =
    let e = Networks.experts count active (gateOf gate) routerStd

    let moments =
        Array.init 8 (fun index -> RouterMoments.computeBy (1000UL + 10UL * uint64 index) e 1.15)

    let scatter select =
        let values = moments |> Array.map select
        let mean = Array.average values

        sqrt ((values |> Array.sumBy (fun x -> (x - mean) * (x - mean))) / 7.0)
        / abs mean

    // of eight values a standard deviation is within 1.9 times the true one with a probability of 99.9 %
    let most = 1.9
    Check.atMost "O(1)" (most * sampled) (scatter _.Overlap)
    Check.atMost "B(1)" (most * sampled) (scatter _.Slope)

    for u in [ 1e-4; 0.01; 0.1; 0.5; 1.0 ] do
        Check.atMost $"lost of O at {u}" (most * lost) (scatter (fun moments -> moments.OverlapLoss u))

[<Theory>]
[<InlineData(8, 2, "renormalised", 1.0, 0.5535, 0.4556)>]
[<InlineData(8, 2, "renormalised", 0.1, 0.5007, 0.8512)>]
[<InlineData(8, 2, "softmax", 1.0, 0.1872, 0.2845)>]
[<InlineData(128, 8, "renormalised", 1.0, 0.1491, 0.5488)>]
[<Trait("guards", "(16.6) by reference")>]
let ``Near the line gates lose as the root of u`` count active gate routerStd overlap c =
    let e = Networks.experts count active (gateOf gate) routerStd
    let moments = RouterMoments.compute e 1.15
    Check.relative "O(1)" (4.0 * sampled) overlap moments.Overlap
    // E g_k² at ties scatters by itself over some 10⁴ draws
    Check.relative "c" (4.0 * (sampled + lost)) c (RouterMoments.cusp e / moments.Overlap)

[<Fact>]
[<Trait("guards", "(16.6) by closed form")>]
let ``Two tokens choose different ones of two experts where two signs part`` () =
    let e = Networks.experts 2 1 Gate.Softmax 1.7

    for u in [ 1e-8; 1e-4 ] do
        // acos(1 − u) = 2 asin √(u/2) = √(2u) (1 + u/12 + …)
        let differ = 2.0 * asin (sqrt (0.5 * u)) / Math.PI
        Check.relative $"at u = {u}" (u / 6.0 + 1e-13) differ (RouterMoments.swapProbability e u)

    Assert.Equal(0.0, RouterMoments.swapProbability (Networks.experts 4 4 Gate.Softmax 1.0) 1e-4)

[<Fact>]
[<Trait("guards", "(16.6) by sampling")>]
let ``Of pairs of tokens near the line as many choose differently as their gaps' density says`` () =
    let count, active, u, pairs = 8, 2, 0.002, 40_000
    let random = Random 5

    let normal () =
        sqrt (-2.0 * log (1.0 - random.NextDouble()))
        * cos (2.0 * Math.PI * random.NextDouble())

    let chosen (logits: float[]) =
        [| 0 .. count - 1 |]
        |> Array.sortBy (fun e -> -logits[e])
        |> Array.truncate active
        |> Set.ofArray

    let differ =
        Seq.init pairs (fun _ ->
            let first = Array.init count (fun _ -> normal ())

            let second =
                first |> Array.map (fun x -> (1.0 - u) * x + sqrt (u * (2.0 - u)) * normal ())

            if chosen first = chosen second then 0 else 1)
        |> Seq.sum

    let expected =
        RouterMoments.swapProbability (Networks.experts count active Gate.Softmax 1.0) u
    // four standard errors; the next term is smaller by the spread of a gap over its own scale, √u
    Check.absolute
        "probability"
        (4.0 * sqrt (expected / float pairs) + expected * sqrt u)
        expected
        (float differ / float pairs)

// Its gate is 1, so that O is the probability that both tokens choose it: logits of correlation 1 − u have one sign but for acos(1 − u)/π.
[<Fact>]
[<Trait("guards", "(16.6) by closed form")>]
let ``One of two experts is lost as two signs part, by √(2u)/π`` () =
    for routerStd in [ 0.1; 1.0; 3.0 ] do
        let e = Networks.experts 2 1 Gate.Renormalised routerStd
        Check.relative $"c, σ_r = {routerStd}" 1e-6 (sqrt 2.0 / System.Math.PI) (RouterMoments.cusp e)

[<Theory>]
[<InlineData(8, 2, "renormalised", 1.0, 0.2669, 0.4483, 0.5258)>]
[<InlineData(8, 2, "renormalised", 0.1, 0.2357, 0.3783, 0.4598)>]
[<InlineData(8, 2, "softmax", 1.0, 0.0924, 0.1573, 0.1805)>]
[<InlineData(128, 8, "renormalised", 1.0, 0.0424, 0.1113, 0.1405)>]
[<Trait("guards", "(16.3) by reference")>]
let ``Overlaps of gates at any correlation`` count active gate routerStd half nine near =
    let moments =
        RouterMoments.compute (Networks.experts count active (gateOf gate) routerStd) 1.15

    for u, expected in [ 0.5, half; 0.1, nine; 0.01, near ] do
        let loss = moments.OverlapLoss u
        // the published error .0006 as far as it goes, and those of O(1) and of the loss
        let error =
            sqrt (pown 0.0006 2 + pown (sampled * moments.Overlap) 2 + pown (lost * loss) 2)

        Check.absolute $"O at u = {u}" (4.0 * error) expected (moments.Overlap - loss)

[<Fact>]
[<Trait("guards", "(16.3) by closed form")>]
let ``Gates of sum 1 of independent tokens overlap in one of E`` () =
    for gate in [ Gate.Renormalised; Gate.Sigmoid ] do
        let moments = RouterMoments.compute (Networks.experts 8 2 gate 1.0) 1.15
        let loss = moments.OverlapLoss 1.0
        let error = sqrt (pown (sampled * moments.Overlap) 2 + pown (lost * loss) 2)
        Check.absolute $"O(0), {gate}" (4.0 * error) 0.125 (moments.Overlap - loss)

[<Fact>]
let ``One expert that is always chosen changes nothing`` () =
    let moments =
        RouterMoments.compute (Networks.experts 1 1 Gate.Renormalised 1.0) 1.15

    Check.withinScale
        "moments"
        1e-9
        [ "O", 1.0, 1.0, moments.Overlap
          "B", 1.0, 0.0, moments.Slope
          "lost", 1.0, 0.0, moments.OverlapLoss 0.3 ]

/// pre, r = .8, a = .6, ReLU, σ_w² = 1, σ_v² = 4/O(1), σ_A = 2, 8 tokens: a routed block of the same power as a dense one.
let private block depth (choice: (Experts * float) option) =
    let overlap = choice |> Option.map snd |> Option.defaultValue 1.0
    let r, a = Schedule.Constant 0.8, Schedule.Constant 0.6

    { Architecture.defaults with
        Tokens = 8
        Depth = depth
        Activation = Activation.Relu
        Attention = AttentionParameters.Of(r, a, 2.0, 1.0)
        Mlp =
            { MlpParameters.Of(r, a, 1.0, 0.0, 2.0 / sqrt overlap) with
                Experts = Option.map fst choice }
        Input = { Norm = 1.0; Correlation = 0.5 } }

let private eight = Networks.experts 8 2 Gate.Renormalised 1.0

let private angle a =
    let laws = Laws.exact a
    Exponents.angle a laws 1 (FixedPoints.stationaryLine a laws).Value.State.Q

[<Fact>]
[<Trait("guards", "(16.5) by reference")>]
let ``Between two swaps a routed network collapses, at half the rate of a dense one`` () =
    // half a unit of three decimals, and of the routed one four errors of O(1) and of B(1), of which the block's growth has shares < 1
    Check.absolute "dense" 0.5e-3 -0.300 (angle (block 1 None))
    Check.absolute "routed" (0.5e-3 + 4.0 * sampled) -0.147 (angle (block 1 (Some(eight, 0.5535))))

[<Theory>]
[<InlineData(8, 2, 0.5535)>]
[<InlineData(128, 8, 0.1491)>]
[<Trait("guards", "(16.5) by closed form")>]
let ``Between two swaps differences grow by the experts' slope and the router's`` count active overlap =
    let e = Networks.experts count active Gate.Renormalised 1.0
    let a = block 1 (Some(e, overlap))
    let moments = (Laws.exact a).Router e 1.0
    // ReLU at variance 1: κ = Eφ′² = 1/2, so that one expert puts out 2/O and passes on 2/O
    let expert = 2.0 / overlap
    let q = (FixedPoints.stationaryLine a (Laws.exact a)).Value.State.Q
    let between = 0.64 * q + 0.36
    let after = 0.64 * between + 0.36 * moments.Overlap * expert
    Check.relative "q*" 1e-10 q after

    let growth =
        0.64 * (0.64 + 0.36 * expert * (moments.Overlap + moments.Slope) / between) * q
        / after

    Check.absolute "λ_a" 1e-10 (log growth) (angle a)

[<Theory>]
[<InlineData("renormalised")>]
[<InlineData("softmax")>]
[<InlineData("sigmoid")>]
[<Trait("guards", "(16.5) by sampling")>]
let ``Tokens that choose alike lose σ_r² B of their overlap`` gate =
    // pairs so near that almost none choose differently; those that do are left out. The gates are those of the networks.
    let e = Networks.experts 8 2 (gateOf gate) 1.3
    let u = 1e-8
    let gates = [| Gates.Create(1, e); Gates.Create(1, e) |]
    let chosen (g: Gates) = g.Gate |> Array.map (fun x -> x > 0.0)

    let losses =
        Array.init 20000 (fun index ->
            let noise = Array.zeroCreate<float> 16
            CounterNormals.fill (CounterNormals.part 99UL index) 16 e.RouterStd noise
            ExpertMaps.gates e noise[..7] 0 gates[0]

            let other =
                Array.init 8 (fun k -> (1.0 - u) * noise[k] + sqrt (u * (2.0 - u)) * noise[k + 8])

            ExpertMaps.gates e other 0 gates[1]

            if chosen gates[0] = chosen gates[1] then
                Array.map2 (fun a b -> 0.5 * (a - b) * (a - b) / u) gates[0].Gate gates[1].Gate
                |> Array.sum
                |> Some
            else
                None)
        |> Array.choose id

    let mean = Array.average losses
    let variance = losses |> Array.sumBy (fun x -> (x - mean) * (x - mean))
    let error = sqrt (variance / float (losses.Length * (losses.Length - 1)))

    let router =
        RouterMoments.compute e 1.15
        |> RouterMoments.withoutSwaps (e.RouterStd * e.RouterStd)

    let expected = router.OverlapLoss u / u
    Check.absolute "½ E|g − g′|²/u" (4.0 * sqrt (error * error + pown (sampled * expected) 2)) expected mean

[<Theory>]
[<InlineData(8, 2, 0.5535, 0.598, 0.652, 0.687, 0.692)>]
[<InlineData(128, 8, 0.1491, 0.813, 0.886, 0.900, 0.898)>]
[<Trait("guards", "(7.2) (16.3) by reference")>]
let ``Tokens of a routed network stay apart where those of a dense one collapse``
    count
    active
    overlap
    five
    ten
    twenty
    forty
    =
    let a =
        block 40 (Some(Networks.experts count active Gate.Renormalised 1.0, overlap))

    let blocks = Geometry.forward a (Laws.exact a)

    for layer, expected in [ 5, five; 10, ten; 20, twenty; 40, forty ] do
        // half a unit of three decimals, and four errors of O(1) − O(ρ), to which 1 − ρ answers less than in proportion; those of the
        // published process are as large
        Check.absolute
            $"1 − ρ at block {layer}"
            (0.5e-3 + 4.0 * sqrt 2.0 * lost * expected)
            expected
            blocks[layer - 1].Output.U

    let dense = Geometry.forward (block 40 None) (Laws.exact a)
    Check.atMost "dense, 1 − ρ at block 40" 1e-5 dense[39].Output.U

    let prediction = Predict.architecture a
    let state = FixedPoints.reached a (Laws.exact a)
    Assert.True(state.Converged, $"residual {state.Residual}")
    Assert.True(prediction.FixedPoint.Converged)
    Check.absolute "ρ*" (4.0 * sqrt 2.0 * lost) (1.0 - forty) prediction.FixedPoint.Rho

/// A gated MLP of experts alone, attention's branch being 0.
let private routedAlone placement (routed: Experts) =
    { block 1 None with
        Norm = placement
        Gated = true
        Attention = AttentionParameters.Of(Schedule.Constant 1.0, Schedule.Constant 0.0, 1.0, 1.0)
        Mlp =
            { MlpParameters.Of(Schedule.Constant 0.8, Schedule.Constant 0.9, 1.2, 0.0, 1.0) with
                Experts = Some routed } }

[<Theory>]
[<InlineData("pre", "renormalised")>]
[<InlineData("peri", "sigmoid")>]
[<InlineData("post", "softmax")>]
[<InlineData("none", "renormalised")>]
[<Trait("guards", "(16.3) (16.4) by process")>]
let ``One routed block is the mean of drawn ones, there and back`` norm gate =
    let struct (_, placement) =
        Placement.Named |> Array.find (fun struct (name, _) -> name = norm)

    let routed =
        { Networks.experts 8 2 (gateOf gate) 1.5 with
            Scale = 1.3
            Shared = 0.2 }

    let a = routedAlone placement routed
    let n = a.Tokens
    let laws = Laws.exact a
    let trace = Geometry.block a laws 1 (Geometry.input a)
    let back = Gradients.block a trace { Diagonal = 1.0; OffDiagonal = 0.0 }
    let mixed = Gradients.block a trace { Diagonal = 0.0; OffDiagonal = 1.0 }

    let own (m: float[]) =
        Seq.averageBy (fun i -> m[i * n + i]) (seq { 0 .. n - 1 })

    let other (m: float[]) =
        (Array.sum m - float n * own m) / float (n * (n - 1))

    let draws =
        GramProcess.draws a (GramProcess.allowed n Mask.None) (GramProcess.symmetricInput a) 1500 7

    let check name expected scale select =
        let values = draws |> Array.map select
        let mean = Array.average values
        let variance = values |> Array.sumBy (fun x -> (x - mean) * (x - mean))
        let error = sqrt (variance / float (values.Length * (values.Length - 1)))
        Check.absolute name (4.0 * error + 4.0 * (sampled + lost) * scale) expected mean

    check "q" trace.Output.Q trace.Output.Q (fun draw -> own draw[1].Hidden)
    check "p" trace.Output.P trace.Output.P (fun draw -> other draw[1].Hidden)

    // a norm behind the branch divides by what fluctuates with the router, which the closed maps take at its mean
    if not placement.OnBranch && not placement.OnSum then
        check "g_d" back.Diagonal back.Diagonal (fun draw -> own draw[0].Gradient)
        Check.relative "no gradient mixes tokens" 1e-12 0.0 back.OffDiagonal
        Assert.True(mixed.OffDiagonal > 0.0)

// Two gates that sum to 1 are a logistic function of the difference of two logits, of variance 2σ_r²q, and one minus it: O = 2κ and
// B = 4χ/v of the sigmoid at v = 2σ_r²q, as S and T of two tokens' attention are in (3.8).
[<Theory>]
[<InlineData(0.5)>]
[<InlineData(2.0)>]
[<Trait("guards", "(16.3) (16.4) by closed form")>]
let ``Two experts that are always chosen are a logistic unit, there and back`` routerStd =
    let scale, shared = 1.3, 0.2

    let a =
        { routedAlone
              Placement.Pre
              { Networks.experts 2 2 Gate.Renormalised routerStd with
                  Scale = scale
                  Shared = shared } with
            Gated = false
            Activation = Activation.Tanh
            Input = { Norm = 1.7; Correlation = 0.4 } }

    let v = 2.0 * routerStd * routerStd
    let gate = Kernels.at Activation.Sigmoid v
    let inner = a.Mlp.InStd * a.Mlp.InStd
    let expert = Kernels.at Activation.Tanh inner
    let trace = Geometry.block a (Laws.exact a) 1 (Geometry.input a)
    let q, r2, a2 = a.Input.Norm, 0.64, 0.81

    let at u gradient =
        let overlap = scale * scale * 2.0 * gate.Kappa u + shared
        let slope = scale * scale * 4.0 * gate.Chi u / v
        // the router sees what the experts see, a token of norm 1
        let back = overlap * expert.Chi u + routerStd * routerStd * slope * expert.Kappa u

        overlap * expert.Kappa u, r2 * gradient + a2 * back * gradient / q

    let q', diagonal = at 0.0 1.0
    let p', off = at 0.6 1.0

    let gram = Gradients.block a trace { Diagonal = 1.0; OffDiagonal = 1.0 }
    // O(1) and B(1), and what is lost of them between tokens, are sampled
    let own, other = 4.0 * sampled, 4.0 * (sampled + lost)
    Check.relative "q" own (r2 * q + a2 * q') trace.Output.Q
    Check.relative "p" other (r2 * 0.4 * q + a2 * p') trace.Output.P
    Check.relative "g_d" own diagonal gram.Diagonal
    Check.relative "g_o" other off gram.OffDiagonal

[<Theory>]
[<InlineData("renormalised")>]
[<InlineData("softmax")>]
[<Trait("guards", "(15.10) by process")>]
let ``Gradients of a router and of experts are the mean of drawn ones`` gate =
    let a =
        { routedAlone
              Placement.Pre
              { Networks.experts 8 2 (gateOf gate) 1.5 with
                  Scale = 1.3
                  Shared = 0.2 } with
            Gated = false }

    let laws = Laws.exact a
    let closed = (Trajectory.closed a laws).Weights[0]

    let drawn =
        Array.Parallel.init 1500 (fun index -> (TrajectoryDraws.sampled a laws 1 index).Weights[0])

    for name, select in
        [ "W_r", (fun (w: ParameterGradientNorms) -> w.Router)
          "W_1", _.MlpIn
          "W_2", _.MlpOut ] do
        let values = drawn |> Array.map select
        let mean = Array.average values

        let error =
            sqrt (
                Array.averageBy (fun x -> (x - mean) * (x - mean)) values
                / float (values.Length - 1)
            )

        let expected = select closed
        Check.atLeast $"{name}: a gradient at all" 1.0 expected
        Check.absolute name (4.0 * error + 4.0 * sampled * expected) expected mean
        Check.atMost $"{name}: its standard error" (0.02 * expected) error
