module Hybrid.Theory.Tests.AttentionMomentsTests

open System
open FsCheck.FSharp
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

/// The guarantee that issue-level accuracy asks for: 1e-8 relative.
let private Accuracy = 1e-8

let private fields (moments: AttentionMoments) =
    [ "S1", moments.S1; "S2", moments.S2; "T1", moments.T1; "T2", moments.T2 ]

[<Fact>]
[<Trait("guards", "(3.2) (3.3) (3.4) (3.5) (3.6) (3.11) (3.12) by reference")>]
let ``The moments meet 1e-8 relative in every reference row from n = 2 to 10⁶`` () =
    for row in Reference.rows "attention.csv" do
        let number = Reference.number row
        let n, s, u = int (number "n"), number "s", number "u"

        Check.relativeRows
            $"n = {n}, s = {s}, u = {u}"
            Accuracy
            [ for name, value in fields (AttentionMoments.compute n s u) -> name, number name, value ]

[<Fact>]
[<Trait("guards", "(3.3) (3.4) by published number")>]
let ``The sample values at 16, 32 and 64 tokens`` () =
    for n, sigma, rho, expected in
        [ 16, 1.0, 0.5, [ 0.09554; 0.07750; 0.07885; 0.06577 ]
          64, 4.0, 0.3, [ 0.37677; 0.04957; 0.10210; 0.01494 ]
          32, 8.0, 0.2, [ 0.71646; 0.06671; 0.07331; 0.00444 ] ] do
        let moments = AttentionMoments.compute n (sigma * sqrt (1.0 - rho)) (1.0 - rho)

        for (name, value), printed in List.zip (fields moments) expected do
            // five decimals are printed
            Check.absolute $"{name} at n = {n}, σ_A = {sigma}, ρ = {rho}" 0.5001e-5 printed value

[<Fact>]
[<Trait("guards", "(3.2) (3.4) (3.6) (3.7) (3.8) by closed form")>]
let ``Two tokens are a logistic unit: S and T are the sigmoid's κ and χ at v = 2s²`` () =
    // A = (σ(x), 1 − σ(x)) with x = s(g₁ − g₂): S = 2κ and, as AA′ − … = 4σ(1−σ)σ′(1−σ′), T = 4χ/v
    for s, us in
        [ 1e-4, [ 0.1; 1.0; 2.0 ]
          0.3, [ 0.0; 0.5; 1.3 ]
          1.0, [ 0.0; 0.01; 0.5; 2.0 ]
          4.0, [ 0.0; 0.1; 1.0; 2.0 ]
          12.0, [ 0.1; 1.3; 2.0 ]
          50.0, [ 0.0; 1e-12; 1e-6; 1e-3; 0.03; 0.5; 1.0; 1.5; 1.999; 2.0 ] ] do
        for u in us do
            let v = 2.0 * s * s
            let kernel = Kernels.at Activation.Sigmoid v
            let moments = AttentionMoments.compute 2 s u

            // χ has an error of 1e-13 relative to χ(1), which T2 inherits
            Check.withinScale
                $"s = {s}, u = {u}"
                Accuracy
                [ "S1", moments.S1, 2.0 * kernel.KappaAtOne, moments.S1
                  "S2", moments.S2, 2.0 * kernel.Kappa u, moments.S2
                  "T1", moments.T1, 4.0 * kernel.ChiAtOne / v, moments.T1
                  "T2", moments.T2, 4.0 * kernel.Chi u / v, moments.T2 ]

[<Fact>]
[<Trait("guards", "(3.7) by property")>]
let ``Two opposite tokens share what one of them holds: S1 + S2 = 1 at ρ = −1`` () =
    for s in [ 0.0; 0.1; 1.0; 5.0; 50.0 ] do
        let moments = AttentionMoments.compute 2 s 2.0
        Check.relative $"S1 + S2 at s = {s}" Accuracy 1.0 (moments.S1 + moments.S2)

