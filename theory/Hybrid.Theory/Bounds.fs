namespace Hybrid.Theory

open System
open Hybrid.Architectures

/// Operator norms of one block's weights, of trained weights or bounds on random ones; dimensionless.
type BlockWeightNorms =
    {
        Query: float
        Key: float
        /// of several heads √Σ_h‖W_V,h‖²: they may attend to different tokens, and their values add in squares
        Value: float
        Output: float
        MlpIn: float
        /// 1 where the MLP is not gated
        MlpUp: float
        MlpOut: float
    }

/// What must hold whatever the weights are: derivation section 10. d is the width; a token is a
/// vector of R^d. The gain γ of every normalisation is a parameter, biases are 0.
[<RequireQualifiedAccess>]
module Bounds =

    /// From the input to every layer: `step` takes what stood before it, and a step with what each sublayer's branch may add.
    let private along (architecture: Architecture) start (step: int -> float -> Step -> float) =
        let result = Array.create (architecture.Depth + 1) start

        for layer in 1 .. architecture.Depth do
            result[layer] <- (Block.at architecture layer).Steps |> Array.fold (step layer) result[layer - 1]

        result

    /// What attends, and how, changes no bound: rows of the softmax are at most averages.
    let private supported (architecture: Architecture) =
        Features.ensureSupported
            "the theory of bounds"
            [| Feature.Mask
               Feature.HeadWidth
               Feature.KeyValueHeads
               Feature.Positions
               Feature.QueryKeyNorm
               Feature.LogitScale
               Feature.SoftCap
               Feature.Sink |]
            architecture
        |> ignore

    let private requireGain gain =
        if not (gain >= 0.0 && Double.IsFinite gain) then
            raise (ArgumentOutOfRangeException("gain", gain, "the normalisation gain must be a finite number ≥ 0"))

    /// Peri and output placement, any weights: ‖x_ℓ‖ ≤ r‖x_{ℓ−1}‖ + aγ√d per sublayer, at most linear in depth for
    /// r = 1. Post: ‖x_ℓ‖ = γ√d. Layers 0..depth, as ‖x‖/√d. Raises ArgumentException for pre and none, which are
    /// bounded only through their weights (`weightBound`).
    [<CompiledName("Magnitude")>]
    let magnitude (architecture: Architecture) (gain: float) : float[] =
        requireGain gain
        supported architecture
        let start = sqrt architecture.Input.Norm

        if architecture.Norm.OnSum then
            Array.init (architecture.Depth + 1) (fun layer -> if layer = 0 then start else gain)
        elif architecture.Norm.OnBranch then
            along architecture start (fun _ x step ->
                step.Sublayers
                |> Array.fold (fun x part -> x + part.Branch * gain) (step.Skip * x))
        else
            invalidArg
                (nameof architecture)
                "without a normalised branch output norms are bounded only through the weights: use the bound from weight norms"

    /// Coordinate variance is at most the squared magnitude: quadratic in depth for peri with r = 1.
    [<CompiledName("Variance")>]
    let variance architecture gain =
        magnitude architecture gain |> Array.map (fun x -> x * x)

    /// Peri and output at initialisation: branches are independent of the stream, so squared norms add exactly,
    /// q' = r²q + a²γ². Layers 0..depth.
    [<CompiledName("SquaredNormAtInitialisation")>]
    let squaredNormAtInitialisation (architecture: Architecture) (gain: float) : float[] =
        requireGain gain
        supported architecture

        if architecture.Norm.OnBranch && not architecture.Norm.OnSum then
            along architecture architecture.Input.Norm (fun _ q step ->
                step.Sublayers
                |> Array.fold (fun q part -> q + part.Branch * part.Branch * gain * gain) (step.Skip * step.Skip * q))
        else
            invalidArg
                (nameof architecture)
                "exact growth by a²γ² holds where the branch output is normalised: peri and output"

    /// Lipschitz constant of φ, and max |φ(x)|/|x| beyond an offset |φ(0)|.
    let lipschitz activation =
        match activation with
        | Activation.Linear
        | Activation.Relu
        | Activation.LeakyRelu
        | Activation.Tanh -> 1.0
        | Activation.Erf -> 2.0 / sqrt Math.PI
        | Activation.Sigmoid -> 0.25
        // φ′ = Φ(x) + xN(x) is largest where φ″ = N(x)(2 − x²) = 0
        | Activation.Gelu -> Activation.derivative Activation.Gelu (sqrt 2.0)
        // largest slopes, at x = 1.41 and 2.40: found by maximising φ′, rounded up in the fifth digit
        | Activation.GeluTanh -> 1.1290
        | Activation.Silu -> 1.0999
        | Activation.Custom custom ->
            raise (
                ArgumentException($"the Lipschitz constant of activation '{custom.Name}' is not known to the theory")
            )

    let private checkNorms (architecture: Architecture) (norms: BlockWeightNorms[]) =
        if norms.Length <> architecture.Depth then
            invalidArg (nameof norms) $"must have one entry per block, {architecture.Depth}, got {norms.Length}"

        if architecture.Gated then
            invalidArg (nameof architecture) "a gated MLP grows quadratically with its input and has no Lipschitz bound"

    /// Pre placement, given operator norms: each attention sublayer adds at most a γ‖W_O‖‖W_V‖√d, each MLP at most
    /// a γ‖W_2‖‖W_1‖Lip(φ)√d (plus ‖W_2‖|φ(0)|√d_mlp). Layers 0..depth, as ‖x‖/√d. Without biases: with a trained bias b
    /// of the MLP, ‖W_1‖ + ‖b‖/(γ√d) stands for ‖W_1‖. Derivation (10.2).
    [<CompiledName("MagnitudeFromWeights")>]
    let magnitudeFromWeights (architecture: Architecture) (gain: float) (norms: BlockWeightNorms[]) : float[] =
        requireGain gain
        supported architecture
        checkNorms architecture norms

        if architecture.Norm <> Placement.Pre then
            invalidArg (nameof architecture) "the bound from weight norms is stated for pre placement"

        let slope = lipschitz architecture.Activation

        let offset =
            abs (Activation.value architecture.Activation 0.0)
            * sqrt (float architecture.MlpWidth / float architecture.Width)

        along architecture (sqrt architecture.Input.Norm) (fun layer x step ->
            let w = norms[layer - 1]

            step.Sublayers
            |> Array.fold
                (fun x part ->
                    match part.Module with
                    | Module.Attention _ -> x + part.Branch * gain * w.Output * w.Value
                    | Module.Mlp _ -> x + part.Branch * w.MlpOut * (w.MlpIn * slope * gain + offset))
                (step.Skip * x))

    /// Amplification of an input difference through all layers, ∏(r + a S_ℓ), given each sublayer's branch sensitivity S
    /// (operator norm of its Jacobian): layers 0..depth. With a step Δt = a < 1 every factor shrinks towards 1; the same
    /// product bounds the Wasserstein distance of outputs by that of inputs.
    [<CompiledName("Amplification")>]
    let amplification (architecture: Architecture) (attentionSensitivity: float[]) (mlpSensitivity: float[]) : float[] =
        for name, values in
            [ nameof attentionSensitivity, attentionSensitivity
              nameof mlpSensitivity, mlpSensitivity ] do
            if values.Length <> architecture.Depth then
                invalidArg name $"must have one entry per block, {architecture.Depth}, got {values.Length}"

        along architecture 1.0 (fun layer amplified step ->
            amplified
            * (step.Sublayers
               |> Array.fold
                   (fun factor part ->
                       match part.Module with
                       | Module.Attention _ -> factor + part.Branch * attentionSensitivity[layer - 1]
                       | Module.Mlp _ -> factor + part.Branch * mlpSensitivity[layer - 1])
                   step.Skip))

    /// Mean-square backward sensitivity of a block's branches at initialisation, √(a² g_branch/g): the factor by which each
    /// branch alone passes on a difference-mode gradient. Pre scales with the module's output weights; peri and output,
    /// whose branch is divided by its own norm, do not. Pairs (attention, MLP) for blocks 1..depth.
    [<CompiledName("BackwardSensitivity")>]
    let backwardSensitivity (architecture: Architecture) : struct (float * float)[] =
        let architecture =
            Architecture.ensureValid architecture
            |> Features.ensureSupported
                "the theory of sensitivities"
                [| Feature.NormGain
                   Feature.LogitScale
                   if Features.areClosed architecture then
                       Feature.NormKind |]

        let blocks = Geometry.forward architecture (Laws.exact architecture)
        let unit = { Diagonal = 1.0; OffDiagonal = 0.0 }

        blocks
        |> Array.map (fun block ->
            let sensitivity isThis =
                block.Steps
                |> Array.sumBy (fun step ->
                    step.Sublayers
                    |> Array.sumBy (fun part ->
                        if isThis part.Module then
                            sqrt (Gradients.branch architecture step part unit).Diagonal
                        else
                            0.0))

            struct (sensitivity _.IsAttention, sensitivity _.IsMlp))
