module Hybrid.Theory.Tests.PredictionTests

open System
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

let private settling inStd =
    Networks.plain Placement.Pre Activation.Tanh
    |> Networks.weighted (sqrt 0.75, 0.5) (sqrt 0.75, 0.5)
    |> Networks.inStd inStd

[<Fact>]
let ``A prediction's layers are the maps' own trajectory, from the input to the output`` () =
    let network = settling 2.0
    let prediction = Predict.architecture network
    let laws = Laws.exact network
    let blocks = Geometry.forward network laws
    let gradients = Gradients.backward network blocks
    Assert.Equal<int[]>([| 0..12 |], prediction.Layers |> Array.map _.Layer)
    Assert.Equal(1.0, prediction.Layers[0].Q)
    Assert.Equal(0.5, prediction.Layers[0].Rho)

    for layer in 1..12 do
        Assert.Equal(blocks[layer - 1].Output.Q, prediction.Layers[layer].Q)
        Assert.Equal(blocks[layer - 1].Output.U, prediction.Layers[layer].U)

    for layer in 0..12 do
        let row = prediction.Layers[layer]
        Assert.Equal(gradients[layer].Diagonal, row.GradientDiagonal)
        Assert.Equal(gradients[layer].OffDiagonal, row.GradientOffDiagonal)
        Check.relative $"p = ρq at layer {layer}" 1e-15 (row.Q * row.Rho) row.P

[<Fact>]
let ``Layer 0 ends no block: its exponents are NaN, all others are finite`` () =
    let layers = (Predict.architecture (settling 2.0)).Layers
    Assert.True(Double.IsNaN layers[0].AngleExponent && Double.IsNaN layers[0].GradientExponent)

    for row in layers[1..] do
        Check.atMost "|λ_a|" 20.0 (abs row.AngleExponent)
        Check.atMost "|λ_g|" 20.0 (abs row.GradientExponent)

[<Fact>]
let ``Ordered, critical and chaotic networks are told apart by λ_a`` () =
    for inStd, phase in [ 1.0, Phase.Ordered; 4.06534342378101, Phase.Critical; 8.0, Phase.Chaotic ] do
        let prediction = Predict.architecture (settling inStd)
        Assert.Equal(phase, prediction.Phase)
        Assert.True prediction.Stationary
        Assert.True prediction.FixedPoint.Converged

        match phase with
        | Phase.Ordered -> Assert.Equal(1.0, prediction.FixedPoint.Rho)
        | Phase.Chaotic -> Check.atMost "ρ*" 0.99 prediction.FixedPoint.Rho
        | Phase.Unknown -> Assert.Fail "the line of a plain network is known"
        | Phase.Critical -> Check.absolute "λ_a" 1e-9 0.0 prediction.AngleExponent

[<Fact>]
let ``Depth scales are the inverses of the exponents`` () =
    let prediction = Predict.architecture (settling 2.0)
    Assert.Equal(1.0 / abs prediction.AngleExponent, prediction.DepthScales.Angle)
    Assert.Equal(1.0 / abs prediction.GradientExponent, prediction.DepthScales.Gradient)

[<Fact>]
let ``Growing norms have no fixed point and say so`` () =
    let prediction = Predict.architecture (Networks.plain Placement.Pre Activation.Relu)
    Assert.False prediction.Stationary
    Assert.True(Double.IsNaN prediction.FixedPoint.Q && Double.IsNaN prediction.FixedPoint.Rho)
    Assert.False prediction.FixedPoint.Converged

[<Fact>]
let ``The trajectory's slope deep inside the network is the exponent`` () =
    // in the ordered phase at depth 60 the state has reached the line's norm: log u falls by λ_a per layer
    let prediction = Predict.architecture { settling 1.0 with Depth = 60 }
    let layers = prediction.Layers
    // corrections of order u₅₀ and of the norm's own approach, (r²r²)^50 = 3e-13
    Check.absolute "log u₆₀/u₅₉" 1e-8 prediction.AngleExponent (log (layers[60].U / layers[59].U))
    // backwards the mean mode grows by λ_g per layer once the stream has settled
    let mean (row: LayerPrediction) =
        row.GradientDiagonal + 31.0 * row.GradientOffDiagonal

    Check.absolute
        "log of the mean mode, 41 to 40"
        1e-6
        prediction.GradientExponent
        (log (mean layers[40] / mean layers[41]))

