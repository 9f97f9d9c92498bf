module Hybrid.Theory.Tests.HeadMomentsTests

open System
open FsCheck.FSharp
open Hybrid.Theory
open Xunit

/// The guarantee, relative to (E S)²: the fluctuations are differences of sums of that size.
let private Accuracy = 1e-9

let private fields (moments: HeadMoments) =
    [ "Var S", moments.VarS
      "Cov(S,S′)", moments.CovSS
      "Cov(X,S)", moments.CovXS
      "Cov(S,T)", moments.CovST
      "U", moments.U ]

let private scaleOf n s u =
    let s1 = (AttentionMoments.compute n s u).S1
    s1 * s1

/// Every field of `actual` against `expected` within `tolerance` of (E S)².
let private agree name tolerance scale expected actual =
    List.zip (fields expected) (fields actual)
    |> List.map (fun ((field, expected), (_, actual)) -> field, scale, expected, actual)
    |> Check.withinScale name tolerance

/// Averages over the difference of a row's two logits, N(0, 2s²), and over those of two rows, of functions with poles at ±iπ, of which a
/// tenth is left unused: section 2.4 of the derivation.
let private averages s u =
    let v = 2.0 * s * s
    Quadrature.expectation (sqrt v) 2.8 infinity, Quadrature.pairExpectation v u 2.8 infinity

[<Fact>]
[<Trait("guards", "(13.6) (13.8) (13.9) by reference")>]
let ``The fluctuations of three heads, weak to frozen, to six decimals`` () =
    for n, sigma, rho, expected in
        [ 32, 8.0, 0.2, [ 0.059169; 0.000094; 0.002031; -0.017451; 0.007199 ]
          64, 4.0, 0.3, [ 0.051260; 0.000482; 0.002956; -0.007254; 0.008689 ]
          16, 1.0, 0.5, [ 0.000407; 0.000068; 0.000148; 0.000142; 0.000564 ] ] do
        let moments = HeadMoments.compute n (sigma * sqrt (1.0 - rho)) (1.0 - rho)

        for (name, value), printed in List.zip (fields moments) expected do
            Check.absolute $"{name} at n = {n}, σ_A = {sigma}, ρ = {rho}" 0.5001e-6 printed value

[<Fact>]
[<Trait("guards", "(13.6) (13.7) (13.8) (13.9) (13.14) (13.15) by quadrature")>]
let ``Two tokens are a logistic unit: every fluctuation is a Gaussian average of a sigmoid`` () =
    // A = (a, 1 − a), a = σ(x), x ~ N(0, 2s²): S = 1 − 2b, T = 4b², |JA|² = 2b²(1 − 4b) with b = a(1 − a)
    let share x = 1.0 / (1.0 + exp -x)

    let variance x =
        let a = share -(abs x)
        a * (1.0 - a)

    let sum x = 1.0 - 2.0 * variance x

    for s, us in
        [ 0.3, [ 0.0; 0.5; 1.3; 2.0 ]
          1.0, [ 0.0; 1e-6; 0.01; 0.5; 1.6; 2.0 ]
          4.0, [ 0.0; 0.1; 1.0; 1.5; 1.501; 2.0 ]
          12.0, [ 1e-3; 0.1; 1.3; 1.9 ] ] do
        for u in us do
            let one, two = averages s u

            let meanS = one sum

            let overlap x y = share x * share y + share -x * share -y

            let expected =
                { VarS = one (fun x -> (sum x - meanS) * (sum x - meanS))
                  CovSS = two (fun x y -> (sum x - meanS) * (sum y - meanS))
                  CovXS = two (fun x y -> overlap x y * (0.5 * (sum x + sum y) - meanS))
                  CovST = one (fun x -> (sum x - meanS) * 4.0 * variance x * variance x)
                  U = one (fun x -> 2.0 * variance x * variance x * (1.0 - 4.0 * variance x)) }

            agree $"s = {s}, u = {u}" Accuracy 1.0 expected (HeadMoments.compute 2 s u)

