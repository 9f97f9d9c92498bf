/// What draws cost, as counted, and that a prediction and what stands beside it draw no more than they may: derivation section 13.5.
module Hybrid.Theory.Tests.DrawWorkTests

open FsCheck.FSharp
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

let private causal: Architecture =
    { Networks.plain Placement.Pre Activation.Silu with
        Mask = Mask.Causal
        Tokens = 64
        Width = 4096
        Heads = 32
        Depth = 32 }

let private withHead change (architecture: Architecture) =
    { architecture with
        Attention =
            { architecture.Attention with
                Head = change architecture.Attention.Head } }

let private rotary width =
    withHead (fun head ->
        { head with
            Width = Some width
            Positions = Positions.Rope(1e4, 1.0) })

let private withExperts count (architecture: Architecture) =
    { architecture with
        Mlp =
            { architecture.Mlp with
                Experts =
                    Some
                        { Count = count
                          Active = min 8 count
                          Gate = Gate.Softmax
                          RouterStd = 1.0
                          Scale = 1.0
                          Shared = 0.0
                          Dense = 0 } } }

[<Fact>]
let ``Work grows with everything that there is more of`` () =
    let more name (series: Architecture list) =
        for fewer, more in List.pairwise series do
            Check.atLeast name (DrawWork.seconds fewer * (1.0 + 1e-9)) (DrawWork.seconds more)

    for of' in [ id; rotary 128 ] do
        more "tokens" [ for tokens in [ 2; 16; 64; 128; 511 ] -> of' { causal with Tokens = tokens } ]
        more "depth" [ for depth in [ 1; 2; 200; 10_000 ] -> of' { causal with Depth = depth } ]
        more "heads" [ for heads in [ 1; 2; 32; 1024 ] -> of' { causal with Heads = heads } ]
        more "experts" [ for count in [ 1; 8; 256; 100_000 ] -> of' causal |> withExperts count ]

    more "coordinates" [ for width in [ 1; 16; 64; 256; 1024; 8192 ] -> rotary width causal ]

[<Fact>]
let ``Work is that of its layers`` () =
    let one = { causal with Depth = 1 }
    Check.relative "200 blocks" 1e-9 (200.0 * DrawWork.seconds one) (DrawWork.seconds { causal with Depth = 200 })

    let struct (rest, head) = DrawWork.parts causal
    Check.relative "32 heads" 1e-12 (rest + 32.0 * head) (DrawWork.seconds causal)

    // experts begin behind dense layers
    let dense count =
        let experts = withExperts 64 causal

        { experts with
            Mlp =
                { experts.Mlp with
                    Experts =
                        experts.Mlp.Experts
                        |> Option.map (fun experts -> { experts with Dense = count }) } }

    Check.relative "all dense" 1e-12 (DrawWork.seconds causal) (DrawWork.seconds (dense 32))

    Check.relative
        "half of them"
        1e-9
        (0.5 * (DrawWork.seconds causal + DrawWork.seconds (dense 0)))
        (DrawWork.seconds (dense 16))

/// Records whose layers are draws, at every size's ends.
let private record = gen {
    let! tokens = Gen.elements [ 2; 16; 64; 100; 511; 512; 2048 ]
    let! depth = Gen.elements [ 1; 12; 61; 200; 1000; 10_000 ]
    let! groups = Gen.elements [ 1; 4; 16; 1024 ]
    let! heads = Gen.elements [ 1; 2; 8 ]
    let! width = Gen.elements [ 1; 64; 192; 1024; 16_384 ]
    let! norm = Gen.elements Networks.placements
    let! activation = Gen.elements (Seq.map fst Activation.named)
    let! std = Gen.elements [ 0.0; 1.0; 1e3 ]

    let! positions =
        Gen.elements [ Positions.None; Positions.Alibi; Positions.Rope(1e4, 0.5) ]

    let! isShared = Gen.elements [ true; false ]
    let! experts = Gen.elements [ None; Some 8; Some 512; Some 1_000_000 ]
    let! kind = Gen.elements [ NormKind.Scale; NormKind.DyT 0.5 ]

    let architecture =
        { causal with
            Tokens = tokens
            Depth = depth
            Heads = heads * groups
            Norm = norm
            NormKind = kind
            Activation = activation
            Mlp = { causal.Mlp with InStd = std } }
        |> withHead (fun head ->
            { head with
                Width = Some width
                Positions = positions
                KeyValueHeads = if isShared then Some groups else None })

    return
        match experts with
        | None -> architecture
        | Some count -> withExperts count architecture
}

[<Fact>]
let ``A prediction draws as many heads as its seconds pay for, whatever the record, and never fewer than one twice``
    ()
    =
    // a plan follows the closed maps of deep records: some tenths of a second each
    Check.holds 60 record (fun architecture ->
        let plan = TrajectoryRoute.drawnFor architecture
        let network, draws = plan.Network, plan.Draws

        let name =
            $"{network.Heads} of {architecture.Heads} heads, {network.Depth} of {architecture.Depth} layers, {draws} draws"

        let budget = TrajectoryRoute.Seconds * max 1.0 (float architecture.Tokens / 64.0)
        let spent = float draws * DrawWork.seconds network
        let struct (_, head) = DrawWork.parts network
        let groups = Architecture.keyValueHeads network
        Assert.True(draws = 2 || draws = 4, name)
        Assert.True(network.Heads % groups = 0, name)
        Assert.InRange(network.Heads, 1, architecture.Heads)
        Assert.InRange(groups, 1, Architecture.keyValueHeads architecture)
        Assert.InRange(Architecture.headWidth network, 1, TrajectoryRoute.MostCoordinates)

        // four draws of one head in every layer may take twice as long, two as long as they take
        let slack = if plan.Groups.IsSome then 1.0 else 2.0

        let largest =
            match network.Heads, draws with
            | 1, 4 -> slack * budget
            | 1, 2 -> infinity
            | _ -> budget

        Assert.True(spent <= largest * (1.0 + 1e-9), $"{spent} s of {budget} s for {name}")

        // what is left does not pay for another head; of groups it may be for one less than another head in each, and for one where it keeps
        // heads from d/Ĥ coordinates
        let left = float (groups + 1) * float draws * head

        if network.Heads < architecture.Heads then
            Assert.True(spent + left > budget * (1.0 - 1e-9), $"{spent} s of {budget} s for {name}")

        // two draws only where four do not fit, or a network's own means are over many tokens
        if draws = 2 && architecture.Tokens < DrawnHeads.ManyTokens then
            let one =
                { network with
                    Heads = 1
                    Attention =
                        { network.Attention with
                            Head =
                                { network.Attention.Head with
                                    KeyValueHeads = network.Attention.Head.KeyValueHeads |> Option.map (fun _ -> 1) } } }

            Assert.True(4.0 * DrawWork.seconds one > slack * budget * (1.0 - 1e-9), name)

        // layers are drawn together only where four draws of one head in each would not fit
        match plan.Groups with
        | ValueSome groups ->
            Assert.Equal(groups.Ends.Length, network.Depth)
            Assert.InRange(network.Depth, 1, architecture.Depth - 1)
            let whole = (TrajectoryRoute.drawnWhole architecture).Network
            Assert.True(4.0 * DrawWork.seconds whole > budget * (1.0 - 1e-9), name)
        | ValueNone -> Assert.Equal(architecture.Depth, network.Depth))

[<Fact>]
let ``Without a norm every layer is drawn, however deep`` () =
    let plan =
        TrajectoryRoute.drawnFor
            { causal with
                Norm = Placement.None
                Depth = 1000 }

    Assert.Equal(1000, plan.Network.Depth)
    Assert.True plan.Groups.IsNone

[<Fact>]
let ``What a prediction draws is a function of the record`` () =
    Check.holds 5 record (fun architecture ->
        let plan, again =
            TrajectoryRoute.drawnFor architecture, TrajectoryRoute.drawnFor architecture

        Assert.Equal(struct (plan.Network, plan.Draws), struct (again.Network, again.Draws)))

[<Fact>]
let ``A thousand blocks that change ever less cost no more than the seconds of a prediction, by four draws`` () =
    for architecture in
        [ causal
          rotary 128 causal
          { rotary 256 causal with
              Norm = Placement.Peri } ] do
        let deep = { architecture with Depth = 1000 }
        let plan = TrajectoryRoute.drawnFor deep
        Assert.Equal(4, plan.Draws)
        Check.atMost "seconds" (TrajectoryRoute.Seconds * (1.0 + 1e-9)) (4.0 * DrawWork.seconds plan.Network)
        // of all layers one head would take longer
        Check.atLeast
            "seconds of every layer"
            TrajectoryRoute.Seconds
            (4.0
             * DrawWork.seconds
                 { (TrajectoryRoute.drawnWhole deep).Network with
                     Heads = 1 })

[<Fact>]
let ``Published models are means over four draws, and small networks have all of their heads`` () =
    for preset in Presets.all do
        if not (Features.areClosed preset.Architecture) then
            let plan = TrajectoryRoute.drawnFor preset.Architecture
            let network, draws = plan.Network, plan.Draws
            Assert.Equal(preset.Architecture.Depth, network.Depth)
            Assert.Equal((preset.Architecture.Name, 4), (preset.Architecture.Name, draws))
            Assert.InRange(float draws * DrawWork.seconds network, 0.0, TrajectoryRoute.Seconds * 1.000001)
            Assert.InRange(network.Heads, 2, preset.Architecture.Heads)

    let small =
        { causal with
            Depth = 12
            Tokens = 32
            Heads = 8 }

    let plan = TrajectoryRoute.drawnFor small
    Assert.Equal(struct (small, 4), struct (plan.Network, plan.Draws))

[<Fact>]
[<Trait("guards", "13.5 by property")>]
let ``A prediction says how many networks and heads its layers are means over, and modules' scales are those of the same``
    ()
    =
    let deep =
        { rotary 64 causal with
            Depth = 100
            Tokens = 16
            Heads = 256
            Width = 256 }

    let plan = TrajectoryRoute.drawnFor deep
    let network, draws = plan.Network, plan.Draws
    Assert.InRange(network.Heads, 1, 255)
    let prediction = Predict.architecture deep
    Assert.Equal((draws, network.Heads), (prediction.Draws, prediction.Heads))
    let thorough = Predict.thoroughly deep
    Assert.InRange(thorough.Heads, network.Heads + 1, 256)

    // the same draws: their mean squares are those of the layers
    for scales in ModuleScales.ofArchitecture deep do
        Check.relative
            $"stream behind block {scales.Layer}"
            1e-9
            prediction.Layers[scales.Layer].Q
            (scales.Output ** 2.0)

    let closed = Predict.architecture { causal with Mask = Mask.None }
    Assert.Equal((0, 32), (closed.Draws, closed.Heads))
