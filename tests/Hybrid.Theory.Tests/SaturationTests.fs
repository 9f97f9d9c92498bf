/// The theory's transcendental inputs where their arguments are large: pre-activations of variances up to the double
/// range and logits of any spread. Expected values are the limits with their first corrections, derived here and not by the
/// library's own routes, or another of its routes on the other side of a switch.
module Hybrid.Theory.Tests.SaturationTests

open System
open System.Diagnostics
open FsCheck.FSharp
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

let private smooth =
    [ Activation.Tanh; Activation.GeluTanh; Activation.Silu; Activation.Sigmoid ]

let private huge = [ 1e6; 1e9; 1e15; 1e30; 1e100; 1e155; 1e200; 1e300 ]

// Kernels

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

// Attention

let private spreads = [ 60.0; 300.0; 4096.0; 1e6; 1e10; 1e30; 1e150 ]

let private counts = [ 2; 3; 32; 1000; 1_000_000 ]

[<Fact>]
[<Trait("guards", "(3.10) by property")>]
let ``Attention of any spread is answered within the bounds that hold for any rows`` () =
    for n in counts do
        for s in spreads @ [ 1e300 ] do
            for u in [ 0.0; 1e-300; 1.0 / s / s; 1e-6; 0.01; 0.5; 1.0; float n / float (n - 1) ] do
                let m = AttentionMoments.compute n s u
                let at = $"n = {n}, s = {s}, u = {u}"
                Check.atMost $"S2 ≤ S1, {at}" m.S1 m.S2
                Check.atMost $"S1 ≤ 1, {at}" (1.0 + 1e-12) m.S1
                Check.atMost $"T2 ≤ T1, {at}" m.T1 m.T2
                Check.atLeast $"T2 ≥ 0, {at}" 0.0 m.T2
                Check.atMost $"T1 ≤ (1 − S1)/2, {at}" (0.5 * (1.0 - m.S1) + 1e-11) m.T1

                if u <= 1.0 then
                    Check.atLeast $"S2 ≥ 1/n, {at}" (1.0 / float n * (1.0 - 1e-10)) m.S2

                if n <= 1000 && s <= 1e150 then
                    // Gaussian Poincaré
                    Check.atMost $"S1 − 1/n ≤ s²T1, {at}" (s * (s * m.T1)) (m.S1 - 1.0 / float n)

[<Fact>]
[<Trait("guards", "(3.11) (3.12) (3.13) by closed form")>]
[<Trait("guards", "(3.14) by quadrature")>]
let ``1 − S1 is 2/s times the density of ties, and T1 a third of that`` () =
    // a pair holds the largest two logits, x = s(g − g′) apart, with density f/s in x near 0, where over all pairs
    // f = ½n(n−1)∫ n(a)² Φ(a)^{n−2} da. Then 1 − S1 = 2σ(x)σ(−x), of integral 2, and tr J² = 4(σ(x)σ(−x))², of integral 2/3;
    // what follows is smaller by 1/s
    for n in [ 2; 3; 32; 1000 ] do
        let density =
            // Φ^998 varies on the scale 0.3: a strip of 0.5 takes a step that resolves it
            Quadrature.expectation (sqrt 0.5) 0.5 infinity (fun a -> Normal.cumulative a ** float (n - 2))
            * float n
            * float (n - 1)
            / (4.0 * sqrt Math.PI)

        for s in [ 1e6; 1e10; 1e150 ] do
            let m = AttentionMoments.compute n s 1.0
            let tolerance = 1e-9 + 20.0 / s
            Check.relative $"T1 at n = {n}, s = {s}" tolerance (density * 2.0 / 3.0) (s * m.T1)

            if s <= 1e6 then
                Check.relative $"1 − S1 at n = {n}, s = {s}" (tolerance + 1e-12 * s) (density * 2.0) (s * (1.0 - m.S1))

[<Fact>]
[<Trait("guards", "(3.14) by closed form")>]
let ``For n = 2, S2 is the probability of the same argmax, and s²T2 the density of a tie in both rows`` () =
    // S = 2κ of the sigmoid's step ½ + ½ sign: ½ + asin(ρ)/π; its derivative 1/(π√(1 − ρ²))
    for s in [ 1e6; 1e10; 1e100 ] do
        for u in [ 1e-3; 0.3; 1.0; 1.6 ] do
            let m = AttentionMoments.compute 2 s u
            // the sigmoid's noise, variance π²/3, against v = 2s²: relative 1/(s² u(2−u))
            let tolerance = 1e-9 + 10.0 / (s * s * u * (2.0 - u))
            Check.relative $"S2 at s = {s}, u = {u}" tolerance (0.5 + asin (1.0 - u) / Math.PI) m.S2
            Check.relative $"T2 at s = {s}, u = {u}" tolerance (1.0 / (Math.PI * sqrt (u * (2.0 - u)))) (s * (s * m.T2))