[<Fact>]
let ``Every placement and activation is predicted without a NaN from layer 1 on`` () =
    for norm in Networks.placements do
        for activation, name in Activation.named do
            let network =
                { Networks.plain norm activation with
                    Depth = 4 }
                |> Networks.weighted (0.8, 0.6) (0.8, 0.6)

            for row in (Predict.architecture network).Layers[1..] do
                for value in
                    [ row.Q
                      row.P
                      row.Rho
                      row.U
                      row.GradientDiagonal
                      row.GradientOffDiagonal
                      row.AngleExponent
                      row.GradientExponent ] do
                    Check.absolute $"{norm} {name} at layer {row.Layer}" 1e9 0.0 value

[<Fact>]
let ``Collapsed, single-token and silent networks are legal and predicted`` () =
    let collapsed = Predict.architecture (settling 2.0 |> Networks.correlated 1.0)
    Assert.All(collapsed.Layers, fun row -> Assert.Equal(0.0, row.U))
    let alone = Predict.architecture { settling 2.0 with Tokens = 1 }
    Check.atLeast "q of a single token" 0.1 alone.Layers[12].Q

    let silent =
        Predict.architecture (Networks.plain Placement.Pre Activation.Tanh |> Networks.inStd 0.0)

    Check.atLeast "q with σ_w = 0" 1.0 silent.Layers[12].Q

[<Fact>]
let ``A token alone has none to differ from, whatever correlation it is given, by either route`` () =
    let alone =
        { Networks.plain Placement.Pre Activation.Tanh with
            Tokens = 1
            Depth = 40 }
        |> Networks.correlated 0.5

    for mask in [ Mask.None; Mask.Causal ] do
        let prediction = Predict.architecture { alone with Mask = mask }
        Assert.True prediction.Trainability.TokensAreEqual
        Assert.Equal(0.0, prediction.Trainability.Sums.Angle)
        Assert.All(prediction.Layers, fun row -> Assert.Equal(struct (0.0, 1.0), struct (row.U, row.Rho)))

[<Fact>]
let ``An illegal architecture is refused with every field, what was received and what is legal`` () =
    let broken =
        { settling nan with
            Tokens = 4
            Input = { Norm = -1.0; Correlation = -0.5 } }

    let thrown =
        Assert.Throws<InvalidArchitectureException>(fun () -> Predict.architecture broken |> ignore)

    Assert.Contains("mlp.inStd must be a finite number ≥ 0, got NaN", thrown.Message)
    Assert.Contains("input.norm must be a finite number > 0, got -1", thrown.Message)
    Assert.Contains("input.correlation must be from −1/(tokens−1) = -0.3333", thrown.Message)

[<Fact>]
[<Trait("guards", "(15.1) by property")>]
let ``A scale of all logits is σ_A's, and one of each layer acts in its layer`` () =
    let small =
        { Architecture.defaults with
            Tokens = 6
            Depth = 3
            Width = 32
            Heads = 4
            Input = { Norm = 1.0; Correlation = 0.3 }
            Attention =
                { Architecture.defaults.Attention with
                    LogitStd = 3.0 } }

    let scaled scale (architecture: Architecture) =
        { architecture with
            Attention =
                { architecture.Attention with
                    Head =
                        { architecture.Attention.Head with
                            LogitScale = scale } } }

    let turned =
        { small with
            Attention =
                { small.Attention with
                    Head =
                        { small.Attention.Head with
                            Positions = Positions.Rope(100.0, 1.0) } } }

    let rhos (architecture: Architecture) =
        (Predict.architecture architecture).Layers |> Array.map _.Rho

    for architecture in [ small; { small with Mask = Mask.Causal }; turned ] do
        let half =
            { architecture with
                Attention =
                    { architecture.Attention with
                        LogitStd = 1.5 } }

        // 3 · ½ is exact
        Assert.Equal<float[]>(rhos half, rhos (scaled (Schedule.Constant 0.5) architecture))

        let layered = scaled (Schedule.PerLayer [| 1.0; 1.0; 0.5 |]) architecture

        Assert.Equal(
            1.5,
            (match (Block.at layered 3).Sublayers[0].Module with
             | Module.Attention attention -> attention.LogitStd
             | Module.Mlp _ -> nan)
        )

        Assert.Equal<float[]>(Array.truncate 3 (rhos architecture), Array.truncate 3 (rhos layered))
        // weaker logits keep less of differences
        let last, weaker = Array.last (rhos architecture), Array.last (rhos layered)
        Check.atLeast "ρ of the last layer" last weaker
        Assert.NotEqual(last, weaker)

