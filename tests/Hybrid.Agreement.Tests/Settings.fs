/// What the tree goes over: factors, whose values are read off the lists of the library, and the settings that they make up: an
/// architecture and an engine. A factor more is a line in `factors`, and the design, names and tests follow.
module Hybrid.Agreement.Tests.Settings

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
         Values =
           Mask.named
           |> Array.map (fun struct (name, mask) ->
               { Words = $"mask {name}"
                 Set = fun a -> { a with Mask = mask } }) }
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

let private setting (entry: EngineEntry) (row: int[]) : Setting =
    let values =
        Array.zip factors (Array.truncate factors.Length row)
        |> Array.map (fun (factor, value) -> factor.Values[value].Words)

    let missing = entry.WhyMissing.Invoke() |> Option.ofObj

    let onProcessor =
        if missing.IsSome || isNull entry.OnDevice then
            entry
        else
            BuiltEngines.Catalogue.Find(entry.Name, DeviceChoice(Device = DeviceChoice.Processor))

    { Architecture = architecture row
      Engine = onProcessor
      Missing = missing
      Words = String.concat ", " (Array.append values [| entry.Name |]) }

/// Sizes of all factors.
let sizes = factors |> Array.map _.Values.Length

/// Settings in which any two factors, the engine among them, take every pair of values: with engines that run everywhere all
/// pairs, and with an engine that a machine may lack every pair that it is part of.
let covering: Setting[] =
    Array.append
        (Covering.rows 2 (Array.append sizes [| engines.Length |])
         |> Array.map (fun row -> setting engines[row[factors.Length]] row))
        [| for entry in lackable do
               for row in Covering.rows 1 sizes do
                   setting entry row |]

/// Every setting there is.
let product () : Setting[] =
    [| for entry in Array.append engines lackable do
           for row in Covering.product sizes do
               setting entry row |]
