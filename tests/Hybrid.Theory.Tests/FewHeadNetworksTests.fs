/// Whole networks with few heads: closed maps with the terms of order 1/H, the Gram process with the norm's projection, and
/// which of the two a prediction takes. Numbers of other code and of networks: derivation section 13.4.
module Hybrid.Theory.Tests.FewHeadNetworksTests

open System
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

/// The network of the table in section 13.4: 32 tokens, 12 blocks, tanh, skip 1, branch ½, σ_w 1.5, ρ₀ 0.2.
let private network norm logitStd heads =
    { (Networks.plain norm Activation.Tanh
       |> Networks.weighted (1.0, 0.5) (1.0, 0.5)
       |> Networks.inStd 1.5
       |> Networks.logitStd logitStd
       |> Networks.correlated 0.2) with
        Tokens = 32
        Depth = 12
        Width = 2048
        Heads = heads }

let private closed architecture =
    Trajectory.closed architecture (Laws.exact architecture)

let private manyHeads architecture =
    Trajectory.closed architecture (Laws.exact architecture |> Laws.manyHeads)

let private predicted architecture =
    TrajectoryRoute.predict architecture (Laws.exact architecture)

let private gradientAtInput (trajectory: Trajectory) = trajectory.Layers[0].Gradient.Diagonal

let private correlationAtOutput (trajectory: Trajectory) =
    trajectory.Layers[trajectory.Depth].State.Rho

[<Fact>]
[<Trait("guards", "(13.12) (13.13) by published number")>]
let ``Closed, with ever more heads, 8 and 4: the gradient at the input and ρ at the output, as printed`` () =
    let at heads = network Placement.Peri 8.0 heads

    // half of the last digit, and of the effect of H (249, 518) the 1e-3 that the other code's Cov(X,S) ≈ .002 is uncertain:
    // its six decimals differ from this one's by up to 2
    for name, trajectory, gradient, other, rho in
        [ "∞", manyHeads (at 8), 2629.0, 0.0, 0.31330
          "8", closed (at 8), 2878.0, 0.249, 0.31509
          "4", closed (at 4), 3147.0, 0.518, 0.31688 ] do
        Check.absolute $"g_d, H = {name}" (0.5 + other) gradient (gradientAtInput trajectory)
        Check.absolute $"ρ, H = {name}" 0.5001e-5 rho (correlationAtOutput trajectory)

    let output = network Placement.Output 2.0 4
    Check.absolute "output, ∞" 0.5001e-5 0.42262 (correlationAtOutput (manyHeads output))
    // and of the effect of H, .005, the same 1e-3
    Check.absolute "output, 4" 1.0001e-5 0.42779 (correlationAtOutput (closed output))

[<Fact>]
[<Trait("guards", "(13.11) (13.13) by property")>]
let ``With ever more heads every layer tends to the closed maps without them, as 1/H`` () =
    for norm in [ Placement.Peri; Placement.Output ] do
        let deviations heads =
            let architecture = network norm 4.0 heads

            Array.zip (closed architecture).Layers (manyHeads architecture).Layers
            |> Array.collect (fun (few, many) ->
                [| few.State.U / many.State.U - 1.0
                   few.Gradient.Diagonal / many.Gradient.Diagonal - 1.0 |])

        // 10⁵ times fewer heads: second order is (largest deviation)², times the layers over which it adds
        let first = deviations 100_000
        let tenth = deviations 1_000_000
        let largest = first |> Array.map abs |> Array.max
        Check.atLeast "a shift at all" 1e-7 largest
        Check.atMost "and a small one" 1e-4 largest

        for index in 0 .. first.Length - 1 do
            Check.absolute
                $"{norm}, number {index}"
                (24.0 * largest * largest + 1e-12)
                first[index]
                (10.0 * tenth[index])