[<Fact>]
let ``A single token attends to itself`` () =
    for s in [ 0.0; 1.0; 50.0 ] do
        for u in [ 0.0; 1.0; 2.0 ] do
            let moments = AttentionMoments.compute 1 s u

            Assert.Equal(
                { S1 = 1.0
                  S2 = 1.0
                  T1 = 0.0
                  T2 = 0.0 },
                moments
            )

[<Fact>]
let ``Equal logits share equally: S1 = S2 = 1/n and T = 1/n − 1/n²`` () =
    for n in [ 2; 32; 1_000_000 ] do
        for s in [ 0.0; 1e-10 ] do
            let share = 1.0 / float n

            Check.relativeRows
                $"n = {n}, s = {s}"
                1e-15
                (List.zip
                    (fields (AttentionMoments.compute n s 0.7))
                    [ share; share; share - share * share; share - share * share ]
                 |> List.map (fun ((name, actual), expected) -> name, expected, actual))

[<Fact>]
[<Trait("guards", "(3.10) by closed form")>]
let ``For weak logits S1 → e^{s²}/n and S2 → e^{ρs²}/n, with error of order s²/n`` () =
    // Z's own fluctuation, of variance (e^{s²} − 1)/n, is what the log-normal limit leaves out: (S1 n e^{−s²} − 1) n
    // tends to −4(e^{2s²}…) times s² at leading order; the constant 8 bounds it for s ≤ 0.3
    for s in [ 0.03; 0.1; 0.3 ] do
        for n in [ 1_000; 10_000; 1_000_000 ] do
            for rho in [ 0.0; 0.4; 0.9 ] do
                let moments = AttentionMoments.compute n s (1.0 - rho)
                let correction = 8.0 * s * s / float n
                Check.relative $"S1 at n = {n}, s = {s}" (correction + 1e-10) (exp (s * s) / float n) moments.S1

                Check.relative
                    $"S2 at n = {n}, s = {s}, ρ = {rho}"
                    (correction + 1e-10)
                    (exp (rho * s * s) / float n)
                    moments.S2

[<Fact>]
[<Trait("guards", "(3.3) by closed form")>]
let ``Random-energy freezing: S1 → 1 − 1/b at s = b√(2 log n), with a deviation that falls with log n`` () =
    // finite size enters as powers of 1/log n: log n · |S1 − (1 − 1/b)| stays bounded while the deviation falls
    for b in [ 1.5; 2.0; 4.0 ] do
        let deviation n =
            let s = b * sqrt (2.0 * log (float n))
            (AttentionMoments.compute n s 1.0).S1 - (1.0 - 1.0 / b)

        let deviations =
            [ 100; 10_000; 1_000_000 ] |> List.map (fun n -> n, abs (deviation n))

        for (n, before), (_, after) in List.pairwise deviations do
            Check.atMost $"deviation beyond n = {n} at b = {b}" before after

        for n, value in deviations do
            Check.atMost $"log n · deviation at n = {n}, b = {b}" 1.0 (value * log (float n))

    // and below the transition nothing freezes
    let thawed n =
        (AttentionMoments.compute n (0.5 * sqrt (2.0 * log (float n))) 1.0).S1

    Check.atMost "S1 at b = 1/2" (thawed 100 / 10.0) (thawed 1_000_000)

[<Fact>]
[<Trait("guards", "(3.10) by closed form")>]
let ``Independent rows share 1/n, whatever the spread`` () =
    for n in [ 2; 32; 1000; 1_000_000 ] do
        for s in [ 0.1; 2.0; 15.0; 50.0 ] do
            Check.relative $"S2 at n = {n}, s = {s}" Accuracy (1.0 / float n) (AttentionMoments.compute n s 1.0).S2

