/// Activations of every module, and the sharpness of attention, at initialisation.
module Hybrid.Theory.Tests.ModuleScalesTests

open System
open FsCheck.FSharp
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

[<Fact>]
[<Trait("guards", "(14.2) by quadrature")>]
let ``The entropy of a row is that of its partition function, at any spread`` () =
    // ln n + ½∫(1 − S1) d(s²) − s²(1 − S1): Gauss–Legendre of 24 nodes in s on [0, s], on which 1 − S1 varies on the scale 1, is
    // exact to rounding for s ≤ 8; S1 to 1e-8 times s² is what can be asked
    for n in [ 2; 3; 16; 1000 ] do
        for s in [ 0.01; 0.5; 1.0; 3.0; 8.0 ] do
            let s1 s = (AttentionMoments.compute n s 1.0).S1

            let integral =
                MathNet.Numerics.Integration.GaussLegendreRule.Integrate((fun x -> x * (1.0 - s1 x)), 0.0, s, 24)

            let expected = log (float n) + integral - s * s * (1.0 - s1 s)
            Check.absolute $"n = {n}, s = {s}" (1e-8 * (1.0 + s * s)) expected (AttentionEntropy.compute n s)

[<Fact>]
[<Trait("guards", "(14.2) by closed form")>]
let ``Logits of no spread leave ln n, of ever more spread nothing, as 1/s`` () =
    for n in [ 1; 2; 7; 1000000 ] do
        Check.absolute $"n = {n}" 1e-8 (log (float n)) (AttentionEntropy.compute n 0.0)
        // the correction is s²/2
        Check.absolute $"n = {n}, small" 1e-8 (log (float n)) (AttentionEntropy.compute n 1e-5)

    // two tokens: A = 1/(1 + e^x) with x of standard deviation √2 s, and ∫ −Σ A ln A dx = π²/3; the next term is of order 1/s³. What is
    // computed is good to 1e-8 absolutely
    let two = Math.PI * Math.PI / 3.0 / (2.0 * sqrt Math.PI)
    Check.absolute "n = 2" 1e-8 (two / 1e4) (AttentionEntropy.compute 2 1e4)

    // the next term is relative to s by the slope of the density of the gap between the two largest logits, at most √(2 ln n) ≈ 2.9
    let many = 1e3 * AttentionEntropy.compute 64 1e3
    Check.absolute "n = 64" (2.9 / 1e3 * many / 1e4 + 1e-8) (many / 1e4) (AttentionEntropy.compute 64 1e4)

[<Fact>]
[<Trait("guards", "(14.2) by closed form")>]
let ``What a sink takes of a row counts nothing: the rest is taken for the whole, and nothing left for no row`` () =
    // a half and two quarters, all on one token, and three that have nothing; entropies ln 4 − ½ ln 2 = 1.5 ln 2, 0 and 0
    let rows = [| 0.5; 0.25; 0.25; 0.0; 1.0; 0.0; 0.0; 0.0; 0.0 |]

    // powers of two, so that shares are those of the whole to the bit
    for left, last in [ 1.0, 1.0; 0.25, 1.0; 1.0, 0.125; 0.5, 0.25 ] do
        let attended =
            rows |> Array.mapi (fun k share -> share * (if k < 3 then left else last))

        let struct (squares, entropy) = AttentionEntropy.ofRows 3 attended
        Assert.Equal(0.375 + 1.0, squares)
        Check.relative "entropy" 1e-15 (1.5 * log 2.0) entropy

