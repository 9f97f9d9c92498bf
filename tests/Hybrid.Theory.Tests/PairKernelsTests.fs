/// Kernels of two pre-activations against sums over the pair, which share nothing with them.
module Hybrid.Theory.Tests.PairKernelsTests

open System
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

/// E f(x, y) over independent standard normal x and y: the trapezoid rule of step h = 1/16 on ±9, which leaves e^{−2π²/h²} of a function
/// that is entire and e^{−2πa/h} of one that has poles at a distance a from the axis.
let private average f =
    let nodes = [| for k in -144 .. 144 -> float k / 16.0 |]

    let weights =
        nodes |> Array.map (fun z -> exp (-0.5 * z * z) / (16.0 * sqrt (2.0 * Math.PI)))

    let mutable sum = 0.0

    for i in 0 .. nodes.Length - 1 do
        let mutable row = 0.0

        for j in 0 .. nodes.Length - 1 do
            row <- row + weights[j] * f nodes[i] nodes[j]

        sum <- sum + weights[i] * row

    sum

/// E φ_iφ_j and E φ_i′φ_j′ at variances v_i and v_j and correlation ρ, each with the bound of Cauchy and Schwarz on it.
let private summed activation vi vj rho =
    let value, slope = Activation.value activation, Activation.derivative activation

    let both f =
        average (fun a b -> f (sqrt vi * a) * f (sqrt vj * (rho * a + sqrt ((1.0 - rho) * (1.0 + rho)) * b)))

    let own f =
        sqrt (
            average (fun a _ -> f (sqrt vi * a) ** 2.0)
            * average (fun a _ -> f (sqrt vj * a) ** 2.0)
        )

    struct (both value, own value, both slope, own slope)

/// tanh at variance 11.5 has its poles at a = π/2√11.5: e^{−46} is left, whatever powers come before it.
let private variances = [ 1e-6, 2.0; 0.3, 8.0; 5.0, 11.5 ]

let private correlations = [ -1.0; -0.4; 0.0; 0.7; 0.999 ]

let private agree activation tolerance (pair: float -> float -> float -> struct (float * float)) =
    for vi, vj in variances do
        for rho in correlations do
            let struct (value, valueBound, slope, slopeBound) = summed activation vi vj rho
            let struct (actual, actualSlope) = pair vi vj rho

            Check.withinScale
                $"{activation} at {vi}, {vj}, ρ = {rho}"
                tolerance
                [ "φφ", valueBound, value, actual; "φ′φ′", slopeBound, slope, actualSlope ]

let private smooth =
    [ QuadratureKernels.tanh, Activation.Tanh
      QuadratureKernels.silu, Activation.Silu
      QuadratureKernels.geluTanh, Activation.GeluTanh ]

// Sums of 10⁵ terms round at 1e-14 of the bound; δ's own sums leave 1e-13.
[<Fact>]
[<Trait("guards", "(8.3) by quadrature")>]
let ``Closed kernels of unequal variances are sums over the pair`` () =
    for activation in [ Activation.Erf; Activation.Gelu ] do
        agree activation 1e-12 (fun vi vj rho ->
            let c = rho * sqrt vi * sqrt vj

            let laws =
                Laws.exact
                    { Networks.plain Placement.Pre activation with
                        Tokens = 2 }

            let kernels = PairKernels.compute activation laws 2 [| vi; c; c; vj |]
            struct (kernels.Values[1], kernels.Slopes[1]))

[<Fact>]
[<Trait("guards", "(2.15) by quadrature")>]
let ``Unequal variances: the split off a reference is the sum over the pair`` () =
    for shape, activation in smooth do
        agree activation 1e-12 (fun vi vj rho -> QuadratureKernels.pair shape vi vj rho ((1.0 - rho) * (1.0 + rho)))

[<Fact>]
[<Trait("guards", "(2.16) by quadrature")>]
let ``Unequal variances: the mixture of error functions is the sum over the pair`` () =
    for activation in Activation.Sigmoid :: List.map snd smooth do
        let mixture = (ErrorFunctionMixture.For activation).Value

        agree activation Kernels.Accuracy (fun vi vj rho ->
            let both = [| vi; vj |]

            mixture.Pair(
                mixture.Saturations both,
                mixture.Roots both,
                0,
                1,
                rho,
                (1.0 - rho) * (1.0 + rho),
                sqrt vi * sqrt vj
            ))

[<Fact>]
[<Trait("guards", "(2.17) by quadrature")>]
let ``The mixture's gap is half the mean square of the difference, relative to itself`` () =
    for activation in Activation.Sigmoid :: List.map snd smooth do
        let mixture = (ErrorFunctionMixture.For activation).Value
        let phi = Activation.value activation

        for v in [ 0.3; 4.0; 11.0 ] do
            for u in [ 1e-6; 1e-3; 0.2; 1.0 ] do
                let expected =
                    // half of the sum and of the difference
                    average (fun a b ->
                        let middle, apart = sqrt (0.5 * v * (2.0 - u)) * a, sqrt (0.5 * v * u) * b
                        0.5 * (phi (middle + apart) - phi (middle - apart)) ** 2.0)

                let own = [| v |]
                // what the mixture leaves of φ′ counts relative to the gap as what it leaves of φ does to κ
                Check.relative
                    $"{activation} at v = {v}, u = {u}"
                    1e-9
                    expected
                    (mixture.Gap(mixture.Saturations own, mixture.Roots own, u, v))