[<Fact>]
[<Trait("guards", "(3.9) by property")>]
let ``Rows that are nearly equal have the moments of one row, S2 lower by s²u T1`` () =
    // what is left out of T2 is of order s²u relative to it, and of the logarithm of n where the strongest logits decide
    for n in [ 2; 16; 256; 1_000_000 ] do
        for s in [ 1e-3; 0.5; 2.0; 15.0; 50.0; 4096.0 ] do
            for near in [ Laws.Near; 1e-8 ] do
                let u = min 1.0 (near / (s * s))
                Assert.True(AttentionMoments.areNear (1.001 * near) s u)
                let exact, close = AttentionMoments.compute n s u, AttentionMoments.near n s u

                Check.relativeRows
                    $"n = {n}, s = {s}, u = {u}"
                    (Accuracy + 10.0 * near)
                    (List.zip (fields exact) (fields close)
                     |> List.map (fun ((name, expected), (_, actual)) -> name, expected, actual))

[<Fact>]
[<Trait("guards", "(3.9) by quadrature")>]
let ``Rows that are ever nearer differ by what T2 says, though their S's agree to rounding`` () =
    // Simpson's rule on (3.9), off by (s²u)⁴ and less; S1 − S2 is either the trapezoid rule, off by (s²u)² log n/12 and less of itself and by
    // the difference's rounding, or a difference of moments of the stated accuracy
    for n in [ 2; 16; 1000 ] do
        for s in [ 0.5; 2.0; 15.0 ] do
            for near in [ 1e-11; 1e-9; 1e-6; 0.9e-4; 1.1e-4; 1e-2 ] do
                let u = near / (s * s)

                let moments, middle =
                    AttentionMoments.compute n s u, AttentionMoments.compute n s (0.5 * u)

                let gap = near * (moments.T1 + 4.0 * middle.T2 + moments.T2) / 6.0
                let trapezoid = near * near * log (float n + 1.0) / 12.0

                let rounding = moments.S1 / gap * (if near <= 1e-4 then 2.3e-16 else 1e-12)

                Check.relative
                    $"S1 − S2 at n = {n}, s = {s}, s²u = {near}"
                    (trapezoid + rounding + 1e-11)
                    gap
                    (moments.S1 - moments.S2)

[<Fact>]
[<Trait("guards", "(3.6) by property")>]
let ``Identical rows: S2 = S1 and T2 = T1 at ρ = 1`` () =
    for n in [ 2; 16; 256; 1_000_000 ] do
        for s in [ 0.01; 0.5; 2.0; 6.0; 50.0 ] do
            let moments = AttentionMoments.compute n s 0.0

            Check.relativeRows
                $"n = {n}, s = {s}"
                Accuracy
                [ "S2", moments.S1, moments.S2; "T2", moments.T1, moments.T2 ]

/// A Gauss–Legendre integral of T2 over ρ.
let private integrateT2 n s u =
    Quadrature.integrate 0.0 u (fun u -> (AttentionMoments.compute n s u).T2)

[<Fact>]
[<Trait("guards", "(3.9) by quadrature")>]
let ``Price's theorem: ∂S2/∂ρ = s² T2`` () =
    // dE f(ℓ)f(ℓ′)/dρ = s² Σ E ∂f ∂f′ with ∂A_j/∂ℓ_k = A_j δ_jk − A_j A_k, whose overlaps are T2; the 16-point rule is
    // exact to rounding on intervals this short, so the moments' own accuracy is what is tested
    for n, s, u in
        [ 3, 1.0, 0.5
          32, 2.0, 0.6
          256, 4.0, 0.5
          1000, 0.5, 0.9
          64, 50.0, 1e-6
          1_000_000, 50.0, 1e-4 ] do
        let moments = AttentionMoments.compute n s u
        let integral = s * s * integrateT2 n s u

        Check.withinScale
            $"n = {n}, s = {s}, u = {u}"
            Accuracy
            [ "S1 − S2", moments.S1, integral, moments.S1 - moments.S2 ]

let private anyCase = gen {
    let! n = Draw.logUniform 2.0 400.0 |> Gen.map (round >> int)
    let! s = Draw.logUniform 1e-3 12.0
    let! fraction = Draw.uniform 0.05 1.0
    return n, s, fraction * float n / float (n - 1)
}

