namespace Hybrid.Architectures

/// What an architecture may have beyond plain heads, one MLP and norms of gain 1: what not every walker of blocks can do.
[<RequireQualifiedAccess>]
type Feature =
    | NormKind
    | NormGain
    | Mask
    | HeadWidth
    | KeyValueHeads
    | Positions
    | QueryKeyNorm
    | LogitScale
    | SoftCap
    | Sink
    | Experts

    /// The field of the record that asks for it.
    member this.Field =
        match this with
        | NormKind -> "normKind"
        | NormGain -> "normGain"
        | Mask -> "mask"
        | HeadWidth -> "attention.headWidth"
        | KeyValueHeads -> "attention.keyValueHeads"
        | Positions -> "attention.positions"
        | QueryKeyNorm -> "attention.queryKeyNorm"
        | LogitScale -> "attention.logitScale"
        | SoftCap -> "attention.softCap"
        | Sink -> "attention.sink"
        | Experts -> "mlp.experts"

/// Which features an architecture has.
[<RequireQualifiedAccess>]
module Features =

    let private has (a: Architecture) feature =
        let head = a.Attention.Head

        match feature with
        | Feature.NormKind -> a.NormKind <> NormKind.Scale && a.Norm <> Placement.None
        | Feature.NormGain ->
            a.NormGain.Values |> Array.exists (fun gain -> gain <> 1.0)
            && a.Norm <> Placement.None
        | Feature.Mask -> a.Mask <> Mask.None && a.Mask <> Mask.Causal
        | Feature.HeadWidth -> head.Width |> Option.exists (fun width -> width * a.Heads <> a.Width)
        | Feature.KeyValueHeads -> head.KeyValueHeads |> Option.exists (fun heads -> heads <> a.Heads)
        | Feature.Positions -> head.Positions <> Positions.None
        | Feature.QueryKeyNorm -> head.QueryKeyNorm <> QueryKeyNorm.None
        | Feature.LogitScale -> head.LogitScale.Values |> Array.exists (fun scale -> scale <> 1.0)
        | Feature.SoftCap -> head.SoftCap.IsSome
        | Feature.Sink -> head.Sink.IsSome
        | Feature.Experts -> a.Mlp.Experts.IsSome

    /// Every feature that there is.
    [<CompiledName("All")>]
    let all =
        [| Feature.NormKind
           Feature.NormGain
           Feature.Mask
           Feature.HeadWidth
           Feature.KeyValueHeads
           Feature.Positions
           Feature.QueryKeyNorm
           Feature.LogitScale
           Feature.SoftCap
           Feature.Sink
           Feature.Experts |]

    /// Those of an architecture, in the record's order.
    [<CompiledName("Of")>]
    let ofArchitecture (architecture: Architecture) = all |> Array.filter (has architecture)

    /// Returns the architecture where `who`, such as an engine, has all the features that it asks for; otherwise raises
    /// InvalidArchitectureException that names every field.
    [<CompiledName("EnsureSupported")>]
    let ensureSupported (who: string) (supported: Feature[]) (architecture: Architecture) =
        match ofArchitecture architecture |> Array.except supported with
        | [||] -> architecture
        | missing ->
            let error (feature: Feature) =
                { Field = feature.Field
                  Received = string ((Option.get (Fields.tryFind feature.Field)).Read architecture)
                  Legal = $"left at its default with {who}, which cannot do more" }

            raise (InvalidArchitectureException(architecture.Name, Array.map error missing))

    /// Whether the closed maps have its norms: any gain, and tanh in front of modules alone.
    let private hasClosedNorms (architecture: Architecture) =
        match architecture.NormKind with
        | NormKind.Scale -> true
        | NormKind.DyT _ -> architecture.Norm = Placement.Pre || architecture.Norm = Placement.None

    /// Norms, and logits of another scale in every layer: what two numbers for a layer do not mind.
    let private isClosed feature =
        match feature with
        | Feature.NormKind
        | Feature.NormGain
        | Feature.LogitScale -> true
        | Feature.Mask
        | Feature.HeadWidth
        | Feature.KeyValueHeads
        | Feature.Positions
        | Feature.QueryKeyNorm
        | Feature.SoftCap
        | Feature.Sink
        | Feature.Experts -> false

    /// Whether any two tokens are alike and nothing is drawn: no mask and none of the features but norms and scales of logits. Then two numbers, q and ρ,
    /// describe a layer, and their maps are in closed form.
    [<CompiledName("AreClosed")>]
    let areClosed (architecture: Architecture) =
        architecture.Mask = Mask.None
        && hasClosedNorms architecture
        && Array.forall isClosed (ofArchitecture architecture)

    /// Whether experts are all that keeps an architecture from the closed maps.
    [<CompiledName("AreClosedButForExperts")>]
    let areClosedButForExperts (architecture: Architecture) =
        areClosed
            { architecture with
                Mlp = { architecture.Mlp with Experts = None } }

    /// Whether a sink beside tokens that are alike is known: their logits are then one Gaussian product.
    let private hasKnownSink (architecture: Architecture) =
        let head = architecture.Attention.Head

        architecture.Mask = Mask.None
        && head.Positions = Positions.None
        && head.QueryKeyNorm <> QueryKeyNorm.Head
        && head.SoftCap.IsNone

    /// The features with which the collapsed line is that of the closed maps: there all rows of a head are its mask's uniform average,
    /// whatever the heads are, unless positions tell otherwise or a sink does that is not known.
    [<CompiledName("OnTheLine")>]
    let onTheLine (architecture: Architecture) =
        [| if hasClosedNorms architecture then
               Feature.NormKind
           Feature.NormGain
           Feature.HeadWidth
           Feature.KeyValueHeads
           Feature.QueryKeyNorm
           Feature.LogitScale
           Feature.SoftCap
           if hasKnownSink architecture then
               Feature.Sink
           Feature.Experts |]

    /// Whether the collapsed line of an architecture is that of the closed maps.
    [<CompiledName("HaveLine")>]
    let haveLine (architecture: Architecture) =
        ofArchitecture architecture
        |> Array.except (onTheLine architecture)
        |> Array.isEmpty