let private masked =
    { settling 2.0 with
        Mask = Mask.Causal
        Depth = 3
        Tokens = 16 }

/// Linear blocks without a norm whose logits are 0: under a causal mask each token is the mean of its past, and all draws are one.
let private averaging tokens heads =
    { Networks.plain Placement.None Activation.Linear with
        Tokens = tokens
        Heads = heads
        Width = 8 * heads
        Depth = 5
        Mask = Mask.Causal
        Attention = AttentionParameters.Of(Schedule.Constant 0.9, Schedule.Constant 0.5, 0.0, 1.2)
        Mlp = MlpParameters.Of(Schedule.Constant 0.8, Schedule.Constant 0.6, 1.5, 0.0, 1.3)
        Input = { Norm = 2.0; Correlation = 0.25 } }

/// Its layers from Gram matrices written out: C ← f(r²C + a²σ_V² A C Aᵀ) forwards, G ← r²fG + a²σ_V² Aᵀ fG A back.
let private averagedLayers (network: Architecture) =
    let n = network.Tokens

    let row i j =
        if j <= i then 1.0 / float (i + 1) else 0.0

    let r2, a2 = 0.81, 0.25 * 1.44
    let f = 0.64 + 0.36 * (1.5 * 1.3) ** 2.0

    let along (weight: int -> int -> float) (matrix: float[,]) =
        let half =
            Array2D.init n n (fun i l -> Seq.sum (seq { for k in 0 .. n - 1 -> weight i k * matrix[k, l] }))

        Array2D.init n n (fun i j ->
            f
            * (r2 * matrix[i, j]
               + a2 * Seq.sum (seq { for l in 0 .. n - 1 -> half[i, l] * weight j l })))

    let input = Array2D.init n n (fun i j -> if i = j then 2.0 else 0.5)
    let output = Array2D.init n n (fun i j -> if i = j then 1.0 else 0.0)
    let hidden = List.scan (fun c _ -> along row c) input [ 1 .. network.Depth ]

    let gradients =
        List.scan (fun g _ -> along (fun i j -> row j i) g) output [ 1 .. network.Depth ]

    Array.ofList hidden, Array.rev (Array.ofList gradients)

let private isAveraged (network: Architecture) (prediction: Prediction) =
    let n = network.Tokens

    let own (matrix: float[,]) =
        Seq.average (seq { for i in 0 .. n - 1 -> matrix[i, i] })

    let between (matrix: float[,]) =
        Seq.average (
            seq {
                for i in 0 .. n - 1 do
                    for j in 0 .. n - 1 do
                        if i <> j then
                            matrix[i, j]
            }
        )

    let hidden, gradients = averagedLayers network

    for layer in 0 .. network.Depth do
        let row = prediction.Layers[layer]

        // sums over n tokens a block, forwards and backwards
        Check.withinScale
            $"layer {layer}"
            (float (2 * n * network.Depth) * Math.ScaleB(1.0, -52))
            [ "q", own hidden[layer], own hidden[layer], row.Q
              "p", own hidden[layer], between hidden[layer], row.P
              "g_d", own gradients[layer], own gradients[layer], row.GradientDiagonal
              "g_o", own gradients[layer], between gradients[layer], row.GradientOffDiagonal ]

    let last, first = Array.last hidden, hidden[0]
    let sums = prediction.Trainability.Sums
    Check.absolute "growth" 1e-12 (log (own last / own first)) sums.Growth
    Check.absolute "gradient" 1e-12 (log (own gradients[0])) sums.Gradient
    Check.absolute "counted" 1e-12 (max (abs sums.Angle) (0.5 * log (own gradients[1]))) sums.Counted