[<Fact>]
let ``Nothing fluctuates where a token is alone or logits are equal`` () =
    let still =
        { VarS = 0.0
          CovSS = 0.0
          CovXS = 0.0
          CovST = 0.0
          U = 0.0 }

    for n, s, u in
        [ 1, 0.0, 0.5
          1, 3.0, 1.0
          1, 50.0, 2.0
          2, 0.0, 1.0
          32, 0.0, 0.7
          1_000_000, 0.0, 0.0 ] do
        Assert.Equal(still, HeadMoments.compute n s u)

[<Fact>]
[<Trait("guards", "(13.7) by property")>]
let ``Rows that agree fluctuate together, independent ones not at all`` () =
    for n in [ 2; 3; 16; 256; 10_000 ] do
        for s in [ 0.05; 0.5; 2.0; 8.0; 30.0 ] do
            let same = HeadMoments.compute n s 0.0
            let scale = scaleOf n s 0.0

            Check.withinScale
                $"ρ = 1, n = {n}, s = {s}"
                Accuracy
                [ "Cov(S,S′)", scale, same.VarS, same.CovSS
                  "Cov(X,S)", scale, same.VarS, same.CovXS ]

            let independent = HeadMoments.compute n s 1.0

            Check.withinScale
                $"ρ = 0, n = {n}, s = {s}"
                Accuracy
                [ "Cov(S,S′)", scale, 0.0, independent.CovSS
                  "Cov(X,S)", scale, 0.0, independent.CovXS ]

[<Fact>]
[<Trait("guards", "(13.7) by property")>]
let ``Price's theorem: Cov(S,S′) leaves Var S with slope 4 s² U`` () =
    // ∂E SS′/∂ρ = s² E ∇S·∇S′ with ∇S = 2JA. (Var S − Cov(S,S′))/u at u, 2u, … extrapolates to u = 0; what the
    // extrapolation leaves is estimated by its last step, and Accuracy enters divided by u, times the weights' sum 2^k
    for n, s in [ 3, 1.0; 32, 2.0; 32, 7.0; 200, 0.5 ] do
        let u = 0.01 / (1.0 + s * s)
        let scale = scaleOf n s 0.0

        let slope k =
            let moments = HeadMoments.compute n s (float k * u)
            (moments.VarS - moments.CovSS) / (float k * u)

        let g = Array.init 5 (fun k -> slope (k + 1))
        let fourth = 4.0 * g[0] - 6.0 * g[1] + 4.0 * g[2] - g[3]
        let fifth = 5.0 * g[0] - 10.0 * g[1] + 10.0 * g[2] - 5.0 * g[3] + g[4]
        let expected = 4.0 * s * s * (HeadMoments.compute n s 0.0).U
        let tolerance = abs (fifth - fourth) + 32.0 * Accuracy * scale / u
        Check.atMost $"the tolerance itself, n = {n}, s = {s}" (0.01 * expected) tolerance
        Check.absolute $"slope at n = {n}, s = {s}" tolerance expected fifth

let private anyCase = gen {
    let! n = Draw.logUniform 2.0 400.0 |> Gen.map (round >> int)
    let! s = Draw.logUniform 1e-3 12.0
    let! fraction = Draw.uniform 0.0 1.0
    return n, s, fraction * float n / float (n - 1)
}

[<Fact>]
[<Trait("guards", "(13.7) by property")>]
let ``Variances are positive, covariances below them, and Poincaré bounds Var S by 4 s² U`` () =
    Check.holds 60 anyCase (fun (n, s, u) ->
        let moments = HeadMoments.compute n s u
        let attention = AttentionMoments.compute n s u
        let at = $"n = {n}, s = {s}, u = {u}"
        let slack = Accuracy * attention.S1 * attention.S1
        Check.atLeast $"Var S > 0, {at}" Double.Epsilon moments.VarS
        Check.atLeast $"U > 0, {at}" Double.Epsilon moments.U
        Check.atMost $"|Cov(S,S′)| ≤ Var S, {at}" (moments.VarS + slack) (abs moments.CovSS)
        // S′ = S in law, |JA|² ≤ |J|²|A|² and |J| ≤ ½
        Check.atMost $"Var S ≤ 4 s² U, {at}" (4.0 * s * s * moments.U + slack) moments.VarS
        Check.atMost $"U ≤ S1/4, {at}" (0.25 * attention.S1 + slack) moments.U

        if u <= 1.0 then
            // power series in ρ with coefficients ≥ 0
            Check.atLeast $"Cov(S,S′) ≥ 0, {at}" -slack moments.CovSS)

