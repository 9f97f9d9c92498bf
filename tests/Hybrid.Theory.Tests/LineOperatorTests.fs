module Hybrid.Theory.Tests.LineOperatorTests

open System
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

let private causal tokens depth (architecture: Architecture) =
    { architecture with
        Tokens = tokens
        Depth = depth
        Mask = Mask.Causal }

/// r = .8, a = .6, attention alone, unit norms throughout
let private attentionOnly tokens depth =
    Networks.plain Placement.Pre Activation.Linear
    |> Networks.weighted (0.8, 0.6) (1.0, 0.0)
    |> causal tokens depth

let private logs (architecture: Architecture) start =
    LineOperator.logs
        architecture
        (Laws.exact architecture)
        (LineOperator.average architecture)
        (start architecture.Tokens)

/// v_2 v_2ᵀ of the causal average, v_i = i, as differences
let private slowest n =
    Array.init (n * n) (fun k -> float ((k / n - k % n) * (k / n - k % n)))

/// the sum of λ_a over depth as `Exponents` takes it: the asymptote under a mask
let private asymptote architecture =
    (DepthExponents.along architecture (Laws.exact architecture)).Sums.Angle

[<Fact>]
[<Trait("guards", "(6.7) by reference")>]
let ``Attention alone under a causal mask: differences fall by .2549 a block over blocks 14 to 26`` () =
    let logs = logs (attentionOnly 8 26) LineOperator.uniform
    // from the 8×8 matrices written out, in another language
    Check.relative "rate" 1e-9 -0.25492523602104866 ((logs[26] - logs[14]) / 12.0)

    // exponents are means over the depth
    let sum depth =
        let network = attentionOnly 8 depth
        float depth * LineOperator.angle network (Laws.exact network)

    Check.relative "rate of sums" 1e-9 -0.25492523602104866 ((sum 26 - sum 14) / 12.0)

[<Fact>]
[<Trait("guards", "(6.4) (6.7) by closed form")>]
let ``After hundreds of blocks they fall by the asymptote, ln (.64 + .36/4)`` () =
    let logs = logs (attentionOnly 8 800) LineOperator.uniform
    // the next mode keeps .64 + .36/6 of itself: it is (.70/.73)^780 < 1e-14 by then
    Check.relative "rate" 1e-10 (log (0.64 + 0.36 / 4.0)) ((logs[800] - logs[780]) / 20.0)

[<Fact>]
[<Trait("guards", "(6.7) by process")>]
let ``The Gram process started beside the line falls as the operator says`` () =
    let n = 8
    let u = 1e-9
    let architecture = attentionOnly n 26
    let input = Array.init (n * n) (fun k -> if k / n = k % n then 1.0 else 1.0 - u)

    let layers =
        (GramProcess.draws architecture (GramProcess.allowed n Mask.Causal) input 1 5)[0]

    let meanDifference layer =
        let c = layers[layer].Hidden

        Seq.sum (
            seq {
                for i in 0 .. n - 1 do
                    for j in 0 .. n - 1 do
                        0.5 * (c[i * n + i] + c[j * n + j]) - c[i * n + j]
            }
        )

    let logs = logs architecture LineOperator.uniform
    // rows differ from uniform ones by √u; differences of Gram entries are rounded by n ε a block
    let rounding = 26.0 * float n * Math.ScaleB(1.0, -52) / (u * exp logs[26])

    Check.absolute
        "rate"
        ((sqrt u + rounding) / 12.0)
        ((logs[26] - logs[14]) / 12.0)
        (log (meanDifference 26 / meanDifference 14) / 12.0)

[<Fact>]
let ``The causal average is A D Aᵀ of rows uniform over the past`` () =
    let n = 7
    let random = Random 3
    let d = Array.init (n * n) (fun _ -> random.NextDouble())

    let row i k =
        if k <= i then 1.0 / float (i + 1) else 0.0

    let average = LineOperator.causalAverage n d

    for i in 0 .. n - 1 do
        for j in 0 .. n - 1 do
            let expected =
                Seq.sum (
                    seq {
                        for k in 0 .. n - 1 do
                            for l in 0 .. n - 1 do
                                row i k * d[k * n + l] * row j l
                    }
                )

            Check.relative $"entry {i}, {j}" 1e-13 expected average[i * n + j]

[<Fact>]
[<Trait("guards", "(6.4) by closed form")>]
let ``The causal average has eigenvalues 1/(ij), on products of falling factorials`` () =
    let n = 9

    // k (k − 1) … (k − m + 1), whose mean over 0..i is that of i over m + 1
    let factorial m k =
        Seq.fold (fun product j -> product * float (k - j)) 1.0 (seq { 0 .. m - 1 })

    for i in 1..4 do
        for j in 1..4 do
            let mode =
                Array.init (n * n) (fun k -> factorial (i - 1) (k / n) * factorial (j - 1) (k % n))

            let average = LineOperator.causalAverage n mode

            Array.iteri2
                (fun k (before: float) after -> Check.relative $"{i}, {j} at {k}" 1e-14 (before / float (i * j)) after)
                mode
                average

[<Fact>]
[<Trait("guards", "(6.4) (6.7) by property")>]
let ``The slowest mode falls at the asymptote from the first block on, in every placement and wiring`` () =
    for norm in Networks.placements do
        for wiring in Networks.wirings do
            let architecture =
                { Networks.plain norm Activation.Tanh with
                    Wiring = wiring }
                |> Networks.weighted (0.9, 0.5) (0.9, 0.4)
                |> causal 12 6

            let expected = asymptote architecture
            let sum = (logs architecture slowest)[6]
            Check.relative $"{norm} {wiring}" 1e-10 expected sum

[<Fact>]
[<Trait("guards", "(6.7) by closed form")>]
let ``Without a mask the operator gives the exponents of the line, in every placement and wiring`` () =
    for norm in Networks.placements do
        for wiring in Networks.wirings do
            let architecture =
                { Networks.plain norm Activation.Tanh with
                    Wiring = wiring
                    Tokens = 12
                    Depth = 6 }
                |> Networks.weighted (0.9, 0.5) (0.9, 0.4)

            Check.relative
                $"{norm} {wiring}"
                1e-10
                (asymptote architecture / 6.0)
                (LineOperator.angle architecture (Laws.exact architecture))
