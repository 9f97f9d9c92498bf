module Hybrid.Theory.Tests.QuadratureTests

open System
open Hybrid.Theory
open Xunit

/// Rounding of a sum of some hundred terms of one sign, and the rule's own exp(−37).
let private Rounding = 1e-14

/// The same for second moments: 2 · 8.6² e^{−37} = 1.26e-14 in each of two dimensions.
let private Quadratic = 3e-14

[<Theory>]
[<InlineData(1e-6)>]
[<InlineData(1.0)>]
[<InlineData(1e3)>]
[<Trait("guards", "(2.8) by closed form")>]
let ``Gaussian moments are exact to rounding at any width`` (std: float) =
    let moment power =
        Quadrature.expectation std infinity infinity (fun x -> Math.Pow(x / std, power))

    // on the best line Im x = 8.6 σ a power m is multiplied by 8.6^m: 2 · 8.6^m e^{−37} is the rule's error
    let allowed power =
        1e-15 + 2.0 * Math.Pow(Quadrature.HalfWidth, power) * exp -37.0

    for power, exact in [ 0.0, 1.0; 2.0, 1.0; 4.0, 3.0; 6.0, 15.0 ] do
        Check.absolute $"E z^{power}" (allowed power) exact (moment power)

[<Fact>]
let ``A point mass is evaluated at the point`` () =
    Assert.Equal(7.0, Quadrature.expectation 0.0 1.0 1.0 (fun x -> 7.0 + x))

[<Fact>]
[<Trait("guards", "(2.8) by closed form")>]
let ``A function with poles is integrated within its strip's own step`` () =
    // E 1/(1 + x²) = √(π/2) e^{1/2} erfc(1/√2) at σ = 1; poles at ±i
    let exact = 0.655679542418798472
    let f x = 1.0 / (1.0 + x * x)
    Check.relative "E 1/(1 + x²)" Rounding exact (Quadrature.expectation 1.0 1.0 infinity f)

[<Fact>]
[<Trait("guards", "(2.8) by property")>]
let ``The trapezoid rule loses its accuracy exponentially where the strip is overstated`` () =
    // error 2 exp(−2πa/h)·(residue) for poles at ±ia: claiming a wider strip must show, or the strip would not matter
    let exact = 0.655679542418798472
    let f x = 1.0 / (1.0 + x * x)

    let logError claimed =
        log (abs (Quadrature.expectation 1.0 claimed infinity f / exact - 1.0))

    let predicted claimed =
        -2.0 * Math.PI / Quadrature.step 1.0 claimed

    for claimed, wider in [ 1.5, 2.0; 2.0, 3.0 ] do
        // slopes agree but for the change of prefactors of order one (the next image of the pole): 0.2 in the log
        Check.absolute "log error ratio" 0.2 (predicted wider - predicted claimed) (logError wider - logError claimed)

[<Fact>]
[<Trait("guards", "(2.8) by closed form")>]
let ``Pairs have the correlation 1 − u that was asked for, however close to 0 or 2`` () =
    for v in [ 1e-3; 1.0; 50.0 ] do
        for u in [ 0.0; 1e-12; 1e-3; 0.5; 1.0; 1.7; 2.0 ] do
            let product = Quadrature.pairExpectation v u infinity infinity (fun x y -> x * y)

            let difference =
                Quadrature.pairExpectation v u infinity infinity (fun x y -> (x - y) * (x - y))

            Check.withinScale $"E x₁x₂ at v = {v}, u = {u}" Quadratic [ "E x₁x₂", v, v * (1.0 - u), product ]
            // x₁ − x₂, of size √(2uv), is formed from coordinates of size √v, which round at 1e-16 √v
            let allowed = Quadratic * 2.0 * u * v + 2e-15 * v * sqrt (2.0 * u)
            Check.absolute $"E (x₁ − x₂)² at v = {v}, u = {u}" allowed (2.0 * v * u) difference

[<Fact>]
let ``Sixteen Legendre nodes integrate polynomials of degree 31 exactly and not of degree 32`` () =
    let integral power =
        Quadrature.integrate 0.0 1.0 (fun x -> Math.Pow(2.0 * x - 1.0, power))

    Check.absolute "∫ (2x − 1)^31" 1e-16 0.0 (integral 31.0)
    Check.relative "∫ (2x − 1)^30" 1e-13 (1.0 / 31.0) (integral 30.0)
    // the n-point rule's error on x^{2n} over [−1, 1] is (n!)⁴ 2^{2n+1}/((2n+1)((2n)!)²), 7.2046e-10 for n = 16, and half
    // of it in the mean over the interval; 1e-5 allows for rounding of 1e-16 in an error of 4e-10
    Check.relative "error at degree 32" 1e-5 (0.5 * 7.20461533238862e-10) (1.0 / 33.0 - integral 32.0)
