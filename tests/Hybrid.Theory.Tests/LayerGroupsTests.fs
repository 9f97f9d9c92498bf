/// Layers drawn together against every layer by itself: derivation section 13.6.
module Hybrid.Theory.Tests.LayerGroupsTests

open System
open FsCheck.FSharp
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

let private lawsOf architecture =
    Laws.manyHeads (Laws.estimated architecture)

/// Networks of `depth` blocks of weak branches, or that change less and less, whose schedules may differ from layer to layer.
let private deep depth = gen {
    let! network = Networks.any
    let! strength = Draw.logUniform 0.02 0.3
    // of branches 1: skips as large as DeepNorm's
    let! isScaled = Gen.elements [ true; false; false ]
    let! grows = Gen.elements [ true; true; false ]
    let! falls = Gen.elements [ 0.0; 0.5 ]

    let skip (branch: float) =
        if grows then
            Schedule.Constant 1.0
        else
            Schedule.Constant(sqrt (1.0 - branch * branch))

    let branch =
        if falls = 0.0 then
            Schedule.Constant strength
        else
            Schedule.PerLayer(Array.init depth (fun index -> strength * Math.Pow(float (index + 1), -falls)))

    let scaled (schedule: Schedule) =
        if isScaled && network.Norm.OnSum then
            schedule.Scale(1.0 / strength)
        else
            schedule

    return
        { network with
            Depth = depth
            Attention =
                { network.Attention with
                    Skip = scaled (skip strength)
                    Branch = scaled branch }
            Mlp =
                { network.Mlp with
                    Skip = scaled (skip strength)
                    Branch = scaled branch } }
}

/// What each group changes.
let private changesOf (architecture: Architecture) =
    let plain = (LayerGroups.plain architecture).Value
    LayerGroups.changes architecture (Laws.estimated plain) plain

let private inGroups (groups: LayerGroups) (changes: float[]) =
    groups.Ends
    |> Array.mapi (fun index last ->
        let first = LayerGroups.start groups index
        Array.sum changes[first - 1 .. last - 1])

[<Fact>]
[<Trait("guards", "(13.16) by closed form")>]
let ``The closed maps of groups are off by no more than twice the squares of what groups change`` () =
    let mutable fewer = 0

    Check.holds 20 (deep 80) (fun architecture ->
        let changes = changesOf architecture

        if Array.forall Double.IsFinite changes then
            let whole = Trajectory.closed architecture (lawsOf architecture)

            for most in [ 0.025; 0.2 ] do
                let groups = LayerGroups.upTo most architecture changes
                let network = LayerGroups.network groups architecture
                Assert.Empty(Architecture.validate network)

                let together =
                    LayerGroups.spread groups architecture (Trajectory.closed network (lawsOf architecture))

                Assert.Equal(whole.Layers.Length, together.Layers.Length)
                Assert.Equal(whole.Weights.Length, together.Weights.Length)

                if groups.Ends.Length < architecture.Depth then
                    fewer <- fewer + 1

                let own = inGroups groups changes

                // of groups of one layer nothing is left out; the sum is one of errors that add up
                let bound =
                    Array.zip groups.Ends own
                    |> Array.mapi (fun index (last, change) ->
                        if last = LayerGroups.start groups index then
                            0.0
                        else
                            2.0 * change * change)
                    |> Array.sum

                for layer in groups.Ends do
                    let name = $"layer {layer} of {groups.Ends.Length} groups"

                    let expected, actual = whole.Layers[layer], together.Layers[layer]

                    let off (a: float) b =
                        if a = b then 0.0 else abs (log (a / b))

                    Check.atMost $"ln q, {name}" (bound + 1e-9) (off expected.State.Q actual.State.Q)
                    Check.atMost $"ln u, {name}" (bound + 1e-9) (off expected.State.U actual.State.U)

                    Check.atMost
                        $"ln g_d, {name}"
                        (bound + 1e-9)
                        (off expected.Gradient.Diagonal actual.Gradient.Diagonal)

                // weights see a group's first tokens, to the third power in a gated linear unit, and its last gradients;
                // of tokens that point apart the terms of a pair and of a token nearly cancel
                for layer in
                    1 .. (if architecture.Input.Correlation < 0.0 then
                              0
                          else
                              architecture.Depth) do
                    let change = own[LayerGroups.indexOf groups layer]

                    for expected, actual in
                        [ whole.Weights[layer - 1].MlpOut, together.Weights[layer - 1].MlpOut
                          whole.Weights[layer - 1].Value, together.Weights[layer - 1].Value ] do
                        if expected > 0.0 then
                            Check.atMost
                                $"ln ‖∂L/∂W‖², layer {layer} of {groups.Ends.Length} groups"
                                (bound + 4.0 * change + 1e-9)
                                (abs (log (actual / expected))))

    // most of these networks are drawn in fewer layers
    Check.atLeast "networks in groups" 20.0 (float fewer)

