module Hybrid.Theory.Tests.HermiteSeriesTests

open System
open System.Numerics
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

let private smooth =
    [ "tanh", QuadratureKernels.tanh, Activation.Tanh
      "silu", QuadratureKernels.silu, Activation.Silu
      "geluTanh", QuadratureKernels.geluTanh, Activation.GeluTanh ]

let private series activation v strip terms tolerance =
    HermiteSeries.Create(Activation.value activation, Activation.derivative activation, v, strip, terms, tolerance)

[<Fact>]
[<Trait("guards", "(2.11) by quadrature")>]
let ``Series and quadrature agree wherever both are used`` () =
    for name, shape, activation in smooth do
        for v in [ 1e-12; 1e-2; 1.0; 4.0; 12.0 ] do
            let expanded = series activation v shape.Strip 2500 1e-13
            let kappaOne = expanded.Kappa 0.0
            let chiOne = expanded.Chi 0.0

            // the certificate, and what both trapezoid rules leave of a φ that is all but linear: 2 · 8.6² e^{−37} =
            // 1.3e-14 per dimension, two in κ and one in the series; the margin left at φ's poles adds 4e-14 to χ
            let kappaBound = expanded.KappaError / kappaOne + 5e-14
            let chiBound = expanded.ChiError / chiOne + 1e-13

            for u in [ 0.0; 1e-3; 0.4; 1.0; 1.6; 2.0 ] do
                let at = $"{name}, v = {v}, u = {u}"

                Check.withinScale
                    at
                    kappaBound
                    [ "κ", kappaOne, QuadratureKernels.kappa shape v u, expanded.Kappa u
                      "gap", kappaOne, QuadratureKernels.gap shape v u, expanded.Gap u ]

                Check.withinScale at chiBound [ "χ", chiOne, QuadratureKernels.chi shape v u, expanded.Chi u ]

[<Fact>]
[<Trait("guards", "(2.12) by property")>]
let ``The certificate bounds the error of a series that was cut short`` () =
    for name, shape, activation in smooth do
        let v = 6.0
        let full = series activation v shape.Strip 2500 1e-14

        for terms in [ 5; 10; 20; 40 ] do
            let cut = series activation v shape.Strip terms 0.0

            for u in [ 0.0; 0.2; 1.0; 1.9 ] do
                // rounding of the full series on top of the certificate
                Check.atMost
                    $"κ of {name}, {terms} terms, u = {u}"
                    (cut.KappaError + 1e-14)
                    (abs (cut.Kappa u - full.Kappa u))

                Check.atMost
                    $"χ of {name}, {terms} terms, u = {u}"
                    (cut.ChiError + 1e-13)
                    (abs (cut.Chi u - full.Chi u))

            // and is attained at ρ = 1, where Parseval's remainder is the error itself
            Check.withinScale
                $"remainder of {name}, {terms} terms"
                1.0
                [ "κ(1)", 1e-13, cut.KappaError, full.Kappa 0.0 - cut.Kappa 0.0 ]

[<Fact>]
[<Trait("guards", "(2.12) by closed form")>]
let ``The tail of tanh's coefficients falls at the rate of its pole`` () =
    // φ(√v z) has its poles at ±iπ/(2√v); h_k oscillates with wave number √k and so grows as exp(√k |y|) off the axis,
    // hence a_k² ~ exp(−π√k/√v), and κ's remainder with it, up to a power of k
    let v = 6.0
    let decay = Math.PI / sqrt v

    let logRemainder terms =
        log (series Activation.Tanh v 1.5 terms 0.0).KappaError

    let k1, k2 = 60, 140

    let slope =
        (logRemainder k1 - logRemainder k2) / (sqrt (float k2) - sqrt (float k1))
    // a prefactor k^{±1/4} would change the log by ¼ log(140/60) = 0.21 over a fall of 5.2: 4 percent
    Check.relative "fall of the log remainder per √k" 0.04 decay slope

// Cut short, so that every term counts, the last too.
[<Fact>]
[<Trait("guards", "(2.11) by property")>]
let ``Several correlations at once have the sums of each on its own`` () =
    for name, shape, activation in smooth do
        for terms in [ 1; 2; 5; 6; 40 ] do
            let cut = series activation 6.0 shape.Strip terms 0.0

            let gaps =
                Array.init Vector<float>.Count (fun lane -> 0.1 + 1.8 * float lane / float Vector<float>.Count)

            let struct (kappa, chi) =
                cut.Both(Vector<float>(gaps |> Array.map (fun u -> 1.0 - u)))

            gaps
            |> Array.iteri (fun lane u ->
                // sums of so many terms, and each alone leaves out those below e^{−37}
                Check.withinScale
                    $"{name}, {terms} terms, u = {u}"
                    (float (terms + 2) * 1.2e-16)
                    [ "κ", cut.Kappa 0.0, cut.Kappa u, kappa[lane]
                      "χ", max (cut.Chi 0.0) 1e-300, cut.Chi u, chi[lane] ])

[<Fact>]
let ``χ is the derivative of κ, term by term`` () =
    let expanded = series Activation.Silu 3.0 3.0 2500 1e-13
    let h = 1e-4

    for u in [ 0.3; 1.0; 1.5 ] do
        let slope = (expanded.Kappa(u - h) - expanded.Kappa(u + h)) / (2.0 * h)
        // truncation h²κ‴/6, and rounding 1e-16 κ/h: both below 1e-8 of χ(1)
        Check.absolute $"κ′ at u = {u}" (1e-8 * expanded.Chi 0.0) (expanded.Chi u) slope

[<Fact>]
[<Trait("guards", "(2.11) (2.13) by closed form")>]
let ``A polynomial's series ends at its degree`` () =
    // φ = z³ − 3z = √6 h₃ at v = 1: κ = 6ρ³, χ = 18ρ²
    let expanded =
        HermiteSeries.Create((fun z -> z * z * z - 3.0 * z), (fun z -> 3.0 * z * z - 3.0), 1.0, 1.0, 50, 1e-12)

    Check.relativeRows
        "Hermite polynomial"
        1e-12
        [ for u in [ 0.0; 0.5; 1.7 ] do
              let rho = 1.0 - u
              yield $"κ at {u}", 6.0 * rho * rho * rho, expanded.Kappa u
              yield $"χ at {u}", 18.0 * rho * rho, expanded.Chi u ]

    Check.atMost "terms" 7.0 (float expanded.Terms)

[<Fact>]
let ``The series' gap keeps its relative accuracy down to u = 1e-300`` () =
    let expanded = series Activation.Tanh 2.0 1.5 2500 1e-14
    // sums of positive terms: relative rounding and the certificate alone
    Check.relativeRows
        "gap/u"
        1e-12
        [ for u in [ 1e-300; 1e-100; 1e-30 ] -> $"u = {u}", expanded.Chi 0.0, expanded.Gap u / u ]
