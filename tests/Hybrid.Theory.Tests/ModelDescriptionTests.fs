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
      LogitFactor = 1.0 / sqrt 32.0
      QueryKeyNorm = false
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

    let normalised =
        { model Placement.Peri with
            QueryKeyNorm = true
            WeightStd = 0.3 }

    Check.relative "any weights" 1e-14 1.0 (ModelDescription.toArchitecture normalised).Attention.LogitStd

[<Fact>]
let ``Where the module sees the stream as it is, QK-norm holds in the middle of the depth`` () =
    let architecture =
        ModelDescription.toArchitecture
            { model Placement.Output with
                QueryKeyNorm = true }

    let norms = Bounds.squaredNormAtInitialisation architecture 1.0
    Check.relative "σ_A q" 1e-14 1.0 (architecture.Attention.LogitStd * norms[2])

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