[<Fact>]
[<Trait("guards", "(3.8) (3.11) (3.12) (3.13) by closed form")>]
let ``Two tokens are a logistic unit at any spread, through the crossover at u of order 1/s²`` () =
    for s in [ 19.9; 20.1; 60.0; 4096.0; 1e6; 1e8 ] do
        let kernel = Kernels.at Activation.Sigmoid (2.0 * s * s)

        for ratio in [ 1e-4; 0.03; 1.0; 30.0; 1e4 ] do
            let u = ratio / (s * s)

            if u <= 1.0 then
                let m = AttentionMoments.compute 2 s u

                Check.withinScale
                    $"s = {s}, s²u = {ratio}"
                    1e-8
                    [ "S2", 1.0, 2.0 * kernel.Kappa u, m.S2
                      "T1", m.T1, 2.0 * kernel.ChiAtOne / (s * s), m.T1
                      // χ is known to 1e-13 of χ(1)
                      "T2", m.T2 + 1e-5 * m.T1, 2.0 * kernel.Chi u / (s * s), m.T2 ]

[<Fact>]
[<Trait("guards", "(3.9) by quadrature")>]
[<Trait("guards", "(3.13) by property")>]
let ``Price's theorem at large spread: S1 − S2 = s²∫T2 from equal rows through the crossover`` () =
    for n in [ 3; 32; 1_000_000 ] do
        for s in [ 60.0; 4096.0; 1e6 ] do
            for reach in [ 1.0; 1e2; 1e4; 1e6 ] do
                let u = reach / (s * s)

                if u <= 0.9 then
                    // T2 is analytic up to u of order −1/s²: panels that double from there
                    let rec panels left width sum =
                        if left >= u then
                            sum
                        else
                            let right = min u (left + width)

                            panels
                                right
                                (2.0 * width)
                                (sum
                                 + Quadrature.integrate left right (fun u -> (AttentionMoments.compute n s u).T2))

                    let integral = s * (s * panels 0.0 (0.5 / (s * s)) 0.0)
                    let m = AttentionMoments.compute n s u
                    Check.withinScale $"n = {n}, s = {s}, s²u = {reach}" 1e-9 [ "S1 − S2", 1.0, integral, m.S1 - m.S2 ]

                    Check.relative
                        $"relative, n = {n}, s = {s}, s²u = {reach}"
                        (1e-8 + 1e-11 / integral)
                        integral
                        (m.S1 - m.S2)

[<Fact>]
[<Trait("guards", "(3.13) by property")>]
let ``The Gaussian nodes and K's own join at s = 20`` () =
    // d log/d log s of any moment is at most 4, over a step of 2e-13
    for n in counts do
        for u in [ 0.0; 1e-4; 0.02; 0.5; 1.0 ] do
            let below = AttentionMoments.compute n (20.0 * (1.0 - 1e-13)) u
            let above = AttentionMoments.compute n (20.0 * (1.0 + 1e-13)) u

            Check.relativeRows
                $"n = {n}, u = {u}"
                1e-10
                [ "S1", below.S1, above.S1
                  "S2", below.S2, above.S2
                  "T1", below.T1, above.T1
                  "T2", below.T2, above.T2 ]

[<Fact>]
let ``More spread concentrates: S1 grows and T1 falls with s, S2 and T2 fall with u`` () =
    for n in [ 2; 32; 1000 ] do
        for before, after in List.pairwise [ 15.0; 19.0; 21.0; 30.0; 300.0; 4096.0; 1e5 ] do
            let a, b =
                AttentionMoments.compute n before 0.3, AttentionMoments.compute n after 0.3

            Check.atMost $"S1 at n = {n}, s = {after}" b.S1 a.S1
            Check.atMost $"T1 at n = {n}, s = {after}" a.T1 b.T1

        for s in [ 60.0; 4096.0; 1e6 ] do
            for before, after in List.pairwise [ 0.0; 0.1 / s / s; 1.0 / s / s; 100.0 / s / s; 0.1; 0.5; 1.0 ] do
                let a, b = AttentionMoments.compute n s before, AttentionMoments.compute n s after
                Check.atMost $"S2 at n = {n}, s = {s}, u = {after}" a.S2 b.S2
                Check.atMost $"T2 at n = {n}, s = {s}, u = {after}" a.T2 b.T2

