namespace Hybrid.Architectures

open System

open Hybrid.Architectures.FieldKinds

/// The fields that are words, numbers or objects by rules of their own, each written, read and checked in one place.
module internal FieldShapes =

    let answers (placement: Placement) =
        FieldValue.Object
            [| struct ("before", FieldValue.Flag placement.Before)
               struct ("branch", FieldValue.Flag placement.OnBranch)
               struct ("sum", FieldValue.Flag placement.OnSum) |]

    let ofAnswers parts =
        let flag value =
            match value with
            | Some(FieldValue.Flag yes) -> ValueSome yes
            | Some _ -> ValueNone
            | None -> ValueSome false

        partsOf [| "before"; "branch"; "sum" |] parts
        |> ValueOption.bind (fun part ->
            match flag (part "before"), flag (part "branch"), flag (part "sum") with
            | ValueSome before, ValueSome branch, ValueSome sum ->
                ValueSome
                    { Before = before
                      OnBranch = branch
                      OnSum = sum }
            | _ -> ValueNone)

    let masks path meaning get set =
        let spellOne mask =
            match mask with
            | Mask.Window tokens -> FieldValue.Object [| struct ("window", FieldValue.Whole tokens) |]
            | Mask.Prefix tokens -> FieldValue.Object [| struct ("prefix", FieldValue.Whole tokens) |]
            | Mask.None -> FieldValue.Text "none"
            | Mask.Causal -> FieldValue.Text "causal"
            | Mask.PerLayer _ -> invalidOp "a mask for each layer holds none for each layer"

        let parseOne value =
            match value with
            | FieldValue.Text "none" -> ValueSome Mask.None
            | FieldValue.Text "causal" -> ValueSome Mask.Causal
            | FieldValue.Object [| struct ("window", FieldValue.Whole tokens) |] -> ValueSome(Mask.Window tokens)
            | FieldValue.Object [| struct ("prefix", FieldValue.Whole tokens) |] -> ValueSome(Mask.Prefix tokens)
            | _ -> ValueNone

        let struct (spell, parse) =
            layered spellOne parseOne Mask.PerLayer (fun mask ->
                match mask with
                | Mask.PerLayer each -> ValueSome each
                | _ -> ValueNone)

        let rec check (a: Architecture) mask =
            match mask with
            | Mask.None
            | Mask.Causal -> []
            | Mask.Window tokens when tokens < 1 -> [ struct ("window", string tokens, "an integer ≥ 1") ]
            | Mask.Prefix tokens when tokens < 0 -> [ struct ("prefix", string tokens, "an integer ≥ 0") ]
            | Mask.Window _
            | Mask.Prefix _ -> []
            | Mask.PerLayer each -> checkEach check a each

        { shape
              path
              ""
              meaning
              "one of none, causal, or an object of window or prefix with a number of tokens, or an array of these, one for each layer"
              spell
              parse
              check
              get
              set with
            Names = Mask.named |> Array.map (fun struct (name, _) -> name)
            IsOptional = false }

    let positions path meaning get set =
        let spellOne positions =
            match positions with
            | Positions.None -> FieldValue.Text "none"
            | Positions.Alibi -> FieldValue.Text "alibi"
            | Positions.Rope(baseFrequency, fraction) ->
                FieldValue.Object
                    [| struct ("rope",
                               FieldValue.Object
                                   [| struct ("base", FieldValue.Number baseFrequency)
                                      struct ("fraction", FieldValue.Number fraction) |]) |]
            | Positions.PerLayer _ -> invalidOp "positions for each layer hold none for each layer"

        let numberOr absent value =
            match value with
            | Some value -> numberOf value
            | None -> ValueSome absent

        let parseOne value =
            match value with
            | FieldValue.Text "none" -> ValueSome Positions.None
            | FieldValue.Text "alibi" -> ValueSome Positions.Alibi
            | FieldValue.Object [| struct ("rope", FieldValue.Object parts) |] ->
                partsOf [| "base"; "fraction" |] parts
                |> ValueOption.bind (fun part ->
                    match numberOr 10000.0 (part "base"), numberOr 1.0 (part "fraction") with
                    | ValueSome baseFrequency, ValueSome fraction -> ValueSome(Positions.Rope(baseFrequency, fraction))
                    | _ -> ValueNone)
            | _ -> ValueNone

        let struct (spell, parse) =
            layered spellOne parseOne Positions.PerLayer (fun positions ->
                match positions with
                | Positions.PerLayer each -> ValueSome each
                | _ -> ValueNone)

        let rec check (a: Architecture) positions =
            match positions with
            | Positions.None
            | Positions.Alibi -> []
            | Positions.Rope(baseFrequency, fraction) ->
                [ if not (Double.IsFinite baseFrequency && baseFrequency > 0.0) then
                      struct ("rope.base", show baseFrequency, "a finite number > 0")
                  if not (fraction >= 0.0 && fraction <= 1.0) then
                      struct ("rope.fraction", show fraction, "a number from 0 to 1") ]
            | Positions.PerLayer each -> checkEach check a each

        { shape
              path
              ""
              meaning
              "one of none, alibi, an object of rope with base and fraction, or an array of these, one for each layer"
              spell
              parse
              check
              get
              set with
            Names = [| "none"; "alibi" |] }

    let experts path meaning get set =
        let gateName gate =
            Gate.named
            |> Array.pick (fun struct (name, case) -> if case = gate then Some name else None)

        let spellOne (experts: Experts) =
            FieldValue.Object
                [| struct ("count", FieldValue.Whole experts.Count)
                   struct ("active", FieldValue.Whole experts.Active)
                   struct ("gate", FieldValue.Text(gateName experts.Gate))
                   struct ("routerStd", FieldValue.Number experts.RouterStd)
                   struct ("scale", FieldValue.Number experts.Scale)
                   struct ("shared", FieldValue.Number experts.Shared)
                   struct ("dense", FieldValue.Whole experts.Dense) |]

        let parseOne value =
            match value with
            | FieldValue.Object parts ->
                partsOf [| "count"; "active"; "gate"; "routerStd"; "scale"; "shared"; "dense" |] parts
                |> ValueOption.bind (fun part ->
                    let whole name absent =
                        match part name with
                        | Some value -> wholeOf value
                        | None -> absent

                    let number name absent =
                        match part name with
                        | Some value -> numberOf value
                        | None -> ValueSome absent

                    let gate =
                        match part "gate" with
                        | None -> ValueSome Gate.Renormalised
                        | Some(FieldValue.Text name) ->
                            Gate.named
                            |> Array.tryPick (fun struct (known, gate) -> if known = name then Some gate else None)
                            |> ValueOption.ofOption
                        | Some _ -> ValueNone

                    match
                        whole "count" ValueNone,
                        whole "active" ValueNone,
                        gate,
                        number "routerStd" 1.0,
                        number "scale" 1.0,
                        number "shared" 0.0,
                        whole "dense" (ValueSome 0)
                    with
                    | ValueSome count,
                      ValueSome active,
                      ValueSome gate,
                      ValueSome routerStd,
                      ValueSome scale,
                      ValueSome shared,
                      ValueSome dense ->
                        ValueSome
                            { Count = count
                              Active = active
                              Gate = gate
                              RouterStd = routerStd
                              Scale = scale
                              Shared = shared
                              Dense = dense }
                    | _ -> ValueNone)
            | _ -> ValueNone

        let struct (spell, parse) = optional spellOne parseOne

        let check (a: Architecture) (experts: Experts option) =
            match experts with
            | None -> []
            | Some e ->
                [ if e.Count < 1 || e.Count > LargestSize then
                      struct ("count", string e.Count, $"an integer from 1 to {LargestSize}")
                  if e.Active < 1 || e.Active > e.Count then
                      struct ("active", string e.Active, $"an integer from 1 to count = {e.Count}")
                  for name, value in [ "routerStd", e.RouterStd; "scale", e.Scale; "shared", e.Shared ] do
                      if not (Double.IsFinite value && value >= 0.0) then
                          struct (name, show value, "a finite number ≥ 0")
                  if e.Dense < 0 || e.Dense > a.Depth then
                      struct ("dense", string e.Dense, $"an integer from 0 to depth = {a.Depth}") ]

        shape
            path
            ""
            meaning
            "null, or an object of count, active, gate (renormalised, softmax or sigmoid), routerStd, scale, shared and dense"
            spell
            parse
            check
            get
            set

    let normKind path symbol meaning get set =
        let spell kind =
            match kind with
            | NormKind.Scale -> FieldValue.Text "scale"
            | NormKind.DyT alpha -> FieldValue.Object [| struct ("dyt", FieldValue.Number alpha) |]

        let parse value =
            match value with
            | FieldValue.Text "scale" -> ValueSome NormKind.Scale
            | FieldValue.Object [| struct ("dyt", alpha) |] -> numberOf alpha |> ValueOption.map NormKind.DyT
            | _ -> ValueNone

        let check _ kind =
            match kind with
            | NormKind.DyT alpha when not (Double.IsFinite alpha && alpha > 0.0) ->
                [ struct ("dyt", show alpha, "a finite number > 0") ]
            | NormKind.DyT _
            | NormKind.Scale -> []

        { shape path symbol meaning "scale, or an object of dyt with its α" spell parse check get set with
            Names = [| "scale" |] }