[<Fact>]
[<Trait("guards", "(13.11) by property")>]
let ``Without a norm behind attention, and behind one on the sum, closed maps never ask how heads fluctuate`` () =
    for norm in [ Placement.None; Placement.Pre; Placement.Post; Placement.PrePost ] do
        let architecture = network norm 4.0 8
        let laws = Laws.exact architecture

        let deaf =
            { laws with
                Heads = fun _ _ -> failwith "asked" }

        let trajectory = Trajectory.closed architecture deaf
        Assert.Equal<LayerState>((manyHeads architecture).Layers, trajectory.Layers)

        Assert.Equal<LayerState>((Trajectory.closed { architecture with Heads = 1 } deaf).Layers, trajectory.Layers)

    // three heads are too few for the terms
    let three = network Placement.Peri 4.0 3
    Assert.Equal<LayerState>((manyHeads three).Layers, (closed three).Layers)

/// Mean and standard error of g_d at the input over draws of the process.
let private averaged architecture draws =
    let trajectory =
        TrajectoryDraws.sampled architecture (Laws.exact architecture) draws 11

    let input = trajectory.Layers[0]
    struct (input.Gradient.Diagonal, input.Uncertainty.GradientDiagonal)

[<Fact>]
[<Trait("guards", "(13.2) (13.3) (13.4) by network")>]
let ``Eight heads: the process with the norm's projection has the networks' gradient, 2837 ± 12, and not 3005`` () =
    let struct (value, error) = averaged (network Placement.Peri 8.0 8) 400
    let combined other = sqrt (error * error + other * other)
    // other code's process 2846 ± 12; 3000 networks of width 2048: 2837 ± 12
    Check.absolute "against other code" (4.0 * combined 12.0) 2846.0 value
    Check.absolute "against networks" (4.0 * combined 12.0) 2837.0 value
    // the test can tell: by division alone it is 3005 ± 12
    Check.atLeast "below division only, in standard errors" 4.0 ((3005.0 - value) / combined 12.0)

[<Fact>]
[<Trait("guards", "(13.13) by process")>]
let ``Weights of queries and keys see the projection: closed maps and process agree to order 1/H²`` () =
    let at heads =
        { network Placement.Peri 6.0 heads with
            Depth = 1
            Tokens = 12 }

    let ratios heads =
        let architecture = at heads
        let expected = (closed architecture).Weights[0]
        let without = (manyHeads architecture).Weights[0]
        let draws = 4000 / heads

        let values =
            let laws = Laws.exact architecture
            Array.Parallel.init draws (fun index -> (TrajectoryDraws.sampled architecture laws 1 index).Weights[0])

        [ for select in [ (fun (w: ParameterGradientNorms) -> w.Query); _.Key ] do
              let scaled = values |> Array.map (fun value -> select value / select expected)
              let mean = Array.average scaled

              let error =
                  sqrt (
                      (scaled |> Array.sumBy (fun x -> (x - mean) * (x - mean)))
                      / float (draws * (draws - 1))
                  )

              mean, error, select without / select expected ]

    // what order 1/H² leaves is estimated at half the heads, of which a quarter is left
    for (name, (mean, error, without)), (half, halfError, _) in
        List.zip (List.zip [ "W_Q"; "W_K" ] (ratios 16)) (ratios 8) do
        let combined = 4.5 * sqrt (error * error + 0.0625 * halfError * halfError)
        Check.absolute name (combined + 0.5 * abs (half - 1.0)) 1.0 mean
        Check.atLeast $"{name}: the term is there" 0.01 (abs (without - 1.0))

[<Fact>]
let ``The overlaps that the projection returns are those of what it adds with the tokens' Gram`` () =
    let n = 7
    let random = Random 9

    let symmetric () =
        let a = Array.init (n * n) (fun _ -> random.NextDouble() - 0.5)

        Array.init (n * n) (fun k -> (if k / n = k % n then 3.0 else 0.0) + a[k] + a[k % n * n + k / n])

    let state, gamma, argument = symmetric (), symmetric (), symmetric ()
    let rows = Array.init (n * n) (fun _ -> random.NextDouble() / float n)
    let result = Array.zeroCreate<float>(n * n)

    let struct (query, key) =
        HeadProjection.add (HeadProjectionScratch.Create n) rows state gamma argument 0.7 0.5 4.0 result

    // sums of 49 terms of order one
    Check.relative "query and key" 1e-12 (SquareMatrix.dot state 0 result 0 (n * n)) (query + key)

