module Hybrid.Theory.Tests.FewHeadsTests

open System
open Hybrid.Theory
open Xunit

type private Behind =
    | Branch
    | Stream

/// One attention sublayer from (4.1), (4.3), (5.2), (5.3) with few heads' terms in their places: q', p', g_d, g_o for a
/// gradient (g_d, g_o) = `gradient` at the output, σ_V = 1 and a module that sees the stream (q = 1).
let private sublayer behind (make: float -> AttentionMoments -> HeadMoments -> FewHeadTerms) gradient =
    let n, logit, p, r2, a2 = 32, 8.0, 0.2, 1.0, 0.25
    let u = 1.0 - p
    let others = float (n - 1)
    let s = logit * sqrt u
    let moments = AttentionMoments.compute n s u
    let branchQ = p + u * moments.S1
    let branchGap = u * (moments.S1 - moments.S2)

    let c2, norm =
        match behind with
        | Branch -> 1.0, branchQ
        | Stream -> a2, r2 + a2 * branchQ

    let terms =
        make (FewHeads.sensitivity c2 1.0 u norm) moments (HeadMoments.compute n s u)

    let q', p' =
        match behind with
        | Branch -> r2 + a2, r2 * p + a2 * FewHeads.overlap terms ((branchQ - branchGap) / norm)
        | Stream -> 1.0, FewHeads.overlap terms ((r2 * p + a2 * (branchQ - branchGap)) / norm)

    let struct (gd, go) = gradient
    let hd, ho = a2 * gd / norm, a2 * go / norm
    let m = terms.Moments
    let logit2 = logit * logit
    let key = m.T1 * hd + others * p * m.T2 * ho

    let diagonal =
        m.S1 * hd + others * m.S2 * ho + logit2 * u * u * m.T1 * hd + logit2 * u * key

    let off =
        ((terms.Diagonal - m.S1) * hd + others * (terms.OffDiagonal - m.S2) * ho)
        / others
        + logit2 * u * u * m.T2 * ho
        - logit2 * u * key / others

    let skipD, skipO =
        match behind with
        | Branch -> r2 * gd, r2 * go
        | Stream -> r2 * gd * terms.Diagonal / norm, r2 * go * terms.OffDiagonal / norm

    q', p', skipD + diagonal, skipO + off

let private many _ moments _ = FewHeads.many moments

[<Fact>]
[<Trait("guards", "(13.11) (13.12) (13.13) by reference")>]
let ``One attention sublayer at H = ∞, 8 and 2, behind either norm, to eight decimals`` () =
    for behind, name, make, expected in
        [ Branch, "peri, ∞", many, [ 1.25; 0.28192633; 3.41631741; -0.03619405 ]
          Branch, "peri, 8", FewHeads.terms 8, [ 1.25; 0.28234519; 3.47249046; -0.03710897 ]
          Branch, "peri, 2", FewHeads.terms 2, [ 1.25; 0.28360177; 3.64100958; -0.03985372 ]
          Stream, "post, ∞", many, [ 1.0; 0.22068600; 2.40362022; -0.02345118 ]
          Stream, "post, 8", FewHeads.terms 8, [ 1.0; 0.22071328; 2.40800703; -0.02352200 ]
          Stream, "post, 2", FewHeads.terms 2, [ 1.0; 0.22079511; 2.42116748; -0.02373445 ] ] do
        let q, p, gd, go = sublayer behind make (struct (1.0, 0.0))

        for (label, actual), printed in List.zip [ "q'", q; "p'", p; "g_d", gd; "g_o", go ] expected do
            Check.absolute $"{label}, {name}" 0.5001e-8 printed actual

let private case n s u heads k =
    let moments = AttentionMoments.compute n s u
    let fluctuation = HeadMoments.compute n s u
    struct (moments, fluctuation, FewHeads.terms heads k moments fluctuation)

[<Fact>]
[<Trait("guards", "(13.11) by property")>]
let ``Without a norm behind the branch, and with ever more heads, the terms vanish as 1/H`` () =
    let struct (moments, fluctuation, none) = case 32 5.0 0.6 4 0.0
    Assert.Equal(FewHeads.many moments, none)

    let at heads =
        FewHeads.terms heads 0.9 moments fluctuation

    let deviations heads =
        let terms = at heads

        [ "1 + v", terms.Diagonal - 1.0
          "1 + ¾v + ¼w", terms.OffDiagonal - 1.0
          "x", terms.OverlapLoss
          "gap", terms.GapLoss
          "S1", terms.Moments.S1 - moments.S1
          "S2", terms.Moments.S2 - moments.S2
          "T1", terms.Moments.T1 - moments.T1
          "T2", terms.Moments.T2 - moments.T2 ]

    // all are 1/H times a number; the differences from 1 and from S, T round at 1e-16
    for (name, few), (_, more) in List.zip (deviations 4) (deviations 4000) do
        Assert.NotEqual(0.0, few)
        Check.absolute name 1e-12 few (1000.0 * more)

