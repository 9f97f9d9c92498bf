module Hybrid.Theory.Tests.ModelDescriptionTests

open Hybrid.Architectures
open Hybrid.Theory
open Xunit

/// Four blocks of width 100 with three heads of width 32 and weights N(0, 0.1²): fan-in · s² is 1 for the width.
let private model norm =
    { Name = "model"
      Tokens = 8
      Depth = 4
      Width = 100
      Heads = 3
      HeadWidth = 32
      MlpWidth = 400
      Activation = Activation.Silu
      Gated = true
      Norm = norm
      Wiring = Wiring.Sequential
      Mask = Mask.Causal
      WeightStd = 0.1
      EmbeddingStd = None
      LogitFactor = 1.0 / sqrt 32.0
      Head = HeadDescription.Plain 3
      Experts = None
      Embedding = Embedding.Tokens
      EmbeddingFactor = 1.0
      BranchFactor = 1.0
      ProjectionFactor = 1.0 }

let private record = model >> ModelDescription.toArchitecture

[<Fact>]
let ``Every matrix multiplies variances by fan-in times s²`` () =
    let architecture = record Placement.Pre
    Check.relative "σ_A" 1e-14 1.0 architecture.Attention.LogitStd
    // W_V from 100, W_O from 3 · 32
    Check.relative "σ_V" 1e-14 (sqrt 0.96) architecture.Attention.ValueStd
    Check.relative "σ_w" 1e-14 1.0 architecture.Mlp.InStd
    Check.relative "σ_v" 1e-14 2.0 architecture.Mlp.OutStd
    Check.relative "q₀" 1e-14 0.01 architecture.Input.Norm

[<Fact>]
let ``Logits follow their factor, and the norm of queries and keys where they have one`` () =
    let stated =
        { model Placement.Peri with
            LogitFactor = 0.5 / sqrt 32.0 }

    Check.relative "half the factor" 1e-14 0.5 (ModelDescription.toArchitecture stated).Attention.LogitStd

    for norm in [ QueryKeyNorm.Head; QueryKeyNorm.All ] do
        for placement in [ Placement.Peri; Placement.Output ] do
            let normalised =
                { model placement with
                    Head =
                        { HeadDescription.Plain 3 with
                            QueryKeyNorm = norm }
                    WeightStd = 0.3 }

            let attention = (ModelDescription.toArchitecture normalised).Attention
            Check.relative $"any weights, {placement}" 1e-14 1.0 attention.LogitStd
            Assert.Equal(norm, attention.Head.QueryKeyNorm)

[<Fact>]
let ``Heads keep their width, groups, positions, cap and sink`` () =
    let described =
        { model Placement.Pre with
            Width = 128
            Heads = 4
            Head =
                { HeadDescription.Plain 2 with
                    Positions = Positions.Rope(1000.0, 0.5)
                    SoftCap = Some 30.0
                    Sink = Some 0.0 } }

    let head = (ModelDescription.toArchitecture described).Attention.Head
    // four heads of width 32 fill 128 coordinates
    Assert.Equal(None, head.Width)
    Assert.Equal((Some 2, Some 30.0, Some 0.0), (head.KeyValueHeads, head.SoftCap, head.Sink))
    Assert.Equal(Positions.Rope(1000.0, 0.5), head.Positions)

    let wide =
        ModelDescription.toArchitecture
            { described with
                HeadWidth = 64
                Head = HeadDescription.Plain 4 }

    Assert.Equal((Some 64, None), (wide.Attention.Head.Width, wide.Attention.Head.KeyValueHeads))

[<Fact>]
let ``A factor of cosines and sines multiplies its share of the logits' variance`` () =
    let described =
        { model Placement.Pre with
            Head =
                { HeadDescription.Plain 3 with
                    Positions = Positions.Rope(1000.0, 0.25)
                    TurnFactor = 1.5 } }

    let attention = (ModelDescription.toArchitecture described).Attention
    let turned = 0.25 * pown 1.5 4
    // σ_A is 1 without the factor
    Check.relative "σ_A" 1e-14 (sqrt (turned + 0.75)) attention.LogitStd

    match attention.Head.Positions with
    | Positions.Rope(baseFrequency, fraction) ->
        Assert.Equal(1000.0, baseFrequency)
        Check.relative "share" 1e-14 (turned / (turned + 0.75)) fraction
    | other -> failwith $"{other}"