[<Fact>]
let ``Groups of one layer each are the network itself`` () =
    Check.holds 20 (deep 12) (fun architecture ->
        let changes = changesOf architecture
        let groups = LayerGroups.upTo 0.0 architecture changes

        if groups.Ends.Length = architecture.Depth then
            let laws = lawsOf architecture
            let network = LayerGroups.network groups architecture
            let whole = Trajectory.closed architecture laws

            let together =
                LayerGroups.spread groups architecture (Trajectory.closed network laws)

            Assert.Equal(1.0, groups.Scatter, 1e-12)

            Array.zip whole.Layers together.Layers
            |> Array.mapi (fun layer (expected, actual) ->
                $"q of layer {layer}", expected.State.Q, expected.State.Q, actual.State.Q)
            |> Check.withinScale "layers" 1e-12

            Array.zip whole.Weights together.Weights
            |> Array.mapi (fun layer (expected, actual) ->
                $"W_2 of layer {layer + 1}", 1.0 + expected.MlpOut, expected.MlpOut, actual.MlpOut)
            |> Check.withinScale "weights" 1e-10)

[<Fact>]
let ``Groups end where masks, positions or experts change, and behind the first layer`` () =
    let depth = 40

    let architecture =
        { Networks.plain Placement.Pre Activation.Gelu with
            Depth = depth
            Mask = Mask.PerLayer(Array.init depth (fun index -> if index < 17 then Mask.Causal else Mask.Window 4))
            Attention =
                { Architecture.defaults.Attention with
                    Branch = Schedule.Constant 1e-3
                    Head =
                        { Architecture.defaults.Attention.Head with
                            Positions =
                                Positions.PerLayer(
                                    Array.init depth (fun index ->
                                        if index < 29 then
                                            Positions.None
                                        else
                                            Positions.Rope(1e4, 1.0))
                                ) } }
            Mlp =
                { Architecture.defaults.Mlp with
                    Branch = Schedule.Constant 1e-3
                    Experts =
                        Some
                            { Networks.experts 8 2 Gate.Softmax 1.0 with
                                Dense = 5 } } }

    let groups = LayerGroups.tryFind (fun network -> network.Depth < depth) architecture
    Assert.Equal<int[]>([| 1; 5; 17; 29; 40 |], groups.Value.Ends)
    let network = LayerGroups.network groups.Value architecture
    Assert.Empty(Architecture.validate network)
    Assert.Equal(Some 2, network.Mlp.Experts |> Option.map _.Dense)

    for index in 0..4 do
        let own, other =
            Block.at network (index + 1), Block.at architecture groups.Value.Ends[index]

        Assert.Equal(other.Sublayers[0].Mask, own.Sublayers[0].Mask)

    // where a layer changes much nothing is drawn together
    Assert.True((LayerGroups.tryFind (fun _ -> true) (Networks.plain Placement.Post Activation.Relu)).IsNone)

[<Theory>]
[<InlineData("pre", false)>]
[<InlineData("pre", true)>]
[<InlineData("peri", false)>]
[<InlineData("none", true)>]
[<Trait("guards", "(13.16) by sampling")>]
let ``Draws of groups have the means of draws of every layer`` name isRotary =
    let norm = Placement.All |> Array.find (fun placement -> string placement = name)

    let architecture =
        { Networks.plain norm Activation.Gelu with
            Depth = 150
            Tokens = 8
            Width = 64
            Heads = 4
            Mask = Mask.Causal
            Attention =
                { Architecture.defaults.Attention with
                    Branch = Schedule.Constant 0.1
                    Head =
                        { Architecture.defaults.Attention.Head with
                            Positions =
                                if isRotary then
                                    Positions.Rope(1e4, 1.0)
                                else
                                    Positions.None } }
            Mlp =
                { Architecture.defaults.Mlp with
                    Branch = Schedule.Constant 0.1 } }

    let changes = changesOf architecture
    let groups = LayerGroups.upTo 0.2 architecture changes
    let draws = 24

    let sampled network seed =
        TrajectoryDraws.sampled network (Laws.exact network) draws seed

    let whole = sampled architecture 1

    let together =
        LayerGroups.spread groups architecture (sampled (LayerGroups.network groups architecture) 2)

    Assert.InRange(groups.Ends.Length, 2, 75)

    let bound =
        inGroups groups changes |> Array.sumBy (fun change -> 2.0 * change * change)

    for layer in [ 1; 20; 75; 150 ] do
        let expected, actual = whole.Layers[layer], together.Layers[layer]

        let check what value error scale =
            let expected, actual = value expected, value actual

            let noise =
                sqrt (error whole.Layers[layer] ** 2.0 + error together.Layers[layer] ** 2.0)
            // five standard errors, and what groups are off by
            Check.absolute $"{what} of layer {layer}" (5.0 * noise + bound * abs scale) expected actual

        check "q" (fun (l: LayerState) -> l.State.Q) (fun l -> l.Uncertainty.Q) expected.State.Q
        check "u" (fun (l: LayerState) -> l.State.U) (fun l -> l.Uncertainty.U) expected.State.U

        check
            "g_d"
            (fun (l: LayerState) -> l.Gradient.Diagonal)
            (fun l -> l.Uncertainty.GradientDiagonal)
            expected.Gradient.Diagonal
