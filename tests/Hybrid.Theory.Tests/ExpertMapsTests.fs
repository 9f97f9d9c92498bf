module Hybrid.Theory.Tests.ExpertMapsTests

open System
open FsCheck.FSharp
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

let private estimate (values: float[]) =
    let mean = Array.average values
    let square = values |> Array.sumBy (fun x -> (x - mean) * (x - mean))
    struct (mean, sqrt (square / float (values.Length * (values.Length - 1))))

/// Means of O and B over routers, of a token with itself and with another of correlation ρ.
let private routed experts rho routers =
    let n = 8
    let state = Array.init (n * n) (fun k -> if k / n = k % n then 1.0 else rho)

    let own (matrix: float[]) =
        Seq.averageBy (fun i -> matrix[i * n + i]) (seq { 0 .. n - 1 })

    let other matrix =
        (Array.sum matrix - float n * own matrix) / float (n * (n - 1))

    let draws =
        Array.init routers (fun index ->
            let routing = ExpertMaps.route n experts (CounterNormals.part 3UL index) state

            [| own routing.Overlaps; other routing.Overlaps; own routing.Slopes |])

    Array.init 3 (fun index -> draws |> Array.map (fun draw -> draw[index]) |> estimate)

[<Theory>]
// E, k, gate, σ_r, O(1), B(1), ρ, O(ρ): 10⁶ pairs; the error of O(ρ) is .0006 at most
[<InlineData(8, 2, "renormalised", 1.0, 0.5535, 0.2044, 0.5, 0.2669)>]
[<InlineData(8, 2, "renormalised", 1.0, 0.5535, 0.2044, 0.9, 0.4483)>]
[<InlineData(8, 2, "renormalised", 0.1, 0.5007, 0.2493, 0.99, 0.4598)>]
[<InlineData(8, 2, "softmax", 1.0, 0.1872, 0.0916, 0.5, 0.0924)>]
[<InlineData(128, 8, "renormalised", 1.0, 0.1491, 0.0, 0.9, 0.1113)>]
[<Trait("guards", "(15.8) by reference")>]
let ``Gates of drawn routers overlap as in a million pairs`` count active gate routerStd own slope rho other =
    let struct (_, gate) =
        Gate.named |> Array.find (fun struct (name, _) -> name = gate)

    let means = routed (Networks.experts count active gate routerStd) rho (8000 / count)

    let check name index expected published =
        let struct (mean, error) = means[index]
        // half a unit of four printed digits
        Check.absolute name (4.0 * sqrt (error * error + published * published) + 5e-5) expected mean

    check "O(1)" 0 own 1e-4
    check "O(ρ)" 1 other 6e-4

    // 0 stands for a value that was not published
    if slope > 0.0 then
        check "B(1)" 2 slope 1e-4

[<Theory>]
[<InlineData("renormalised")>]
[<InlineData("softmax")>]
[<InlineData("sigmoid")>]
[<Trait("guards", "(15.8) by property")>]
let ``B is the overlap of the gates' own derivatives`` name =
    // gates of one token are a function of its logits: tr JᵀJ by differences, the choice held
    let struct (_, gate) =
        Gate.named |> Array.find (fun struct (found, _) -> found = name)

    let e =
        { Networks.experts 6 3 gate 1.3 with
            Scale = 1.7 }

    let key = 12UL
    let logits = Array.zeroCreate<float> 6
    CounterNormals.fill key 6 e.RouterStd logits

    let chosen =
        Array.init 6 id |> Array.sortBy (fun k -> -logits[k]) |> Array.truncate 3

    let gates (r: float[]) =
        let over score =
            let total = chosen |> Array.sumBy (fun k -> score r[k])

            Array.init 6 (fun k ->
                if Array.contains k chosen then
                    e.Scale * score r[k] / total
                else
                    0.0)

        match gate with
        | Gate.Renormalised -> over exp
        | Gate.Sigmoid -> over (fun x -> 1.0 / (1.0 + exp -x))
        | Gate.Softmax ->
            let total = r |> Array.sumBy exp

            Array.init 6 (fun k ->
                if Array.contains k chosen then
                    e.Scale * exp r[k] / total
                else
                    0.0)

    let h = 1e-5

    let moved k sign =
        gates (Array.mapi (fun l x -> if l = k then x + sign * h else x) logits)

    let trace =
        Seq.sum (
            seq {
                for k in 0..5 do
                    for up, down in Array.zip (moved k 1.0) (moved k -1.0) ->
                        let slope = (up - down) / (2.0 * h) in slope * slope
            }
        )

    let routing = ExpertMaps.route 1 e key [| 1.0 |]
    Check.relative "B" 1e-8 trace routing.Slopes[0]
    Check.relative "O" 1e-13 (gates logits |> Array.sumBy (fun g -> g * g)) routing.Overlaps[0]

