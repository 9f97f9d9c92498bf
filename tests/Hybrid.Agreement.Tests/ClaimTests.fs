/// Theory against simulation: a tree over placement and wiring, whose leaves are claims about one setting each.
module Hybrid.Agreement.Tests.ClaimTests

open Expecto
open Hybrid.Agreement.Tests.Settings

/// What a leaf claims.
let name (setting: Setting) =
    $"{setting.Words}: q, ρ, g_d, g_o of every layer are the theory's"

/// A leaf of a family of so many comparisons.
let private claim comparisons (setting: Setting) =
    testCase (name setting)
    <| fun () ->
        setting.Missing |> Option.iter skiptest

        let compared = Judgement.judge comparisons setting.Engine setting.Architecture

        let wrong = compared |> Array.filter _.Contradicts

        if wrong.Length > 0 then
            failtest (
                $"{wrong.Length} of {compared.Length} numbers contradict the theory:\n"
                + (wrong |> Array.map string |> String.concat "\n")
            )

        Expect.isLessThanOrEqual
            (Judgement.medianTolerance compared)
            Judgement.largestTolerance
            "half of the numbers known to this, relative: otherwise agreement says nothing"

/// The tree of settings: a branch for every placement, on it one for every wiring.
let tests (settings: Setting[]) =
    let comparisons = settings |> Array.sumBy (fun s -> Judgement.count s.Architecture)

    let branches (key: Setting -> string) leaves (settings: Setting[]) =
        settings
        |> Array.groupBy key
        |> Array.map (fun (name, group) -> testList name (List.ofArray (leaves group)))

    testList
        "theory against simulation"
        (settings
         |> branches
             (fun setting -> $"norm {setting.Architecture.Norm}")
             (branches (fun setting -> $"{setting.Architecture.Wiring}") (Array.map (claim comparisons)))
         |> List.ofArray)
