module Hybrid.Theory.Tests.GeometryTests

open FsCheck.FSharp
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

let private forward (architecture: Architecture) =
    Geometry.forward architecture (Laws.exact architecture)

/// The five networks of the reference trajectories: name, architecture, printed (layer, q, p).
let private tanhPost =
    Networks.plain Placement.Post Activation.Tanh
    |> Networks.weighted (1.0, 0.4) (1.0, 0.8)
    |> Networks.logitStd 3.0
    |> Networks.inStd 3.0

[<Fact>]
[<Trait("guards", "(4.1) (4.2) (4.3) by published number")>]
let ``The forward reference trajectories of five networks`` () =
    let cases =
        [ "pre, ReLU",
          Networks.plain Placement.Pre Activation.Relu |> Networks.inStd (sqrt 2.0),
          [ 2.5247, 1.7467; 11.5167, 9.9585; 22.8534, 20.7101 ]
          "post, ReLU",
          Networks.plain Placement.Post Activation.Relu |> Networks.inStd (sqrt 2.0),
          [ 1.0, 0.6979; 1.0, 0.9892; 1.0, 0.9998 ]
          "peri, GELU", Networks.plain Placement.Peri Activation.Gelu, [ 3.0, 2.2367; 13.0, 11.4828; 25.0, 22.8880 ]
          "peri, tanh",
          Networks.plain Placement.Peri Activation.Tanh
          |> Networks.weighted (1.0, 0.1) (1.0, 0.1)
          |> Networks.inStd 2.0,
          [ 1.02, 0.5143; 1.12, 0.5862; 1.24, 0.6737 ]
          // The table has .5343 at layer 12: what a 121-node Gauss–Hermite rule gives at σ_w² = 9, where it is off by
          // 2e-4 in κ and 0.7 percent in χ. Converged kernels (mpmath) and sampled attention rows give .53402.
          "post, tanh", tanhPost, [ 1.0, 0.5033; 1.0, 0.5185; 1.0, 0.5340 ] ]

    for name, network, printed in cases do
        let blocks = forward network

        for layer, (q, p) in List.zip [ 1; 6; 12 ] printed do
            let state = blocks[layer - 1].Output
            Check.absolute $"q of {name} at layer {layer}" 0.50001e-4 q state.Q
            Check.absolute $"p of {name} at layer {layer}" 0.50001e-4 p state.P

[<Fact>]
[<Trait("guards", "(1.1) by property")>]
let ``Correlations stay between the regular simplex and the line through any block`` () =
    Check.holds 120 Networks.any (fun network ->
        let laws = Laws.exact network
        let block = Geometry.block network laws 1 (Geometry.input network)
        let largest = 1.0 - Architecture.leastCorrelation network.Tokens

        for step in block.Steps do
            let state = step.Output
            Check.atLeast "u" 0.0 state.U
            // moments to 1e-8 relative and kernels to 1e-10 of κ(1)
            Check.atMost "u" (largest * (1.0 + 1e-8)) state.U
            Check.atLeast "q" 1e-12 state.Q)

[<Fact>]
[<Trait("guards", "(4.1) (4.3) by closed form")>]
let ``Each placement is its update equation in q and p`` () =
    // derivation (4.3) written out in (q, p), with the differences that the code avoids
    Check.holds 120 Networks.any (fun network ->
        let laws = Laws.exact network

        let input =
            { Q = 1.7
              U = (Geometry.input network).U }

        let attention = (Block.at network 1).Sublayers[0]

        let trace =
            Geometry.step
                network
                laws
                { Skip = attention.Skip
                  NormalisesSum = attention.Placement.OnSum
                  Sublayers = [| attention |] }
                input

        let r2, a2 = attention.Skip * attention.Skip, attention.Branch * attention.Branch
        let sees = if network.Norm.Before then 1.0 else input.Q
        let q, p = sees, sees * input.Rho
        let spread = network.Attention.LogitStd * sqrt (q * (q - p))
        let moments = AttentionMoments.compute network.Tokens spread input.U
        let v2 = network.Attention.ValueStd * network.Attention.ValueStd
        let qf = v2 * (p + (q - p) * moments.S1)
        let pf = v2 * (p + (q - p) * moments.S2)
        let branch = if network.Norm.OnBranch then qf else 1.0
        let sumQ = r2 * input.Q + a2 * qf / branch
        let sum = if network.Norm.OnSum then sumQ else 1.0
        let expectedQ = sumQ / sum
        let expectedP = (r2 * input.P + a2 * pf / branch) / sum

        // the code's spread differs by rounding, and nothing else
        Check.withinScale
            $"{network.Norm}"
            1e-11
            [ "q", expectedQ, expectedQ, trace.Output.Q
              "p", expectedQ, expectedP, trace.Output.P ])

[<Fact>]
[<Trait("guards", "(4.3) by property")>]
let ``The collapsed line is what equal tokens do, and keeps them equal`` () =
    Check.holds 30 Networks.any (fun network ->
        let line = Geometry.collapsed network (Laws.exact network)
        let equal = forward (Networks.correlated 1.0 network)

        for layer in 0 .. network.Depth - 1 do
            Assert.Equal(0.0, line[layer].Output.U)
            Check.relative $"q at layer {layer + 1}" 1e-13 equal[layer].Output.Q line[layer].Output.Q)

