/// What the tree goes over: factors, whose values are read off the lists of the library, and the settings that they make up: an
/// architecture and an engine. A factor more is a line in `factors`, and the design, names and tests follow.
module Hybrid.Agreement.Tests.Settings

open FSharp.Reflection
open Hybrid.Architectures
open Hybrid.Cli.Shared
open Hybrid.Lab.Engines

/// One value of a factor: how a claim says it, and what it sets.
type Value =
    { Words: string
      Set: Architecture -> Architecture }

type Factor =
    {
        Name: string
        Values: Value[]
        /// whether any two values predict so different numbers that a test can tell which of them it sees
        ToldApart: bool
    }

/// What every architecture of the tree shares. All weights, skips and scales differ from 1 and from each other: a theory that forgets
/// one, or takes one for another, is wrong by more than a tolerance. Behind a norm on the sum a norm before a module acts in the first
/// block alone, where q₀ far from 1 shows it; and small, it keeps streams in range whose norm is squared by a gate.
let common: Architecture =
    { Architecture.Defaults with
        Name = "setting"
        Tokens = 8
        Depth = 3
        Width = 256
        MlpWidth = 320
        Attention =
            { Architecture.Defaults.Attention with
                Skip = Schedule.Constant 0.9
                Branch = Schedule.Constant 0.8
                LogitStd = 1.4
                ValueStd = 1.7 }
        Mlp =
            { Architecture.Defaults.Mlp with
                Skip = Schedule.Constant 0.9
                Branch = Schedule.Constant 0.7
                InStd = 1.2
                BiasStd = 0.3
                OutStd = 0.7 }
        Input = { Norm = 0.3; Correlation = 0.3 } }

/// Every case of a union, with numbers by the names of their fields, and one each of the other cases where a case has one for each
/// layer.
let private everyCase<'T> () : 'T[] =
    let number name : obj =
        match name with
        | "tokens" -> 3
        | "baseFrequency" -> 30.0
        | "fraction" -> 1.0
        | "alpha" -> 0.6
        | name -> invalidOp $"no number stands here for '{name}' of {typeof<'T>.Name}"

    let perLayer, single =
        FSharpType.GetUnionCases typeof<'T>
        |> Array.partition (fun case -> case.GetFields() |> Array.exists _.PropertyType.IsArray)

    let make fields case =
        FSharpValue.MakeUnion(case, fields case) :?> 'T

    let singles =
        single
        |> Array.map (make (fun case -> case.GetFields() |> Array.map (fun field -> number field.Name)))

    let each =
        Array.init common.Depth (fun layer -> singles[(layer + 1) % singles.Length])

    Array.append singles (perLayer |> Array.map (make (fun _ -> [| box each |])))

/// A value as records have it.
let private words path (architecture: Architecture) =
    let field = (Fields.tryFind path).Value
    $"{field.Read architecture}".Replace(", ", " ")

/// Values of one field of the record.
let private valuesOf path (set: 'T -> Architecture -> Architecture) (values: 'T[]) =
    values
    |> Array.map (fun value ->
        { Words = $"{path} {words path (set value common)}"
          Set = set value })

let private inHead (set: HeadParameters -> HeadParameters) (a: Architecture) =
    { a with
        Attention =
            { a.Attention with
                Head = set a.Attention.Head } }

/// Numbers of heads: none to average over, few, and as many as tokens.
let private heads = [| 1; 2; common.Tokens |]

/// The factors of an architecture.
let factors: Factor[] =
    [| { Name = "placement"
         ToldApart = true
         Values =
           Placement.All
           |> Array.map (fun placement ->
               { Words = $"norm {placement}"
                 Set = fun a -> { a with Norm = placement } }) }
       { Name = "wiring"
         ToldApart = true
         Values =
           Wiring.named
           |> Array.map (fun struct (name, wiring) ->
               { Words = name
                 Set = fun a -> { a with Wiring = wiring } }) }
       { Name = "activation"
         // exact GELU and its approximation are all but one
         ToldApart = false
         Values =
           Activation.named
           |> Array.map (fun (activation, name) ->
               { Words = name
                 Set = fun a -> { a with Activation = activation } }) }
       { Name = "gate"
         ToldApart = true
         Values =
           [| false, "not gated"; true, "gated" |]
           |> Array.map (fun (gated, words) ->
               { Words = words
                 Set = fun a -> { a with Gated = gated } }) }
       { Name = "mask"
         ToldApart = true
         Values = everyCase<Mask>() |> valuesOf "mask" (fun mask a -> { a with Mask = mask }) }
       { Name = "positions"
         // what a slope of 2⁻⁸ a token does, ALiBi's last, no 32 networks tell; DrawnHeadsTests holds positions against published numbers
         ToldApart = false
         Values =
           everyCase<Positions>()
           |> valuesOf "attention.positions" (fun positions -> inHead (fun head -> { head with Positions = positions })) }
       { Name = "norm of queries and keys"
         // those of one head and of all differ to order 1/d_k
         ToldApart = false
         Values =
           QueryKeyNorm.named
           |> Array.map (fun struct (_, norm) -> norm)
           |> valuesOf "attention.queryKeyNorm" (fun norm -> inHead (fun head -> { head with QueryKeyNorm = norm })) }
       { Name = "kind of norm"
         // one norm more or less of a stream that is small moves numbers by less than the networks tell
         ToldApart = false
         Values =
           everyCase<NormKind>()
           |> valuesOf "normKind" (fun kind a -> { a with NormKind = kind }) }
       { Name = "gain of norms"
         ToldApart = false
         Values =
           [| Schedule.Constant 1.0; Schedule.PerLayer [| 0.8; 1.3; 0.9 |] |]
           |> valuesOf "normGain" (fun gain a -> { a with NormGain = gain }) }
       { Name = "width of heads"
         // a head's width acts to order 1/d_k
         ToldApart = false
         Values =
           [| None; Some 24 |]
           |> valuesOf "attention.headWidth" (fun width -> inHead (fun head -> { head with Width = width })) }
       { Name = "heads of keys and values"
         // means depend on heads to order 1/H only
         ToldApart = false
         Values =
           [| None; Some 1 |]
           |> valuesOf "attention.keyValueHeads" (fun count -> inHead (fun head -> { head with KeyValueHeads = count })) }
       { Name = "scale of logits"
         // what a third more or less does to weak logits, no 32 networks tell
         ToldApart = false
         Values =
           [| Schedule.Constant 1.0; Schedule.PerLayer [| 1.3; 0.7; 1.2 |] |]
           |> valuesOf "attention.logitScale" (fun scale -> inHead (fun head -> { head with LogitScale = scale })) }
       { Name = "cap"
         ToldApart = true
         Values =
           [| None; Some 0.7 |]
           |> valuesOf "attention.softCap" (fun cap -> inHead (fun head -> { head with SoftCap = cap })) }
       { Name = "sink"
         ToldApart = true
         Values =
           [| None; Some 1.0 |]
           |> valuesOf "attention.sink" (fun sink -> inHead (fun head -> { head with Sink = sink })) }
       { Name = "experts"
         // gates of one and the same choice differ little
         ToldApart = false
         Values =
           [| None
              for struct (_, gate) in Gate.named do
                  Some
                      { Count = 4
                        Active = 2
                        Gate = gate
                        RouterStd = 1.3
                        Scale = 1.2
                        Shared = (if gate = Gate.Renormalised then 0.0 else 0.3)
                        Dense = (if gate = Gate.Sigmoid then 1 else 0) } |]
           |> valuesOf "mlp.experts" (fun experts a ->
               { a with
                   Mlp = { a.Mlp with Experts = experts } }) }
       { Name = "heads"
         // means depend on heads to order 1/H only
         ToldApart = false
         Values =
           heads
           |> Array.map (fun count ->
               { Words = (if count = 1 then "1 head" else $"{count} heads")
                 Set = fun a -> { a with Heads = count } }) } |]

