namespace Hybrid.Architectures

open System
open System.Globalization

/// An architecture that violates the range of at least one field.
type InvalidArchitectureException(name: string, errors: ValidationError[]) =
    inherit
        ArgumentException(
            $"architecture '{name}': "
            + String.Join("; ", errors |> Array.map (fun error -> error.ToString()))
        )

    /// The violated fields, in the record's order; never empty.
    member _.Errors = errors

/// Defaults and validation of the architecture record; the ranges of the fields and those that join several fields stated
/// here are the only ones.
[<RequireQualifiedAccess>]
[<CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Architecture =

    /// `Architecture.Defaults`.
    [<CompiledName("Defaults")>]
    let defaults = Architecture.Defaults

    /// Largest value of any size field; beyond it no engine could allocate a single layer.
    [<Literal>]
    let LargestSize = FieldKinds.LargestSize

    /// Longest name, in UTF-16 units: that of a file, which it may come from.
    [<Literal>]
    let LongestName = FieldKinds.LongestName

    /// Least correlation that n equal-norm vectors can share: −1/(n−1), and −1 for a single token.
    [<CompiledName("LeastCorrelation")>]
    let leastCorrelation tokens = FieldKinds.leastCorrelation tokens

    /// d_k, the coordinates of a head: the record's, or an equal share of the width.
    [<CompiledName("HeadWidth")>]
    let headWidth (architecture: Architecture) =
        architecture.Attention.Head.Width
        |> Option.defaultValue (max 1 (architecture.Width / architecture.Heads))

    /// Groups of heads that share keys and values; every head its own where the record has none.
    [<CompiledName("KeyValueHeads")>]
    let keyValueHeads (architecture: Architecture) =
        architecture.Attention.Head.KeyValueHeads
        |> Option.defaultValue architecture.Heads

    let private error field (received: string) legal =
        { Field = field
          Received = received
          Legal = legal }

    let private divisible (a: Architecture) =
        if a.Heads >= 1 && a.Width % a.Heads <> 0 then
            [ error "heads" (string a.Heads) $"a divisor of width = {a.Width}" ]
        else
            []

    /// A step whose weights are all zero would erase the residual stream.
    let private alive (a: Architecture) =
        let isEmpty (skip: Schedule) (branch: Schedule) layer =
            skip.At layer = 0.0 && branch.At layer = 0.0

        let attention = isEmpty a.Attention.Skip a.Attention.Branch
        let mlp = isEmpty a.Mlp.Skip a.Mlp.Branch

        let dead field isDead =
            seq { 1 .. a.Depth }
            |> Seq.tryFind isDead
            |> Option.map (fun layer ->
                error field $"0 and 0 in layer {layer}" "such that skip and branch are not both 0")
            |> Option.toList

        match a.Wiring with
        | Wiring.Sequential ->
            dead "attention.skip and attention.branch" attention
            @ dead "mlp.skip and mlp.branch" mlp
        | Wiring.Parallel ->
            dead "attention.skip, attention.branch and mlp.branch" (fun layer ->
                attention layer && a.Mlp.Branch.At layer = 0.0)

    /// Side by side the stream passes once, so there is one r.
    let private oneSkip (a: Architecture) =
        match a.Wiring with
        | Wiring.Sequential -> []
        | Wiring.Parallel ->
            seq { 1 .. a.Depth }
            |> Seq.tryFind (fun layer -> a.Attention.Skip.At layer <> a.Mlp.Skip.At layer)
            |> Option.map (fun layer ->
                let show (value: float) =
                    value.ToString("R", CultureInfo.InvariantCulture)

                error
                    "mlp.skip"
                    (show (a.Mlp.Skip.At layer))
                    $"attention.skip = {show (a.Attention.Skip.At layer)} in layer {layer}: in a parallel block the stream passes once")
            |> Option.toList

    /// Every violated range, in the record's order; empty for a legal architecture.
    [<CompiledName("Validate")>]
    let validate (architecture: Architecture) : ValidationError[] =
        let own =
            Fields.all |> Seq.collect (fun field -> field.Check architecture) |> List.ofSeq

        let wellFormed =
            architecture.Depth >= 1
            && [ architecture.NormGain
                 architecture.Attention.Skip
                 architecture.Attention.Branch
                 architecture.Attention.Head.LogitScale
                 architecture.Mlp.Skip
                 architecture.Mlp.Branch ]
               |> List.forall (fun schedule -> schedule.HasLength architecture.Depth)

        let place (error: ValidationError) =
            Fields.all
            |> Array.tryFindIndex (fun field -> error.Field.StartsWith(field.Path, StringComparison.Ordinal))
            |> Option.defaultValue Fields.all.Length

        own
        @ divisible architecture
        @ (if wellFormed then
               alive architecture @ oneSkip architecture
           else
               [])
        |> List.sortBy place
        |> Array.ofList

    /// Throws InvalidArchitectureException that names every violated field; otherwise returns the architecture.
    [<CompiledName("EnsureValid")>]
    let ensureValid (architecture: Architecture) =
        match validate architecture with
        | [||] -> architecture
        | errors -> raise (InvalidArchitectureException(architecture.Name, errors))
