namespace Hybrid.Architectures

open System
open System.Collections.Generic
open System.Globalization

/// One illegal field of an architecture: its path in the JSON record, what was received, what is legal.
type ValidationError =
    { Field: string
      Received: string
      Legal: string }

    override this.ToString() =
        $"{this.Field} must be {this.Legal}, got {this.Received}"

/// What a field of the record can hold, as JSON, overrides and axes say it.
[<RequireQualifiedAccess>]
type FieldValue =
    | Text of string
    | Whole of int
    | Number of float
    | Flag of bool
    | Numbers of float[]
    /// what an absent part is
    | Null
    /// named values, such as the answers of a placement without a name
    | Object of struct (string * FieldValue)[]
    /// values that are not all numbers, one for each layer
    | List of FieldValue[]

    /// As an error message quotes it.
    override this.ToString() =
        let number (value: float) =
            value.ToString("R", CultureInfo.InvariantCulture)

        let list (items: string seq) = "[" + String.Join(", ", items) + "]"

        match this with
        | Text text -> text
        | Whole whole -> string whole
        | Number value -> number value
        | Flag flag -> if flag then "true" else "false"
        | Numbers values -> values |> Seq.map number |> list
        | Null -> "null"
        | Object parts ->
            parts
            |> Seq.map (fun struct (name, value) -> $"{name} {value}")
            |> String.concat ", "
        | List values -> values |> Seq.map string |> list

/// What kind of value a field takes.
[<RequireQualifiedAccess>]
type FieldKind =
    | Text
    | Whole
    | Number
    | Flag
    | Schedule
    | Choice
    /// a word, a number or an object, by the field's own rules
    | Shape

/// One field of the architecture record: everything that JSON, `--set`, axes, suggestions, help and error messages know of it.
type Field =
    {
        /// the dotted path, as in every message: mlp.inStd
        Path: string
        /// the theory's symbol, or "" where it has none
        Symbol: string
        /// what it is, in a few words
        Meaning: string
        Kind: FieldKind
        /// what it may hold, as a message says it after "must be"
        Legal: string
        /// the legal words of a choice
        Names: string[]
        /// whether records leave it out where it has the default
        IsOptional: bool
        /// the architecture's value
        Get: Architecture -> FieldValue
        /// the architecture with another value, not validated; none where the value is of another kind
        TrySet: FieldValue -> Architecture -> Architecture voption
        /// violations of the field's own range
        Check: Architecture -> ValidationError list
    }

    /// The value of `architecture`.
    member this.Read(architecture: Architecture) = this.Get architecture

    /// Sets `value`; null where it is of another kind.
    member this.Write(architecture: Architecture, value: FieldValue) : Architecture | null =
        match this.TrySet value architecture with
        | ValueSome changed -> changed
        | ValueNone -> null

    /// Whether an axis may sweep it.
    member this.IsNumeric =
        match this.Kind with
        | FieldKind.Whole
        | FieldKind.Number
        | FieldKind.Schedule -> true
        | FieldKind.Text
        | FieldKind.Flag
        | FieldKind.Choice
        | FieldKind.Shape -> false

    /// The architecture with the number or every number of the schedule multiplied; fields of other kinds stay.
    member this.Scale (factor: float) (architecture: Architecture) =
        let scaled =
            match this.Get architecture with
            | FieldValue.Number value -> ValueSome(FieldValue.Number(factor * value))
            | FieldValue.Numbers values ->
                ValueSome(FieldValue.Numbers(values |> Array.map (fun value -> factor * value)))
            | FieldValue.Text _
            | FieldValue.Whole _
            | FieldValue.Flag _
            | FieldValue.Null
            | FieldValue.Object _
            | FieldValue.List _ -> ValueNone

        match scaled with
        | ValueSome value -> this.TrySet value architecture |> ValueOption.defaultValue architecture
        | ValueNone -> architecture

