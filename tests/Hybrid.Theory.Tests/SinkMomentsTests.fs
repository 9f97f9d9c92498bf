module Hybrid.Theory.Tests.SinkMomentsTests

open System
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

/// d_k at which logits are Gaussian to six digits: averages over w change by Var(w) = 2/d_k times their own second derivatives.
let private many = 4_000_000

/// Attention alone beside a sink of logit 0, pre, at stream norm q = 1.5, r = .8 and a = .7.
let private beside tokens width logitStd =
    { Architecture.defaults with
        Tokens = tokens
        Depth = 1
        Width = 64
        Heads = 16
        Attention =
            { AttentionParameters.Of(Schedule.Constant 0.8, Schedule.Constant 0.7, logitStd, 1.0) with
                Head =
                    { HeadParameters.Plain with
                        Width = Some width
                        Sink = Some 0.0 } }
        Mlp = MlpParameters.Of(Schedule.Constant 1.0, Schedule.Constant 0.0, 1.0, 0.0, 1.0)
        Input = { Norm = 1.5; Correlation = 0.5 } }

let private onLine (a: Architecture) =
    Geometry.block a (Laws.onLine a (Laws.exact a)) 1 { Q = a.Input.Norm; U = 1e-140 }

[<Theory>]
[<InlineData(8, 2.0, 0.67429, 0.07672, 1.29040, 0.77309)>]
[<InlineData(32, 4.0, 0.71918, 0.18076, 1.31240, 0.79897)>]
[<Trait("guards", "(16.1) (16.2) by reference")>]
let ``Beside a sink tokens that are alike keep E t² of their norm and X of their differences``
    tokens
    logitStd
    square
    rest
    norm
    growth
    =
    let moments = SinkMoments.compute tokens many logitStd 0.0
    let block = onLine (beside tokens many logitStd)

    // half a unit of five printed decimals
    Check.withinScale
        "published values"
        0.5e-5
        [ "E t²", 1.0, square, moments.Square
          "X", 1.0, rest, moments.Rest
          "q′", 1.0, norm, block.Output.Q
          "u′/u", 1.0, growth, block.Output.U / 1e-140 ]

[<Fact>]
[<Trait("guards", "(16.2) by closed form")>]
let ``Beside a sink the gradient's mean mode grows by E t² + 2X and its differences by X`` () =
    let a = beside 8 5 1.7
    let exponents = Exponents.onLine a (Laws.exact a) 1 1.5
    let moments = SinkMoments.compute 8 5 1.7 0.0

    Check.relative
        "mean mode"
        1e-12
        (0.64 + 0.49 * (moments.Square + 2.0 * moments.Rest) / 1.5)
        (exp exponents.Gradient)

    Check.relative "differences" 1e-12 (0.64 + 0.49 * moments.Rest / 1.5) (exp exponents.Difference)

[<Theory>]
[<InlineData(2, 1.5)>]
[<InlineData(5, 3.0)>]
[<InlineData(32, 2.0)>]
[<Trait("guards", "(16.1) (16.2) by sampling")>]
let ``Heads drawn with few coordinates beside a sink have just these moments`` width logitStd =
    let n = 6
    let heads = 60
    let u = 1e-7

    let a =
        { beside n width logitStd with
            Heads = heads }

    let layout = HeadLayout.create a a.Attention (GramProcess.allowed n Mask.None)
    let state = Array.init (n * n) (fun k -> if k / n = k % n then 1.0 else 1.0 - u)
    let ones = Array.create (n * n) (1.0 / float n)

    let draws =
        Array.init 200 (fun index ->
            let struct (layer, branch) =
                DrawnHeads.forward layout (CounterNormals.part 16UL index) state

            let struct (_, overlaps) = DrawnHeads.backward layer ValueNone state ones
            let own = Seq.averageBy (fun i -> branch[i * n + i]) (seq { 0 .. n - 1 })
            let other = (Array.sum branch - float n * own) / float (n * (n - 1))

            [| own
               (own - other) / u
               overlaps.Value / float n
               overlaps.Query / float n
               overlaps.Key / float n |])

    let expected = SinkMoments.compute n width logitStd 0.0

    [| "E t²", expected.Square
       "X of differences", expected.Rest
       "value", expected.Square
       "query", expected.Rest
       "key", expected.Rest |]
    |> Array.iteri (fun index (name, value) ->
        let samples = draws |> Array.map (fun draw -> draw[index])
        let mean = Array.average samples
        let variance = samples |> Array.sumBy (fun x -> (x - mean) * (x - mean))
        let error = sqrt (variance / float (samples.Length * (samples.Length - 1)))
        // four standard errors, and terms of order u times the logits' variance, which the line leaves out
        Check.absolute name (4.0 * error + 100.0 * logitStd * logitStd * u) value mean)

