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