/// Means and standard errors of (S − S1)², (S − S1)(S′ − S1), (X − S2)(S − S1), (S − S1)(T − T1) and |JA|² over sampled
/// rows, about the exact means of `AttentionMoments`.
let private simulate seed samples n s rho =
    let random = Random(seed: int)

    let normal () =
        sqrt (-2.0 * log (1.0 - random.NextDouble()))
        * cos (2.0 * Math.PI * random.NextDouble())

    let means = AttentionMoments.compute n s (1.0 - rho)
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

    let sums = Array.zeroCreate<float> 5
    let squares = Array.zeroCreate<float> 5

    for _ in 1..samples do
        for j in 0 .. n - 1 do
            let g = normal ()
            first[j] <- g
            second[j] <- rho * g + rest * normal ()

        softmax first
        softmax second
        let mutable own = 0.0
        let mutable other = 0.0
        let mutable overlap = 0.0
        let mutable cubes = 0.0

        for j in 0 .. n - 1 do
            let a, b = first[j], second[j]
            own <- own + a * a
            other <- other + b * b
            overlap <- overlap + a * b
            cubes <- cubes + a * a * a

        let mutable change = 0.0

        for a in first do
            let x = a * (a - own)
            change <- change + x * x

        let ds = own - means.S1
        let t = own - 2.0 * cubes + own * own

        let values =
            [| ds * ds
               ds * (other - means.S1)
               (overlap - means.S2) * ds
               ds * (t - means.T1)
               change |]

        for k in 0..4 do
            sums[k] <- sums[k] + values[k]
            squares[k] <- squares[k] + values[k] * values[k]

    Array.init 5 (fun k ->
        let count = float samples
        let mean = sums[k] / count
        struct (mean, sqrt (max 0.0 (squares[k] / count - mean * mean) / (count - 1.0))))

[<Theory>]
[<InlineData(2, 1.0, -1.0, 40000)>]
[<InlineData(3, 5.0, -0.5, 40000)>]
[<InlineData(8, 0.5, 0.9, 20000)>]
[<InlineData(16, 50.0, 0.2, 20000)>]
[<InlineData(32, 7.155, 0.2, 20000)>]
[<InlineData(64, 3.0, 0.95, 6000)>]
[<InlineData(256, 1.0, 0.5, 4000)>]
[<InlineData(256, 12.0, -0.003, 4000)>]
[<Trait("guards", "(13.6) (13.8) (13.9) (13.14) (13.15) by sampling")>]
let ``Sampled attention rows agree within their standard error`` (n: int, s: float, rho: float, samples: int) =
    let exact = HeadMoments.compute n s (1.0 - rho)

    for (name, value), struct (mean, error) in Seq.zip (fields exact) (simulate 11 samples n s rho) do
        // 4.5 standard errors: a false alarm once in 4000 runs of all forty comparisons
        Check.absolute $"{name} at n = {n}, s = {s}, ρ = {rho}" (4.5 * error + 1e-12) mean value

[<Fact>]
let ``The default step has converged: half of it changes nothing beyond 1e-9 of (E S)²`` () =
    for n, s, u in
        [ 2, 0.2, 1.0
          3, 0.7, 1.4
          32, 1.0, 0.5
          32, 8.0, 0.8
          1000, 3.0, 0.3
          100_000, 15.0, 0.7
          64, 50.0, 1e-6
          64, 50.0, 0.03 ] do
        agree
            $"n = {n}, s = {s}, u = {u}"
            Accuracy
            (scaleOf n s u)
            (HeadMoments.computeRefined 2.0 n s u)
            (HeadMoments.compute n s u)

