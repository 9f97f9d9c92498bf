/// Kernels of pre-activations of variances up to the double range. Expected values are the limits with their first
/// corrections, derived here and not by the library's own routes, or another of its routes on the other side of a switch.
module Hybrid.Theory.Tests.SaturatedKernelsTests

open System
open FsCheck.FSharp
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

let private smooth =
    [ Activation.Tanh; Activation.GeluTanh; Activation.Silu; Activation.Sigmoid ]

let private huge = [ 1e6; 1e9; 1e15; 1e30; 1e100; 1e155; 1e200; 1e300 ]

[<Fact>]
let ``Every named activation has finite kernels at every variance up to the double range, within Cauchy–Schwarz`` () =
    for activation, name in Activation.named do
        for v in [ 1e-300; 1e-12; 1.0; 1e3 ] @ huge do
            let kernel = Kernels.at activation v
            let slack = 1.0 + Kernels.Accuracy
            Check.atLeast $"κ(1) of {name} at v = {v}" 0.0 kernel.KappaAtOne
            Check.atLeast $"χ(1) of {name} at v = {v}" 0.0 kernel.ChiAtOne

            for u in [ 1e-300; 1.0 / max 1.0 v; 1e-8; 0.3; 1.0; 2.0 ] do
                let at = $"of {name} at v = {v}, u = {u}"
                Check.atMost $"κ {at}" (slack * kernel.KappaAtOne) (abs (kernel.Kappa u))
                Check.atMost $"χ {at}" (slack * kernel.ChiAtOne) (abs (kernel.Chi u))

                Check.withinScale
                    $"gap {at}"
                    Kernels.Accuracy
                    [ "κ(1) − κ(ρ)", kernel.KappaAtOne, kernel.KappaAtOne - kernel.Kappa u, kernel.Gap u ]

[<Fact>]
[<Trait("guards", "(2.9) (2.14) by closed form")>]
let ``Saturated tanh, erf and sigmoid are the sign of an argument with noise: κ = (2/π) asin(ρ/(1 + m/v)) + O(1/v²)``
    ()
    =
    // φ(x) = E sign(x + y): y of density φ′/2 and variance m, ½ for erf and π²/12 for tanh. Two independent normal y of that
    // variance would give the arcsine exactly; the next cumulant enters at order 1/v², times up to 15 derivatives at u ≥ 0.2.
    for v in huge do
        for u in [ 0.2; 0.5; 1.0; 1.7 ] do
            let sign m =
                2.0 / Math.PI * asin ((1.0 - u) / (1.0 + m / v))

            let tanh = sign (Math.PI * Math.PI / 12.0)

            Check.withinScale
                $"v = {v}, u = {u}"
                (1e-13 + 100.0 / (v * v))
                [ "erf", 1.0, sign 0.5, (Kernels.at Activation.Erf v).Kappa u
                  "tanh", 1.0, tanh, (Kernels.at Activation.Tanh v).Kappa u
                  // ½ + ½ tanh(x/2)
                  "sigmoid", 1.0, 0.25 + 0.25 * tanh, (Kernels.at Activation.Sigmoid (4.0 * v)).Kappa u ]

[<Fact>]
[<Trait("guards", "(2.9) (2.14) by quadrature")>]
let ``Where u is of order 1/v, tanh's gap is √(2/πv) E(D coth D − 1), D ~ N(0, 2uv)`` () =
    // ½E(φ₁ − φ₂)² with x = (x₁ + x₂)/2 uniform over the width of the step, density 1/√(2πv) up to O(1/v), and D = x₁ − x₂:
    // ∫(tanh(x + D/2) − tanh(x − D/2))² dx = 4 D coth D − 4. The derivative with respect to u is χ.
    for v in huge do
        let kernel = Kernels.at Activation.Tanh v

        for xi in [ 1e-3; 0.1; 1.0; 10.0; 1e3 ] do
            let excess d =
                if abs d < 1e-3 then d * d / 3.0 else d / Math.Tanh d - 1.0

            // poles at ±iπ
            let expected =
                sqrt (2.0 / (Math.PI * v))
                * Quadrature.expectation (sqrt (2.0 * xi)) 3.0 infinity excess

            Check.relative
                $"gap at v = {v}, u v = {xi}"
                // density and slope of the pair: relative O(u) = O(ξ/v)
                (1e-9 + (1.0 + xi) / v)
                expected
                (kernel.Gap(xi / v))