[<Fact>]
[<Trait("guards", "(3.10) by property")>]
let ``Rows agree with themselves best: 0 ≤ S2 ≤ S1, and S2 lies on the side of 1/n on which ρ lies of 0`` () =
    // S2 = Σ ρ^k c_k with c_k ≥ 0 and c_0 = Σ(E A)² = 1/n
    Check.holds 60 anyCase (fun (n, s, u) ->
        let moments = AttentionMoments.compute n s u
        let slack = 1.0 + Accuracy
        let share = 1.0 / float n
        let at = $"n = {n}, s = {s}, u = {u}"
        Check.atMost $"S2 ≤ S1, {at}" (moments.S1 * slack) moments.S2
        Check.atMost $"S1 ≤ 1, {at}" slack moments.S1
        Check.atLeast $"S1 ≥ 1/n, {at}" (share / slack) moments.S1
        Check.atLeast $"S2 ≥ 0, {at}" 0.0 moments.S2

        if u <= 1.0 then
            Check.atLeast $"S2 ≥ 1/n, {at}" (share / slack) moments.S2
        else
            Check.atMost $"S2 ≤ 1/n, {at}" (share * slack) moments.S2)

[<Fact>]
[<Trait("guards", "(3.10) by property")>]
let ``The Jacobian's overlaps are bounded: 0 ≤ T2 ≤ T1 ≤ (1 − S1)/2 and T1 ≤ S1`` () =
    // T1 = E tr J², J = diag A − AAᵀ with 0 ≤ J ≤ ½ and tr J = 1 − ΣA²; T2 = E tr JJ′ of two such
    Check.holds 60 anyCase (fun (n, s, u) ->
        let moments = AttentionMoments.compute n s u
        let at = $"n = {n}, s = {s}, u = {u}"
        // T comes from S1 by subtraction
        let slack = Accuracy * moments.S1
        Check.atLeast $"T2 ≥ 0, {at}" -slack moments.T2
        Check.atMost $"T2 ≤ T1, {at}" (moments.T1 + slack) moments.T2
        Check.atMost $"T1 ≤ S1, {at}" (moments.S1 + slack) moments.T1
        Check.atMost $"T1 ≤ (1 − S1)/2, {at}" (0.5 * (1.0 - moments.S1) + slack) moments.T1)

[<Fact>]
[<Trait("guards", "(3.10) by property")>]
let ``Gaussian Poincaré for softmax: S1 − 1/n ≤ s² T1`` () =
    Check.holds 60 anyCase (fun (n, s, u) ->
        let moments = AttentionMoments.compute n s u
        let variance = moments.S1 - 1.0 / float n
        Check.atMost $"n = {n}, s = {s}" (s * s * moments.T1 + Accuracy * moments.S1) variance)

/// Means and standard errors of the four sums over sampled rows.
let private simulate seed samples n s rho =
    let random = Random(seed: int)

    let normal () =
        sqrt (-2.0 * log (1.0 - random.NextDouble()))
        * cos (2.0 * Math.PI * random.NextDouble())

    let rest = sqrt (1.0 - rho * rho)
    let first = Array.zeroCreate<float> n
    let second = Array.zeroCreate<float> n

    let softmax (row: float[]) =
        let largest = Array.max row
        let mutable total = 0.0

        for j in 0 .. n - 1 do
            row[j] <- exp (s * (row[j] - largest))
            total <- total + row[j]

        for j in 0 .. n - 1 do
            row[j] <- row[j] / total

    let sums = Array.zeroCreate<float> 4
    let squares = Array.zeroCreate<float> 4

    for _ in 1..samples do
        for j in 0 .. n - 1 do
            let g = normal ()
            first[j] <- g
            second[j] <- rho * g + rest * normal ()

        softmax first
        softmax second
        let mutable aa = 0.0
        let mutable ab = 0.0
        let mutable aaa = 0.0
        let mutable mixed = 0.0

        for j in 0 .. n - 1 do
            let a, b = first[j], second[j]
            aa <- aa + a * a
            ab <- ab + a * b
            aaa <- aaa + a * a * a
            mixed <- mixed + a * b * (a + b)

        let values = [| aa; ab; aa - 2.0 * aaa + aa * aa; ab - mixed + ab * ab |]

        for k in 0..3 do
            sums[k] <- sums[k] + values[k]
            squares[k] <- squares[k] + values[k] * values[k]

    Array.init 4 (fun k ->
        let count = float samples
        let mean = sums[k] / count
        struct (mean, sqrt (max 0.0 (squares[k] / count - mean * mean) / (count - 1.0))))

