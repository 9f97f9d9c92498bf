/// What the claims would see: networks contradict the theory of every other value of a factor.
module Hybrid.Agreement.Tests.PowerTests

open Expecto
open Hybrid.Agreement.Tests.Settings

/// Bonferroni over as many comparisons as the tree has: the same tolerances.
let private comparisons =
    lazy (covering |> Array.sumBy (fun setting -> Judgement.count setting.Architecture))

let private seen (factor: Factor) engine (value: Value) =
    let set (value: Value) =
        { value.Set common with
            Heads = common.Tokens }

    let own = set value

    testCase $"networks with {value.Words} contradict the theory of any other {factor.Name}"
    <| fun () ->
        let networks = Judgement.measure Judgement.Samples engine own

        for other in factor.Values do
            if other.Words <> value.Words then
                let compared =
                    Judgement.compare comparisons.Value own (Judgement.predict (set other)) networks

                Expect.exists compared _.Contradicts $"theory with {other.Words}"

let tests =
    testList
        "what the claims would see"
        [ for factor in factors do
              if factor.ToldApart then
                  testList
                      factor.Name
                      [ for value in factor.Values do
                            // the cheapest of those that run everywhere and have it
                            match engines |> Array.tryFind (draws value) with
                            | Some engine -> seen factor engine value
                            | None -> () ] ]
