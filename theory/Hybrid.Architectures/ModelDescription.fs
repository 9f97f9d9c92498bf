namespace Hybrid.Architectures

/// What enters the first block at initialisation, when every table of vectors has entries N(0, s²) and token vectors are
/// multiplied by c, the description's `EmbeddingFactor`.
[<RequireQualifiedAccess>]
type Embedding =
    /// token vectors alone: q₀ = c² s²
    | Tokens
    /// token plus learned position vectors: q₀ = (c² + 1) s²
    | TokensAndPositions
    /// N of a sum of vectors of which each token has so many of its own and all share the others (BERT: token and position;
    /// segment): q₀ = 1, ρ₀ = shared/(own + shared)
    | NormalisedSum of own: int * shared: int
    /// a linear map of so many pixels, independent and of unit variance, plus a position vector: q₀ = (pixels + 1)s²
    | Patches of pixels: int

/// A transformer in the terms in which published code states it: one standard deviation for all weights and heads of
/// any width. `ModelDescription.toArchitecture` turns it into the record.
type ModelDescription =
    {
        Name: string
        /// n
        Tokens: int
        /// L
        Depth: int
        /// d
        Width: int
        /// H, of the queries; heads that share keys and values leave every expectation as it is
        Heads: int
        /// d_h, d/H or a size of its own
        HeadWidth: int
        /// d_mlp
        MlpWidth: int
        Activation: Activation
        Gated: bool
        Norm: Placement
        Wiring: Wiring
        Mask: Mask
        /// s: every weight matrix and every embedding table has entries N(0, s²); biases are 0
        WeightStd: float
        /// c in softmax(c q·k), usually 1/√d_h
        LogitFactor: float
        /// whether queries and keys are normalised before their product
        QueryKeyNorm: bool
        Embedding: Embedding
        /// c, what token vectors are multiplied by: √d in Gemma, 1 in most
        EmbeddingFactor: float
        /// what every branch is multiplied by before it is added, norm included: 1 in most
        BranchFactor: float
        /// further factor of W_O and W_2: 1, or 1/√(2L) where the code scales residual projections
        ProjectionFactor: float
    }

/// From weights N(0, s²) to the scales of the record. Each matrix multiplies the variance of normalised entries by
/// fan-in · s².
[<RequireQualifiedAccess>]
module ModelDescription =

    /// q₀ and ρ₀ of distinct tokens.
    let private input (model: ModelDescription) : InputParameters =
        let variance = model.WeightStd * model.WeightStd
        let tokens = model.EmbeddingFactor * model.EmbeddingFactor * variance

        match model.Embedding with
        | Embedding.Tokens -> { Norm = tokens; Correlation = 0.0 }
        | Embedding.TokensAndPositions ->
            { Norm = tokens + variance
              Correlation = 0.0 }
        | Embedding.NormalisedSum(own, shared) ->
            { Norm = 1.0
              Correlation = float shared / float (own + shared) }
        | Embedding.Patches pixels ->
            { Norm = float (pixels + 1) * variance
              Correlation = 0.0 }

    /// The squared norm at which σ_A is to hold where the module sees the stream as it is: the record's logits grow with
    /// it, those of normalised queries and keys do not. In the middle of the depth each of L sublayers has added 1.
    let private middleNorm (model: ModelDescription) =
        if model.Norm = Placement.Output then
            (input model).Norm + float model.Depth
        else
            1.0

    /// σ_A: standard deviation of c q·k over d_h products of entries of variance d s², or 1 after a norm of their own.
    let private logitStd (model: ModelDescription) =
        let heads = model.LogitFactor * sqrt (float model.HeadWidth)

        if model.QueryKeyNorm then
            heads / middleNorm model
        else
            heads * float model.Width * model.WeightStd * model.WeightStd

    /// H, or the largest divisor of d below it: the record's heads divide the width, and no expectation depends on them.
    [<CompiledName("RecordHeads")>]
    let recordHeads (model: ModelDescription) =
        seq { min model.Heads model.Width .. -1 .. 1 }
        |> Seq.find (fun heads -> model.Width % heads = 0)

    /// The record at initialisation; not validated. The projection factor stands in the branch weights a, except where a
    /// norm follows the branch and takes the factor out again: there it belongs to the weights, σ_V and σ_v.
    [<CompiledName("ToArchitecture")>]
    let toArchitecture (model: ModelDescription) : Architecture =
        let factor = model.ProjectionFactor

        let struct (branch, weight) =
            if model.Norm.OnBranch then
                struct (model.BranchFactor, factor)
            else
                struct (model.BranchFactor * factor, 1.0)

        let std fanIn = model.WeightStd * sqrt fanIn

        { Name = model.Name
          Tokens = model.Tokens
          Depth = model.Depth
          Width = model.Width
          Heads = recordHeads model
          MlpWidth = model.MlpWidth
          Activation = model.Activation
          Gated = model.Gated
          Norm = model.Norm
          NormKind = NormKind.Scale
          NormGain = Schedule.Constant 1.0
          Wiring = model.Wiring
          Mask = model.Mask
          Attention =
            AttentionParameters.Of(
                Schedule.Constant 1.0,
                Schedule.Constant branch,
                logitStd model,
                // W_V has fan-in d, W_O fan-in H d_h
                weight
                * std (float model.Width)
                * std (float model.Heads * float model.HeadWidth)
            )
          Mlp =
            MlpParameters.Of(
                Schedule.Constant 1.0,
                Schedule.Constant branch,
                std (float model.Width),
                0.0,
                weight * std (float model.MlpWidth)
            )
          Input = input model }