[<Theory>]
[<InlineData(1, 3.0, 0.5, 100)>]
[<InlineData(2, 1.0, -1.0, 40000)>]
[<InlineData(3, 5.0, -0.5, 40000)>]
[<InlineData(8, 0.5, 0.9, 20000)>]
[<InlineData(16, 50.0, 0.2, 20000)>]
[<InlineData(32, 8.0, 0.2, 10000)>]
[<InlineData(64, 3.0, 0.95, 6000)>]
[<InlineData(256, 1.0, 0.5, 2000)>]
[<InlineData(256, 12.0, -0.003, 2000)>]
[<InlineData(256, 50.0, 0.7, 2000)>]
[<InlineData(64, 50.0, 0.999, 6000)>]
[<InlineData(64, 50.0, 0.999999, 6000)>]
[<Trait("guards", "(3.2) (3.3) (3.4) (3.8) by sampling")>]
let ``Sampled attention rows agree within their standard error`` (n: int, s: float, rho: float, samples: int) =
    let exact = AttentionMoments.compute n s (1.0 - rho)

    for (name, value), struct (mean, error) in Seq.zip (fields exact) (simulate 7 samples n s rho) do
        // 4.5 standard errors: a false alarm once in 4000 runs of all forty-eight comparisons
        Check.absolute $"{name} at n = {n}, s = {s}, ρ = {rho}" (4.5 * error + 1e-12) mean value

[<Fact>]
[<Trait("guards", "(3.5) by property")>]
let ``The trapezoid rule in τ converges exponentially in the number of nodes`` () =
    // K_m = e^{mx − eˣ} is bounded in |Im x| ≤ π/2, so the error falls as exp(−2π·(π/2)/h), h = 0.27/refinement:
    // by e^{−36.6} per unit of refinement where s is small, faster where the smearing by s g widens the strip
    let exact = AttentionMoments.computeRefined 2.0 32 0.5 0.5

    let logError refinement =
        log (abs ((AttentionMoments.computeRefined refinement 32 0.5 0.5).S1 / exact.S1 - 1.0))

    let expected = Math.PI * Math.PI / 0.27
    let low, high = 0.15, 0.3

    Check.atLeast
        "fall of the log error per unit of refinement"
        expected
        ((logError low - logError high) / (high - low))

[<Fact>]
[<Trait("guards", "(3.5) (3.6) by property")>]
let ``The default step has converged: half of it changes nothing beyond 1e-9`` () =
    for n, s, u in
        [ 2, 0.2, 1.0
          32, 1.0, 0.5
          32, 8.0, 0.8
          1000, 3.0, 0.3
          100_000, 15.0, 0.7
          64, 50.0, 1e-6
          64, 50.0, 0.03
          1_000_000, 50.0, 1e-3
          1_000_000, 50.0, 1.0 ] do
        let coarse = AttentionMoments.compute n s u
        let fine = AttentionMoments.computeRefined 2.0 n s u

        Check.relativeRows
            $"n = {n}, s = {s}, u = {u}"
            1e-9
            (List.zip (fields fine) (fields coarse)
             |> List.map (fun ((name, expected), (_, actual)) -> name, expected, actual))

let private refused (n: int) s u =
    Assert.ThrowsAny<ArgumentException>(fun () -> AttentionMoments.compute n s u |> ignore).Message

[<Fact>]
let ``Requests outside the range are refused with the range`` () =
    Assert.Contains("at least 1", refused 0 1.0 0.5)

    for s in [ nan; -1e-300; infinity ] do
        Assert.Contains("finite number ≥ 0", refused 4 s 0.5)

    for u in [ nan; -1e-300; 1.34; infinity ] do
        Assert.Contains("[0, n/(n−1)] for n = 4", refused 4 1.0 u)
