module Hybrid.Theory.Tests.SuggestTests

open System
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

let private preset name =
    match Presets.tryFind name with
    | Some preset -> preset.Architecture
    | None -> invalidArg (nameof name) $"no preset '{name}'"

[<Fact>]
let ``A network within the budget is left as it is`` () =
    let suggestion =
        Suggest.architecture (preset "pre-tanh-critical") Trainability.Budget

    Assert.True suggestion.Reached

    for factor in suggestion.Factors do
        Assert.Equal(1.0, factor.Factor)

    Assert.Equal(suggestion.Before, suggestion.After)

[<Theory>]
[<InlineData("gpt2")>]
[<InlineData("post-relu")>]
let ``What is reported as reached is within the budget when evaluated afresh`` name =
    let suggestion = Suggest.architecture (preset name) Trainability.Budget
    Assert.True suggestion.Reached
    let again = suggestion.Suggested
    let sums = (DepthExponents.along again (Laws.exact again)).Sums
    Check.atMost "|Σλ_a|" Trainability.Budget (abs sums.Angle)
    Check.atMost "|Σλ_g|" Trainability.Budget (abs sums.Gradient)

[<Fact>]
let ``A budget that is not positive is refused`` () =
    Assert.Throws<ArgumentOutOfRangeException>(fun () -> Suggest.architecture (preset "gpt2") 0.0 |> ignore)

[<Fact>]
let ``Deep in the chaotic phase the search walks back from the identity, and the smallest change ends on the budget``
    ()
    =
    let deep =
        { preset "pre-tanh-chaotic" with
            Depth = 24 }

    let suggestion = Suggest.architecture deep 1.0
    Assert.True suggestion.Reached
    // a smaller change would leave the budget: at least one of the two sums stands on it
    let largest = max (abs suggestion.After.Angle) (abs suggestion.After.Gradient)
    Check.atLeast "sum on the budget" 0.99 largest

[<Fact>]
let ``A tighter budget takes a larger change`` () =
    let size budget =
        (Suggest.architecture (preset "post-relu") budget).Factors
        |> Array.sumBy (fun factor -> log factor.Factor ** 2.0)

    Check.atLeast "change" (size 4.0 + 1e-6) (size 2.0)

[<Fact>]
let ``Where no factor helps it says so: without a skip around attention every difference is lost in one block`` () =
    let skipless =
        let plain = preset "post-relu"

        { plain with
            Attention =
                { plain.Attention with
                    Skip = Schedule.Constant 0.0 } }

    Assert.False (Suggest.architecture skipless 3.0).Reached

[<Fact>]
let ``DeepNorm's angle exponent falls with depth as its constants say`` () =
    let angle depth =
        Recipes.apply
            { preset "post-relu" with
                Depth = depth }
        |> Array.filter (fun alternative -> alternative.Recipe = "DeepNorm")
        |> Array.map (fun alternative -> alternative.Exponents.Angle)
        |> Array.exactlyOne

    // for ReLU χ = κ, so λ_a = −log(1 + β⁴σ_V²/α²) with β⁴/α² = (8L)⁻¹(2L)^(−1/2)
    for depth in [ 24; 96 ] do
        let l = float depth
        Check.relative $"λ_a at L = {depth}" 1e-10 (-log(1.0 + 1.0 / (8.0 * l * sqrt (2.0 * l)))) (angle depth)
