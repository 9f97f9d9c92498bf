namespace Hybrid.Architectures

open System
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
    /// named answers, such as those of a placement without a name
    | Flags of struct (string * bool)[]

/// What kind of value a field takes.
[<RequireQualifiedAccess>]
type FieldKind =
    | Text
    | Whole
    | Number
    | Flag
    | Schedule
    | Choice

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
        | FieldKind.Choice -> false

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
            | FieldValue.Flags _ -> ValueNone

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
          Get = get >> FieldValue.Text
          TrySet =
            fun value a ->
                match value with
                | FieldValue.Text text -> ValueSome(set text a)
                | FieldValue.Whole _
                | FieldValue.Number _
                | FieldValue.Flag _
                | FieldValue.Numbers _
                | FieldValue.Flags _ -> ValueNone
          Check = check }

    let private size path symbol meaning (get: Architecture -> int) set =
        let legal = $"an integer from 1 to {LargestSize}"

        { Path = path
          Symbol = symbol
          Meaning = meaning
          Kind = FieldKind.Whole
          Legal = legal
          Names = [||]
          Get = get >> FieldValue.Whole
          TrySet =
            fun value a ->
                match value with
                | FieldValue.Whole whole -> ValueSome(set whole a)
                | FieldValue.Text _
                | FieldValue.Number _
                | FieldValue.Flag _
                | FieldValue.Numbers _
                | FieldValue.Flags _ -> ValueNone
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
          Get = get >> FieldValue.Flag
          TrySet =
            fun value a ->
                match value with
                | FieldValue.Flag flag -> ValueSome(set flag a)
                | FieldValue.Text _
                | FieldValue.Whole _
                | FieldValue.Number _
                | FieldValue.Numbers _
                | FieldValue.Flags _ -> ValueNone
          Check = fun _ -> [] }

    let private asNumber value =
        match value with
        | FieldValue.Number number -> ValueSome number
        | FieldValue.Whole whole -> ValueSome(float whole)
        | FieldValue.Text _
        | FieldValue.Flag _
        | FieldValue.Numbers _
        | FieldValue.Flags _ -> ValueNone

    /// A finite number in a range that `legal` states.
    let private number path symbol meaning legal inside (get: Architecture -> float) set =
        { Path = path
          Symbol = symbol
          Meaning = meaning
          Kind = FieldKind.Number
          Legal = "a finite number"
          Names = [||]
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
                | FieldValue.Flags _ ->
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
                    | FieldValue.Flags flags -> parse flags
                    | FieldValue.Whole _
                    | FieldValue.Number _
                    | FieldValue.Flag _
                    | FieldValue.Numbers _ -> ValueNone

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
        FieldValue.Flags
            [| struct ("before", placement.Before)
               struct ("branch", placement.OnBranch)
               struct ("sum", placement.OnSum) |]

    let private ofAnswers (flags: struct (string * bool)[]) =
        let known = [| "before"; "branch"; "sum" |]
        let names = flags |> Array.map (fun struct (name, _) -> name)

        if
            Array.forall (fun name -> Array.contains name known) names
            && Array.distinct names = names
        then
            let answer name =
                flags |> Array.exists (fun struct (given, yes) -> given = name && yes)

            ValueSome
                { Before = answer "before"
                  OnBranch = answer "branch"
                  OnSum = answer "sum" }
        else
            ValueNone

    let private attention change (a: Architecture) =
        { a with
            Attention = change a.Attention }

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
           choice "wiring" "how a block's sublayers follow each other" Wiring.named _.Wiring (fun value a ->
               { a with Wiring = value })
           choice "mask" "which tokens a token attends to" Mask.named _.Mask (fun value a -> { a with Mask = value })
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

    let private byPath = all |> Array.map (fun field -> field.Path, field) |> dict

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
