/// The search for the least change, of sums that are known: derivation section 11.
module Hybrid.Theory.Tests.LeastChangeTests

open System
open Hybrid.Theory
open Xunit

let private sums angle gradient : DepthSums = { Angle = angle; Gradient = gradient }

[<Fact>]
[<Trait("guards", "(11.1) by closed form")>]
let ``Of linear sums the change of least norm is the nearest point within the budget`` () =
    // one constraint active, 2x + y ≥ 2, and both, x ≥ 1 and 2y − x ≥ 2
    for name, at, expected in
        [ "one", (fun (x: float[]) -> sums (3.0 - 2.0 * x[0] - x[1]) 0.5), [| 0.8; 0.4 |]
          "both", (fun x -> sums (3.0 * x[0] - 4.0) (3.0 + x[0] - 2.0 * x[1])), [| 1.0; 1.5 |] ] do
        let found, value = LeastChange.search at 1.0 [| 0.0; 0.0 |]
        Check.atMost $"violation, {name}" 1e-9 (LeastChange.violation 1.0 value)

        // the search ends where a step makes ½‖x‖² smaller by less than a hundredth
        Check.relative $"size, {name}" 0.01 (LeastChange.size expected) (LeastChange.size found)

[<Fact>]
let ``A step leads no further than a factor e from where its linear model holds`` () =
    let seen = ResizeArray<float[]>()

    let at (x: float[]) =
        if seen.Count > 0 then
            let nearest =
                seen
                |> Seq.map (fun y -> Array.map2 (fun a b -> abs (a - b)) x y |> Array.max)
                |> Seq.min

            Check.atMost "distance from what is known" (1.0 + 1e-3) nearest

        seen.Add x
        sums (12.0 - x[0]) (0.1 * x[1])

    let found, value = LeastChange.search at 2.0 [| 0.0; 0.0 |]
    Check.atMost "violation" 1e-9 (LeastChange.violation 2.0 value)
    Check.relative "log" 1e-6 10.0 found[0]

[<Fact>]
let ``Bisection ends inside, no further from the edge than it may`` () =
    for outside, inside in [ 0.0, 5.0; 5.0, 0.0; -3.0, -4.0 ] do
        let edge = 0.37 * outside + 0.63 * inside
        let meets x = abs (x - inside) <= abs (edge - inside)
        let found = LeastChange.bisect 0.01 meets outside inside
        Assert.True(meets found)
        Check.absolute "edge" 0.01 edge found

[<Fact>]
let ``A budget is exceeded by the larger sum, and by what is no number without bound`` () =
    Assert.Equal(0.5, LeastChange.violation 2.0 (sums -2.5 1.0))
    Assert.Equal(-1.0, LeastChange.violation 2.0 (sums 0.5 -1.0))
    Assert.Equal(infinity, LeastChange.violation 2.0 (sums nan 0.0))