[<Fact>]
[<Trait("guards", "(4.1) (4.3) by property")>]
let ``Attention alone collapses: u shrinks in every layer, at any strength and placement`` () =
    let attentionOnly =
        Networks.any
        |> Gen.map (fun network ->
            { network with
                Mlp =
                    { network.Mlp with
                        Skip = Schedule.Constant 1.0
                        Branch = Schedule.Constant 0.0 } })

    Check.holds 60 attentionOnly (fun network ->
        let input = Geometry.input network

        if input.U > 0.0 then
            let output = (Geometry.block network (Laws.exact network) 1 input).Output
            Check.atMost $"u after one layer of {network.Norm}" (input.U * (1.0 + 1e-9)) output.U)

[<Fact>]
[<Trait("guards", "(4.3) by closed form")>]
let ``Post-norm attention alone: correlation tends to 1, at rate r²/(r² + a²σ_V²)`` () =
    let network =
        { Networks.plain Placement.Post Activation.Linear with
            Depth = 400 }
        |> Networks.weighted (1.0, 1.0) (1.0, 0.0)

    let states = forward network |> Array.map _.Output
    // corrections to the rate are of order u itself, gone long before the last layer
    Check.relative "u per layer at the end" 1e-12 0.5 (states[399].U / states[398].U)
    Check.atMost "u after 400 layers" 1e-100 states[399].U

[<Fact>]
[<Trait("guards", "(1.1) by closed form")>]
let ``Collapse is followed to 1e-300 exactly geometrically`` () =
    // ordered pre-LN tanh at its stationary norm: u_{l+1}/u_l = e^{λ_a} as long as u is a normal number. Started at
    // u = 1e-12, where the maps are linear to 1e-12, each layer rounds a few times.
    let ordered =
        Networks.plain Placement.Pre Activation.Tanh
        |> Networks.weighted (0.8, 0.6) (0.8, 0.6)
        |> Networks.inStd 0.5

    let laws = Laws.exact ordered
    let line = FixedPoints.line ordered laws
    let rate = Exponents.angle ordered laws 1 line.State.Q
    let mutable state = { Q = line.State.Q; U = 1e-12 }
    let mutable layers = 0

    while state.U > 1e-300 do
        let next = (Geometry.block ordered laws 1 state).Output
        Check.absolute $"log ratio at u = {state.U}" 1e-10 rate (log (next.U / state.U))
        state <- next
        layers <- layers + 1

    Check.relative "layers from 1e-12 to 1e-300" 0.01 (288.0 * log 10.0 / -rate) (float layers)

[<Fact>]
[<Trait("guards", "(4.2) by closed form")>]
let ``A bias adds to the variance and not to the differences`` () =
    let mlp =
        { Architecture.defaults.Mlp with
            InStd = 2.0
            BiasStd = 3.0 }

    let struct (v, u) = MlpMaps.preActivation mlp { Q = 0.5; U = 1e-200 }
    Check.relative "v" 1e-15 11.0 v
    Check.relative "u" 1e-15 (1e-200 * 2.0 / 11.0) u

    let struct (nothing, alike) =
        MlpMaps.preActivation { mlp with InStd = 0.0; BiasStd = 0.0 } { Q = 1.0; U = 0.3 }

    Assert.Equal(0.0, nothing)
    Assert.Equal(0.0, alike)

[<Fact>]
[<Trait("guards", "(4.2) by closed form")>]
let ``A gated linear unit multiplies overlaps: q_f = σ_w⁴ q², p_f = σ_w⁴ p²`` () =
    let network =
        { Networks.plain Placement.None Activation.Linear with
            Gated = true
            Depth = 1 }
        |> Networks.weighted (1.0, 0.0) (0.0, 1.0)
        |> Networks.inStd 1.3

    let output = (forward network |> Array.head).Output
    let s4 = 1.3 ** 4.0
    Check.relative "q" 1e-14 s4 output.Q
    Check.relative "p" 1e-14 (0.25 * s4) output.P

[<Fact>]
let ``A schedule acts layer by layer`` () =
    let network =
        { Networks.plain Placement.Peri Activation.Tanh with
            Depth = 3 }

    let scheduled =
        { network with
            Attention =
                { network.Attention with
                    Branch = Schedule.PerLayer [| 1.0; 2.0; 3.0 |] }
            Mlp =
                { network.Mlp with
                    Branch = Schedule.Constant 0.0 } }

    // peri: q grows by exactly a² per sublayer
    let norms = forward scheduled |> Array.map _.Output.Q
    Check.relativeRows "q" 1e-15 [ "1", 2.0, norms[0]; "2", 6.0, norms[1]; "3", 15.0, norms[2] ]

// ReLU without norm or skip multiplies q by σ_w²/2 = 5e39 a block, which passes 1e150 in the fourth.
[<Fact>]
let ``A norm that leaves double precision says in which layer`` () =
    let growing = Networks.perceptron Activation.Relu 1e20 0.0

    let thrown =
        Assert.Throws<DivergenceException>(fun () -> Geometry.forward growing (Laws.exact growing) |> ignore)

    Assert.Equal(4, thrown.Layer)
    Assert.Contains("at layer 4", thrown.Message)