[<Fact>]
[<Trait("guards", "(2.9) (2.14) by closed form")>]
let ``Saturated SiLU and GELU are ReLU with κ lower by −I √(u(2−u))/π, I = ∫(φ − relu)`` () =
    // E relu(x₁) δ(x₂) twice, δ local at 0: E[relu(x₁) | x₂ = 0] = √(v u(2−u)/2π), and the density is 1/√(2πv). What follows
    // is of order 1 relative to this by 1/√v
    for v in huge do
        for activation, integral in
            [ Activation.Silu, -Math.PI * Math.PI / 6.0
              Activation.Gelu, -0.5
              // the trapezoid rule, exact to rounding
              Activation.GeluTanh,
              (seq { -200 .. 200 }
               |> Seq.sumBy (fun i ->
                   let x = 0.05 * float i
                   0.05 * (Activation.value Activation.GeluTanh x - max x 0.0))
               // Euler–Maclaurin at relu's kink: h²/12 of a slope that jumps by 1
               |> fun sum -> sum - 0.05 * 0.05 / 12.0) ] do
            for u in [ 0.1; 0.5; 1.0; 1.5 ] do
                let relu = Kernels.at Activation.Relu v
                let kernel = Kernels.at activation v
                let correction = integral * sqrt (u * (2.0 - u)) / Math.PI

                Check.withinScale
                    $"{activation} at v = {v}, u = {u}"
                    (1e-14 + 3.0 / v ** 1.5)
                    [ "κ", kernel.KappaAtOne, relu.Kappa u + correction, kernel.Kappa u
                      "χ",
                      kernel.ChiAtOne,
                      relu.Chi u,
                      kernel.Chi u + integral * (1.0 - u) / (Math.PI * sqrt (u * (2.0 - u))) ]

[<Fact>]
[<Trait("guards", "(2.14) by quadrature")>]
let ``The moments of δ join the sum over pairs`` () =
    // left out are terms of order five in 1/τ², 1/τ¹² in all; the sum over pairs is exact to rounding
    for shape in [ QuadratureKernels.tanh; QuadratureKernels.silu; QuadratureKernels.geluTanh ] do
        for delta in [ shape.Value.Value; shape.Slope.Value ] do
            let tauSquared = QuadratureKernels.FarVariance

            for u in [ 0.05; 0.5; 1.0; 1.7 ] do
                let v = tauSquared / (u * (2.0 - u))

                let near =
                    Quadrature.pairExpectation v u shape.Strip shape.Reach (fun x y -> delta.Value x * delta.Value y)

                let far = QuadratureKernels.farOverlap delta v (1.0 - u) tauSquared
                // E δδ weighs 1/τ² beside κ(1) ≥ O(1)
                Check.withinScale $"u = {u}" 1e-14 [ "E δδ", 1.0, near, far ]

[<Fact>]
let ``A table of δ is δ`` () =
    for shape in [ QuadratureKernels.tanh; QuadratureKernels.silu; QuadratureKernels.geluTanh ] do
        let reference x =
            match shape.Reference with
            | QuadratureKernels.ErrorFunction c -> MathNet.Numerics.SpecialFunctions.Erf(c * x)
            | QuadratureKernels.GaussianLinear c -> x * Normal.cumulative (c * x)

        [ for i in -4000 .. 4000 do
              let x = 0.01137 * float i

              let expected =
                  if abs x > shape.Reach + 0.1 then
                      0.0
                  else
                      shape.Phi x - reference x

              $"x = {x}", 1.0, expected, shape.Value.Value.Value x ]
        // φ of order |x| ≤ 45 is subtracted from itself
        |> Check.withinScale "δ" 2e-14

let private pairCase = gen {
    let! activation = Gen.elements (smooth @ [ Activation.Erf; Activation.Gelu ])
    let! v = Draw.logUniform 1e-2 1e12
    let! u = Draw.logUniform 1e-6 2.0
    return activation, v, u
}

let private pairs activation vi vj rho =
    let c = rho * sqrt vi * sqrt vj

    PairKernels.compute
        activation
        (Laws.exact
            { Networks.plain Placement.Pre activation with
                Tokens = 2 })
        2
        [| vi; c; c; vj |]

