namespace Hybrid.Theory

open Hybrid.Architectures

/// How many small networks with such numbers learnt something when they were trained, of how many.
[<Struct>]
type TrainedNetworks = { Trained: int; Networks: int }

/// What became of networks that were trained, by placement and by where what counts of them, derivation (14.1), lies: the counts of
/// docs/results/verdict-evidence.json, described in docs/how-sure.md.
[<RequireQualifiedAccess>]
module Evidence =

    let private of' trained networks =
        { Trained = trained
          Networks = networks }

    /// Up to the first limit, between the limits, beyond the second: trained placements, then all together.
    let private byPlacement =
        [ Placement.Pre, [| of' 131 144; of' 1 18; of' 1 16 |]
          Placement.Peri, [| of' 134 143; of' 3 22; of' 0 14 |]
          Placement.Output, [| of' 6 9; of' 2 6; of' 0 0 |]
          Placement.Post, [| of' 134 148; of' 0 20; of' 0 11 |]
          Placement.None, [| of' 8 9; of' 0 1; of' 0 4 |] ]

    let private together =
        byPlacement
        |> List.map snd
        |> List.reduce (Array.map2 (fun a b -> of' (a.Trained + b.Trained) (a.Networks + b.Networks)))

    /// Networks of the placement, or of all where none of it were trained, whose count lies on the same side of the limits.
    [<CompiledName("Of")>]
    let ofCount (placement: Placement) (limits: TrainabilityLimits) (counted: float) : TrainedNetworks =
        let band =
            if counted <= limits.Trainable then 0
            elif counted <= limits.Untrainable then 1
            else 2

        match byPlacement |> List.tryFind (fun (candidate, _) -> candidate = placement) with
        | Some(_, bands) when bands[band].Networks > 0 -> bands[band]
        | Some _
        | None -> together[band]