[<Fact>]
[<Trait("guards", "13.4 by property")>]
let ``A prediction averages the process where what the closed maps leave out matters, and only there`` () =
    let route architecture =
        match (predicted architecture).Route with
        | Route.Closed -> "closed"
        | Route.ClosedWithoutHeads -> "without"
        | Route.Draws _ -> "draws"

    for expected, architecture in
        [ "closed", network Placement.Peri 8.0 8
          "closed", network Placement.Output 8.0 4
          "draws", network Placement.Peri 8.0 2
          // ρ shifts by 1.3 % with one head and by 0.7 % with two, while logits stay below 2
          "draws", network Placement.Peri 2.0 1
          "closed", network Placement.Peri 2.0 2
          "closed", network Placement.Peri 1.0 1
          "draws", network Placement.Post 8.0 8
          "closed", network Placement.Post 8.0 32
          "closed", network Placement.Post 1.0 8
          "closed", network Placement.Pre 8.0 1
          "closed", network Placement.None 4.0 1
          // 26 · 12 · 2 · 256³ multiplications a draw
          "without",
          { network Placement.Peri 8.0 2 with
              Tokens = 256 }
          // two numbers tell a layer however many tokens there are
          "closed",
          { network Placement.Pre 8.0 8 with
              Tokens = 4096 }
          "without",
          { network Placement.Peri 8.0 2 with
              Tokens = 4096 } ] do
        Assert.Equal(
            $"{expected}, {architecture.Norm}, σ_A = {architecture.Attention.LogitStd}, H = {architecture.Heads}",
            $"{route architecture}, {architecture.Norm}, σ_A = {architecture.Attention.LogitStd}, H = {architecture.Heads}"
        )

[<Fact>]
[<Trait("guards", "13.4 by network")>]
let ``Two heads: the prediction is a mean to 2 %, the networks' 3595 ± 60, and says that one network is below it`` () =
    let architecture = network Placement.Peri 8.0 2
    let trajectory = predicted architecture
    let input = trajectory.Layers[0]
    let error = input.Uncertainty.GradientDiagonal
    Check.atMost "standard error of ln g_d" TrajectoryDraws.Resolution (error / input.Gradient.Diagonal)
    Check.absolute "g_d" (4.0 * sqrt (error * error + 60.0 * 60.0)) 3595.0 input.Gradient.Diagonal
    // 1000 networks: ρ = .3206 ± .0005
    Check.absolute
        "ρ"
        (4.0 * sqrt (0.0005 ** 2.0 + trajectory.Layers[12].Uncertainty.U ** 2.0))
        0.3206
        (correlationAtOutput trajectory)

    let reasons heads =
        (Predict.architecture (network Placement.Peri 8.0 heads)).Caveats
        |> Array.map _.Text

    let two = reasons 2
    Assert.Contains(two, (fun (reason: string) -> reason.StartsWith "few heads: "))
    Assert.DoesNotContain(reasons 8, (fun (reason: string) -> reason.StartsWith "few heads: "))
    // ln g_d of the process scatters by .23 with two heads and by .35 with one
    Assert.DoesNotContain(two, (fun (reason: string) -> reason.Contains "one network lies below the mean"))

    Assert.Contains(
        reasons 1,
        (fun (reason: string) -> reason.Contains "one network lies below the mean with probability 57 %")
    )

