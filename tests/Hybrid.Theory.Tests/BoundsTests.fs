module Hybrid.Theory.Tests.BoundsTests

open System
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

let private placed norm =
    { Architecture.defaults with
        Norm = norm
        Depth = 20
        Activation = Activation.Gelu
        Input = { Norm = 2.0; Correlation = 0.3 } }

[<Theory>]
[<InlineData(true)>]
[<InlineData(false)>]
[<Trait("guards", "(10.1) by closed form")>]
[<Trait("guards", "(10.1) by property")>]
let ``Normalised branches: at initialisation the squared norm grows by a² per sublayer, below the bound for any weights``
    (seesNormalised: bool)
    =
    let architecture =
        placed (if seesNormalised then Placement.Peri else Placement.Output)

    let exact = Bounds.squaredNormAtInitialisation architecture 1.0
    let bound = Bounds.magnitude architecture 1.0
    let variance = Bounds.variance architecture 1.0
    let blocks = Geometry.forward architecture (Laws.exact architecture)

    for layer in 1 .. architecture.Depth do
        Check.relative $"q at {layer}" 1e-13 (exact[layer]) blocks[layer - 1].Output.Q
        Assert.True(bound[layer] >= sqrt exact[layer])
        Assert.True(variance[layer] >= exact[layer])

    // linear magnitude: √q₀ + 2ℓ; quadratic variance
    Check.relative "magnitude" 1e-13 (sqrt 2.0 + 40.0) (Array.last bound)
    Check.relative "variance" 1e-13 (Math.Pow(sqrt 2.0 + 40.0, 2.0)) (Array.last variance)

// A Gaussian matrix of m×k entries of variance σ²/k has operator norm σ(1 + √(m/k)) as both grow.
[<Fact>]
[<Trait("guards", "(10.2) by closed form")>]
let ``Pre: with random weights' operator norms the bound holds and grows linearly`` () =
    for activation in [ Activation.Gelu; Activation.Tanh; Activation.Sigmoid ] do
        for hidden in [ 256; 768; 3072 ] do
            let architecture =
                { placed Placement.Pre with
                    Activation = activation
                    MlpWidth = hidden }

            let wide = float hidden / float architecture.Width

            let norms: BlockWeightNorms =
                { Query = 2.0
                  Key = 2.0
                  Value = 2.0
                  Output = 2.0
                  MlpIn = 1.0 + sqrt wide
                  MlpUp = 1.0
                  MlpOut = 1.0 + sqrt (1.0 / wide) }

            let bound = Bounds.magnitudeFromWeights architecture 1.0 (Array.create 20 norms)
            let blocks = Geometry.forward architecture (Laws.exact architecture)
            let offset = sqrt wide * Activation.value activation 0.0

            let step = 4.0 + norms.MlpOut * (norms.MlpIn * Bounds.lipschitz activation + offset)

            for layer in 1..20 do
                Check.atLeast
                    $"{activation}, d_mlp = {hidden}, layer {layer}"
                    (sqrt blocks[layer - 1].Output.Q)
                    bound[layer]

                Check.relative $"{activation}, d_mlp = {hidden}, step" 1e-12 step (bound[layer] - bound[layer - 1])

// W_1 = 0 and W_2 = w e 1ᵀ/√d_mlp: the hidden layer is φ(0) in every coordinate, and W_2 takes all of it.
[<Fact>]
[<Trait("guards", "(10.2) by network")>]
let ``Pre: a hidden layer wider than the stream adds what its activation has at 0, and a network reaches the bound``
    ()
    =
    let d, hidden, w = 48, 144, 0.7

    let architecture =
        { placed Placement.Pre with
            Width = d
            MlpWidth = hidden
            Activation = Activation.Sigmoid
            Depth = 5 }

    let norms: BlockWeightNorms =
        { Query = 1.0
          Key = 1.0
          Value = 0.0
          Output = 0.0
          MlpIn = 0.0
          MlpUp = 1.0
          MlpOut = w }

    let bound = Bounds.magnitudeFromWeights architecture 1.0 (Array.create 5 norms)
    let out = Array.create hidden (w / sqrt (float hidden))
    // the stream lies along e as well
    let mutable x = sqrt (architecture.Input.Norm * float d)

    for layer in 1..5 do
        x <- x + Array.sumBy (fun o -> o * Activation.value Activation.Sigmoid 0.0) out
        Check.relative $"layer {layer}" 1e-13 (x / sqrt (float d)) bound[layer]

