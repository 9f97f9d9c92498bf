module Hybrid.Theory.Tests.ScheduleTests

open Hybrid.Architectures
open Hybrid.Theory
open Xunit

let private skips, branches = [| 0.9; 1.0; 0.7; 0.8 |], [| 0.5; 0.2; 0.9; 0.3 |]

let private mlpSkips, mlpBranches =
    [| 1.0; 0.6; 0.95; 0.85 |], [| 0.4; 1.1; 0.25; 0.7 |]

let private weighted placement wiring (r, a, rMlp, aMlp) =
    let plain = Networks.plain placement Activation.Tanh

    { plain with
        Depth = 4
        Wiring = wiring
        Attention =
            { plain.Attention with
                Skip = r
                Branch = a
                LogitStd = 1.5 }
        Mlp =
            { plain.Mlp with
                Skip = rMlp
                Branch = aMlp
                InStd = 2.0
                BiasStd = 0.3 } }

/// The network whose four blocks all differ, and the network all of whose blocks are its block `layer`. Side by side a block has one
/// skip.
let private pair placement wiring layer =
    let mlpSkips = if wiring = Wiring.Parallel then skips else mlpSkips
    let four values = Schedule.PerLayer values
    let one (values: float[]) = Schedule.Constant values[layer - 1]

    weighted placement wiring (four skips, four branches, four mlpSkips, four mlpBranches),
    weighted placement wiring (one skips, one branches, one mlpSkips, one mlpBranches)

let private each check =
    for placement in Networks.placements do
        for wiring in Networks.wirings do
            for layer in 1..4 do
                check $"{placement} {wiring}, block {layer}" (pair placement wiring layer) layer

[<Fact>]
let ``Maps, gradients and exponents of a block are those of a network that is made of it alone`` () =
    each (fun name (scheduled, constant) layer ->
        let laws = Laws.exact scheduled
        let blocks = Geometry.forward scheduled laws
        let alone = Geometry.block constant (Laws.exact constant) 1 blocks[layer - 1].Input
        Check.relative $"q, {name}" 1e-14 alone.Output.Q blocks[layer - 1].Output.Q
        Check.relative $"u, {name}" 1e-12 alone.Output.U blocks[layer - 1].Output.U
        let above = { Diagonal = 1.3; OffDiagonal = 0.2 }

        let expected, actual =
            Gradients.block constant alone above, Gradients.block scheduled blocks[layer - 1] above

        Check.relative $"g_d, {name}" 1e-12 expected.Diagonal actual.Diagonal
        Check.relative $"g_o, {name}" 1e-12 expected.OffDiagonal actual.OffDiagonal
        let line = { Q = 1.7; U = 0.0 }

        let exponents (network: Architecture) layer =
            Exponents.block network (Laws.exact network) layer 1.7 line

        let expected, actual = exponents constant 1, exponents scheduled layer
        Check.absolute $"λ_a, {name}" 1e-12 expected.Angle actual.Angle
        Check.absolute $"λ_g, {name}" 1e-12 expected.Gradient actual.Gradient)

[<Fact>]
let ``Bounds add what each block itself may add`` () =
    each (fun name (scheduled, constant) layer ->
        let step (network: Architecture) (bound: float[]) layer =
            bound[layer]
            - bound[layer - 1] * (network.Attention.Skip.At layer * network.Mlp.Skip.At layer)

        if scheduled.Norm.OnBranch && scheduled.Wiring = Wiring.Sequential then
            let expected = step constant (Bounds.magnitude constant 1.0) 1
            let actual = step scheduled (Bounds.magnitude scheduled 1.0) layer
            Check.relative $"magnitude, {name}" 1e-13 expected actual

        let sensitivity = Array.create 4 0.3

        let ratio (network: Architecture) layer =
            let all = Bounds.amplification network sensitivity sensitivity
            all[layer] / all[layer - 1]

        Check.relative $"amplification, {name}" 1e-13 (ratio constant 1) (ratio scheduled layer))