[<Fact>]
[<Trait("guards", "(13.12) by property")>]
let ``Gap and overlap are one minus each other, and the gap keeps its digits as rows agree`` () =
    for u in [ 1.0; 0.3; 1e-3; 1e-8; 1e-100; 1e-300 ] do
        let s = 3.0 * sqrt u
        let struct (moments, _, terms) = case 16 s u 2 u
        // (q_f − p_f)/q_f with q = σ_V = 1
        let gap = u * (moments.S1 - moments.S2) / (1.0 - u * (1.0 - moments.S1))
        Check.absolute $"sum at u = {u}" 1e-15 1.0 (FewHeads.gap terms gap + FewHeads.overlap terms (1.0 - gap))
        // ¾v + ¼w − x falls as k²·s⁶: faster than the skip's u, to which it adds
        let loss = u * u * 0.5
        Check.atMost $"loss at u = {u}" (loss * s * s * s * s) (abs terms.GapLoss)

[<Fact>]
[<Trait("guards", "(13.11) (13.12) by sampling")>]
let ``Normalised overlaps of sampled heads have the mean that the term of order 1/H gives`` () =
    // tokens of overlap p, σ_V = 1, no skip: Y_ii' = p + D·mean over H heads of ΣAA'; the mean of Y_12/√(Y_11 Y_22), from which
    // its linear part in Y, whose mean is known, is taken off
    let n, p, heads, draws = 32, 0.2, 24, 6000
    let rho = p
    let d = 1.0 - p
    let u = d
    let s = 8.0 * sqrt d
    let moments = AttentionMoments.compute n s u
    let own = p + d * moments.S1
    let other = p + d * moments.S2
    let k = FewHeads.sensitivity 1.0 1.0 d own
    let terms = FewHeads.terms heads k moments (HeadMoments.compute n s u)
    let random = Random 5

    let normal () =
        sqrt (-2.0 * log (1.0 - random.NextDouble()))
        * cos (2.0 * Math.PI * random.NextDouble())

    let rest = sqrt (1.0 - rho * rho)
    let first = Array.zeroCreate<float> n
    let second = Array.zeroCreate<float> n

    let softmax (row: float[]) =
        let mutable total = 0.0

        for j in 0 .. n - 1 do
            row[j] <- exp (s * row[j])
            total <- total + row[j]

        for j in 0 .. n - 1 do
            row[j] <- row[j] / total

    let mutable sum = 0.0
    let mutable squares = 0.0

    for _ in 1..draws do
        let mutable y11 = 0.0
        let mutable y22 = 0.0
        let mutable y12 = 0.0

        for _ in 1..heads do
            for j in 0 .. n - 1 do
                let g = normal ()
                first[j] <- g
                second[j] <- rho * g + rest * normal ()

            softmax first
            softmax second
            y11 <- y11 + SquareMatrix.dot first 0 first 0 n
            y22 <- y22 + SquareMatrix.dot second 0 second 0 n
            y12 <- y12 + SquareMatrix.dot first 0 second 0 n

        let mean y = p + d * y / float heads
        let diagonal = 0.5 * (mean y11 + mean y22) - own
        let linear = (mean y12 - other - other / own * diagonal) / own
        let ratio = mean y12 / sqrt (mean y11 * mean y22) - linear
        sum <- sum + ratio
        squares <- squares + ratio * ratio

    let mean = sum / float draws
    let error = sqrt ((squares / float draws - mean * mean) / float draws)
    let v = terms.Diagonal - 1.0
    // left out, order 1/H²: third and fourth cumulants of Y's relative fluctuation, at most v(3v + k/H)
    let left = v * (3.0 * v + k / float heads)
    let corrected = FewHeads.overlap terms (other / own)
    Check.absolute "mean of the normalised overlap" (4.5 * error + left) corrected mean
    // the test can tell: without the term the mean is outside
    Check.atLeast "shift of order 1/H" (4.5 * error + left) (abs (mean - other / own))

[<Fact>]
let ``Requests outside the range are refused with the range`` () =
    let struct (moments, fluctuation, _) = case 4 1.0 0.5 1 0.5

    let refused heads k =
        Assert
            .Throws<ArgumentOutOfRangeException>(fun () -> FewHeads.terms heads k moments fluctuation |> ignore)
            .Message

    Assert.Contains("at least 1", refused 0 0.5)

    for k in [ nan; -1e-300; infinity ] do
        Assert.Contains("finite number ≥ 0", refused 2 k)
