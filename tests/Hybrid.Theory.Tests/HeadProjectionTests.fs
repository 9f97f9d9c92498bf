module Hybrid.Theory.Tests.HeadProjectionTests

open System
open Hybrid.Theory
open Xunit

type private Behind =
    | Branch
    | Stream

/// Attention behind a norm, at σ_V = 1: branch Gram, what the norm divides, and c of derivation (13.1).
let private behindNorm behind r a n (state: float[]) (heads: float[][]) =
    let share = 1.0 / float heads.Length

    let branch =
        Array.init (n * n) (fun k ->
            let i, i' = k / n, k % n

            share
            * Seq.sum (
                seq {
                    for rows in heads do
                        for j in 0 .. n - 1 do
                            for j' in 0 .. n - 1 do
                                rows[i * n + j] * rows[i' * n + j'] * state[j * n + j']
                }
            ))

    match behind with
    | Branch -> struct (branch, 1.0)
    | Stream -> struct (Array.map2 (fun c y -> r * r * c + a * a * y) state branch, a)

let private divided n (matrix: float[]) (by: float[]) =
    Array.init (n * n) (fun k -> matrix[k] / sqrt (by[k / n * (n + 1)] * by[k % n * (n + 1)]))

/// J_i x, row by row
let private change n (rows: float[]) (x: float[]) =
    Array.init (n * n) (fun k ->
        let row = k / n * n
        let mutable mean = 0.0

        for j in row .. row + n - 1 do
            mean <- mean + rows[j] * x[j]

        rows[k] * (x[k] - mean))

/// Query and key Grams of (8.4), from their definition with J written out, without σ_A²: the covariance of dA is
/// Γ_ii' `covariance`.
let private logitPaths n (state: float[]) (rows: float[]) (gamma: float[]) (covariance: float[]) =
    let jacobian i j k =
        (if j = k then rows[i * n + j] else 0.0) - rows[i * n + j] * rows[i * n + k]

    let result = Array.zeroCreate<float>(n * n)

    for i in 0 .. n - 1 do
        for i' in 0 .. n - 1 do
            // J_i C J_i'
            let spread =
                Array.init (n * n) (fun k ->
                    let mutable sum = 0.0

                    for l in 0 .. n - 1 do
                        for m in 0 .. n - 1 do
                            sum <- sum + jacobian i (k / n) l * covariance[l * n + m] * jacobian i' m (k % n)

                    sum)

            let at = i * n + i'

            for k in 0 .. n * n - 1 do
                // query at (i, i'), key at (j, j')
                result[at] <- result[at] + gamma[at] * spread[k] * state[k]
                result[k] <- result[k] + state[at] * gamma[at] * spread[k]

    result

/// The projection's terms of one head.
let private projected n state rows gamma argument branch share logit =
    let result = Array.zeroCreate<float>(n * n)

    HeadProjection.add (HeadProjectionScratch.Create n) rows state gamma argument branch share logit result
    |> ignore

    result

/// Attention backwards through a sublayer x' = r x + a N(f) or N(r x + a f) at σ_V = 1 and an input of unit norms.
let private sublayer behind projects r a logit n (state: float[]) (heads: float[][]) (gradient: float[]) =
    let share = 1.0 / float heads.Length
    let struct (argument, branch) = behindNorm behind r a n state heads
    let gamma = divided n gradient argument

    let atModule =
        heads
        |> Array.map (fun rows ->
            let value =
                Array.init (n * n) (fun k ->
                    let mutable sum = 0.0

                    for i in 0 .. n - 1 do
                        for i' in 0 .. n - 1 do
                            sum <- sum + rows[i * n + k / n] * gamma[i * n + i'] * rows[i' * n + k % n]

                    share * sum)

            let paths =
                logitPaths n state rows gamma (Array.map (fun c -> share * c) state)
                |> Array.map2 (fun v p -> v + logit * p) value

            if projects then
                Array.map2 (+) paths (projected n state rows gamma argument branch share logit)
            else
                paths)
        |> Array.reduce (Array.map2 (+))

    let skipped =
        match behind with
        | Branch -> gradient
        | Stream -> gamma

    Array.map2 (fun g h -> r * r * g + a * a * h) skipped atModule

[<Fact>]
[<Trait("guards", "(13.1) (13.2) (13.3) (13.4) by reference")>]
let ``Three tokens and two heads: the gradient with and without the projection, to eight decimals`` () =
    let n = 3
    let state = [| 1.0; 0.3; -0.1; 0.3; 1.0; 0.2; -0.1; 0.2; 1.0 |]

    let heads =
        [| [| 0.7; 0.2; 0.1; 0.1; 0.6; 0.3; 0.25; 0.25; 0.5 |]
           [| 0.1; 0.1; 0.8; 0.5; 0.3; 0.2; 0.05; 0.9; 0.05 |] |]

    let gradient = [| 1.0; 0.1; -0.2; 0.1; 0.8; 0.05; -0.2; 0.05; 1.5 |]
    let entries = [ 0, 0; 1, 1; 2, 2; 0, 1; 0, 2; 1, 2 ]

    for behind, projects, expected in
        [ Branch, false, [ 1.47960640; 1.53352244; 2.20392979; 0.15642509; -0.26880916; 0.04428862 ]
          Branch, true, [ 1.44879366; 1.51514718; 2.18197424; 0.15710525; -0.25550167; 0.04981801 ]
          Stream, false, [ 1.11541875; 1.07894587; 1.67201742; 0.11680243; -0.21008330; 0.03963318 ]
          Stream, true, [ 1.11308884; 1.07785462; 1.67041307; 0.11685359; -0.20912007; 0.03999423 ] ] do
        let result = sublayer behind projects 1.0 0.5 4.0 n state heads gradient

        for (i, j), printed in List.zip entries expected do
            Check.absolute $"{behind}, projection {projects}, entry ({i}, {j})" 0.5001e-8 printed result[i * n + j]
            Check.relative "symmetry" 1e-12 result[i * n + j] result[j * n + i]

let private generator seed =
    let random = Random(seed: int)

    fun () ->
        sqrt (-2.0 * log (1.0 - random.NextDouble()))
        * cos (2.0 * Math.PI * random.NextDouble())

/// A random correlation matrix of n tokens.
let private randomState n normal =
    let x = Array.init (n * (n + 2)) (fun _ -> normal ())

    let gram =
        Array.init (n * n) (fun k -> SquareMatrix.dot x (k / n * (n + 2)) x (k % n * (n + 2)) (n + 2))

    divided n gram gram

let private randomRows n spread normal =
    let rows = Array.init (n * n) (fun _ -> spread * normal ())

    for i in 0 .. n - 1 do
        let row = rows[i * n .. i * n + n - 1] |> Array.map exp
        let total = Array.sum row

        for j in 0 .. n - 1 do
            rows[i * n + j] <- row[j] / total

    rows

/// Sums over tokens of the products of two n × width arrays' rows.
let private gramOf n width (x: float[]) (y: float[]) =
    Array.init (n * n) (fun k -> SquareMatrix.dot x (k / n * width) y (k % n * width) width)

[<Theory>]
[<InlineData(true)>]
[<InlineData(false)>]
[<Trait("guards", "(13.1) (13.2) (13.3) (13.4) by sampling")>]
let ``Gradients projected in coordinates have the mean that the terms give, in every entry`` (behindBranch: bool) =
    // In the span of the stream's n and the heads' H n vectors everything is written out: outputs o^h_j with Gram
    // R/H, the norm's argument, a Gaussian gradient of Gram Γ from which its direction is removed, and through J the
    // queries' and keys' gradients. Nothing of (13.2) to (13.4) is used.
    let behind = if behindBranch then Branch else Stream
    let n, headCount, r, a, samples = 5, 2, 0.8, 0.9, 20_000
    let normal = generator 3
    let state = randomState n normal
    let heads = Array.init headCount (fun _ -> randomRows n 2.0 normal)
    let gamma = randomState n normal
    let share = 1.0 / float headCount
    let struct (argument, branch) = behindNorm behind r a n state heads
    let width = n * (headCount + 1)
    let factor = SquareMatrix.factor n state

    /// row j of R's factor times `scale` in block `block`
    let embedded block scale =
        let x = Array.zeroCreate<float>(n * width)

        for j in 0 .. n - 1 do
            for k in 0 .. n - 1 do
                x[j * width + block * n + k] <- scale * factor[j * n + k]

        x

    let outputs = Array.init headCount (fun h -> embedded (h + 1) (sqrt share))

    let direction =
        let x =
            match behind with
            | Branch -> Array.zeroCreate<float>(n * width)
            | Stream -> embedded 0 r

        for h in 0 .. headCount - 1 do
            for i in 0 .. n - 1 do
                for j in 0 .. n - 1 do
                    for k in 0 .. width - 1 do
                        x[i * width + k] <- x[i * width + k] + branch * heads[h][i * n + j] * outputs[h][j * width + k]

        Array.init (n * width) (fun k -> x[k] / sqrt argument[k / width * (n + 1)])

    let gradientFactor = SquareMatrix.factor n gamma
    let fresh = Array.zeroCreate<float>(n * width)
    let gradient = Array.zeroCreate<float>(n * width)
    let sums = Array.zeroCreate<float>(n * n)
    let squares = Array.zeroCreate<float>(n * n)
    let result = Array.zeroCreate<float>(n * n)

    for _ in 1..samples do
        for k in 0 .. n * width - 1 do
            fresh[k] <- normal ()

        for i in 0 .. n - 1 do
            for k in 0 .. width - 1 do
                let mutable sum = 0.0

                for j in 0..i do
                    sum <- sum + gradientFactor[i * n + j] * fresh[j * width + k]

                gradient[i * width + k] <- sum

            let along = SquareMatrix.dot gradient (i * width) direction (i * width) width

            for k in 0 .. width - 1 do
                gradient[i * width + k] <- gradient[i * width + k] - along * direction[i * width + k]

        Array.Clear result

        for h in 0 .. headCount - 1 do
            // dℓ_i = J_i dA_i; queries: dℓ R dℓᵀ, keys: dℓᵀ R dℓ
            let logits = change n heads[h] (gramOf n width gradient outputs[h])

            for i in 0 .. n - 1 do
                for i' in 0 .. n - 1 do
                    for j in 0 .. n - 1 do
                        for j' in 0 .. n - 1 do
                            let product = logits[i * n + j] * logits[i' * n + j']
                            result[i * n + i'] <- result[i * n + i'] + product * state[j * n + j']
                            result[j * n + j'] <- result[j * n + j'] + product * state[i * n + i']

        for k in 0 .. n * n - 1 do
            sums[k] <- sums[k] + result[k]
            squares[k] <- squares[k] + result[k] * result[k]

    let divisionOnly =
        heads
        |> Array.map (fun rows -> logitPaths n state rows gamma (Array.map (fun c -> share * c) state))
        |> Array.reduce (Array.map2 (+))

    let expected =
        heads
        |> Array.map (fun rows -> projected n state rows gamma argument branch share 1.0)
        |> Array.reduce (Array.map2 (+))
        |> Array.map2 (+) divisionOnly

    let count = float samples
    let mutable beyond = 0.0

    for k in 0 .. n * n - 1 do
        let mean = sums[k] / count
        let error = sqrt ((squares[k] / count - mean * mean) / count)
        beyond <- max beyond (abs (divisionOnly[k] - mean) / error)
        // four standard errors: with fifteen entries a false alarm once in a thousand seeds
        Check.absolute $"entry ({k / n}, {k % n}), {behind}" (4.0 * error) expected[k] mean

    // and the test can tell: without the terms some entry is far outside
    Check.atLeast "deviation without the terms, in standard errors" 8.0 beyond

[<Fact>]
[<Trait("guards", "(13.5) by closed form")>]
let ``A gradient independent from token to token only loses: the trace falls by σ_A² Σ γ (b R b + R |b|²)`` () =
    for n in [ 2; 5; 13; 32 ] do
        let normal = generator n
        let state = randomState n normal
        let rows = randomRows n 1.5 normal
        let struct (argument, branch) = behindNorm Branch 1.0 1.0 n state [| rows |]

        let gamma =
            Array.init (n * n) (fun k -> if k / n = k % n then 1.0 / argument[k] else 0.0)

        let beta =
            let attended = Array.zeroCreate<float>(n * n)
            SquareMatrix.multiplyInto n rows state attended
            Array.init (n * n) (fun k -> attended[k] / sqrt argument[k / n * (n + 1)])

        let b = change n rows beta
        let result = projected n state rows gamma argument branch 1.0 2.0
        let mutable lost = 0.0

        for i in 0 .. n - 1 do
            let mutable own = 0.0

            for j in 0 .. n - 1 do
                own <- own + state[i * n + i] * b[i * n + j] * b[i * n + j]

                for j' in 0 .. n - 1 do
                    own <- own + b[i * n + j] * state[j * n + j'] * b[i * n + j']

            lost <- lost + 2.0 * gamma[i * n + i] * own

        let trace = Seq.sum (seq { for i in 0 .. n - 1 -> result[i * n + i] })
        Check.atLeast "a loss" 0.0 lost
        Check.relative $"trace at n = {n}" 1e-12 -lost trace

[<Fact>]
[<Trait("guards", "(13.3) (13.4) by property")>]
let ``At symmetric tokens uniform attention loses nothing, nor does attention frozen on one token`` () =
    let n = 6
    let state = Array.init (n * n) (fun k -> if k / n = k % n then 1.0 else 0.3)
    let gamma = randomState n (generator 8)

    for rows in
        [ Array.create (n * n) (1.0 / float n)
          Array.init (n * n) (fun k -> if k % n = (k / n + 2) % n then 1.0 else 0.0) ] do
        let struct (argument, branch) = behindNorm Branch 1.0 1.0 n state [| rows |]
        let result = projected n state rows gamma argument branch 1.0 9.0
        // rounding of sums of n terms of order one, times σ_A²
        Check.absolute "largest entry" 1e-14 0.0 (result |> Array.map abs |> Array.max)

[<Fact>]
let ``Buffers may be used again and the result is added to what is there`` () =
    let n = 9
    let normal = generator 21
    let state = randomState n normal
    let gamma = randomState n normal
    let heads = Array.init 3 (fun _ -> randomRows n 2.0 normal)
    let struct (argument, branch) = behindNorm Stream 0.9 0.7 n state heads
    let scratch = HeadProjectionScratch.Create n
    let result = Array.create (n * n) 1.0

    for rows in heads do
        HeadProjection.add scratch rows state gamma argument branch (1.0 / 3.0) 4.0 result
        |> ignore

    let separate =
        heads
        |> Array.map (fun rows -> projected n state rows gamma argument branch (1.0 / 3.0) 4.0)
        |> Array.reduce (Array.map2 (+))

    Check.withinScale
        "sum over heads"
        1e-14
        [ for k in 0 .. n * n - 1 -> $"entry {k}", 1.0, 1.0 + separate[k], result[k] ]

/// Symmetric tokens: the closed maps' −kU/H is the average of (13.3) and (13.4) over random rows.
[<Fact>]
[<Trait("guards", "(13.5) (13.13) by sampling")>]
let ``Averaged over heads at symmetric tokens the trace is the closed map's loss, −σ_A² σ_V² D (D + q) k U/H`` () =
    let n, rho, logitStd, samples = 8, 0.3, 3.0, 4000
    let d = 1.0 - rho
    let state = Array.init (n * n) (fun k -> if k / n = k % n then 1.0 else rho)
    let normal = generator 17
    let s = logitStd * sqrt d
    let norm = rho + d * (AttentionMoments.compute n s d).S1
    // the norm at its mean: fluctuations of it are order 1/H beyond
    let argument = Array.init (n * n) (fun k -> if k / n = k % n then norm else 0.0)
    let gamma = Array.init (n * n) (fun k -> if k / n = k % n then 1.0 else 0.0)
    let mutable sum = 0.0
    let mutable squares = 0.0

    for _ in 1..samples do
        let rows = randomRows n s normal
        let result = projected n state rows gamma argument 1.0 1.0 (logitStd * logitStd)
        let trace = Seq.sum (seq { for i in 0 .. n - 1 -> result[i * (n + 1)] }) / float n
        sum <- sum + trace
        squares <- squares + trace * trace

    let mean = sum / float samples
    let error = sqrt ((squares / float samples - mean * mean) / float samples)
    let k = FewHeads.sensitivity 1.0 1.0 d norm
    let u = (HeadMoments.compute n s d).U
    let expected = -logitStd * logitStd * d * (d + 1.0) * k * u
    Check.atMost "its standard error" (0.02 * abs expected) error
    Check.absolute "mean of the trace" (4.5 * error) expected mean