[<Theory>]
[<InlineData(8, 4096.0, 0.5)>]
[<InlineData(32, 300.0, 1e-4)>]
[<InlineData(3, 1e5, 1e-9)>]
let ``Halved steps change nothing at large spread`` (n: int) (s: float) (u: float) =
    let coarse, fine =
        AttentionMoments.compute n s u, AttentionMoments.computeRefined 2.0 n s u

    Check.relativeRows
        $"n = {n}, s = {s}, u = {u}"
        1e-10
        [ "S1", fine.S1, coarse.S1
          "S2", fine.S2, coarse.S2
          "T1", fine.T1, coarse.T1
          "T2", fine.T2, coarse.T2 ]

[<Fact>]
[<Trait("guards", "(3.11) (3.12) (3.13) by sampling")>]
let ``Sampled rows at s = 4096 and 300 agree within their standard error`` () =
    let random = Random 5

    let normal () =
        sqrt (-2.0 * log (1.0 - random.NextDouble()))
        * cos (2.0 * Math.PI * random.NextDouble())

    let softmax s (row: float[]) =
        let largest = Array.max row
        let weights = row |> Array.map (fun g -> exp (s * (g - largest)))
        let total = Array.sum weights
        weights |> Array.map (fun w -> w / total)

    for n, s, u, samples in [ 16, 4096.0, 0.4, 40_000; 16, 300.0, 1e-5, 40_000; 8, 300.0, 3e-4, 40_000 ] do
        let rho = 1.0 - u
        let rest = sqrt (u * (2.0 - u))

        let values =
            Array.init samples (fun _ ->
                let first = Array.init n (fun _ -> normal ())
                let second = first |> Array.map (fun g -> rho * g + rest * normal ())
                let a, b = softmax s first, softmax s second
                let dot = Array.fold2 (fun sum x y -> sum + x * y) 0.0
                let square = Array.map (fun x -> x * x)
                let overlap = dot a b

                [| dot a a
                   overlap
                   overlap - dot (square a) b - dot a (square b) + overlap * overlap |])

        let m = AttentionMoments.compute n s u

        for k, expected in [ 0, m.S1; 1, m.S2; 2, m.T2 ] do
            let column = values |> Array.map (fun row -> row[k])
            let mean = Array.average column
            let variance = column |> Array.averageBy (fun x -> (x - mean) * (x - mean))
            // a tie in both rows at s = 4096, u = 0.4 is expected 1e-3 times in all: its error cannot be estimated
            if not (k = 2 && s = 4096.0) then
                Check.absolute
                    $"moment {k} at n = {n}, s = {s}, u = {u}"
                    (4.5 * sqrt (variance / float samples) + 1e-12)
                    expected
                    mean

[<Fact>]
let ``Every answer takes bounded time: the whole range in seconds`` () =
    // 5 ms and 50 ms on an idle core; ten times that on a busy machine, over all calls together so that one preemption
    // does not count
    let watch = Stopwatch.StartNew()
    let mutable calls = 0

    for activation, _ in Activation.named do
        for v in [ 1.0; 1e2; 1e4 ] @ huge do
            let kernel = Kernels.at activation v

            for u in [ 0.5 / v; 0.3; 1.0 ] do
                calls <- calls + 1
                kernel.Kappa u + kernel.Gap u + kernel.Chi u |> ignore

    Check.atMost "ms per kernel" 150.0 (watch.Elapsed.TotalMilliseconds / float calls)
    watch.Restart()
    calls <- 0

    for n in counts do
        for s in [ 1.0; 20.0 ] @ spreads do
            for u in [ 1.0 / s / s; 0.01; 1.0 ] do
                calls <- calls + 1
                AttentionMoments.compute n s u |> ignore

    Check.atMost "ms per attention moment" 500.0 (watch.Elapsed.TotalMilliseconds / float calls)

[<Fact>]
let ``A table is not made for scales beyond which it would not converge, and says so`` () =
    for highest in [ 65.0; 4096.0; 1e200 ] do
        let table = AttentionTable.Build(8, 0.0, highest, 1e-9)
        Assert.False table.Converged
        Assert.False(table.Covers(0.5, 0.5))

        let thrown =
            Assert.Throws<ArgumentOutOfRangeException>(fun () -> table.Moments(0.5, 0.5) |> ignore)

        Assert.Contains("covers nothing", thrown.Message)
