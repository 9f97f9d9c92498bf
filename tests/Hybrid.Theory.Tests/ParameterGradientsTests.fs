module Hybrid.Theory.Tests.ParameterGradientsTests

open System
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

/// What references/parameter_gradients.py builds.
let private network norm gated =
    { Architecture.defaults with
        Tokens = 16
        Depth = 3
        Width = 384
        Heads = 2
        MlpWidth = 768
        Gated = gated
        Norm = norm
        Attention = AttentionParameters.Of(Schedule.Constant 0.9, Schedule.Constant 0.7, 1.5, 1.2)
        Mlp = MlpParameters.Of(Schedule.Constant 0.9, Schedule.Constant 0.7, 1.4, 0.3, 0.8)
        Input = { Norm = 1.0; Correlation = 0.4 } }

/// ((norm, gated, layer, matrix), (mean, error) at width 128, the same at width 384)
let private rows =
    Reference.rows "parameter_gradients.csv"
    |> Array.map (fun row ->
        (row["norm"], row["gated"] = "true", int row["layer"], row["matrix"]),
        int row["width"],
        struct (Reference.number row "mean", Reference.number row "error"))
    |> Array.groupBy (fun (key, _, _) -> key)
    |> Array.map (fun (key, values) ->
        let at width =
            values
            |> Array.pick (fun (_, w, measured) -> if w = width then Some measured else None)

        key, at 128, at 384)

let private norms =
    dict
        [ "none", Placement.None
          "pre", Placement.Pre
          "post", Placement.Post
          "peri", Placement.Peri
          "output", Placement.Output ]

let private select name (predicted: ParameterGradientNorms) =
    match name with
    | "query" -> predicted.Query
    | "key" -> predicted.Key
    | "value" -> predicted.Value
    | "output" -> predicted.Output
    | "mlpIn" -> predicted.MlpIn
    | "mlpUp" -> predicted.MlpUp
    | "mlpBias" -> predicted.MlpBias
    | "mlpOut" -> predicted.MlpOut
    | other -> invalidArg (nameof name) other

[<Fact>]
[<Trait("guards", "(5.4) by network")>]
let ``Every weight matrix's gradient norm is that of explicit networks, in every placement`` () =
    Assert.Equal(129, rows.Length)

    let predictions =
        rows
        |> Array.map (fun ((norm, gated, _, _), _, _) -> norm, gated)
        |> Array.distinct
        |> Array.map (fun (norm, gated) -> (norm, gated), Predict.weightGradients (network norms[norm] gated))
        |> dict

    for (norm, gated, layer, name), struct (narrow, narrowError), struct (wide, wideError) in rows do
        let at width =
            // norms are sums over d_y d_z entries, so prediction scales with the width that it is told
            let architecture = network norms[norm] gated
            let scale = float width / float architecture.Width

            let power =
                // the bias has one entry per hidden unit, everything else a product of two widths
                if name = "mlpBias" then scale else scale * scale

            let blocks: ParameterGradientNorms[] = predictions[(norm, gated)]
            power * select name blocks[layer - 1]

        // relative deviations at the two widths are e + c/d: c from their difference, k = 4.5 standard errors
        let narrowDeviation = narrow / at 128 - 1.0
        let wideDeviation = wide / at 384 - 1.0

        let error =
            sqrt ((wideError / at 384) ** 2.0 + 0.25 * (narrowError / at 128) ** 2.0)

        let finiteWidth = abs (narrowDeviation - wideDeviation) / 2.0

        Check.absolute $"{norm}, gated {gated}, layer {layer}, {name}" (4.5 * error + finiteWidth) 0.0 wideDeviation

// Linear blocks without attention or norms multiply q and g_d by r² + a²σ_v²σ_w², and give no two tokens' gradients an overlap.
[<Fact>]
[<Trait("guards", "(5.4) by closed form")>]
let ``Weights of linear blocks have the product of what they see and of the gradient behind them`` () =
    let n, depth, d, hidden = 5, 3, 64, 96
    let r2, a2, inner, out = 0.64, 0.36, 1.5 * 1.5, 1.3 * 1.3

    let architecture =
        { network Placement.None false with
            Activation = Activation.Linear
            Tokens = n
            Depth = depth
            Width = d
            MlpWidth = hidden
            Attention = AttentionParameters.Of(Schedule.Constant 1.0, Schedule.Constant 0.0, 1.5, 1.2)
            Mlp = MlpParameters.Of(Schedule.Constant 0.8, Schedule.Constant 0.6, 1.5, 0.0, 1.3)
            Input = { Norm = 2.0; Correlation = 0.4 } }

    let factor = r2 + a2 * inner * out

    Predict.weightGradients architecture
    |> Array.iteri (fun index block ->
        let q = 2.0 * factor ** float index
        let gradient = a2 * factor ** float (depth - 1 - index)
        let entries = float (n * d * hidden)
        Check.relative $"W_2 of block {index + 1}" 1e-12 (entries * gradient * inner * q) block.MlpOut
        // a hidden unit has the gradient of d outputs, of which each weighs σ_v²/d_mlp
        let ofUnit = out * float d / float hidden * gradient
        Check.relative $"W_1 of block {index + 1}" 1e-12 (entries * ofUnit * q) block.MlpIn
        Assert.Equal((0.0, 0.0), (block.MlpUp, block.MlpBias))
        Assert.Equal(0.0, block.Value + block.Output + block.Query + block.Key))

[<Fact>]
let ``What an architecture has not has no gradient`` () =
    let plain =
        Predict.weightGradients
            { network Placement.Pre false with
                Mlp =
                    { (network Placement.Pre false).Mlp with
                        BiasStd = 0.0 } }

    Assert.All(plain, fun block -> Assert.Equal(0.0, block.MlpUp))
    Assert.All(plain, fun block -> Assert.Equal(0.0, block.MlpBias))

[<Fact>]
[<Trait("guards", "(5.4) by process")>]
let ``The Gram process gives every weight's gradient too: with weak attention and many heads it is the closed form's``
    ()
    =
    for gated in [ false; true ] do
        let weak = network Placement.Pre gated |> Networks.logitStd 0.5

        // no standard deviation is 1, of which any power is one
        let architecture =
            { weak with
                Heads = 64
                Tokens = 8
                Depth = 3
                Width = 128
                Attention = { weak.Attention with ValueStd = 0.9 }
                Mlp =
                    { weak.Mlp with
                        InStd = 1.3
                        OutStd = 0.7 } }

        let laws = Laws.exact architecture
        let closed = (Trajectory.closed architecture laws).Weights
        let draws = 24

        let sampled =
            Array.init draws (fun index -> (TrajectoryDraws.sampled architecture laws 1 (100 + index)).Weights)

        for layer in 0 .. architecture.Depth - 1 do
            for name in [ "query"; "key"; "value"; "output"; "mlpIn"; "mlpUp"; "mlpBias"; "mlpOut" ] do
                let expected = select name closed[layer]
                let values = sampled |> Array.map (fun weights -> select name weights[layer])
                let mean = Array.average values

                let error =
                    sqrt (
                        Array.sumBy (fun value -> (value - mean) * (value - mean)) values
                        / float (draws * (draws - 1))
                    )

                // five standard errors, and what 64 heads leave of terms of order 1/H at σ_A = 1/2
                Check.absolute
                    $"gated {gated}, layer {layer + 1}, {name}"
                    (5.0 * error + 0.002 * expected)
                    expected
                    mean
