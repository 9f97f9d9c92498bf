module Hybrid.Theory.Tests.NormGainsTests

open Hybrid.Architectures
open Hybrid.Theory
open Xunit

let private network norm =
    { Architecture.defaults with
        Norm = norm
        Depth = 3
        Tokens = 12
        Activation = Activation.Gelu
        Attention =
            { Architecture.defaults.Attention with
                LogitStd = 1.3
                ValueStd = 0.8 }
        Mlp =
            { Architecture.defaults.Mlp with
                InStd = 1.4
                BiasStd = 0.3 }
        Input = { Norm = 1.0; Correlation = 0.4 } }

let private run architecture =
    Geometry.forward architecture (Laws.exact architecture)

[<Fact>]
[<Trait("guards", "4.4 by property")>]
let ``A gain in front of a branch is a module that sees tokens of norm γ²`` () =
    let gain = 1.7

    let absorbed =
        NormGains.absorb { Input = gain; Output = 1.0 } (network Placement.Pre)

    let bare = network Placement.None
    let seen = { Q = gain * gain; U = 0.6 }
    let normalised = { Q = 5.0; U = 0.6 }

    // each sublayer alone, with r = a = 1
    let steps (architecture: Architecture) state =
        (Block.at architecture 1).Sublayers
        |> Array.map (fun sublayer ->
            Geometry.step
                architecture
                (Laws.exact architecture)
                { Skip = 1.0
                  NormalisesSum = false
                  Sublayers = [| { sublayer with Branch = 1.0 } |] }
                state)

    let bareSteps = steps bare seen
    let absorbedSteps = steps absorbed normalised
    let q (trace: StepTrace) = trace.Sublayers[0].BranchQ

    let gap (trace: StepTrace) =
        trace.Output.Q * trace.Output.U - trace.Input.Q * trace.Input.U

    Check.relativeRows
        "branch"
        1e-12
        [ "attention q_f", q bareSteps[0], q absorbedSteps[0]
          "attention q_f − p_f", gap bareSteps[0], gap absorbedSteps[0]
          "MLP q_f", q bareSteps[1], q absorbedSteps[1]
          "MLP q_f − p_f", gap bareSteps[1], gap absorbedSteps[1] ]

[<Fact>]
[<Trait("guards", "4.4 by closed form")>]
let ``A gain behind a branch is its weight: squared norms grow by a²γ²`` () =
    for norm in [ Placement.Peri; Placement.Output ] do
        let architecture = network norm
        let blocks = NormGains.absorb { Input = 1.0; Output = 0.6 } architecture |> run
        let expected = Bounds.squaredNormAtInitialisation architecture 0.6
        Check.relative "q" 1e-12 (Array.last expected) (Array.last blocks).Output.Q

/// The stream in the given units: every sum r x + a f(x) has the norm γ² behind it, and f sees it as it is.
let private inGivenUnits gain (architecture: Architecture) =
    let bare =
        { architecture with
            Norm = Placement.None }

    let normalised step state =
        { (Geometry.step bare (Laws.exact bare) step state).Output with
            Q = gain * gain }

    Array.init architecture.Depth (fun layer -> (Block.at bare (layer + 1)).Steps)
    |> Array.scan (Array.fold (fun state step -> normalised step state)) (Geometry.input bare)

[<Fact>]
[<Trait("guards", "4.4 by property")>]
let ``Post: a gain is a change of units of the stream`` () =
    let weighted skip =
        { (network Placement.Post |> Networks.weighted (skip, 0.7) (skip * skip, 1.2)) with
            Input = { Norm = 2.3; Correlation = 0.4 } }

    for gain in [ 0.6; 1.4 ] do
        for skip in [ 0.0; 0.8; 1.0 ] do
            let architecture = weighted skip
            let blocks = NormGains.absorb { Input = 1.0; Output = gain } architecture |> run
            let given = inGivenUnits gain architecture

            // Without a skip a layer's u is u (S1 − S2) of the one before: the difference is rounded to ε, and a share of u that is lost is
            // lost twice in the next.
            let mutable rounding = 0.0

            for layer in 1 .. architecture.Depth do
                let expected, actual = given[layer], blocks[layer - 1].Output
                Check.relative $"γ²q of layer {layer}, γ = {gain}, r = {skip}" 1e-12 expected.Q (gain * gain * actual.Q)
                rounding <- 2.0 * rounding + 4.0 * 2.2e-16 * given[layer - 1].U / expected.U
                Check.relative $"u of layer {layer}, γ = {gain}, r = {skip}" (1e-12 + rounding) expected.U actual.U
                Check.absolute $"ρ of layer {layer}, γ = {gain}, r = {skip}" 1e-12 expected.Rho actual.Rho

[<Fact>]
let ``A gain that the placement has not is refused`` () =
    let thrown =
        Assert.Throws<TheoryException>(fun () ->
            NormGains.absorb { Input = 2.0; Output = 1.0 } (network Placement.Post)
            |> ignore)

    Assert.Contains("no input normalisation", thrown.Message)