[<Fact>]
[<Trait("guards", "(14.3) by property")>]
let ``What branches put out is what the next layer's norm has gained`` () =
    Check.holds 40 Networks.any (fun network ->
        let network =
            { network with
                Depth = 3
                Heads = 64
                Norm = Placement.Pre
                Mask = Mask.None }

        let layers = (Predict.architecture network).Layers

        for scales in ModuleScales.ofArchitecture network do
            let attention, mlp = network.Attention, network.Mlp
            let at (schedule: Schedule) = schedule.At scales.Layer

            let expected =
                match network.Wiring with
                | Wiring.Sequential ->
                    let middle =
                        (at attention.Skip * scales.Stream) ** 2.0
                        + (at attention.Branch * scales.Attention) ** 2.0

                    (at mlp.Skip) ** 2.0 * middle + (at mlp.Branch * scales.Mlp) ** 2.0
                | Wiring.Parallel ->
                    (at attention.Skip * scales.Stream) ** 2.0
                    + (at attention.Branch * scales.Attention) ** 2.0
                    + (at mlp.Branch * scales.Mlp) ** 2.0

            Check.relative "q" 1e-12 expected layers[scales.Layer].Q
            Check.relative "stream" 1e-12 (sqrt layers[scales.Layer - 1].Q) scales.Stream
            Check.relative "stream after" 1e-12 (sqrt layers[scales.Layer].Q) scales.Output

            if mlp.OutStd > 0.0 then
                Check.relative "hidden" 1e-12 (scales.Mlp / mlp.OutStd) scales.Hidden)

/// A mean over positions of a function of how many tokens each may see.
let private overPast n value = Seq.averageBy value (seq { 1..n })

[<Fact>]
[<Trait("guards", "(14.2) by closed form")>]
let ``Under a causal mask attention without logits is the uniform average over the past`` () =
    let network =
        { (Networks.plain Placement.Pre Activation.Tanh |> Networks.logitStd 0.0) with
            Mask = Mask.Causal
            Tokens = 12
            Depth = 2
            Heads = 2 }

    for scales in ModuleScales.ofArchitecture network do
        Check.relative "S1" 1e-12 (overPast 12 (fun count -> 1.0 / float count)) scales.S1
        Check.relative "entropy" 1e-12 (overPast 12 (fun count -> log (float count))) scales.Entropy

[<Fact>]
let ``Layers of a group stand evenly between its ends, what their modules put out between it and the next one`` () =
    // (stream in, stream out, all else) of three groups: layer 1, layers 2 to 4 and 5 to 9
    let group layer stream output rest : ModuleScales =
        { Layer = layer
          Stream = stream
          Output = output
          Query = rest
          Value = 2.0 * rest
          Logit = 3.0 * rest
          Heads = 4.0 * rest
          Attention = 5.0 * rest
          PreActivation = 6.0 * rest
          Hidden = 7.0 * rest
          Mlp = 8.0 * rest
          S1 = 9.0 * rest
          Entropy = 10.0 * rest }

    let groups: LayerGroups = { Ends = [| 1; 4; 9 |]; Scatter = 1.0 }

    let scales = [| group 1 1.0 2.0 10.0; group 2 2.0 5.0 16.0; group 3 5.0 15.0 40.0 |]

    let expected =
        [| group 1 1.0 2.0 10.0
           group 2 2.0 3.0 16.0
           group 3 3.0 4.0 24.0
           group 4 4.0 5.0 32.0
           // behind the last group there is none
           for k in 0..4 do
               group (5 + k) (5.0 + 2.0 * float k) (7.0 + 2.0 * float k) 40.0 |]

    let agree (expected: ModuleScales[]) (actual: ModuleScales[]) =
        Assert.Equal<int[]>(expected |> Array.map _.Layer, actual |> Array.map _.Layer)

        let numbers (scales: ModuleScales) =
            [ scales.Stream
              scales.Output
              scales.Query
              scales.Value
              scales.Logit
              scales.Heads
              scales.Attention
              scales.PreActivation
              scales.Hidden
              scales.Mlp
              scales.S1
              scales.Entropy ]

        for before, after in Array.zip expected actual do
            List.zip (numbers before) (numbers after)
            |> List.mapi (fun index (a, b) -> $"number {index}", a, b)
            |> Check.relativeRows $"layer {before.Layer}" 1e-15

    agree expected (ModuleScales.spread groups scales)
    // a network that has left double precision ends with its last group
    let short = ModuleScales.spread groups scales[..1]

    agree [| yield! expected[..1]; group 3 3.0 4.0 16.0; group 4 4.0 5.0 16.0 |] short

[<Fact>]
let ``Under a causal mask the streams are those of the prediction, whose first draws they are`` () =
    for norm in [ Placement.Pre; Placement.Post; Placement.Peri ] do
        let network =
            { Networks.plain norm Activation.Relu with
                Mask = Mask.Causal
                Tokens = 8
                Depth = 3
                Heads = 4 }

        let layers = (Predict.architecture network).Layers

        for scales in ModuleScales.ofArchitecture network do
            Check.relative "stream" 1e-12 (sqrt layers[scales.Layer - 1].Q) scales.Stream
            Check.relative "stream after" 1e-12 (sqrt layers[scales.Layer].Q) scales.Output