[<Fact>]
[<Trait("guards", "(15.9) by closed form")>]
let ``One expert that is always chosen is the MLP itself`` () =
    let dense =
        { Architecture.defaults with
            Tokens = 6
            Depth = 2
            Heads = 2
            Mask = Mask.Causal
            Gated = true
            Activation = Activation.Silu
            Input = { Norm = 1.0; Correlation = 0.3 } }

    let routed =
        { dense with
            Mlp =
                { dense.Mlp with
                    Experts = Some(Networks.experts 1 1 Gate.Renormalised 1.0) } }

    let layers (a: Architecture) =
        GramProcess.draws a (GramProcess.ownMask a) (GramProcess.symmetricInput a) 1 4
        |> Array.head

    for expected, actual in Array.zip (layers dense) (layers routed) do
        Array.map2 (fun e a -> "C", 1.0, e, a) expected.Hidden actual.Hidden
        |> Check.withinScale "hidden" 1e-13

        Array.map2 (fun e a -> "Γ", 1.0, e, a) expected.Gradient actual.Gradient
        |> Check.withinScale "gradient" 1e-13

[<Fact>]
let ``Sigmoid gates far below 0 are those of their logits' exponentials`` () =
    let experts = Networks.experts 3 2 Gate.Sigmoid 1.0

    for below in [ 30.0; 50.0; 800.0; 1e150 ] do
        let gates = Gates.Create(1, experts)
        ExpertMaps.gates experts [| -below; -below - 0.5; -below - 1.0 |] 0 gates
        let apart = exp -(below + 0.5 - below)

        // σ(r) is e^r up to the share e^−30
        Check.withinScale
            $"at {-below}"
            1e-12
            [ "first", 1.0, 1.0 / (1.0 + apart), gates.Gate[0]
              "second", 1.0, apart / (1.0 + apart), gates.Gate[1]
              "third", 1.0, 0.0, gates.Gate[2] ]

[<Fact>]
[<Trait("guards", "(15.8) by reference")>]
let ``Gates are those of the strongest experts, and overlaps those of their Jacobians, however many are chosen`` () =
    let choice = gen {
        let! count = Gen.choose (1, 60)
        let! active = Gen.oneof [ Gen.choose (1, count); Gen.choose (1, max 1 (count / 8)) ]
        let! gate = Gen.elements [ Gate.Renormalised; Gate.Softmax; Gate.Sigmoid ]
        let! key = Gen.choose (0, 1_000_000)
        // logits in steps have ties; there is not always a number between those that differ by a rounding
        let! step = Gen.elements [ 0.0; 0.5; Math.ScaleB(1.0, -52) ]
        return struct (count, active, gate, uint64 key, step)
    }

    Check.holds 300 choice (fun (struct (count, active, gate, key, step)) ->
        let experts = Networks.experts count active gate 1.0
        let gates = Gates.Create(2, experts)

        let tokens =
            Array.init 2 (fun token ->
                let logits = Array.zeroCreate<float> count
                // what a token chose before leaves nothing behind
                CounterNormals.fill (CounterNormals.part key (token + 2)) count 1.0 logits
                ExpertMaps.gates experts logits token gates
                CounterNormals.fill (CounterNormals.part key token) count 1.0 logits

                for e in 0 .. count - 1 do
                    if step = 0.5 then
                        logits[e] <- step * round (logits[e] / step)
                    elif step > 0.0 then
                        logits[e] <- 1.0 + step * logits[e]

                ExpertMaps.gates experts logits token gates

                let chosen =
                    Array.init count id
                    |> Array.sortBy (fun e -> struct (-logits[e], e))
                    |> Array.truncate active

                let strength =
                    match gate with
                    | Gate.Renormalised
                    | Gate.Softmax -> Array.map exp logits
                    | Gate.Sigmoid -> logits |> Array.map (fun r -> 1.0 / (1.0 + exp -r))

                let total =
                    match gate with
                    | Gate.Softmax -> Array.sum strength
                    | Gate.Renormalised
                    | Gate.Sigmoid -> chosen |> Array.sumBy (fun e -> strength[e])

                let share = strength |> Array.map (fun s -> s / total)

                let weight =
                    match gate with
                    | Gate.Sigmoid -> strength |> Array.map (fun s -> 1.0 - s)
                    | Gate.Renormalised
                    | Gate.Softmax -> Array.create count 1.0

                let isChosen = Array.init count (fun e -> Array.contains e chosen)
                let own = Array.init count (fun e -> if isChosen[e] then share[e] else 0.0)

                let p =
                    match gate with
                    | Gate.Softmax -> share
                    | Gate.Renormalised
                    | Gate.Sigmoid -> own

                let jacobian =
                    Array2D.init count count (fun e other ->
                        own[e] * ((if e = other then 1.0 else 0.0) - p[other]) * weight[other])

                struct (own, jacobian))

        for i in 0..1 do
            let struct (own, jacobian) = tokens[i]

            Array.init count (fun e -> $"gate {e}", 1.0, own[e], gates.Gate[i * count + e])
            |> Check.withinScale $"gates of {active} of {count}, {gate}" 1e-13

            for j in 0..1 do
                let struct (other, jacobian') = tokens[j]
                let struct (overlap, slope) = gates.Overlap(i, gates, j)
                let mutable trace = 0.0

                for e in 0 .. count - 1 do
                    for k in 0 .. count - 1 do
                        trace <- trace + jacobian[e, k] * jacobian'[e, k]

                Check.withinScale
                    $"tokens {i}, {j}, {active} of {count}, {gate}"
                    1e-13
                    [ "O", 1.0, Array.fold2 (fun sum (a: float) b -> sum + a * b) 0.0 own other, overlap
                      "B", 1.0, trace, slope ])
