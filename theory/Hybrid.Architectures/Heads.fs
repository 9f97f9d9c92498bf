namespace Hybrid.Architectures

/// Which tokens a token may attend to.
[<RequireQualifiedAccess>]
type Mask =
    | None
    /// itself and those before it
    | Causal
    /// causal, and only so many of them: j > i − tokens
    | Window of tokens: int
    /// the first so many, and those up to itself: j < tokens or j ≤ i
    | Prefix of tokens: int
    /// one for each layer, layer 1 first, each of the kinds above
    | PerLayer of Mask[]

    /// The mask of block `layer`, 1 ≤ layer ≤ depth.
    member this.At(layer: int) =
        match this with
        | PerLayer masks -> masks[layer - 1]
        | None
        | Causal
        | Window _
        | Prefix _ -> this

    /// Whether token i attends to token j, both counted from 0, in a layer of this one mask.
    member this.Allows(i: int, j: int) =
        match this with
        | None -> true
        | Causal -> j <= i
        | Window tokens -> j <= i && j > i - tokens
        | Prefix tokens -> j < tokens || j <= i
        | PerLayer _ -> invalidOp "a mask for each layer is asked for one of them with At"

    /// Whether any token sees one behind it.
    member this.LooksAhead =
        match this with
        | None -> true
        | Causal
        | Window _ -> false
        | Prefix tokens -> tokens > 1
        | PerLayer masks -> masks |> Array.exists _.LooksAhead

    /// The simplest mask that allows the same among so many tokens.
    member this.Within(tokens: int) =
        match this with
        | None
        | Causal -> this
        | Window width -> if width >= tokens then Causal else this
        | Prefix length ->
            if length <= 1 then Causal
            elif length >= tokens then None
            else this
        | PerLayer masks ->
            let each = masks |> Array.map _.Within(tokens)

            if each.Length > 0 && each |> Array.forall (fun mask -> mask = each[0]) then
                each[0]
            else
                PerLayer each

/// The masks with a word for a name.
[<RequireQualifiedAccess>]
module Mask =

    /// Every such mask with its name in records: the one list of them.
    [<CompiledName("Named")>]
    let named = [| struct ("none", Mask.None); struct ("causal", Mask.Causal) |]

/// How attention is told where tokens are.
[<RequireQualifiedAccess>]
type Positions =
    | None
    /// queries and keys are turned, pair f of coordinates by the position times base^(−2f/(fraction · d_k)); the rest of the
    /// coordinates are not
    | Rope of baseFrequency: float * fraction: float
    /// head h = 1..H has 2^(−8h/H) |i − j| taken off its logits
    | Alibi
    /// one for each layer, layer 1 first, each of the kinds above
    | PerLayer of Positions[]

    /// The positions of block `layer`, 1 ≤ layer ≤ depth.
    member this.At(layer: int) =
        match this with
        | PerLayer positions -> positions[layer - 1]
        | None
        | Rope _
        | Alibi -> this

    /// Whether the heads of a layer differ in law: ALiBi's slopes do.
    member this.TellHeadsApart =
        match this with
        | PerLayer positions -> positions |> Array.exists _.TellHeadsApart
        | Alibi -> true
        | None
        | Rope _ -> false

/// Which queries and keys are normalised before their product.
[<RequireQualifiedAccess>]
type QueryKeyNorm =
    | None
    /// each head's, on its own
    | Head
    /// those of all heads together
    | All

/// The norms of queries and keys by name.
[<RequireQualifiedAccess>]
module QueryKeyNorm =

    /// Every one with its name in records: the one list of them.
    [<CompiledName("Named")>]
    let named =
        [| struct ("none", QueryKeyNorm.None)
           struct ("head", QueryKeyNorm.Head)
           struct ("all", QueryKeyNorm.All) |]

/// What a head does besides softmax(q kᵀ/√d_k) v with queries, keys and values of its own.
type HeadParameters =
    {
        /// d_k; width/heads where there is none
        Width: int option
        /// G, heads of keys and values; as many as heads where there is none
        KeyValueHeads: int option
        Positions: Positions
        /// with a norm σ_A is the product of the gains, the logits' standard deviation whatever the weights
        QueryKeyNorm: QueryKeyNorm
        /// what the logits of a layer are multiplied by, normalised queries and keys or not
        LogitScale: Schedule
        /// c in c tanh(ℓ/c)
        SoftCap: float option
        /// b, a logit beside those of the tokens that takes weight and gives nothing
        Sink: float option
    }

    /// Nothing besides.
    static member Plain =
        { Width = None
          KeyValueHeads = None
          Positions = Positions.None
          QueryKeyNorm = QueryKeyNorm.None
          LogitScale = Schedule.Constant 1.0
          SoftCap = None
          Sink = None }

/// What weighs the chosen experts of a token.
[<RequireQualifiedAccess>]
type Gate =
    /// softmax over the chosen
    | Renormalised
    /// softmax over all experts
    | Softmax
    /// logistic functions, divided by the sum over the chosen
    | Sigmoid

/// The gates by name.
[<RequireQualifiedAccess>]
module Gate =

    /// Every gate with its name in records: the one list of them.
    [<CompiledName("Named")>]
    let named =
        [| struct ("renormalised", Gate.Renormalised)
           struct ("softmax", Gate.Softmax)
           struct ("sigmoid", Gate.Sigmoid) |]

/// Experts, MLPs of which a router chooses some for every token: y = scale · Σ g_e FFN_e(z) + √w_s FFN_shared(z).
type Experts =
    {
        /// E
        Count: int
        /// k, chosen for each token
        Active: int
        Gate: Gate
        /// σ_r, standard deviation of the router's logits of normalised tokens
        RouterStd: float
        /// what the gates are multiplied by
        Scale: float
        /// w_s, output variance of an expert that sees every token, over that of the others; 0 for none
        Shared: float
        /// first layers with one MLP instead
        Dense: int
    }

    /// Whether an expert sees every token.
    member this.HasShared = this.Shared > 0.0

    /// MLPs of a layer: the experts, and last the one that sees every token.
    member this.Mlps = this.Count + (if this.HasShared then 1 else 0)

    /// MLPs that see one token.
    member this.MlpsForToken = this.Active + (if this.HasShared then 1 else 0)

/// What a norm does.
[<RequireQualifiedAccess>]
type NormKind =
    /// x √d/‖x‖: layer or RMS norm
    | Scale
    /// tanh(α x) of every coordinate
    | DyT of alpha: float