/// The fields of the architecture record, in the order in which it is written: the only list of them.
[<RequireQualifiedAccess>]
module Fields =

    /// Largest value of any size field; beyond it no engine could allocate a single layer.
    [<Literal>]
    let LargestSize = 16_777_216

    /// Longest name, in UTF-16 units: that of a file, which it may come from.
    [<Literal>]
    let LongestName = 255

    let internal leastCorrelation tokens =
        if tokens > 1 then -1.0 / float (tokens - 1) else -1.0

    let private show (value: float) =
        value.ToString("R", CultureInfo.InvariantCulture)

    let private error field (received: string) legal =
        { Field = field
          Received = received
          Legal = legal }

    let private text path meaning (get: Architecture -> string) set =
        // what would break a line, or steer the terminal that a report is read on, is no name
        let check a =
            let value = get a

            if value.Length <= LongestName && not (Seq.exists Char.IsControl value) then
                []
            else
                [ error
                      path
                      $"{value.Length} characters"
                      $"at most {LongestName} characters, none of them a control character" ]

        { Path = path
          Symbol = ""
          Meaning = meaning
          Kind = FieldKind.Text
          Legal = "a string"
          Names = [||]
          IsOptional = false
          Get = get >> FieldValue.Text
          TrySet =
            fun value a ->
                match value with
                | FieldValue.Text text -> ValueSome(set text a)
                | FieldValue.Whole _
                | FieldValue.Number _
                | FieldValue.Flag _
                | FieldValue.Numbers _
                | FieldValue.Null
                | FieldValue.Object _
                | FieldValue.List _ -> ValueNone
          Check = check }

    let private size path symbol meaning (get: Architecture -> int) set =
        let legal = "an integer from 1 to " + string LargestSize

        { Path = path
          Symbol = symbol
          Meaning = meaning
          Kind = FieldKind.Whole
          Legal = legal
          Names = [||]
          IsOptional = false
          Get = get >> FieldValue.Whole
          TrySet =
            fun value a ->
                match value with
                | FieldValue.Whole whole -> ValueSome(set whole a)
                | FieldValue.Text _
                | FieldValue.Number _
                | FieldValue.Flag _
                | FieldValue.Numbers _
                | FieldValue.Null
                | FieldValue.Object _
                | FieldValue.List _ -> ValueNone
          Check =
            fun a ->
                let value = get a

                if value >= 1 && value <= LargestSize then
                    []
                else
                    [ error path (string value) legal ] }

    let private flag path meaning (get: Architecture -> bool) set =
        { Path = path
          Symbol = ""
          Meaning = meaning
          Kind = FieldKind.Flag
          Legal = "true or false"
          Names = [||]
          IsOptional = false
          Get = get >> FieldValue.Flag
          TrySet =
            fun value a ->
                match value with
                | FieldValue.Flag flag -> ValueSome(set flag a)
                | FieldValue.Text _
                | FieldValue.Whole _
                | FieldValue.Number _
                | FieldValue.Numbers _
                | FieldValue.Null
                | FieldValue.Object _
                | FieldValue.List _ -> ValueNone
          Check = fun _ -> [] }

    let private asNumber value =
        match value with
        | FieldValue.Number number -> ValueSome number
        | FieldValue.Whole whole -> ValueSome(float whole)
        | FieldValue.Text _
        | FieldValue.Flag _
        | FieldValue.Numbers _
        | FieldValue.Null
        | FieldValue.Object _
        | FieldValue.List _ -> ValueNone

    /// A finite number in a range that `legal` states.
    let private number path symbol meaning legal inside (get: Architecture -> float) set =
        { Path = path
          Symbol = symbol
          Meaning = meaning
          Kind = FieldKind.Number
          Legal = "a finite number"
          Names = [||]
          IsOptional = false
          Get = get >> FieldValue.Number
          TrySet = fun value a -> asNumber value |> ValueOption.map (fun number -> set number a)
          Check =
            fun a ->
                let value = get a

                if inside a value then
                    []
                else
                    [ error path (show value) (legal a) ] }

    let private nonNegative path symbol meaning get set =
        number
            path
            symbol
            meaning
            (fun _ -> "a finite number ≥ 0")
            (fun _ value -> Double.IsFinite value && value >= 0.0)
            get
            set

    let private schedule path symbol meaning (get: Architecture -> Schedule) set =
        let check (a: Architecture) =
            let length =
                match get a with
                | Schedule.PerLayer values when values.Length <> a.Depth ->
                    [ error path $"an array of {values.Length}" $"a number or an array of length depth = {a.Depth}" ]
                | Schedule.PerLayer _
                | Schedule.Constant _ -> []

            let entries =
                (get a).Values
                |> Array.tryFind (fun value -> not (Double.IsFinite value && value >= 0.0))
                |> Option.map (fun value -> error path (show value) "finite numbers ≥ 0")
                |> Option.toList

            length @ entries

        { Path = path
          Symbol = symbol
          Meaning = meaning
          Kind = FieldKind.Schedule
          Legal = "a finite number, or an array of finite numbers, one for each layer"
          Names = [||]
          IsOptional = false
          Get =
            fun a ->
                match get a with
                | Schedule.Constant value -> FieldValue.Number value
                | Schedule.PerLayer values -> FieldValue.Numbers values
          TrySet =
            fun value a ->
                match value with
                | FieldValue.Numbers values -> ValueSome(set (Schedule.PerLayer values) a)
                | FieldValue.Number _
                | FieldValue.Whole _
                | FieldValue.Text _
                | FieldValue.Flag _
                | FieldValue.Null
                | FieldValue.Object _
                | FieldValue.List _ ->
                    asNumber value
                    |> ValueOption.map (fun number -> set (Schedule.Constant number) a)
          Check = check }

    /// A choice among `cases`; a value that has no name is written as `spell` says and read as `parse` says.
    let private choiceOr path meaning also spell parse (cases: struct (string * 'a)[]) (get: Architecture -> 'a) set =
        let names = cases |> Array.map (fun struct (name, _) -> name)

        let ofName name =
            match cases |> Array.tryFind (fun struct (candidate, _) -> candidate = name) with
            | Some(struct (_, case)) -> ValueSome case
            | None -> ValueNone

        { Path = path
          Symbol = ""
          Meaning = meaning
          Kind = FieldKind.Choice
          Legal = "one of " + String.concat ", " names + also
          Names = names
          IsOptional = false
          Get =
            fun a ->
                let value = get a

                match cases |> Array.tryFind (fun struct (_, case) -> case = value) with
                | Some(struct (name, _)) -> FieldValue.Text name
                | None -> spell value
          TrySet =
            fun value a ->
                let case =
                    match value with
                    | FieldValue.Text name -> ofName name
                    | FieldValue.Object parts -> parse parts
                    | FieldValue.Whole _
                    | FieldValue.Number _
                    | FieldValue.Flag _
                    | FieldValue.Numbers _
                    | FieldValue.Null
                    | FieldValue.List _ -> ValueNone

                case |> ValueOption.map (fun case -> set case a)
          Check = fun _ -> [] }

    let private choice path meaning cases get set =
        let unnamed value =
            raise (
                NotSupportedException(
                    $"{path} {value} has no name in the architecture record and cannot be written; it must be one of "
                    + String.concat ", " (cases |> Array.map (fun struct (name, _) -> name))
                )
            )

        choiceOr path meaning "" unnamed (fun _ -> ValueNone) cases get set

    let private answers (placement: Placement) =
        FieldValue.Object
            [| struct ("before", FieldValue.Flag placement.Before)
               struct ("branch", FieldValue.Flag placement.OnBranch)
               struct ("sum", FieldValue.Flag placement.OnSum) |]

    /// The value of an object's part where all its names are known and none is given twice.
    let private partsOf (known: string[]) (parts: struct (string * FieldValue)[]) =
        let names = parts |> Array.map (fun struct (name, _) -> name)

        if
            Array.forall (fun name -> Array.contains name known) names
            && Array.distinct names = names
        then
            ValueSome(fun name ->
                parts
                |> Array.tryPick (fun struct (given, value) -> if given = name then Some value else None))
        else
            ValueNone

    let private ofAnswers parts =
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

    /// A field by rules of its own: `spell` and `parse` are inverse, `check` says what is illegal about a value.
    let private shape path symbol meaning legal spell parse check (get: Architecture -> 'a) set =
        { Path = path
          Symbol = symbol
          Meaning = meaning
          Kind = FieldKind.Shape
          Legal = legal
          Names = [||]
          IsOptional = true
          Get = get >> spell
          TrySet = fun value a -> parse value |> ValueOption.map (fun value -> set value a)
          Check =
            fun a ->
                check a (get a)
                |> List.map (fun struct (part, received, legal) ->
                    error (if part = "" then path else $"{path}.{part}") received legal) }

    /// A part that may be absent, null in JSON.
    let private optional spell parse =
        let spell value =
            match value with
            | None -> FieldValue.Null
            | Some value -> spell value

        let parse value =
            match value with
            | FieldValue.Null -> ValueSome None
            | value -> parse value |> ValueOption.map Some

        struct (spell, parse)

    let private wholeOf value =
        match value with
        | FieldValue.Whole whole -> ValueSome whole
        | _ -> ValueNone

    let private optionalWhole path symbol meaning legal inside get set =
        let struct (spell, parse) = optional FieldValue.Whole wholeOf

        let check a value =
            match value with
            | Some whole when not (inside a whole) -> [ struct ("", string whole, legal a) ]
            | _ -> []

        shape path symbol meaning "null or an integer" spell parse check get set

    let private optionalNumber path symbol meaning legal inside get set =
        let struct (spell, parse) = optional FieldValue.Number asNumber

        let check _ value =
            match value with
            | Some number when not (Double.IsFinite number && inside number) -> [ struct ("", show number, legal) ]
            | _ -> []

        shape path symbol meaning "null or a finite number" spell parse check get set

    /// One value for all layers, or a list with one for each.
    let private layered spellOne parseOne ofList (toList: 'a -> 'a[] voption) =
        let spell value =
            match toList value with
            | ValueSome each -> FieldValue.List(each |> Array.map spellOne)
            | ValueNone -> spellOne value

        let parse value =
            match value with
            | FieldValue.List values ->
                let each = values |> Array.map parseOne

                if each |> Array.forall ValueOption.isSome then
                    ValueSome(ofList (each |> Array.map ValueOption.get))
                else
                    ValueNone
            | value -> parseOne value

        struct (spell, parse)

    let private wrongLength (a: Architecture) (length: int) =
        [ struct ("", $"an array of {length}", $"one for all layers or an array of length depth = {a.Depth}") ]

    let private masks path meaning get set =
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
            | Mask.PerLayer each when each.Length <> a.Depth -> wrongLength a each.Length
            | Mask.PerLayer each -> each |> Seq.collect (check a) |> Seq.truncate 1 |> List.ofSeq

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

    let private positions path meaning get set =
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
            | Some value -> asNumber value
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
            | Positions.PerLayer each when each.Length <> a.Depth -> wrongLength a each.Length
            | Positions.PerLayer each -> each |> Seq.collect (check a) |> Seq.truncate 1 |> List.ofSeq

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

    let private experts path meaning get set =
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
                        | Some value -> asNumber value
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

    let private normKind path symbol meaning get set =
        let spell kind =
            match kind with
            | NormKind.Scale -> FieldValue.Text "scale"
            | NormKind.DyT alpha -> FieldValue.Object [| struct ("dyt", FieldValue.Number alpha) |]

        let parse value =
            match value with
            | FieldValue.Text "scale" -> ValueSome NormKind.Scale
            | FieldValue.Object [| struct ("dyt", alpha) |] -> asNumber alpha |> ValueOption.map NormKind.DyT
            | _ -> ValueNone

        let check _ kind =
            match kind with
            | NormKind.DyT alpha when not (Double.IsFinite alpha && alpha > 0.0) ->
                [ struct ("dyt", show alpha, "a finite number > 0") ]
            | NormKind.DyT _
            | NormKind.Scale -> []

        { shape path symbol meaning "scale, or an object of dyt with its α" spell parse check get set with
            Names = [| "scale" |] }

    let private attention change (a: Architecture) =
        { a with
            Attention = change a.Attention }

    let private head change =
        attention (fun part -> { part with Head = change part.Head })

    let private mlp change (a: Architecture) = { a with Mlp = change a.Mlp }
    let private input change (a: Architecture) = { a with Input = change a.Input }

    /// Every field.
    [<CompiledName("All")>]
    let all: Field[] =
        [| text "name" "the architecture's name" _.Name (fun value a -> { a with Name = value })
           size "tokens" "n" "tokens in a sequence" _.Tokens (fun value a -> { a with Tokens = value })
           size "depth" "L" "blocks" _.Depth (fun value a -> { a with Depth = value })
           size "width" "d" "coordinates of a token" _.Width (fun value a -> { a with Width = value })
           size "heads" "H" "attention heads; must divide the width" _.Heads (fun value a -> { a with Heads = value })
           size "mlpWidth" "d_mlp" "hidden units of the MLP" _.MlpWidth (fun value a -> { a with MlpWidth = value })
           choice
               "activation"
               "the MLP's nonlinearity φ"
               (Activation.named
                |> Array.map (fun (activation, name) -> struct (name, activation)))
               _.Activation
               (fun value a -> { a with Activation = value })
           flag "gated" "whether hidden units are φ(W_g z) ⊙ W_u z" _.Gated (fun value a -> { a with Gated = value })
           choiceOr
               "norm"
               "where each sublayer is normalised"
               ", or an object of before, branch and sum, each true or false"
               answers
               ofAnswers
               Placement.Named
               _.Norm
               (fun value a -> { a with Norm = value })
           normKind "normKind" "" "what a norm does" _.NormKind (fun value a -> { a with NormKind = value })
           { schedule "normGain" "γ" "what every norm multiplies by" _.NormGain (fun value a ->
                 { a with NormGain = value }) with
               IsOptional = true }
           choice "wiring" "how a block's sublayers follow each other" Wiring.named _.Wiring (fun value a ->
               { a with Wiring = value })
           masks "mask" "which tokens a token attends to" _.Mask (fun value a -> { a with Mask = value })
           schedule "attention.skip" "r_A" "weight of the stream past attention" _.Attention.Skip (fun value ->
               attention (fun part -> { part with Skip = value }))
           schedule "attention.branch" "a_A" "weight of attention's branch" _.Attention.Branch (fun value ->
               attention (fun part -> { part with Branch = value }))
           nonNegative
               "attention.logitStd"
               "σ_A"
               "standard deviation of logits of normalised tokens"
               _.Attention.LogitStd
               (fun value -> attention (fun part -> { part with LogitStd = value }))
           nonNegative "attention.valueStd" "σ_V" "factor of the value path on norms" _.Attention.ValueStd (fun value ->
               attention (fun part -> { part with ValueStd = value }))
           optionalWhole
               "attention.headWidth"
               "d_k"
               "coordinates of a head's queries and keys; null: width/heads"
               (fun _ -> $"null or an integer from 1 to {LargestSize}")
               (fun _ value -> value >= 1 && value <= LargestSize)
               _.Attention.Head.Width
               (fun value -> head (fun part -> { part with Width = value }))
           optionalWhole
               "attention.keyValueHeads"
               "G"
               "heads of keys and values; null: heads"
               (fun a -> $"null or a divisor of heads = {a.Heads}")
               (fun a value -> value >= 1 && a.Heads >= 1 && a.Heads % value = 0)
               _.Attention.Head.KeyValueHeads
               (fun value -> head (fun part -> { part with KeyValueHeads = value }))
           positions
               "attention.positions"
               "how attention is told where tokens are"
               _.Attention.Head.Positions
               (fun value -> head (fun part -> { part with Positions = value }))
           { choice
                 "attention.queryKeyNorm"
                 "which queries and keys are normalised; σ_A then is the product of the gains"
                 QueryKeyNorm.named
                 _.Attention.Head.QueryKeyNorm
                 (fun value -> head (fun part -> { part with QueryKeyNorm = value })) with
               IsOptional = true }
           { schedule
                 "attention.logitScale"
                 ""
                 "what the logits of a layer are multiplied by"
                 _.Attention.Head.LogitScale
                 (fun value -> head (fun part -> { part with LogitScale = value })) with
               IsOptional = true }
           optionalNumber
               "attention.softCap"
               "c"
               "cap of the logits, c tanh(ℓ/c); null: none"
               "null or a finite number > 0"
               (fun value -> value > 0.0)
               _.Attention.Head.SoftCap
               (fun value -> head (fun part -> { part with SoftCap = value }))
           optionalNumber
               "attention.sink"
               "b"
               "logit that takes weight and gives nothing; null: none"
               "null or a finite number"
               (fun _ -> true)
               _.Attention.Head.Sink
               (fun value -> head (fun part -> { part with Sink = value }))
           schedule "mlp.skip" "r_M" "weight of the stream past the MLP" _.Mlp.Skip (fun value ->
               mlp (fun part -> { part with Skip = value }))
           schedule "mlp.branch" "a_M" "weight of the MLP's branch" _.Mlp.Branch (fun value ->
               mlp (fun part -> { part with Branch = value }))
           nonNegative "mlp.inStd" "σ_w" "scale of W_1: entries N(0, σ_w²/d)" _.Mlp.InStd (fun value ->
               mlp (fun part -> { part with InStd = value }))
           nonNegative "mlp.biasStd" "σ_b" "standard deviation of the MLP's bias" _.Mlp.BiasStd (fun value ->
               mlp (fun part -> { part with BiasStd = value }))
           nonNegative "mlp.outStd" "σ_v" "scale of W_2: entries N(0, σ_v²/d_mlp)" _.Mlp.OutStd (fun value ->
               mlp (fun part -> { part with OutStd = value }))
           experts "mlp.experts" "experts in the MLP's place; null: none" _.Mlp.Experts (fun value ->
               mlp (fun part -> { part with Experts = value }))
           number
               "input.norm"
               "q_0"
               "squared norm per coordinate of the tokens that enter"
               (fun _ -> "a finite number > 0")
               (fun _ value -> Double.IsFinite value && value > 0.0)
               _.Input.Norm
               (fun value -> input (fun part -> { part with Norm = value }))
           number
               "input.correlation"
               "ρ_0"
               "correlation of any two tokens that enter"
               (fun a ->
                   $"from −1/(tokens−1) = {(leastCorrelation a.Tokens).ToString(CultureInfo.InvariantCulture)} to 1")
               (fun a value -> value >= leastCorrelation a.Tokens && value <= 1.0)
               _.Input.Correlation
               (fun value -> input (fun part -> { part with Correlation = value })) |]

    let private byPath =
        Dictionary(all |> Array.map (fun field -> KeyValuePair(field.Path, field)))

    /// The field at a dotted path; None where there is none.
    let tryFind (path: string) =
        match byPath.TryGetValue path with
        | true, field -> Some field
        | false, _ -> None

    /// The field at a dotted path, or null, for C#.
    [<CompiledName("Find")>]
    let find (path: string) : Field | null =
        match byPath.TryGetValue path with
        | true, field -> field
        | false, _ -> null
