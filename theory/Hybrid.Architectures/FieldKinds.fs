namespace Hybrid.Architectures

open System
open System.Globalization

/// Fields of every kind: what a value of the kind is, and what is said of one that is not.
module internal FieldKinds =

    /// Largest value of any size field; beyond it no engine could allocate a single layer.
    [<Literal>]
    let LargestSize = 16_777_216

    /// Longest name, in UTF-16 units: that of a file, which it may come from.
    [<Literal>]
    let LongestName = 255

    let leastCorrelation tokens =
        if tokens > 1 then -1.0 / float (tokens - 1) else -1.0

    let show (value: float) =
        value.ToString("R", CultureInfo.InvariantCulture)

    /// A field that holds what `spell` writes and `parse` reads of it; `check` says what is illegal about a value.
    let private field kind path symbol meaning legal spell parse check (get: Architecture -> 'a) set =
        { Path = path
          Symbol = symbol
          Meaning = meaning
          Kind = kind
          Legal = legal
          Names = [||]
          IsOptional = false
          Get = get >> spell
          TrySet = fun value a -> parse value |> ValueOption.map (fun value -> set value a)
          Check =
            fun a ->
                check a (get a)
                |> List.map (fun struct (part, received, legal) ->
                    { Field = if part = "" then path else $"{path}.{part}"
                      Received = received
                      Legal = legal }) }

    let text path meaning get set =
        let parse value =
            match value with
            | FieldValue.Text text -> ValueSome text
            | _ -> ValueNone

        // what would break a line, or steer the terminal that a report is read on, is no name
        let check _ (value: string) =
            [ if value.Length > LongestName || Seq.exists Char.IsControl value then
                  struct ("",
                          $"{value.Length} characters",
                          $"at most {LongestName} characters, none of them a control character") ]

        field FieldKind.Text path "" meaning "a string" FieldValue.Text parse check get set

    let wholeOf value =
        match value with
        | FieldValue.Whole whole -> ValueSome whole
        | _ -> ValueNone

    let numberOf value =
        match value with
        | FieldValue.Number number -> ValueSome number
        | FieldValue.Whole whole -> ValueSome(float whole)
        | _ -> ValueNone

    let size path symbol meaning get set =
        let legal = $"an integer from 1 to {LargestSize}"

        let check _ value =
            [ if value < 1 || value > LargestSize then
                  struct ("", string value, legal) ]

        field FieldKind.Whole path symbol meaning legal FieldValue.Whole wholeOf check get set

    let flag path meaning get set =
        let parse value =
            match value with
            | FieldValue.Flag flag -> ValueSome flag
            | _ -> ValueNone

        field FieldKind.Flag path "" meaning "true or false" FieldValue.Flag parse (fun _ _ -> []) get set

    /// A finite number in a range that `legal` states.
    let number path symbol meaning legal inside get set =
        let check a value =
            [ if not (inside a value) then
                  struct ("", show value, legal a) ]

        field FieldKind.Number path symbol meaning "a finite number" FieldValue.Number numberOf check get set

    let nonNegative path symbol meaning get set =
        number
            path
            symbol
            meaning
            (fun _ -> "a finite number ≥ 0")
            (fun _ value -> Double.IsFinite value && value >= 0.0)
            get
            set

    let schedule path symbol meaning get set =
        let spell schedule =
            match schedule with
            | Schedule.Constant value -> FieldValue.Number value
            | Schedule.PerLayer values -> FieldValue.Numbers values

        let parse value =
            match value with
            | FieldValue.Numbers values -> ValueSome(Schedule.PerLayer values)
            | value -> numberOf value |> ValueOption.map Schedule.Constant

        let check (a: Architecture) (schedule: Schedule) =
            [ match schedule with
              | Schedule.PerLayer values when values.Length <> a.Depth ->
                  struct ("", $"an array of {values.Length}", $"a number or an array of length depth = {a.Depth}")
              | Schedule.PerLayer _
              | Schedule.Constant _ -> ()
              match
                  schedule.Values
                  |> Array.tryFind (fun value -> not (Double.IsFinite value && value >= 0.0))
              with
              | Some value -> struct ("", show value, "finite numbers ≥ 0")
              | None -> () ]

        field
            FieldKind.Schedule
            path
            symbol
            meaning
            "a finite number, or an array of finite numbers, one for each layer"
            spell
            parse
            check
            get
            set

    /// A choice among `cases`; a value that has no name is written as `spell` says and read as `parse` says.
    let choiceOr path meaning also spell parse (cases: struct (string * 'a)[]) (get: Architecture -> 'a) set =
        let names = cases |> Array.map (fun struct (name, _) -> name)

        let spell value =
            match cases |> Array.tryFind (fun struct (_, case) -> case = value) with
            | Some(struct (name, _)) -> FieldValue.Text name
            | None -> spell value

        let parse value =
            match value with
            | FieldValue.Text name ->
                cases
                |> Array.tryPick (fun struct (candidate, case) -> if candidate = name then Some case else None)
                |> ValueOption.ofOption
            | FieldValue.Object parts -> parse parts
            | _ -> ValueNone

        { field
              FieldKind.Choice
              path
              ""
              meaning
              ("one of " + String.concat ", " names + also)
              spell
              parse
              (fun _ _ -> [])
              get
              set with
            Names = names }

    let choice path meaning cases get set =
        let unnamed value =
            raise (
                NotSupportedException(
                    $"{path} {value} has no name in the architecture record and cannot be written; it must be one of "
                    + String.concat ", " (cases |> Array.map (fun struct (name, _) -> name))
                )
            )

        choiceOr path meaning "" unnamed (fun _ -> ValueNone) cases get set

    /// The value of an object's part where all its names are known and none is given twice.
    let partsOf (known: string[]) (parts: struct (string * FieldValue)[]) =
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

    /// A field by rules of its own, that records leave out where it has the default: `spell` and `parse` are inverse.
    let shape path symbol meaning legal spell parse check get set =
        { field FieldKind.Shape path symbol meaning legal spell parse check get set with
            IsOptional = true }

    /// A part that may be absent, null in JSON.
    let optional spell parse =
        let spell value =
            match value with
            | None -> FieldValue.Null
            | Some value -> spell value

        let parse value =
            match value with
            | FieldValue.Null -> ValueSome None
            | value -> parse value |> ValueOption.map Some

        struct (spell, parse)

    let optionalWhole path symbol meaning legal inside get set =
        let struct (spell, parse) = optional FieldValue.Whole wholeOf

        let check a value =
            match value with
            | Some whole when not (inside a whole) -> [ struct ("", string whole, legal a) ]
            | _ -> []

        shape path symbol meaning "null or an integer" spell parse check get set

    let optionalNumber path symbol meaning legal inside get set =
        let struct (spell, parse) = optional FieldValue.Number numberOf

        let check _ value =
            match value with
            | Some number when not (Double.IsFinite number && inside number) -> [ struct ("", show number, legal) ]
            | _ -> []

        shape path symbol meaning "null or a finite number" spell parse check get set

    /// One value for all layers, or a list with one for each.
    let layered spellOne parseOne ofList (toList: 'a -> 'a[] voption) =
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

    /// Of a list with one value for each layer: its length, then the first value that `check` finds illegal.
    let checkEach check (a: Architecture) (each: 'a[]) =
        if each.Length <> a.Depth then
            [ struct ("", $"an array of {each.Length}", $"one for all layers or an array of length depth = {a.Depth}") ]
        else
            each |> Seq.collect (check a) |> Seq.truncate 1 |> List.ofSeq
