/// What the claims would see: networks contradict the theory of every other value of a factor.
module Hybrid.Agreement.Tests.PowerTests

open Expecto
open Hybrid.Agreement.Tests.Settings

/// Bonferroni over as many comparisons as the tree has: the same tolerances.
let private comparisons =
    lazy (covering |> Array.sumBy (fun setting -> Judgement.count setting.Architecture))

let private set (value: Value) =
    { value.Set common with
        Heads = common.Tokens }

/// The theory of every value of a factor, which the tests of all values share.
let private theories (factor: Factor) =
    factor.Values
    |> Array.map (fun value -> value.Words, lazy Judgement.predict Judgement.Samples (set value))

let private seen (factor: Factor) theories engine (value: Value) =
    let own = set value

    testCase $"networks with {value.Words} contradict the theory of any other {factor.Name}"
    <| fun () ->
        let networks = Judgement.measure Judgement.Samples engine own

        for words, theory: Lazy<Judgement.Theory> in theories do
            if words <> value.Words then
                let compared = Judgement.compare comparisons.Value own theory.Value networks

                Expect.exists compared _.Contradicts $"theory with {words}"

let tests =
    testList
        "what the claims would see"
        [ for factor in factors do
              if factor.ToldApart then
                  let theories = theories factor

                  testList
                      factor.Name
                      [ for value in factor.Values do
                            // the cheapest of those that run everywhere and have it
                            match engines |> Array.tryFind (draws value) with
                            | Some engine -> seen factor theories engine value
                            | None -> () ] ]