[<Fact>]
[<Trait("guards", "(8.3) by closed form")>]
let ``Pairs of nearly equal variances have the kernels of equal ones`` () =
    // κ changes by at most |∂κ/∂log v| 1e-12 ≤ κ(1) 1e-12; ρ is a double, so that u is off by 1e-16, at which κ changes by
    // χ(1) 1e-16 at most, and E φ′φ′, of scale L = 1/(u + 1/v), by a factor L 1e-16
    Check.holds 60 pairCase (fun (activation, v, u) ->
        let rho = 1.0 - u
        let result = pairs activation v (v * (1.0 + 1e-12)) rho
        let kernel = Kernels.at activation v
        let kappa, chi = kernel.Kappa(1.0 - rho), kernel.Chi(1.0 - rho) / v
        let rounding = 1e-11 + 1e-15 / (u + 1.0 / v)

        Check.withinScale
            $"{activation} at v = {v}, u = {u}"
            rounding
            [ "φφ", kernel.KappaAtOne, kappa, result.Values[1]
              "φ′φ′", kernel.ChiAtOne / v, chi, result.Slopes[1] ])

[<Fact>]
let ``Tokens of one variance: a vector of pairs has the kernels of each`` () =
    // no multiple of a vector's length; overlaps of every size, and tokens that agree
    let n = 2 * System.Numerics.Vector<float>.Count + 3

    for activation in [ Activation.Tanh; Activation.Silu; Activation.GeluTanh ] do
        for v in [ 0.1; 1.0; 11.0 ] do
            let covariance =
                Array.init (n * n) (fun k ->
                    let i, j = k / n, k % n

                    if i = j || i + j = n then
                        v
                    else
                        v * cos (0.3 * float (i * j % 11)))

            let network =
                { Networks.plain Placement.Pre activation with
                    Tokens = n }

            let result = PairKernels.compute activation (Laws.exact network) n covariance
            let kernel = Kernels.at activation v

            for k in 0 .. n * n - 1 do
                let u = if k / n = k % n then 0.0 else 1.0 - covariance[k] / v

                // the same sums of a few hundred terms, which are rounded differently
                Check.withinScale
                    $"{activation} at v = {v}, pair {k}"
                    1e-13
                    [ "φφ", kernel.KappaAtOne, kernel.Kappa u, result.Values[k]
                      "φ′φ′", kernel.ChiAtOne / v, kernel.Chi u / v, result.Slopes[k] ]

[<Fact>]
[<Trait("guards", "(2.16) by closed form")>]
let ``Unequal variances: the series and the mixture agree where both resolve φ`` () =
    for activation in smooth do
        for vi, vj in [ 1e-6, 2.0; 0.3, 8.0; 5.0, 11.5 ] do
            for rho in [ -1.0; -0.4; 0.0; 0.7; 0.999; 1.0 ] do
                let series = pairs activation vi vj rho
                let w = (1.0 - rho) * (1.0 + rho)

                let struct (value, slope) =
                    match Kernels.pair activation 1.0 1e9 with
                    | Kernels.Pair.Mixture mixture ->
                        let both = [| vi; vj |]
                        mixture.Pair(mixture.Saturations both, mixture.Roots both, 0, 1, rho, w, sqrt vi * sqrt vj)
                    | Kernels.Pair.Homogeneous
                    | Kernels.Pair.Joint _
                    | Kernels.Pair.Series _ -> failwith "no mixture at variance 1e9"

                // relative to the bound of Cauchy and Schwarz
                let kappa v = (Kernels.at activation v).KappaAtOne

                let chi v = (Kernels.at activation v).ChiAtOne / v

                Check.withinScale
                    $"{activation} at {vi}, {vj}, ρ = {rho}"
                    Kernels.Accuracy
                    [ "φφ", kappa vj, series.Values[1], value
                      "φ′φ′", sqrt (chi vi * chi vj), series.Slopes[1], slope ]