[<Fact>]
[<Trait("guards", "(13.10) by property")>]
let ``Weak logits: S is quadratic in them, and the leading order joins the integrals`` () =
    // below 2 s⁴ = 1e-9 n the leading order itself, s⁴ and s² times a constant; above it with a relative error of order
    // s², of constant at most 10 (e^{4s²} and cubes of 1/n), and the integrals' Accuracy
    for n in [ 2; 16; 1000 ] do
        let joint = Math.Pow(0.5e-9 * float n, 0.25)

        for u in [ 0.01; 0.5; 1.0 ] do
            let below = HeadMoments.compute n (0.999 * joint) u
            let s = 1.5 * joint
            let above = HeadMoments.compute n s u
            let ratio = 1.5 / 0.999

            let expected =
                { VarS = below.VarS * ratio ** 4.0
                  CovSS = below.CovSS * ratio ** 4.0
                  CovXS = below.CovXS * ratio ** 4.0
                  CovST = below.CovST * ratio ** 4.0
                  U = below.U * ratio ** 2.0 }

            let slack = Accuracy * scaleOf n s u

            for (name, leading), (_, value) in List.zip (fields expected) (fields above) do
                Check.absolute
                    $"{name}, n = {n}, u = {u}"
                    (10.0 * s * s * max above.VarS (abs leading) + slack)
                    leading
                    value

/// S − ½ of two tokens whose logits differ by x, ½ tanh²(x/2) without the cancellation of weak ones.
let private excess x =
    let t = Math.Tanh(0.5 * x)
    0.5 * t * t

[<Fact>]
[<Trait("guards", "(13.10) by quadrature")>]
let ``Weak logits of two tokens: the leading order is that of their Gaussian averages`` () =
    // x ~ N(0, 2s²); S = ½ + e, X = ½ + ½ tanh(x/2) tanh(x′/2), T = 4b² and |JA|² = 2b²(1 − 4b) with b = ¼ − e/2. Relative to the
    // leading order what is left out is of order s², times at most E x⁶/(E x⁴ E x²) = 5, of e, of T, and of each of two rows; and of the rule, 8.6⁴ e⁻³⁷
    for s in [ 1e-4; 1e-3; 5e-3 ] do
        for u in [ 0.0; 0.3; 1.6 ] do
            let one, two = averages s u

            let mean = one excess
            let half x = Math.Tanh(0.5 * x)
            let b x = 0.25 - 0.5 * excess x
            let actual = HeadMoments.compute 2 s u

            let expected =
                { VarS = one (fun x -> (excess x - mean) ** 2.0)
                  CovSS = two (fun x y -> (excess x - mean) * (excess y - mean))
                  CovXS = two (fun x y -> 0.5 * half x * half y * (0.5 * (excess x + excess y) - mean))
                  CovST = one (fun x -> (excess x - mean) * (4.0 * b x * b x - 0.25))
                  U = one (fun x -> 4.0 * b x * b x * excess x) }

            Check.withinScale
                $"s = {s}, u = {u}"
                (40.0 * s * s + 1e-11)
                (List.zip (fields actual) (fields expected)
                 |> List.map (fun ((name, leading), (_, average)) ->
                     name, (if name = "U" then expected.U else expected.VarS), average, leading))

