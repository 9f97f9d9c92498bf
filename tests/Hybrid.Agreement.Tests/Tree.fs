/// The tree: the design, what its claims would see, random architectures, and the claims. One at a time, since a claim's networks
/// take every core.
module Hybrid.Agreement.Tests.Tree

open Expecto
open Hybrid.Agreement.Tests

/// Over given settings.
let over settings =
    testSequenced (
        testList
            "agreement"
            [ CoveringTests.tests
              PowerTests.tests
              PropertyTests.tests
              ClaimTests.tests settings ]
    )

/// What `dotnet test` runs.
let tests = over (Array.append Settings.covering Settings.strong)