[<Fact>]
[<Trait("guards", "14.5 by process")>]
let ``One network counts what its own gradient grows by, which is below that of the mean gradient`` () =
    let architecture = network Placement.Peri 8.0 1
    let trajectory = predicted architecture

    match trajectory.Route with
    | Route.Draws(_, scatter) ->
        let foretold = Predict.architecture architecture

        let caveat =
            foretold.Caveats
            |> Array.find (fun caveat -> caveat.Text.Contains "one network lies below the mean")

        // gradients are counted as norms: half of what their squares' logarithm is lower and scatters by
        let lower = 0.5 * (log (gradientAtInput trajectory) - scatter.Mean)
        let counted = foretold.Trainability.Sums.Counted

        Check.relativeRows
            "counted"
            1e-12
            [ "middle", counted - lower, 0.5 * (caveat.Lowest + caveat.Highest)
              "width", scatter.Deviation, caveat.Highest - caveat.Lowest ]

        // of a normal ln g_d the mean is half its variance above the typical one; the variance of so many draws is known to √(2/D),
        // 8 ≤ D, and 4 standard errors of the mean are allowed beside
        let input = trajectory.Layers[0]

        let error = 2.0 * input.Uncertainty.GradientDiagonal / input.Gradient.Diagonal

        Check.absolute
            "half the variance"
            (error + 0.25 * scatter.Deviation * scatter.Deviation)
            (0.25 * scatter.Deviation * scatter.Deviation)
            lower
    | Route.Closed
    | Route.ClosedWithoutHeads -> Assert.Fail "one head is drawn"

[<Fact>]
let ``Few heads are drawn until the gradient's error is resolved, and not much more often`` () =
    let input =
        (predicted
            { network Placement.Post 8.0 4 with
                Tokens = 8
                Depth = 4 })
            .Layers[0]

    let error = input.Uncertainty.GradientDiagonal / input.Gradient.Diagonal
    Check.atMost "standard error of ln g_d" TrajectoryDraws.Resolution error

    // a tenth to spare on the variance that eight draws estimate: χ² of 7 degrees of freedom lies beyond 3.5 times its mean with .1 %
    Check.atLeast "and its draws" (TrajectoryDraws.Resolution / sqrt (1.1 * 3.5)) error

[<Fact>]
[<Trait("guards", "13.5 by process")>]
let ``Fewer heads than a masked network has give its means within their errors, and its deviation over networks`` () =
    let network heads =
        { (network Placement.Pre 8.0 heads) with
            Mask = Mask.Causal
            Tokens = 16 }

    let draws = 64

    let sampled heads =
        let architecture = network heads

        TrajectoryDraws.sampled architecture (Laws.exact architecture) draws TrajectoryDraws.Seed

    let few, many = sampled 4, sampled 16

    // 39 correlated comparisons at a family-wise 1 %: t of 126 degrees of freedom beyond 1 % / 39 lies at 3.77
    for layer in 0..12 do
        let few, many = few.Layers[layer], many.Layers[layer]

        for name, expected, actual, error, other in
            [ "q", many.State.Q, few.State.Q, many.Uncertainty.Q, few.Uncertainty.Q
              "1 − ρ", many.State.U, few.State.U, many.Uncertainty.U, few.Uncertainty.U
              "g_d",
              many.Gradient.Diagonal,
              few.Gradient.Diagonal,
              many.Uncertainty.GradientDiagonal,
              few.Uncertainty.GradientDiagonal ] do
            // and rounding, where the input is not random
            let allowed = 3.77 * sqrt (error * error + other * other) + 1e-12 * expected
            Check.absolute $"{name}, layer {layer}" allowed expected actual

    let deviation (trajectory: Trajectory) =
        match trajectory.Route with
        | Route.Draws(_, scatter) -> scatter.Deviation
        | Route.Closed
        | Route.ClosedWithoutHeads -> nan

    // F of 63 and 63 degrees of freedom lies beyond 2.33^±1 with probability .1 %; a deviation that did not go as 1/√H would be off by 4
    let ratio = (deviation few * sqrt (4.0 / 16.0) / deviation many) ** 2.0

    Check.atMost "variance of ln g_d, brought from 4 heads to 16" 2.33 ratio
    Check.atMost "and from 16 to 4" 2.33 (1.0 / ratio)

