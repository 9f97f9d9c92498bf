module Hybrid.Theory.Tests.LyapunovTests

open System
open Hybrid.Theory
open Xunit

let private logistic = Func<float, float>(fun x -> 4.0 * x * (1.0 - x))
let private logisticSlope = Func<float, float>(fun x -> 4.0 - 8.0 * x)

[<Fact>]
[<Trait("guards", "(9.1) by closed form")>]
let ``The logistic map at r = 4 has exponent ln 2`` () =
    let steps = 1_000_000
    let measured = Lyapunov.forward logistic logisticSlope 0.1234 1000 steps
    // log|f′| has variance π²/12 under the invariant density (log|2cos θ|, θ uniform, plus ln 2); successive terms are
    // correlated negatively, so independence over-estimates the error
    let error = sqrt (Math.PI * Math.PI / 12.0 / float steps)
    Check.absolute "λ" (4.5 * error) (log 2.0) measured

[<Fact>]
let ``A sigmoid map at its stable fixed point has log |f′(x*)|`` () =
    let sigmoid = Func<float, float>(fun x -> 1.0 / (1.0 + exp (-3.0 * x)))

    let slope =
        Func<float, float>(fun x ->
            let s = sigmoid.Invoke x
            3.0 * s * (1.0 - s))

    let mutable fixedPoint = 0.5

    for _ in 1..2000 do
        fixedPoint <- sigmoid.Invoke fixedPoint

    let expected = log (slope.Invoke fixedPoint)
    Check.relative "λ" 1e-12 expected (Lyapunov.forward sigmoid slope 0.2 2000 1000)

[<Fact>]
[<Trait("guards", "(9.1) by property")>]
let ``Forward and backward products agree to rounding`` () =
    let forward = Lyapunov.forward logistic logisticSlope 0.3 10 20000
    let backward = Lyapunov.backward logistic logisticSlope 0.3 10 20000
    // two orders of one sum of 20000 terms of order one
    Check.absolute "λ" 1e-12 forward backward

[<Fact>]
let ``No steps are refused`` () =
    Assert.Throws<ArgumentOutOfRangeException>(fun () -> Lyapunov.forward logistic logisticSlope 0.3 0 0 |> ignore)