[<Fact>]
let ``Latent attention multiplies variances by its own matrices`` () =
    let latent =
        { Query = Some 50
          KeyValue = 20
          Turned = 8
          Unturned = 16
          Value = 12 }

    let described query =
        { model Placement.Pre with
            HeadWidth = 24
            LogitFactor = 1.0 / sqrt 24.0
            Head =
                { HeadDescription.Plain 3 with
                    Positions = Positions.Rope(1000.0, 1.0)
                    Latent = Some { latent with Query = query } } }

    // s² = 0.01: queries from 50 latent coordinates, turned keys from 100 of the token, the others from 20
    let attention = (ModelDescription.toArchitecture (described (Some 50))).Attention
    let turned, unturned = 8.0 * 0.5 * 1.0, 16.0 * 0.5 * 0.2
    Check.relative "σ_A" 1e-14 (sqrt ((turned + unturned) / 24.0)) attention.LogitStd
    // values from 20 coordinates, W_O from 3 heads of 12
    Check.relative "σ_V" 1e-14 (0.01 * sqrt (20.0 * 36.0)) attention.ValueStd
    Assert.Equal(Some 24, attention.Head.Width)

    match attention.Head.Positions with
    | Positions.Rope(_, fraction) -> Check.relative "share" 1e-14 (turned / (turned + unturned)) fraction
    | other -> failwith $"{other}"

    let plain = (ModelDescription.toArchitecture (described None)).Attention
    Check.relative "queries from the token" 1e-14 (sqrt 2.0) (plain.LogitStd / attention.LogitStd)

let private experts =
    { Count = 8
      Active = 2
      Gate = Gate.Softmax
      Scale = 2.5
      Width = 100
      SharedWidth = 50
      SharedPower = 0.5
      Dense = 1
      RouterStd = None }

[<Fact>]
let ``Experts have their own width, and layers without them a branch that makes up for it`` () =
    for norm in Networks.placements do
        let architecture =
            ModelDescription.toArchitecture
                { model norm with
                    Experts = Some experts }

        let mlp = architecture.Mlp
        let routed = mlp.Experts.Value
        Assert.Equal(100, architecture.MlpWidth)
        Assert.Equal((8, 2, Gate.Softmax, 1), (routed.Count, routed.Active, routed.Gate, routed.Dense))
        Check.relative "σ_v of an expert" 1e-14 1.0 mlp.OutStd
        Check.relative "σ_r" 1e-14 1.0 routed.RouterStd
        Check.relative "scale" 1e-14 2.5 routed.Scale
        Check.relative "w_s" 1e-14 0.25 routed.Shared
        // W_2 of 400 hidden units has twice σ_v; a norm behind the branch takes it out
        Check.relative $"dense layer of {norm}" 1e-14 (if norm.OnBranch then 1.0 else 2.0) (mlp.Branch.At 1)
        Check.relative "others" 1e-14 1.0 (mlp.Branch.At 2)
        Assert.Empty(Architecture.validate { architecture with Heads = 2 })

[<Fact>]
let ``A router that is drawn in its own way has logits of one size at any width`` () =
    let described =
        { model Placement.Pre with
            Experts = Some { experts with RouterStd = Some 0.3 } }

    for description in [ described; ModelDescription.atWidth described 200 ] do
        let routed = (ModelDescription.toArchitecture description).Mlp.Experts.Value
        Check.relative "σ_r" 1e-14 0.3 routed.RouterStd

[<Fact>]
let ``Windows that see all tokens are left out`` () =
    let mask tokens =
        (ModelDescription.toArchitecture
            { model Placement.Pre with
                Tokens = tokens
                Mask = Mask.PerLayer [| Mask.Window 8; Mask.Causal; Mask.Window 8; Mask.Causal |] })
            .Mask

    Assert.Equal(Mask.Causal, mask 8)
    Assert.Equal(Mask.PerLayer [| Mask.Window 8; Mask.Causal; Mask.Window 8; Mask.Causal |], mask 9)