[<Fact>]
[<Trait("guards", "(14.3) by closed form")>]
let ``Queries and embedding of weights with standard deviation 0.016 at width 64 are .128 and .016`` () =
    let network =
        { Architecture.defaults with
            Width = 64
            Heads = 4
            Mask = Mask.Causal
            Tokens = 8
            Depth = 2
            Attention =
                { Architecture.defaults.Attention with
                    LogitStd = 0.016 * 0.016 * 64.0 }
            Input =
                { Norm = 0.016 * 0.016
                  Correlation = 0.0 } }

    let first = (ModuleScales.ofArchitecture network)[0]
    Check.relative "queries" 1e-12 0.128 first.Query
    Check.relative "embedding" 1e-12 0.016 first.Stream

[<Fact>]
[<Trait("guards", "(14.3) by closed form")>]
let ``Normalised queries have the gains' scale and logits whatever the stream's, and turning takes overlap away`` () =
    let n, width, rho = 8, 16, 0.5

    for norm in [ QueryKeyNorm.Head; QueryKeyNorm.All ] do
        for q in [ 4e-4; 1.0; 100.0 ] do
            let first positions =
                let network = Networks.plain Placement.None Activation.Tanh |> Networks.logitStd 3.0

                (ModuleScales.ofArchitecture
                    { network with
                        Tokens = n
                        Depth = 1
                        Width = 2 * width
                        Heads = 2
                        Attention =
                            { network.Attention with
                                Head =
                                    { network.Attention.Head with
                                        QueryKeyNorm = norm
                                        Positions = positions } }
                        Input = { Norm = q; Correlation = rho } })[0]

            let still = first Positions.None
            Check.relative "queries" 1e-12 (sqrt 3.0) still.Query
            Check.relative "logits" 1e-12 (3.0 * sqrt (1.0 - rho)) still.Logit

            // mean over pairs of 1 − ρ m(δ), m(δ) = mean_f cos(δ 50^(−f/8))
            let overlap distance =
                Seq.averageBy (fun f -> cos (float distance * 50.0 ** (-float f / 8.0))) (seq { 0..7 })

            let kept =
                Seq.average (
                    seq {
                        for i in 1 .. n - 1 do
                            for j in 0 .. i - 1 do
                                1.0 - rho * overlap (i - j)
                    }
                )

            Check.relative "turned" 1e-12 (3.0 * sqrt kept) (first (Positions.Rope(50.0, 1.0))).Logit

// Tokens of the input are alike whatever a mask lets them see, and sublayers side by side all read them.
[<Fact>]
[<Trait("guards", "(14.3) by process")>]
let ``What the first layer's modules make of the input is the same under a mask and without one`` () =
    for norm in [ Placement.None; Placement.Pre; Placement.Output ] do
        for gated in [ false; true ] do
            let plain =
                Networks.plain norm Activation.Gelu
                |> Networks.inStd 1.3
                |> Networks.logitStd 1.2
                |> Networks.correlated 0.3

            let first mask =
                { plain with
                    Wiring = Wiring.Parallel
                    Gated = gated
                    Mask = mask
                    Tokens = 5
                    Depth = 1
                    Heads = 2
                    Attention = { plain.Attention with ValueStd = 0.8 }
                    Mlp =
                        { plain.Mlp with
                            BiasStd = 0.4
                            OutStd = 0.7 }
                    Input = { plain.Input with Norm = 1.7 } }
                |> ModuleScales.ofArchitecture
                |> Array.head

            let masked, free = first Mask.Causal, first Mask.None

            for name, select in
                [ "stream", (fun (scales: ModuleScales) -> scales.Stream)
                  "queries", _.Query
                  "values", _.Value
                  "logits", _.Logit
                  "pre-activations", _.PreActivation
                  "hidden units", _.Hidden
                  "what the MLP puts out", _.Mlp ] do
                // what kernels are good to
                Check.relative $"{name}, {norm}, gated {gated}" 1e-10 (select free) (select masked)