[<Fact>]
[<Trait("guards", "13.5 (14.1) by closed form")>]
let ``Whichever way a network without logits is predicted, its layers are those of averages written out`` () =
    let none = System.Threading.CancellationToken.None
    let small = averaging 4 2

    for predict in
        [ Predict.architecture
          Predict.thoroughly
          Predict.until none
          Predict.beside none ] do
        isAveraged small (predict small)

    // of the heads one alone, of the tokens all
    let large = averaging 16 64

    match Predict.coarse none large with
    | null -> failwith "there is none"
    | coarse ->
        Assert.Equal(16, coarse.Tokens)
        Assert.InRange(coarse.Heads, 1, 63)
        isAveraged large coarse.Prediction

[<Fact>]
[<Trait("guards", "(4.3) (5.3) 13.5 by property")>]
let ``A prediction that may be stopped, or stands beside others and has the time that it needs, is the prediction`` () =
    let none = System.Threading.CancellationToken.None

    for network in [ settling 2.0; masked ] do
        let plain = Predict.architecture network
        let beside = Predict.beside none network
        Assert.Empty beside.Caveats

        for prediction in [ Predict.until none network; beside ] do
            Assert.Equal<LayerPrediction[]>(plain.Layers[1..], prediction.Layers[1..])
            Assert.Equal(plain.Trainability.Sums, prediction.Trainability.Sums)

[<Fact>]
let ``A prediction that nobody waits for ends within a step, whatever it draws`` () =
    use stop = new System.Threading.CancellationTokenSource()
    stop.Cancel()

    for network in [ settling 2.0; masked; { masked with Tokens = 512; Depth = 96 } ] do
        Assert.ThrowsAny<OperationCanceledException>(fun () -> Predict.until stop.Token network |> ignore)
        |> ignore

    use later = new System.Threading.CancellationTokenSource 200

    // 96 blocks of 256 tokens take minutes; one that did not stop would end with an answer
    Assert.ThrowsAny<OperationCanceledException>(fun () ->
        Predict.until
            later.Token
            { masked with
                Tokens = 256
                Depth = 96
                Heads = 8 }
        |> ignore)
    |> ignore

[<Fact>]
[<Trait("guards", "13.5 by process")>]
let ``There is a coarse prediction where layers are drawn, and none where they are closed`` () =
    let none = System.Threading.CancellationToken.None
    Assert.Null(Predict.coarse none (settling 2.0))

    match Predict.coarse none masked with
    | null -> failwith "there is none"
    | coarse ->
        let exact = Predict.architecture masked
        Assert.Equal(2, coarse.Draws)
        Assert.Equal(masked.Tokens, coarse.Tokens)
        Assert.Equal(exact.AngleExponent, coarse.Prediction.AngleExponent)
        Assert.Equal(exact.GradientExponent, coarse.Prediction.GradientExponent)
        Assert.Equal(masked, coarse.Prediction.Architecture)
        Assert.Empty coarse.Prediction.Caveats
        let last, own = Array.last exact.Layers, Array.last coarse.Prediction.Layers

        // means over two and over four draws, one of which may have all heads: five standard errors, and an eighth for 8 heads
        Check.atMost "1 − ρ" (5.0 * (last.Uncertainty.U + own.Uncertainty.U) + last.U / 8.0) (abs (last.U - own.U))

[<Fact>]
let ``A coarse prediction of a large network has fewer heads and tokens, and says how many`` () =
    let large =
        { masked with
            Tokens = 128
            Depth = 32
            Heads = 64
            Width = 512 }

    match Predict.coarse System.Threading.CancellationToken.None large with
    | null -> failwith "there is none"
    | coarse ->
        Assert.Equal((8, 32), (coarse.Heads, coarse.Tokens))
        Assert.Equal(33, coarse.Prediction.Layers.Length)
