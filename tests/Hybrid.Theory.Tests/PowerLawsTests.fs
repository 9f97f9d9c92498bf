module Hybrid.Theory.Tests.PowerLawsTests

open System
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

let private network norm activation mask =
    { Architecture.defaults with
        Depth = 4096
        Tokens = 8
        Norm = norm
        Activation = activation
        Mask = mask
        Mlp =
            { Architecture.defaults.Mlp with
                InStd = 1.6 }
        Attention =
            { Architecture.defaults.Attention with
                Branch = Schedule.Constant 0.7 }
        Input = { Norm = 1.0; Correlation = 1.0 - 1e-9 } }

/// Local exponents of q, u and g between layers ℓ and 2ℓ of the exact line, for growing ℓ.
let private measured (architecture: Architecture) =
    let laws = Laws.exact architecture |> Laws.onLine architecture
    let blocks = Geometry.forward architecture laws
    let gradients = Gradients.backward architecture blocks

    let mean layer =
        gradients[layer].Diagonal + 7.0 * gradients[layer].OffDiagonal

    let slope (f: int -> float) layer = log (f (2 * layer) / f layer) / log 2.0

    fun layer ->
        (blocks[layer - 1].Output.Q / float layer, slope (fun l -> blocks[l - 1].Output.U) layer, -slope mean layer)

[<Theory>]
[<InlineData(true, "tanh", false)>]
[<InlineData(true, "relu", true)>]
[<InlineData(false, "gelu", false)>]
[<InlineData(false, "tanh", true)>]
[<Trait("guards", "(6.5) by property")>]
let ``With r = 1 norms, angles and gradients approach their power laws as 1/ℓ`` pre name causal =
    let activation =
        Activation.named |> Array.find (fun (_, other) -> other = name) |> fst

    let architecture =
        network (if pre then Placement.Pre else Placement.Peri) activation (if causal then Mask.Causal else Mask.None)

    let laws = PowerLaws.predict architecture
    let at = measured architecture

    let errors layer =
        let norm, angle, gradient = at layer
        [ norm / laws.NormPerBlock - 1.0; angle - laws.Angle; gradient - laws.Gradient ]

    for near, far in List.zip (errors 256) (errors 1024) do
        // first correction of order 1/ℓ: four times the depth, a quarter of the error; higher orders are O(1/256)
        if abs near > 1e-9 then
            Check.absolute "ratio of errors at ℓ and 4ℓ" 0.02 0.25 (far / near)

[<Fact>]
[<Trait("guards", "(6.5) by closed form")>]
let ``ReLU without attention keeps angles and gains one power of gradient`` () =
    let plain = network Placement.Pre Activation.Relu Mask.None

    let laws =
        PowerLaws.predict
            { plain with
                Attention =
                    { plain.Attention with
                        Branch = Schedule.Constant 0.0 } }

    Check.absolute "α" 1e-12 0.0 laws.Angle
    Check.absolute "β" 1e-12 1.0 laws.Gradient

[<Theory>]
[<InlineData(true, "tanh")>]
[<InlineData(false, "tanh")>]
[<InlineData(true, "gelu")>]
[<Trait("guards", "(6.5) (6.6) (14.1) by closed form")>]
let ``Relative to the stream gradients fall as the power β − 1 of depth`` pre name =
    let activation =
        Activation.named |> Array.find (fun (_, other) -> other = name) |> fst

    // one token: its gradient is the mean mode
    let architecture =
        { network (if pre then Placement.Pre else Placement.Peri) activation Mask.None with
            Tokens = 1
            Input = { Norm = 1.0; Correlation = 1.0 } }

    let laws = PowerLaws.predict architecture

    let inner depth =
        let deep = { architecture with Depth = depth }
        (Trainability.sumsOf deep (Trajectory.closed deep (Laws.exact deep)).Layers).Inner

    let expected = (laws.Gradient - 1.0) * log 2.0
    Check.atLeast "a power at all" 0.01 (abs expected)

    let error depth =
        inner (2 * depth) - inner depth - expected
    // first correction of order 1/ℓ: four times the depth, a quarter of the error; higher orders are O(1/256)
    Check.absolute "ratio of errors at ℓ and 4ℓ" 0.02 0.25 (error 1024 / error 256)

[<Fact>]
let ``What has no power law is refused by name`` () =
    let refused (part: string) architecture =
        let thrown =
            Assert.Throws<TheoryException>(fun () -> PowerLaws.predict architecture |> ignore)

        Assert.Contains(part, thrown.Message)

    let pre = network Placement.Pre Activation.Tanh Mask.None
    refused "pre and peri" { pre with Norm = Placement.Post }

    refused
        "r = 1"
        { pre with
            Mlp =
                { pre.Mlp with
                    Skip = Schedule.Constant 0.9 } }
