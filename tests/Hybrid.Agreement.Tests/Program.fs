module Hybrid.Agreement.Tests.Program

open Expecto
open Hybrid.Agreement.Tests

/// Expecto's own command line; with --product in front the tree has every setting there is instead of the design's.
[<EntryPoint>]
let main arguments =
    let isOurs = (=) "--product"

    let tests =
        if arguments |> Array.exists isOurs then
            Tree.over (Settings.product ())
        else
            Tree.tests

    runTestsWithCLIArgs [] (arguments |> Array.filter (isOurs >> not)) tests
