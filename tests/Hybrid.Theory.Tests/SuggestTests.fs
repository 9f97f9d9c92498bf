module Hybrid.Theory.Tests.SuggestTests

open System
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
