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
[<Trait("guards", "(9.1) by closed form")>]
let ``A piecewise linear map has the mean logarithm of the slopes that its orbit meets, both ways`` () =
    // 0 → 3/8 → 3/4 → 1/2 → 0 …, an orbit of four in doubles without rounding, by slopes 1, 1, −1 and −2
    let map =
        Func<float, float>(fun x ->
            if x < 0.5 then x + 0.375
            elif x < 0.625 then 1.0 - 2.0 * x
            else 1.25 - x)

    let slope =
        Func<float, float>(fun x ->
            if x < 0.5 then 1.0
            elif x < 0.625 then -2.0
            else -1.0)

    for lyapunov in [ Lyapunov.forward; Lyapunov.backward ] do
        Check.relative "λ" 1e-15 (log 2.0 / 4.0) (lyapunov map slope 0.0 0 400)
        // from 3/4 on, two of six slopes are −2
        Check.relative "λ of one turn and a half" 1e-15 (2.0 * log 2.0 / 6.0) (lyapunov map slope 0.0 2 6)

[<Fact>]
let ``No steps are refused`` () =
    for lyapunov in [ Lyapunov.forward; Lyapunov.backward ] do
        Assert.Throws<ArgumentOutOfRangeException>(fun () -> lyapunov logistic logisticSlope 0.3 0 0 |> ignore)
        |> ignore