[<Theory>]
[<InlineData(5, 0.6)>]
[<InlineData(16, -0.05)>]
[<Trait("guards", "(13.10) by sampling")>]
let ``Weak logits of more tokens: the leading order is that of sampled rows`` n rho =
    // below the joint; S − 1/n = Σ(A − 1/n)², so that nothing cancels
    let s = 0.9 * Math.Pow(0.5e-9 * float n, 0.25)
    let random = Random 23

    let normal () =
        sqrt (-2.0 * log (1.0 - random.NextDouble()))
        * cos (2.0 * Math.PI * random.NextDouble())

    let share = 1.0 / float n

    /// A − 1/n of logits s g
    let apart (g: float[]) =
        let middle = Array.average g
        // e^x − 1 and its mean: Z/n = 1 + mean
        let grown = g |> Array.map (fun x -> Math.Exp(s * (x - middle)) - 1.0)
        let mean = Array.average grown
        grown |> Array.map (fun x -> share * (x - mean) / (1.0 + mean))

    let dot = Array.fold2 (fun sum x y -> sum + x * y) 0.0
    let samples = 60_000

    let drawn =
        Array.init samples (fun _ ->
            let first = Array.init n (fun _ -> normal ())

            let second =
                first |> Array.map (fun x -> rho * x + sqrt (1.0 - rho * rho) * normal ())

            let a, b = apart first, apart second
            let own, other, overlap = dot a a, dot b b, dot a b
            // T − (1/n − 1/n²) = e − 2(ΣA³ − 1/n²) + S² − 1/n², ΣA³ = 1/n² + 3e/n + Σa³
            let cubes = a |> Array.sumBy (fun x -> x * x * x)
            let t = own - 2.0 * (3.0 * share * own + cubes) + own * (own + 2.0 * share)

            let change = a |> Array.sumBy (fun x -> ((share + x) * (x - own)) ** 2.0)

            [| own; other; overlap; t; change |])

    let meanOf k =
        drawn |> Array.averageBy (fun row -> row[k])

    let own, t = meanOf 0, meanOf 3

    let moments = HeadMoments.compute n s (1.0 - rho)

    for name, expected, select in
        [ "Var S", moments.VarS, (fun (row: float[]) -> (row[0] - own) * (row[0] - own))
          "Cov(S,S′)", moments.CovSS, (fun row -> (row[0] - own) * (row[1] - own))
          "Cov(X,S)", moments.CovXS, (fun row -> row[2] * (row[0] - own))
          "Cov(S,T)", moments.CovST, (fun row -> (row[0] - own) * (row[3] - t))
          "U", moments.U, (fun row -> row[4]) ] do
        let values = drawn |> Array.map select
        let mean = Array.average values

        let error =
            sqrt (Array.averageBy (fun x -> (x - mean) * (x - mean)) values / float (samples - 1))
        // what weak logits leave out is of order s², with a constant of at most 10 as at the joint
        Check.absolute $"{name}, n = {n}" (4.5 * error + 10.0 * s * s * abs expected) expected mean
        // and the test can tell a twentieth part of what does not vanish with ρ
        if name <> "Cov(S,S′)" && name <> "Cov(X,S)" then
            Check.atMost $"{name}: its standard error" (0.05 * abs expected) (4.5 * error)

[<Fact>]
[<Trait("guards", "(13.14) (13.15) by property")>]
let ``Frozen attention: U and the means behind Cov(S,T) and Var S fall as 1/s, the first two with all their digits``
    ()
    =
    // Means of what vanishes without a tie of a row's largest logits: |JA|², (1 − S)T = (1 − S1)T1 − Cov(S,T) and
    // (1 − S)² = Var S + (1 − S1)². Times s they are c(1 + a/s + …): a is the share of ties of three, and s and 10 s foretell 100 s
    for n in [ 2; 32; 1000 ] do
        let scaled s =
            let moments = HeadMoments.compute n s 0.7
            let attention = AttentionMoments.compute n s 0.7
            let apart = 1.0 - attention.S1

            [ "U", s * moments.U
              "E (1 − S)T", s * (apart * attention.T1 - moments.CovST)
              "E (1 − S)²", s * (moments.VarS + apart * apart) ]

        for decades in
            [ 1e3; 1e4; 1e5; 1e6; 1e7 ]
            |> List.map (fun s -> s, scaled s)
            |> List.windowed 3 do
            let s = fst decades[0]

            for (name, at), (_, further), (_, furthest) in List.zip3 (snd decades[0]) (snd decades[1]) (snd decades[2]) do
                // a tenth of the next order, whose constant grows with n as the logits' density at their maximum does: log² n, 50;
                // and of U and E (1 − S)T the integrals' digits, of E (1 − S)² 1e-9 of 1 against 1/(100 s)
                let slack =
                    match name with
                    | "E (1 − S)²" -> 100.0 * s * Accuracy
                    | _ -> 3e-8 * abs at

                Check.atLeast $"{name} is there" 1e-3 (abs at)

                Check.absolute
                    $"{name}, n = {n}, s = {s}"
                    (5.0 / (s * s) * abs at + slack)
                    (further + 0.1 * (further - at))
                    furthest

        let far = HeadMoments.compute n 1e100 0.7
        Assert.All(fields far, fun (_, value) -> Assert.True(Double.IsFinite value))

[<Fact>]
let ``Requests outside the range are refused with the range`` () =
    let refused (n: int) s u =
        Assert.ThrowsAny<ArgumentException>(fun () -> HeadMoments.compute n s u |> ignore).Message

    Assert.Contains("at least 1", refused 0 1.0 0.5)
    Assert.Contains("finite number ≥ 0", refused 4 nan 0.5)
    Assert.Contains("[0, n/(n−1)] for n = 4", refused 4 1.0 1.34)