[<Fact>]
[<Trait("guards", "13.5 by closed form")>]
let ``A prediction of fewer heads has half the variance that is due to them in its errors of gradients, and nothing of it elsewhere``
    ()
    =
    let architecture =
        { network Placement.Pre 8.0 2048 with
            Mask = Mask.Causal }

    let laws = Laws.exact architecture
    let plan = TrajectoryRoute.drawnFor architecture
    Assert.True(plan.Groups.IsNone && plan.Network.Heads < 1024, $"{plan.Network.Heads} heads")

    let drawn =
        TrajectoryDraws.sampledFor architecture.Heads plan.Network laws plan.Draws TrajectoryDraws.Seed

    let foretold = TrajectoryRoute.predict architecture laws
    let missing = 1.0 - float plan.Network.Heads / 2048.0

    for layer in 0..12 do
        let drawn, foretold = drawn.Layers[layer], foretold.Layers[layer]
        let own, wide = drawn.Uncertainty, foretold.Uncertainty
        // the variance of ln g_d over networks, from the error of their mean
        let variance =
            float plan.Draws * (own.GradientDiagonal / drawn.Gradient.Diagonal) ** 2.0

        let shifted error value =
            sqrt (error ** 2.0 + (0.5 * missing * variance * value) ** 2.0)

        Check.withinScale
            $"layer {layer}"
            1e-12
            [ "q", 1.0, own.Q, wide.Q
              "1 − ρ", 1.0, own.U, wide.U
              "g_d",
              drawn.Gradient.Diagonal,
              shifted own.GradientDiagonal drawn.Gradient.Diagonal,
              wide.GradientDiagonal
              "g_o",
              drawn.Gradient.Diagonal,
              shifted own.GradientOffDiagonal drawn.Gradient.OffDiagonal,
              wide.GradientOffDiagonal ]

[<Fact>]
let ``What fewer heads shift is in a prediction's errors, and is far beyond those of draws behind a norm`` () =
    for norm in [ Placement.Peri; Placement.Output; Placement.Post; Placement.Pre ] do
        let network heads =
            { (network norm 8.0 heads) with
                Mask = Mask.Causal
                Tokens = 16 }

        let sampled heads draws =
            let architecture = network heads
            TrajectoryDraws.sampled architecture (Laws.exact architecture) draws TrajectoryDraws.Seed

        let draws = 200
        let few, many = sampled 2 draws, sampled 16 50
        let shifts = TrajectoryRoute.shifts (network 16) 2

        /// ln of the ratio of few heads' value to many's, and its error
        let compared layer (value: LayerState -> float) (error: LayerState -> float) =
            let few, many = few.Layers[layer], many.Layers[layer]
            let relative state = error state / value state
            struct (log (value few / value many), sqrt (relative few ** 2.0 + relative many ** 2.0))

        for layer in 0..12 do
            let struct (u, g) =
                if shifts.Length = 0 then
                    struct (0.0, 0.0)
                else
                    shifts[layer]

            let struct (ofU, errorOfU) = compared layer _.State.U _.Uncertainty.U

            let struct (ofG, errorOfG) =
                compared layer _.Gradient.Diagonal _.Uncertainty.GradientDiagonal

            let own = few.Layers[layer]

            let variance =
                float draws * (own.Uncertainty.GradientDiagonal / own.Gradient.Diagonal) ** 2.0

            // 96 correlated comparisons at a family-wise 1 %: t of 49 degrees of freedom beyond 1 % / 96 lies at 4.2; and rounding, where
            // input and output are not random
            let allowed shift error = abs shift + 4.2 * error + 1e-12
            Check.atMost $"1 − ρ, {norm}, layer {layer}" (allowed u errorOfU) (abs ofU)

            Check.atMost
                $"g_d, {norm}, layer {layer}"
                (allowed (abs g + 0.5 * (1.0 - 2.0 / 16.0) * variance) errorOfG)
                (abs ofG)

            if layer = 0 && norm = Placement.Peri then
                Check.atLeast "peri, in standard errors" 4.2 (ofG / errorOfG)