[<Fact>]
let ``No slope of an activation exceeds its Lipschitz constant, and one comes within a thousandth`` () =
    for activation, name in Activation.named do
        let slopes =
            [| -60000 .. 60000 |]
            |> Array.map (fun i -> abs (Activation.derivative activation (float i * 1e-3)))

        let constant = Bounds.lipschitz activation
        Assert.True(Array.max slopes <= constant, name)
        Assert.True(Array.max slopes >= 0.999 * constant, name)

[<Fact>]
[<Trait("guards", "(10.3) by property")>]
let ``Rescaling a module's output weights by c rescales pre's backward sensitivity by c and leaves peri's`` () =
    let scaled norm c =
        let architecture = placed norm

        Bounds.backwardSensitivity
            { architecture with
                Depth = 1
                Attention =
                    { architecture.Attention with
                        ValueStd = sqrt c }
                Mlp = { architecture.Mlp with OutStd = c } }
        |> Array.head

    let struct (preAttention, _) = scaled Placement.Pre 1.0
    let struct (preAttention3, _) = scaled Placement.Pre 3.0
    let struct (periAttention, periMlp) = scaled Placement.Peri 1.0
    let struct (periAttention3, periMlp3) = scaled Placement.Peri 3.0
    // c rescales the value path's √(σ_V²): the branch by c^{1}·; ValueStd = √c gives σ_V² = c
    Check.relative "pre attention" 1e-12 (sqrt 3.0 * preAttention) preAttention3
    Check.relative "peri attention" 1e-12 periAttention periAttention3
    Check.relative "peri MLP" 1e-12 periMlp periMlp3

// Attention without logits is the average of n tokens, of which the squared norm keeps 1 − u(1 − 1/n) and one token's gradient 1/n.
[<Fact>]
[<Trait("guards", "(10.3) by closed form")>]
let ``Linear modules pass on a difference by their standard deviations, over the root of what norms divide by`` () =
    let a, b, n, u = 0.6, 0.7, 5, 0.7

    for norm in [ Placement.Pre; Placement.Peri ] do
        let architecture =
            { placed norm with
                Activation = Activation.Linear
                Tokens = n
                Depth = 1
                Input = { Norm = 2.0; Correlation = 1.0 - u }
                Attention = AttentionParameters.Of(Schedule.Constant 0.9, Schedule.Constant a, 0.0, 1.3)
                Mlp = MlpParameters.Of(Schedule.Constant 0.8, Schedule.Constant b, 1.4, 0.0, 1.1) }

        let attended = 1.3 * 1.3 * (1.0 - u * (1.0 - 1.0 / float n))

        let ofAttention, ofMlp =
            if norm.OnBranch then
                attended, (1.4 * 1.1) ** 2.0
            else
                1.0, 1.0

        let struct (attention, mlp) = Assert.Single(Bounds.backwardSensitivity architecture)
        Check.relative $"attention, {norm}" 1e-13 (a * 1.3 / sqrt (2.0 * float n * ofAttention)) attention
        let seen = 0.9 * 0.9 * 2.0 + a * a * attended / ofAttention
        Check.relative $"MLP, {norm}" 1e-13 (b * 1.4 * 1.1 / sqrt (seen * ofMlp)) mlp

[<Fact>]
[<Trait("guards", "(10.3) by closed form")>]
let ``A step below one tightens the amplification of input differences`` () =
    let architecture = placed Placement.Pre

    let withStep step =
        { architecture with
            Attention =
                { architecture.Attention with
                    Branch = Schedule.Constant step }
            Mlp =
                { architecture.Mlp with
                    Branch = Schedule.Constant step } }

    let sensitivity = Array.create 20 0.7
    let full = Bounds.amplification architecture sensitivity sensitivity
    let tenth = Bounds.amplification (withStep 0.1) sensitivity sensitivity
    Check.relative "Δt = 1" 1e-12 (Math.Pow(1.7, 40.0)) (Array.last full)
    Check.relative "Δt = 0.1" 1e-12 (Math.Pow(1.07, 40.0)) (Array.last tenth)

[<Fact>]
let ``A bound asked of the wrong placement names the assumption`` () =
    let refused (part: string) (bound: unit -> float[]) =
        let thrown = Assert.ThrowsAny<ArgumentException>(fun () -> bound () |> ignore)
        Assert.Contains(part, thrown.Message)

    refused "only through the weights" (fun () -> Bounds.magnitude (placed Placement.Pre) 1.0)
    refused "branch output is normalised" (fun () -> Bounds.squaredNormAtInitialisation (placed Placement.Post) 1.0)
    refused "finite number" (fun () -> Bounds.magnitude (placed Placement.Peri) nan)
    refused "one entry per block" (fun () -> Bounds.amplification (placed Placement.Pre) [| 1.0 |] [| 1.0 |])
