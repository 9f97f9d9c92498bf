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

/// Latent attention: queries, and keys with values, are made of normalised vectors of a few coordinates, all but the
/// coordinates of keys that turn with the position, which all heads share and which are made of the token itself.
type LatentDescription =
    {
        /// coordinates of the vector that queries are made of; the token itself where there is none
        Query: int option
        /// coordinates of the vector that keys and values are made of
        KeyValue: int
        /// coordinates of a head that turn
        Turned: int
        /// coordinates of a head that do not
        Unturned: int
        /// coordinates of a head's values
        Value: int
    }

/// Experts in the MLP's place, as published code states them.
type ExpertDescription =
    {
        /// E
        Count: int
        /// k, chosen for each token
        Active: int
        Gate: Gate
        /// what the gates are multiplied by
        Scale: float
        /// hidden units of one expert
        Width: int
        /// hidden units of the expert that sees every token; 0 for none
        SharedWidth: int
        /// mean square of what multiplies that expert's output: 1 where nothing does
        SharedPower: float
        /// first layers that have one MLP, of the description's `MlpWidth`, instead
        Dense: int
        /// standard deviation of the router's logits of normalised tokens, at any width; s√d where there is none
        RouterStd: float option
    }

/// What a head does besides softmax(c q kᵀ) v with keys and values of its own, as published code states it.
type HeadDescription =
    {
        /// G
        KeyValueHeads: int
        Positions: Positions
        /// what cosines and sines of positions that turn are multiplied by: 1 in most
        TurnFactor: float
        /// which queries and keys are normalised, with gains of 1
        QueryKeyNorm: QueryKeyNorm
        /// what the logits of a layer are multiplied by
        LogitScale: Schedule
        /// cap of the logits
        SoftCap: float option
        /// logit beside those of the tokens
        Sink: float option
        Latent: LatentDescription option
    }

    /// Heads of their own, and nothing besides.
    static member Plain(heads: int) =
        { KeyValueHeads = heads
          Positions = Positions.None
          TurnFactor = 1.0
          QueryKeyNorm = QueryKeyNorm.None
          LogitScale = Schedule.Constant 1.0
          SoftCap = None
          Sink = None
          Latent = None }

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
        /// H, of the queries
        Heads: int
        /// d_h, d/H or a size of its own
        HeadWidth: int
        /// d_mlp, of layers without experts
        MlpWidth: int
        Activation: Activation
        Gated: bool
        Norm: Placement
        Wiring: Wiring
        Mask: Mask
        /// s: every weight matrix has entries N(0, s²); biases are 0
        WeightStd: float
        /// of the entries of every table of vectors; s where there is none
        EmbeddingStd: float option
        /// c in softmax(c q·k), usually 1/√d_h
        LogitFactor: float
        Head: HeadDescription
        Experts: ExpertDescription option
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
        let std = Option.defaultValue model.WeightStd model.EmbeddingStd
        let variance = std * std
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

    /// Coordinates of a head's queries and keys.
    let private productWidth (model: ModelDescription) =
        match model.Head.Latent with
        | Some latent -> latent.Turned + latent.Unturned
        | None -> model.HeadWidth

    /// Coordinates of all heads' values together.
    let private valuesWidth (model: ModelDescription) =
        let each =
            match model.Head.Latent with
            | Some latent -> latent.Value
            | None -> model.HeadWidth

        float model.Heads * float each

    /// Coordinates of what values are made of.
    let private valueSource (model: ModelDescription) =
        match model.Head.Latent with
        | Some latent -> latent.KeyValue
        | None -> model.Width

    /// Variances of c q·k by coordinates that turn and by those that do not, where a share `fraction` of them does. A product of two
    /// coordinates has the variance of both, that of entries of a normalised vector times its length times s²; a norm of queries and
    /// keys leaves 1. Each of both is multiplied by the turn's factor.
    let private logitVariances (model: ModelDescription) fraction =
        let coordinates = float (productWidth model)
        let variance = model.WeightStd * model.WeightStd
        let turn = pown model.Head.TurnFactor 4

        let struct (turned, unturned) =
            match model.Head.QueryKeyNorm, model.Head.Latent with
            | QueryKeyNorm.None, Some latent ->
                let query = variance * float (Option.defaultValue model.Width latent.Query)

                struct (float latent.Turned * query * variance * float model.Width,
                        float latent.Unturned * query * variance * float latent.KeyValue)
            | QueryKeyNorm.None, None ->
                let product = variance * float model.Width
                struct (fraction * coordinates * product * product, (1.0 - fraction) * coordinates * product * product)
            | QueryKeyNorm.Head, _
            | QueryKeyNorm.All, _ -> struct (fraction * coordinates, (1.0 - fraction) * coordinates)

        let square = model.LogitFactor * model.LogitFactor
        struct (square * turn * turned, square * unturned)

    /// Whether all coordinates of queries and keys have one variance, so that a share of them is that share of the logits' variance.
    let private isEven (model: ModelDescription) =
        model.Head.TurnFactor = 1.0 && model.Head.Latent.IsNone

    let rec private fractionOf positions =
        match positions with
        | Positions.Rope(_, fraction) -> fraction
        | Positions.PerLayer each -> each |> Array.map fractionOf |> Array.max
        | Positions.None
        | Positions.Alibi -> 0.0

    let private logitStd (model: ModelDescription) =
        if isEven model then
            let heads = model.LogitFactor * sqrt (float model.HeadWidth)

            match model.Head.QueryKeyNorm with
            | QueryKeyNorm.None -> heads * float model.Width * model.WeightStd * model.WeightStd
            | QueryKeyNorm.Head
            | QueryKeyNorm.All -> heads
        else
            let struct (turned, unturned) =
                logitVariances model (fractionOf model.Head.Positions)

            sqrt (turned + unturned)

    /// The record turns that share of its coordinates, all of one variance, which in the code is the turning ones' share of the logits'
    /// variance.
    let rec private turning (model: ModelDescription) positions =
        match positions with
        | Positions.Rope(baseFrequency, fraction) when not (isEven model) ->
            let struct (turned, unturned) = logitVariances model fraction
            let share = turned / (turned + unturned)
            // both may lie below or beyond double precision, where only their ratio does not
            Positions.Rope(baseFrequency, (if System.Double.IsFinite share then share else fraction))
        | Positions.PerLayer each -> Positions.PerLayer(each |> Array.map (turning model))
        | Positions.Rope _
        | Positions.None
        | Positions.Alibi -> positions

    let private largestDivisor (number: int) (most: int) =
        seq { min most number .. -1 .. 1 } |> Seq.find (fun part -> number % part = 0)

    /// H, or the largest divisor of d below it: the record's heads divide the width.
    [<CompiledName("RecordHeads")>]
    let recordHeads (model: ModelDescription) = largestDivisor model.Width model.Heads

    let private head (model: ModelDescription) : HeadParameters =
        let heads = recordHeads model
        let width = productWidth model
        let groups = largestDivisor heads model.Head.KeyValueHeads

        { Width = if width = model.Width / heads then None else Some width
          KeyValueHeads = if groups = heads then None else Some groups
          Positions = turning model model.Head.Positions
          QueryKeyNorm = model.Head.QueryKeyNorm
          LogitScale = model.Head.LogitScale
          SoftCap = model.Head.SoftCap
          Sink = model.Head.Sink }

    let private std (model: ModelDescription) (fanIn: float) = model.WeightStd * sqrt fanIn

    /// Layers with one MLP write with its own width's W_2, the others with an expert's; the record has one σ_v, an expert's, and the
    /// branch weights take up the difference unless a norm does.
    let private mlp (model: ModelDescription) (weight: float) (branch: float) : MlpParameters =
        let parameters (branches: Schedule) (width: int) =
            MlpParameters.Of(
                Schedule.Constant 1.0,
                branches,
                std model (float model.Width),
                0.0,
                weight * std model (float width)
            )

        match model.Experts with
        | None -> parameters (Schedule.Constant branch) model.MlpWidth
        | Some experts ->
            let dense = sqrt (float model.MlpWidth / float experts.Width)

            let branches =
                if model.Norm.OnBranch || experts.Dense = 0 || dense = 1.0 then
                    Schedule.Constant branch
                else
                    Schedule.PerLayer(
                        Array.init model.Depth (fun index -> if index < experts.Dense then branch * dense else branch)
                    )

            { parameters branches experts.Width with
                Experts =
                    Some
                        { Count = experts.Count
                          Active = experts.Active
                          Gate = experts.Gate
                          RouterStd = Option.defaultValue (std model (float model.Width)) experts.RouterStd
                          Scale = experts.Scale
                          Shared = experts.SharedPower * float experts.SharedWidth / float experts.Width
                          Dense = experts.Dense } }

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

        { Name = model.Name
          Tokens = model.Tokens
          Depth = model.Depth
          Width = model.Width
          Heads = recordHeads model
          MlpWidth =
            match model.Experts with
            | Some experts -> experts.Width
            | None -> model.MlpWidth
          Activation = model.Activation
          Gated = model.Gated
          Norm = model.Norm
          NormKind = NormKind.Scale
          NormGain = Schedule.Constant 1.0
          Wiring = model.Wiring
          Mask = model.Mask.Within model.Tokens
          Attention =
            { AttentionParameters.Of(
                  Schedule.Constant 1.0,
                  Schedule.Constant branch,
                  logitStd model,
                  weight * std model (float (valueSource model)) * std model (valuesWidth model)
              ) with
                Head = head model }
          Mlp = mlp model weight branch
          Input = input model }

    /// The same code at another width: its standard deviations and heads stay, every other width follows, and where it divides logits by
    /// √d_h or multiplies token vectors by √d it does so at the new one.
    [<CompiledName("AtWidth")>]
    let atWidth (model: ModelDescription) (width: int) : ModelDescription =
        let scaled (size: int) =
            max 1 (int (System.Math.Round(float size * float width / float model.Width)))

        let isOne (ratio: float) = abs (ratio - 1.0) < 1e-12

        let latent =
            model.Head.Latent
            |> Option.map (fun latent ->
                { Query = latent.Query |> Option.map scaled
                  KeyValue = scaled latent.KeyValue
                  Turned = scaled latent.Turned
                  Unturned = scaled latent.Unturned
                  Value = scaled latent.Value })

        let wide =
            { model with
                Width = width
                HeadWidth = scaled model.HeadWidth
                MlpWidth = scaled model.MlpWidth
                Head = { model.Head with Latent = latent }
                Experts =
                    model.Experts
                    |> Option.map (fun experts ->
                        { experts with
                            Width = scaled experts.Width
                            SharedWidth =
                                if experts.SharedWidth = 0 then
                                    0
                                else
                                    scaled experts.SharedWidth }) }

        { wide with
            LogitFactor =
                if isOne (model.LogitFactor * sqrt (float (productWidth model))) then
                    1.0 / sqrt (float (productWidth wide))
                else
                    model.LogitFactor
            EmbeddingFactor =
                if isOne (model.EmbeddingFactor / sqrt (float model.Width)) then
                    sqrt (float width)
                else
                    model.EmbeddingFactor }