/// The engines of the command: those that run everywhere, and those with a choice of device, which a machine may lack.
let engines, lackable =
    BuiltEngines.Catalogue.Entries
    |> Seq.toArray
    |> Array.partition (fun entry -> isNull entry.OnDevice)

/// One architecture and the engine that draws its networks.
type Setting =
    {
        Architecture: Architecture
        Engine: EngineEntry
        /// why the engine cannot run here
        Missing: string option
        /// the values, as a claim says them
        Words: string
    }

/// The row's value of every factor, set on `common`.
let architecture (row: int[]) =
    Array.zip factors (Array.truncate factors.Length row)
    |> Array.fold (fun architecture (factor, value) -> factor.Values[value].Set architecture) common

let private on (entry: EngineEntry) (words: string[]) architecture : Setting =
    let missing = entry.WhyMissing.Invoke() |> Option.ofObj

    let onProcessor =
        if missing.IsSome || isNull entry.OnDevice then
            entry
        else
            BuiltEngines.Catalogue.Find(entry.Name, DeviceChoice(Device = DeviceChoice.Processor))

    { Architecture = architecture
      Engine = onProcessor
      Missing = missing
      Words = String.concat ", " (Array.append words [| entry.Name |]) }

let private setting (entry: EngineEntry) (row: int[]) =
    let words =
        Array.zip factors (Array.truncate factors.Length row)
        |> Array.map (fun (factor, value) -> factor.Values[value].Words)

    on entry words (architecture row)

/// Sizes of all factors.
let sizes = factors |> Array.map _.Values.Length

/// With heads enough to share keys and values.
let manyHeads = { common with Heads = Array.last heads }

/// Whether an engine can draw networks of a value.
let draws (value: Value) (entry: EngineEntry) = entry.Knows(value.Set manyHeads)

let private lacks (entry: EngineEntry) factor value =
    not (draws factors[factor].Values[value] entry)

/// Rows of the factors and, last, the engine of those given, but for what it cannot draw.
let private rowsOf strength (entries: EngineEntry[]) =
    let apart struct (one, value) struct (other, index) =
        if one = factors.Length then
            false
        elif other = factors.Length then
            lacks entries[index] one value
        else
            one = other && entries |> Array.forall (fun entry -> lacks entry one value)

    Covering.rowsBut
        (fun one other -> apart one other || apart other one)
        strength
        (Array.append sizes [| entries.Length |])

/// Settings in which any two factors, the engine among them, take every pair of values that an engine can draw: with engines that run everywhere all
/// pairs, and with an engine that a machine may lack every pair that it is part of.
let covering: Setting[] =
    Array.append
        (rowsOf 2 engines
         |> Array.map (fun row -> setting engines[row[factors.Length]] row))
        [| for entry in lackable do
               for row in rowsOf 1 [| entry |] do
                   setting entry row |]

/// Strong logits under a causal mask, one head to as many as tokens, in every placement: where attention's gradients are largest and
/// few heads matter most.
let strong: Setting[] =
    let strong = 5.0

    [| for placement in Placement.All do
           for count in heads do
               { common with
                   Norm = placement
                   Mask = Mask.Causal
                   Heads = count
                   Attention =
                       { common.Attention with
                           LogitStd = strong } }
               |> on engines[0] [| $"norm {placement}"; $"{count} heads"; $"causal with logits of {strong}" |] |]

/// Every setting there is.
let product () : Setting[] =
    [| for entry in Array.append engines lackable do
           for row in Covering.product sizes do
               if entry.Knows(architecture row) then
                   setting entry row |]