[<Fact>]
[<Trait("guards", "(2.15) by closed form")>]
[<Trait("guards", "(2.16) by quadrature")>]
let ``Unequal variances: the mixture and the split agree at any variance, and the diagonal has the kernel at ρ = 1``
    ()
    =
    let drawn = gen {
        let! shape, activation =
            Gen.elements
                [ QuadratureKernels.tanh, Activation.Tanh
                  QuadratureKernels.silu, Activation.Silu
                  QuadratureKernels.geluTanh, Activation.GeluTanh ]

        let! v = Draw.logUniform 12.0 1e14
        let! ratio = Draw.logUniform 1e-12 1.0
        let! distance = Draw.logUniform 1e-12 1.0
        let! fromEnd = Gen.elements [ true; false ]
        return shape, activation, v, v * ratio, (if fromEnd then distance - 1.0 else 1.0 - distance)
    }

    Check.holds 200 drawn (fun (shape, activation, vi, vj, rho) ->
        let w = (1.0 - rho) * (1.0 + rho)
        let mixture = (ErrorFunctionMixture.For activation).Value
        let both = [| vi; vj |]
        let saturations, roots = mixture.Saturations both, mixture.Roots both
        let struct (value, slope) = QuadratureKernels.pair shape vi vj rho w

        let struct (mixed, mixedSlope) =
            mixture.Pair(saturations, roots, 0, 1, rho, w, sqrt vi * sqrt vj)

        let struct (own, ownSlope) = mixture.Pair(saturations, roots, 0, 0, 1.0, 0.0, vi)
        let kappa v = QuadratureKernels.kappa shape v 0.0
        let chi v = QuadratureKernels.chi shape v 0.0 / v

        Check.withinScale
            $"{activation} at {vi}, {vj}, ρ = {rho}"
            Kernels.Accuracy
            [ "φφ", sqrt (kappa vi) * sqrt (kappa vj), value, mixed
              "φ′φ′", sqrt (chi vi) * sqrt (chi vj), slope, mixedSlope
              "φ²", kappa vi, kappa vi, own
              "φ′²", chi vi, chi vi, ownSlope ])

[<Fact>]
[<Trait("guards", "(8.3) by closed form")>]
let ``A token without variance is φ(0) beside any other`` () =
    for activation in smooth @ [ Activation.Erf; Activation.Gelu ] do
        for v in [ 0.7; 1e4; 1e300 ] do
            let result = pairs activation 0.0 v 0.0
            let sqrtMean = (Kernels.at activation v).Kappa 1.0 |> max 0.0 |> sqrt
            let first = Activation.value activation 0.0

            Check.withinScale
                $"{activation} at v = {v}"
                1e-9
                [ "φφ", max 1.0 sqrtMean, first * sqrtMean, result.Values[1]
                  "φ(0)²", 1.0, first * first, result.Values[0] ]

[<Fact>]
[<Trait("guards", "(2.16) by closed form")>]
let ``Very unequal and very large variances: tanh is a sign, SiLU a ReLU`` () =
    for vi, vj in [ 1e8, 1e20; 1e30, 1e31; 1e200, 1e300; 1e150, 2e160 ] do
        for rho in [ -0.6; 0.0; 0.8 ] do
            // corrections of order 1/√v beside O(1)
            let tolerance = 1e-12 + 3.0 / sqrt (min vi vj)
            let tanh = pairs Activation.Tanh vi vj rho
            let silu = pairs Activation.Silu vi vj rho
            let relu = Kernels.at Activation.Relu 1.0
            let root = sqrt vi * sqrt vj

            Check.withinScale
                $"{vi}, {vj}, ρ = {rho}"
                tolerance
                [ "tanh", 1.0, 2.0 / Math.PI * asin rho, tanh.Values[1]
                  // E δδ of two spikes 2δ(x): 4 times the pair's density at 0
                  "tanh′", 1.0, 1.0, tanh.Slopes[1] * Math.PI / 2.0 * root * sqrt (1.0 - rho * rho)
                  "SiLU", 1.0, relu.Kappa(1.0 - rho), silu.Values[1] / root
                  "SiLU′", 1.0, relu.Chi(1.0 - rho), silu.Slopes[1] ]

[<Fact>]
let ``Saturated kernels take the time of ordinary ones, whatever the variance`` () =
    let seconds variances () =
        for activation, _ in Activation.named do
            for v in variances do
                let kernel = Kernels.at activation v

                for u in [ 0.5 / v; 0.3; 1.0 ] do
                    kernel.Kappa u + kernel.Gap u + kernel.Chi u |> ignore

    // what resolves φ, of a width 1/√v, by ever more nodes would take a thousand times as long at the least of these
    Check.costsAtMost 10.0 (seconds huge) (seconds [ 1.0; 10.0; 1e2; 3e2; 1e3; 3e3; 1e4; 1e5 ])