[<Fact>]
let ``Another width changes every width, keeps standard deviations and the roots of widths`` () =
    let described =
        { model Placement.Pre with
            Experts = Some experts
            EmbeddingFactor = 10.0
            Head =
                { HeadDescription.Plain 3 with
                    Latent =
                        Some
                            { Query = Some 50
                              KeyValue = 20
                              Turned = 8
                              Unturned = 24
                              Value = 12 } } }

    let wide = ModelDescription.atWidth described 200
    Assert.Equal((200, 64, 800, 0.1), (wide.Width, wide.HeadWidth, wide.MlpWidth, wide.WeightStd))
    Check.relative "1/√d_h" 1e-14 (1.0 / sqrt 64.0) wide.LogitFactor
    Check.relative "√d" 1e-14 (sqrt 200.0) wide.EmbeddingFactor
    Assert.Equal((200, 100), (wide.Experts.Value.Width, wide.Experts.Value.SharedWidth))

    let latent =
        { Query = Some 100
          KeyValue = 40
          Turned = 16
          Unturned = 48
          Value = 24 }

    Assert.Equal(Some latent, wide.Head.Latent)

[<Fact>]
let ``The projection factor is a branch weight unless a norm behind the branch removes it`` () =
    for norm in Networks.placements do
        let architecture =
            ModelDescription.toArchitecture
                { model norm with
                    ProjectionFactor = 0.25 }

        let branch = architecture.Attention.Branch.At 1
        let strength = branch * architecture.Attention.ValueStd
        Check.relative $"a σ_V of {norm}" 1e-14 (0.25 * sqrt 0.96) strength
        Check.relative $"a σ_v of {norm}" 1e-14 0.5 (architecture.Mlp.Branch.At 1 * architecture.Mlp.OutStd)
        Assert.Equal((if norm.OnBranch then 1.0 else 0.25), branch)

[<Fact>]
let ``Heads are the largest divisor of the width`` () =
    for heads, expected in [ 1, 1; 3, 2; 4, 4; 9, 5; 1000, 100 ] do
        Assert.Equal(
            expected,
            ModelDescription.recordHeads
                { model Placement.Pre with
                    Heads = heads }
        )

[<Fact>]
let ``Each embedding has its squared norm and correlation`` () =
    for embedding, factor, norm, correlation in
        [ Embedding.Tokens, 1.0, 0.01, 0.0
          Embedding.Tokens, 10.0, 1.0, 0.0
          Embedding.TokensAndPositions, 1.0, 0.02, 0.0
          Embedding.TokensAndPositions, 3.0, 0.1, 0.0
          Embedding.NormalisedSum(2, 1), 1.0, 1.0, 1.0 / 3.0
          Embedding.NormalisedSum(1, 0), 7.0, 1.0, 0.0
          Embedding.Patches 48, 1.0, 0.49, 0.0 ] do
        let input =
            (ModelDescription.toArchitecture
                { model Placement.Pre with
                    Embedding = embedding
                    EmbeddingFactor = factor })
                .Input

        Check.relative $"q₀ of {embedding}, c = {factor}" 1e-14 norm input.Norm
        Check.absolute $"ρ₀ of {embedding}" 1e-15 correlation input.Correlation

[<Fact>]
let ``A factor of the branches multiplies both, behind the norm too`` () =
    for norm in Networks.placements do
        let architecture =
            ModelDescription.toArchitecture { model norm with BranchFactor = 0.25 }

        Check.relative $"a_A of {norm}" 1e-15 0.25 (architecture.Attention.Branch.At 1)
        Check.relative $"a_M of {norm}" 1e-15 0.25 (architecture.Mlp.Branch.At 1)
        Check.relative $"σ_V of {norm}" 1e-14 (sqrt 0.96) architecture.Attention.ValueStd

[<Fact>]
let ``Tables of vectors may have a standard deviation of their own`` () =
    let input =
        (ModelDescription.toArchitecture
            { model Placement.Pre with
                EmbeddingStd = Some 0.5 })
            .Input

    Check.relative "q₀" 1e-14 0.25 input.Norm
