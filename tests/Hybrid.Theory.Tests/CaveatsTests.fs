/// Caveats by their computed effect on the verdict.
module Hybrid.Theory.Tests.CaveatsTests

open System
open FsCheck.FSharp
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

let private decide counted =
    Trainability.decide Trainability.limits counted 0.0

[<Fact>]
[<Trait("guards", "14.5 by property")>]
let ``A caveat changes the verdict if and only if what is counted under it lies beyond a limit`` () =
    Check.holds 30 Networks.any (fun network ->
        let prediction = Predict.architecture { network with Depth = 5 }
        let verdict = prediction.Trainability.Verdict

        for caveat in prediction.Caveats do
            if not (Double.IsNaN caveat.Lowest) then
                let other = decide caveat.Lowest <> verdict || decide caveat.Highest <> verdict
                Assert.Equal(other, (caveat.Effect = CaveatEffect.ChangesVerdict))
                Assert.True(caveat.Lowest <= caveat.Highest)
            else
                Assert.Equal(CaveatEffect.Informational, caveat.Effect))

[<Fact>]
let ``The strongest effect comes first`` () =
    let rank (caveat: Caveat) =
        match caveat.Effect with
        | CaveatEffect.ChangesVerdict -> 0
        | CaveatEffect.ChangesFluctuations -> 1
        | CaveatEffect.Informational -> 2

    Check.holds 20 Networks.any (fun network ->
        let ranks =
            (Predict.architecture { network with Depth = 5 }).Caveats |> Array.map rank

        Assert.Equal<int[]>(Array.sort ranks, ranks))

/// Pre-norm, whose stream grows from a small embedding.
let private embedded norm =
    { Networks.plain Placement.Pre Activation.Relu with
        Width = 4096
        Input = { Norm = norm; Correlation = 0.0 } }

[<Fact>]
[<Trait("guards", "14.5 by property")>]
let ``Plain gradient descent feels the embedding, which changes the verdict of a small one and not of a large one`` () =
    let caveat norm =
        (Predict.architecture (embedded norm)).Caveats
        |> Array.find (fun caveat -> caveat.Text.Contains "plain gradient descent")

    let small = caveat 1e-4
    let sums = (Predict.architecture (embedded 1e-4)).Trainability.Sums
    Check.absolute "counted" 1e-12 (max (abs sums.Angle) (0.5 * sums.Gradient)) small.Lowest
    Assert.Equal(CaveatEffect.ChangesVerdict, small.Effect)
    Assert.Equal(CaveatEffect.Informational, (caveat 1.0).Effect)

[<Fact>]
[<Trait("guards", "(14.4) by property")>]
let ``A narrow network lies off the mean by more than a wide one, as the root of the width`` () =
    let scatter width =
        FiniteWidth.scatter { embedded 1.0 with Width = width }

    Check.relative "root" 1e-12 (4.0 * scatter 4096) (scatter 256)

    let still =
        Networks.plain Placement.None Activation.Relu
        |> Networks.weighted (1.0, 0.0) (1.0, 0.0)

    Assert.Equal(0.0, FiniteWidth.scatter still)

[<Fact>]
[<Trait("guards", "(14.4) by closed form")>]
let ``Products of square Gaussian matrices scatter by 2/d a matrix`` () =
    // attention without logits of one token is W_O W_V; the linear MLP is W_2 W_1: four matrices a block
    let network =
        { (Networks.plain Placement.None Activation.Linear
           |> Networks.weighted (0.0, 1.0) (0.0, 1.0)) with
            Tokens = 1
            Width = 128
            Depth = 3 }

    Check.relative "s" 1e-12 (sqrt (2.0 * 12.0 / 128.0)) (FiniteWidth.scatter network)

[<Fact>]
[<Trait("guards", "14.5 by property")>]
let ``What would be counted at other tokens is what a prediction of them counts, without a mask`` () =
    let network = Networks.plain Placement.Post Activation.Tanh
    let counted = (Predict.architecture network).Trainability.Sums.Counted
    let more = { network with Tokens = 256 }

    Check.relative
        "counted"
        1e-12
        (Predict.architecture more).Trainability.Sums.Counted
        (Caveats.countedAtTokens network 256 counted)

/// Linear blocks without norms or attention: each multiplies the stream and the gradient by .64 + .36 · (1.5 · 1.3)².
let private linear mask =
    let network =
        Networks.plain Placement.None Activation.Linear
        |> Networks.weighted (1.0, 0.0) (0.8, 0.6)
        |> Networks.inStd 1.5

    { network with
        Tokens = 8
        Depth = 7
        Mask = mask
        Mlp = { network.Mlp with OutStd = 1.3 } }

[<Fact>]
[<Trait("guards", "14.5 by closed form")>]
let ``Linear blocks multiply gradients alike, at any number of tokens and under either mask`` () =
    let growth = log (0.64 + 0.36 * (1.5 * 1.3) ** 2.0)

    for mask in [ Mask.None; Mask.Causal ] do
        let network = linear mask
        let sums = Caveats.sumsOf network

        Check.withinScale
            $"sums, {mask}"
            1e-13
            [ "angle", 1.0, 0.0, sums.Angle
              "gradient", 1.0, 7.0 * growth, sums.Gradient
              "growth", 1.0, 7.0 * growth, sums.Growth
              "counted", 1.0, 3.0 * growth, sums.Counted ]

        for tokens in [ 4; 8; 64 ] do
            Check.absolute "at other tokens" 1e-12 sums.Counted (Caveats.countedAtTokens network tokens sums.Counted)

[<Fact>]
[<Trait("guards", "14.5 by property")>]
let ``Under a mask every doubling of the tokens adds to what is counted what the last one added`` () =
    let network =
        { Networks.plain Placement.Post Activation.Tanh with
            Tokens = 8
            Depth = 3
            Mask = Mask.Causal }

    let own = (Predict.architecture network).Trainability.Sums.Counted
    let half = (Caveats.sumsOf { network with Tokens = 4 }).Counted
    Assert.NotEqual(own, half)
    Check.relative "its own" 1e-12 own (Caveats.countedAtTokens network 8 own)
    Check.relative "half" 1e-12 half (Caveats.countedAtTokens network 4 own)
    Check.relative "four times" 1e-12 (max 0.0 (own + 2.0 * (own - half))) (Caveats.countedAtTokens network 32 own)
    Assert.Equal(0.0, Caveats.countedAtTokens network 32 (0.5 * half))

[<Fact>]
let ``Tanh on the sum, and nowhere else, is said to leave the theory's stream`` () =
    let warns kind norm =
        let network =
            { Architecture.defaults with
                Depth = 3
                NormKind = kind
                Norm = norm }

        (Predict.architecture network).Caveats
        |> Array.exists (fun caveat -> caveat.Text.Contains "tanh on the sum")

    for struct (_, norm) in Placement.Named do
        Assert.Equal(norm.OnSum, warns (NormKind.DyT 0.6) norm)
        Assert.False(warns NormKind.Scale norm)
