module Hybrid.Theory.Tests.NormMapsTests

open Hybrid.Architectures
open Hybrid.Theory
open Xunit

let private weighted skip attention mlp (a: Architecture) =
    Networks.weighted (skip, attention) (skip, mlp) a

[<Fact>]
[<Trait("guards", "4.4 by property")>]
let ``A norm's gain in the record is the gain that rescaled hyperparameters absorb`` () =
    for placement, gains in
        [ Placement.Pre, { Input = 1.4; Output = 1.0 }
          Placement.Peri, { Input = 1.4; Output = 1.4 }
          Placement.Output, { Input = 1.0; Output = 1.4 }
          Placement.Post, { Input = 1.0; Output = 1.4 } ] do
        let plain =
            { Networks.plain placement Activation.Gelu with
                Heads = 16
                Depth = 5 }
            |> weighted 0.9 0.6 0.5
            |> Networks.logitStd 1.3

        let record =
            { plain with
                NormGain = Schedule.Constant 1.4 }

        let absorbed = NormGains.absorb gains plain
        let own, other = Predict.architecture record, Predict.architecture absorbed
        // behind post the stream of the absorbed network is the given one over γ
        let scale = if placement = Placement.Post then 1.4 * 1.4 else 1.0

        for layer in 1 .. plain.Depth do
            let a, b = own.Layers[layer], other.Layers[layer]
            let name what = $"{what} of layer {layer}, {placement}"
            Check.relative (name "q") 1e-12 (scale * b.Q) a.Q
            Check.relative (name "u") 1e-12 b.U a.U
            // gradients at the output are 1 in either network's own units
            Check.relative (name "g_d") 1e-12 b.GradientDiagonal a.GradientDiagonal

        Check.relative $"λ_a, {placement}" 1e-9 other.AngleExponent own.AngleExponent

[<Fact>]
[<Trait("guards", "(15.7) by process")>]
let ``In the process a gain and tanh in the norm's place are those of the closed maps`` () =
    // without attention the process draws nothing, and both are exact
    for kind in [ NormKind.Scale; NormKind.DyT 0.8 ] do
        let a =
            { Networks.plain Placement.Pre Activation.Gelu with
                Tokens = 5
                Depth = 4
                NormKind = kind
                NormGain = Schedule.PerLayer [| 1.0; 0.7; 1.6; 0.5 |] }
            |> weighted 0.9 0.0 0.8

        let laws = Laws.exact a
        let closed = Trajectory.closed a laws
        let drawn = TrajectoryDraws.sampled a laws 1 1

        for layer in 0 .. a.Depth do
            let expected, actual = closed.Layers[layer], drawn.Layers[layer]
            Check.relative $"q of layer {layer}, {kind}" 1e-10 expected.State.Q actual.State.Q
            Check.relative $"u of layer {layer}, {kind}" 1e-9 expected.State.U actual.State.U
            Check.relative $"g_d of layer {layer}, {kind}" 1e-9 expected.Gradient.Diagonal actual.Gradient.Diagonal

            Check.absolute
                $"g_o of layer {layer}, {kind}"
                1e-9
                expected.Gradient.OffDiagonal
                actual.Gradient.OffDiagonal

[<Fact>]
[<Trait("guards", "(15.7) by reference")>]
let ``With tanh in the norm's place norms settle and exponents on the line are those of an independent implementation``
    ()
    =
    let a =
        { Networks.plain Placement.Pre Activation.Tanh with
            NormKind = NormKind.DyT 0.8 }
        |> weighted 0.9 0.4 0.5
        |> Networks.inStd (sqrt 2.0)

    let prediction = Predict.architecture a
    Check.significant "q*" 4 [ "q*", 0.02976, prediction.FixedPoint.Q ]
    Check.absolute "λ_a" 5.1e-6 -0.11455 prediction.AngleExponent
    Check.absolute "λ_g" 5.1e-6 0.00047 prediction.GradientExponent

[<Fact>]
let ``What a bound does not cover it refuses by name`` () =
    let refused (field: string) (ask: unit -> unit) =
        let thrown = Assert.Throws<InvalidArchitectureException>(fun () -> ask ())
        Assert.Contains(field, thrown.Message)

    let peri = Networks.plain Placement.Peri Activation.Tanh

    refused "normGain" (fun () ->
        Bounds.magnitude
            { peri with
                NormGain = Schedule.Constant 2.0 }
            1.0
        |> ignore)

    refused "normKind" (fun () ->
        Bounds.variance
            { peri with
                NormKind = NormKind.DyT 0.5 }
            1.0
        |> ignore)

    let sink =
        { peri with
            Attention =
                { peri.Attention with
                    Head =
                        { peri.Attention.Head with
                            Sink = Some 0.0 } } }

    refused "attention.sink" (fun () -> Bounds.backwardSensitivity sink |> ignore)
    Assert.Equal<float[]>(Bounds.magnitude peri 1.0, Bounds.magnitude sink 1.0)
