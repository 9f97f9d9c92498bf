/// Attention of logits of any spread. Expected values are the limits with their first corrections, derived here and not by
/// the library's own routes, or another of its routes on the other side of a switch.
module Hybrid.Theory.Tests.SaturatedAttentionTests

open System
open FsCheck.FSharp
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

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
            // T2 is analytic up to u of order −1/s²: panels that double from there
            let rec panels left width until sum =
                if left >= until then
                    sum
                else
                    let right = min until (left + width)

                    panels
                        right
                        (2.0 * width)
                        until
                        (sum
                         + Quadrature.integrate left right (fun u -> (AttentionMoments.compute n s u).T2))

            let mutable reached = 0.0
            let mutable sum = 0.0

            for reach in [ 1.0; 1e2; 1e4; 1e6 ] do
                let u = reach / (s * s)

                if u <= 0.9 then
                    sum <- panels reached (max reached (0.5 / (s * s))) u sum
                    reached <- u
                    let integral = s * (s * sum)
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
let ``Attention of a large spread takes the time of an ordinary one`` () =
    let moments spreads () =
        for n in counts do
            for s in spreads do
                for u in [ 1.0 / s / s; 0.01; 1.0 ] do
                    AttentionMoments.compute n s u |> ignore

    // what resolves ties, of a width 1/s, by ever more nodes would take two hundred times as long at 4096
    Check.costsAtMost 10.0 (moments spreads) (moments [ 1.0; 2.0; 4.0; 8.0; 12.0; 16.0; 20.0 ])

[<Fact>]
let ``A table is not made for scales beyond which it would not converge, and says so`` () =
    for highest in [ 65.0; 4096.0; 1e200 ] do
        let table = AttentionTable.Build(8, 0.0, highest, 1e-9)
        Assert.False table.Converged
        Assert.False(table.Covers(0.5, 0.5))

        let thrown =
            Assert.Throws<ArgumentOutOfRangeException>(fun () -> table.Moments(0.5, 0.5) |> ignore)

        Assert.Contains("covers nothing", thrown.Message)
