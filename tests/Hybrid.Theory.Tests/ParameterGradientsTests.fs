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
        Attention =
            { Skip = Schedule.Constant 0.9
              Branch = Schedule.Constant 0.7
              LogitStd = 1.5
              ValueStd = 1.2 }
        Mlp =
            { Skip = Schedule.Constant 0.9
              Branch = Schedule.Constant 0.7
              InStd = 1.4
              BiasStd = 0.3
              OutStd = 0.8 }
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
let ``Every weight matrix's gradient norm is that of explicit networks, in every placement`` () =
    Assert.Equal(129, rows.Length)

    let predictions =
        rows
        |> Array.map (fun ((norm, gated, _, _), _, _) -> norm, gated)
        |> Array.distinct
        |> Array.map (fun (norm, gated) -> (norm, gated), ParameterGradients.predict (network norms[norm] gated))
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

[<Fact>]
let ``What an architecture has not has no gradient`` () =
    let plain =
        ParameterGradients.predict
            { network Placement.Pre false with
                Mlp =
                    { (network Placement.Pre false).Mlp with
                        BiasStd = 0.0 } }

    Assert.All(plain, fun block -> Assert.Equal(0.0, block.MlpUp))
    Assert.All(plain, fun block -> Assert.Equal(0.0, block.MlpBias))

[<Fact>]
let ``A causal mask is refused, with the assumption that it breaks`` () =
    let thrown =
        Assert.Throws<ArgumentException>(fun () ->
            ParameterGradients.predict
                { network Placement.Pre false with
                    Mask = Mask.Causal }
            |> ignore)

    Assert.Contains("permutation-symmetric", thrown.Message)