[<Fact>]
[<Trait("guards", "(16.1) by closed form")>]
let ``A sink that takes nothing leaves the line as it is`` () =
    let a = beside 8 16 2.0

    let head sink =
        { a with
            Attention =
                { a.Attention with
                    Head = { a.Attention.Head with Sink = sink } } }

    let exponents a = Exponents.onLine a (Laws.exact a) 1 1.5
    let far, none = exponents (head (Some -60.0)), exponents (head None)

    Check.relativeRows
        "exponents"
        1e-12
        [ "angle", none.Angle, far.Angle
          "gradient", none.Gradient, far.Gradient
          "difference", none.Difference, far.Difference ]

[<Fact>]
[<Trait("guards", "15.5 by property")>]
let ``Where the sink's share is not known no exponent is given`` () =
    let a = beside 8 16 2.0

    let head change =
        { a with
            Attention =
                { a.Attention with
                    Head = change a.Attention.Head } }

    for unknown in
        [ { a with Mask = Mask.Causal }
          head (fun head ->
              { head with
                  Positions = Positions.Rope(1e4, 1.0) })
          head (fun head -> { head with SoftCap = Some 5.0 })
          head (fun head ->
              { head with
                  QueryKeyNorm = QueryKeyNorm.Head }) ] do
        Assert.False(Features.haveLine unknown)
        Assert.Empty((DepthExponents.along unknown (Laws.exact unknown)).Layers)

    Assert.True(Features.haveLine a)

[<Theory>]
[<InlineData(1e-9, 2e-9)>]
[<InlineData(5e-324, 1e-8)>]
let ``Logits that hardly move leave what the sink leaves of none, however small their deviation`` small larger =
    let still, near =
        SinkMoments.compute 4 8 small -0.7, SinkMoments.compute 4 8 larger -0.7

    // the next order is that of the larger one's square, far below the rounding of the sum over the nodes of its logits
    let nodes = 2.0 * Quadrature.HalfWidth / 2.0 * float Quadrature.unitNodes.Length

    Check.relative "E t²" (nodes * Math.ScaleB(1.0, -53)) near.Square still.Square

    if small > 1e-100 then
        Check.relative "X" 1e-12 (near.Rest * (small / larger) * (small / larger)) still.Rest
    else
        Assert.Equal(0.0, still.Rest)

[<Fact>]
[<Trait("guards", "(16.2) by closed form")>]
let ``A sink that takes all leaves a line without attention`` () =
    let a =
        let a = beside 4 8 1.0

        { a with
            Attention =
                { a.Attention with
                    Head =
                        { a.Attention.Head with
                            Sink = Some 1e154 } } }

    let block = onLine a
    // r² of its norm and of its differences, exactly as much as without a branch
    Check.relative "q′" 1e-15 (0.64 * a.Input.Norm) block.Output.Q
    Check.relative "u′" 1e-15 1e-140 block.Output.U
    Assert.True(Double.IsFinite (Predict.architecture a).Trainability.Sums.Counted)
