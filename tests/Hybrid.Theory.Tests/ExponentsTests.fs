module Hybrid.Theory.Tests.ExponentsTests

open System
open FsCheck.FSharp
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

/// λ_a and λ_g of one block on the line at stream norm q, written out per step: every branch adds a²q_f (or a² behind a norm of
/// its own) to the norm, and passes on σ_v²σ_w²Eφ′² (MLP) or nothing (attention) of differences, that or σ_V² (attention) of the
/// mean, over q behind an input norm and over q_f before a norm of its own.
let private closed (network: Architecture) (q: float) =
    let square x = x * x

    let branch seen (sublayer: Sublayer) =
        match sublayer.Module with
        | Module.Attention attention ->
            let value = square attention.ValueStd
            struct (value * seen, 0.0, value)
        | Module.Mlp mlp ->
            let v = square mlp.InStd * seen + square mlp.BiasStd
            let kernel = Kernels.at network.Activation v
            let slope = square mlp.OutStd * square mlp.InStd * kernel.ChiAtOne / v
            struct (square mlp.OutStd * kernel.KappaAtOne, slope, slope)

    let along struct (norm: float, difference: float, mean: float) (step: Step) =
        let contributions =
            step.Sublayers
            |> Array.map (fun sublayer ->
                let seen = if sublayer.Placement.Before then 1.0 else norm
                let struct (qf, slope, common) = branch seen sublayer
                let a2 = square sublayer.Branch
                let before = if sublayer.Placement.Before then norm else 1.0
                let behind = if sublayer.Placement.OnBranch then qf else 1.0
                a2 * qf / behind, a2 * slope / (before * behind), a2 * common / (before * behind))

        let r2 = square step.Skip
        let sum = r2 * norm + Array.sumBy (fun (added, _, _) -> added) contributions
        let divisor = if step.NormalisesSum then sum else 1.0

        struct (sum / divisor,
                difference * (r2 + Array.sumBy (fun (_, kept, _) -> kept) contributions)
                / divisor,
                mean * (r2 + Array.sumBy (fun (_, _, common) -> common) contributions) / divisor)

    let struct (after, difference, mean) =
        Array.fold along (struct (q, 1.0, 1.0)) (Block.at network 1).Steps

    log (difference * q / after), log mean

let private ungated =
    Networks.any |> Gen.map (fun network -> { network with Gated = false })

let private lineNorm (network: Architecture) = if network.Norm.OnSum then 1.0 else 1.4

[<Fact>]
[<Trait("guards", "(6.1) (6.2) by closed form")>]
let ``λ_a and λ_g on the line are section 4's closed formulas at every placement`` () =
    Check.holds 150 ungated (fun network ->
        let q = lineNorm network
        let exponents = Exponents.onLine network (Laws.exact network) 1 q
        let angle, mean = closed network q
        // a dozen operations, and logarithms of order one
        Check.absolute $"λ_a, {network.Norm} {network.Activation}" 1e-12 angle exponents.Angle
        Check.absolute $"λ_g, {network.Norm} {network.Activation}" 1e-12 mean exponents.Gradient)

[<Fact>]
[<Trait("guards", "(6.2) by property")>]
let ``On the line the gradient's difference mode grows with λ_a`` () =
    Check.holds 150 ungated (fun network ->
        let exponents = Exponents.onLine network (Laws.exact network) 1 (lineNorm network)
        // u = (q − p)/q is divided by the norm, the gradient's difference g_d − g_o is not
        let block =
            Geometry.block network (Laws.onLine network (Laws.exact network)) 1 { Q = lineNorm network; U = 0.0 }

        let growth = log (block.Output.Q / lineNorm network)

        Check.absolute $"difference exponent, {network.Norm}" 1e-11 (exponents.Angle + growth) exponents.Difference)

[<Fact>]
[<Trait("guards", "(6.2) by property")>]
let ``λ_a < λ_g on the line wherever attention acts, by log(1 + a_A²σ_V²/r_A²q) for pre`` () =
    Check.holds 150 ungated (fun network ->
        match Networks.settled network with
        | None -> ()
        | Some(laws, line) ->
            let q = line.State.Q
            let exponents = Exponents.onLine network laws 1 q
            Check.atLeast $"λ_g − λ_a, {network.Norm}" 1e-6 (exponents.Gradient - exponents.Angle)

            if network.Norm = Placement.Pre && network.Wiring = Wiring.Sequential then
                let square x = x * x
                let skip = square (network.Attention.Skip.At 1) * q
                let branch = square (network.Attention.Branch.At 1 * network.Attention.ValueStd)
                Check.absolute "λ_g − λ_a" 1e-11 (log ((skip + branch) / skip)) (exponents.Gradient - exponents.Angle))

[<Fact>]
[<Trait("guards", "(2.13) by closed form")>]
[<Trait("guards", "(6.3) by property")>]
let ``At stationary norms pre-norm's λ_g vanishes exactly for ReLU, and for no tanh`` () =
    let network activation =
        Networks.plain Placement.Pre activation
        |> Networks.weighted (0.8, 0.6) (0.9, 0.4)
        |> Networks.inStd 1.7

    let gradient activation =
        (Networks.onLine (network activation)).Gradient

    Check.absolute "ReLU, χ = κ" 1e-12 0.0 (gradient Activation.Relu)
    Check.absolute "linear, χ = κ" 1e-12 0.0 (gradient Activation.Linear)
    Check.atLeast "tanh, χ > κ by Gaussian Poincaré" 1e-4 (gradient Activation.Tanh)
    Check.atLeast "erf" 1e-4 (gradient Activation.Erf)

[<Fact>]
[<Trait("guards", "(6.3) (7.1) by closed form")>]
let ``Section 4's λ_g for pre at stationary norms, with its q* and q'*`` () =
    let settledPre =
        ungated
        |> Gen.map (fun network ->
            { network with
                Norm = Placement.Pre
                Wiring = Wiring.Sequential
                Mlp = { network.Mlp with BiasStd = 0.0 } })

    Check.holds 60 settledPre (fun network ->
        let square x = x * x

        let rA, aA =
            square (network.Attention.Skip.At 1), square (network.Attention.Branch.At 1)

        let rM, aM = square (network.Mlp.Skip.At 1), square (network.Mlp.Branch.At 1)
        let kernel = Kernels.at network.Activation (square network.Mlp.InStd)
        let out, value = square network.Mlp.OutStd, square network.Attention.ValueStd
        let kappa, chi = out * kernel.KappaAtOne, out * kernel.ChiAtOne
        let q = (rM * aA * value + aM * kappa) / (1.0 - rA * rM)
        let q1 = rA * q + aA * value
        let gradient = log ((rM * q1 + aM * chi) / (rM * q1 + aM * kappa))
        let angle = gradient + log (rA * q / q1)
        let laws = Laws.exact network
        let line = FixedPoints.line network laws
        // 1 − r_A² r_M² cancels for weak branches: 1e-16/(1 − r²r²) ≤ 1e-13 at branches ≥ 0.05
        Check.relative "q*" 1e-11 q line.State.Q
        let exponents = Networks.onLine network
        Check.absolute "λ_a" 1e-11 angle exponents.Angle
        Check.absolute "λ_g" 1e-11 gradient exponents.Gradient)

[<Fact>]
[<Trait("guards", "(6.1) by property")>]
let ``The sign of λ_a decides whether u shrinks or grows, block after block`` () =
    Check.holds 60 Networks.any (fun network ->
        match Networks.settled network with
        | None -> ()
        | Some(laws, line) ->
            let angle = Exponents.angle network laws 1 line.State.Q
            let mutable state = { Q = line.State.Q; U = 1e-90 }
            let blocks = 5

            for _ in 1..blocks do
                state <- (Geometry.block network laws 1 state).Output

            // u stays below 1e-60 over five blocks of |λ_a| < 10, so the maps stay linear: ReLU's next term is √u = 1e-30
            Check.absolute
                $"log growth over {blocks} blocks, {network.Norm} {network.Activation}"
                1e-9
                (float blocks * angle)
                (log (state.U / 1e-90)))

[<Fact>]
let ``A network of one token has one gradient exponent, the mean mode's`` () =
    let network =
        { Networks.plain Placement.Pre Activation.Tanh with
            Tokens = 1 }
        |> Networks.weighted (0.8, 0.6) (0.8, 0.6)
        |> Networks.correlated 1.0

    let exponents = Exponents.onLine network (Laws.exact network) 1 1.4
    let _, mean = closed network 1.4
    Check.absolute "λ_g" 1e-12 mean exponents.Gradient
    Assert.Equal(exponents.Gradient, exponents.Difference)

// Skips and branches times 2^p multiply each of a sequential block's two steps by 2^2p, whose square leaves double precision.
[<Fact>]
[<Trait("guards", "(6.2) by property")>]
let ``A block that multiplies gradients by far more or less has the eigenvalues times that, to the bit`` () =
    let network =
        { Networks.plain Placement.None Activation.Tanh with
            Tokens = 4 }
        |> Networks.logitStd 2.0

    let trace = Geometry.block network (Laws.exact network) 1 (Geometry.input network)
    let struct (larger, smaller) = Exponents.gradientEigenvalues network trace

    for power in [ -200; 200 ] do
        let times (x: float) = Math.ScaleB(x, power)

        let scaled =
            trace.Steps
            |> Array.map (fun step ->
                { step with
                    Skip = times step.Skip
                    Sublayers =
                        step.Sublayers
                        |> Array.map (fun part -> { part with Branch = times part.Branch }) })

        let expected = Math.ScaleB(larger, 4 * power), Math.ScaleB(smaller, 4 * power)

        let struct (first, second) =
            Exponents.gradientEigenvalues network { trace with Steps = scaled }

        Assert.Equal(expected, (first, second))

[<Fact>]
[<Trait("guards", "(6.2) by property")>]
let ``The eigenvalues are those of the 2×2 map: sum and product agree with its trace and determinant`` () =
    Check.holds 100 Networks.any (fun network ->
        let trace = Geometry.block network (Laws.exact network) 1 (Geometry.input network)
        let first = Gradients.block network trace { Diagonal = 1.0; OffDiagonal = 0.0 }
        let second = Gradients.block network trace { Diagonal = 0.0; OffDiagonal = 1.0 }
        let struct (larger, smaller) = Exponents.gradientEigenvalues network trace

        let determinant =
            first.Diagonal * second.OffDiagonal - second.Diagonal * first.OffDiagonal

        let size =
            abs (first.Diagonal * second.OffDiagonal)
            + abs (second.Diagonal * first.OffDiagonal)

        Check.withinScale
            $"{network.Norm}, n = {network.Tokens}"
            1e-10
            [ "product", size, determinant, larger * smaller
              "sum", abs larger, first.Diagonal + second.OffDiagonal, larger + smaller ])

/// (σ_w², σ_b²) on the critical line of x′ = φ(W x + b) (Poole et al. 2016) through the fixed-point variance v:
/// σ_w² = 1/Eφ′², σ_b² = v − σ_w² Eφ², from mpmath at 25 digits.
let private criticalLine =
    [ Activation.Tanh, 1.01971076074126718, 1.25799587132429004e-6
      Activation.Tanh, 1.17756909616460131, 0.000832280424686315472
      Activation.Tanh, 1.68797512057753525, 0.0380412011112684734
      Activation.Tanh, 2.15330264890279003, 0.15096462937855289
      Activation.Tanh, 2.86116239999832708, 0.512264947595217039
      Activation.Erf, 0.929295639231842559, 0.000936380380953302099
      Activation.Erf, 1.36034952317566339, 0.0465501589414455374
      Activation.Erf, 1.7562036827601816, 0.184139677807452754
      Activation.Erf, 2.35619449019234493, 0.609057172997581651 ]

let private meanFieldAngle activation (weightVariance: float) (biasVariance: float) =
    (Networks.onLine (Networks.perceptron activation (sqrt weightVariance) (sqrt biasVariance))).Angle

[<Fact>]
[<Trait("guards", "(6.1) by reference")>]
let ``λ_a vanishes on the mean-field critical lines of tanh and erf, and changes sign across them`` () =
    for activation, weights, bias in criticalLine do
        // the tables' own 1e-18, the kernels' 1e-13, and q* to 1e-12
        Check.absolute $"λ_a of {activation} at σ_w² = {weights}" 1e-11 0.0 (meanFieldAngle activation weights bias)
        Check.atMost "ordered side" 0.0 (meanFieldAngle activation (0.98 * weights) bias)
        Check.atLeast "chaotic side" 0.0 (meanFieldAngle activation (1.02 * weights) bias)

[<Fact>]
[<Trait("guards", "(6.1) by published number")>]
let ``The published critical points of tanh networks are critical`` () =
    // σ_b² = 0.05 at σ_w² = 1.76 (Schoenholz et al. 2017) and σ_b² = 2.01e-5 at σ_w² = 1.05 (Pennington et al. 2017,
    // Xiao et al. 2018) are printed to three digits: λ_a changes sign within half a unit of the last one
    for weights, place, bias in [ 1.76, 0.01, 0.05; 1.05, 0.01, 2.01e-5 ] do
        Check.atMost $"λ_a below σ_w² = {weights}" 0.0 (meanFieldAngle Activation.Tanh (weights - 0.5 * place) bias)
        Check.atLeast $"λ_a above σ_w² = {weights}" 0.0 (meanFieldAngle Activation.Tanh (weights + 0.5 * place) bias)

[<Fact>]
let ``Without bias a mean-field network's gradient turns from vanishing to exploding at σ_w φ′(0) = 1`` () =
    // with σ_b = 0 and σ_w φ′(0) < 1 the norm decays to 0, where φ is linear and angles stand still: it is the gradient
    // that tells the sides apart. Its factor per block is σ_w² Eφ′² < factor below; above, at q*, for tanh
    // 1 + 4/3 v² with v = (factor − 1)/2 to leading order: 3e-3 at 1.1
    for activation in [ Activation.Tanh; Activation.Erf ] do
        let slope = Activation.derivative activation 0.0

        let gradient factor =
            (Networks.onLine (Networks.perceptron activation (sqrt factor / slope) 0.0)).Gradient

        Check.atMost $"λ_g of {activation} at 0.9" (log 0.9) (gradient 0.9)
        Check.atLeast $"λ_g of {activation} at 1.1" 1e-3 (gradient 1.1)

/// Parallel wiring, pre: at stationary norms (1 − r²)q* = a_A²σ_V² + a_M²σ_v²κ, so u keeps (r²q* + a_M²σ_v²χ)/q*, and the mean
/// mode of gradients is multiplied by r² + (a_A²σ_V² + a_M²σ_v²χ)/q*.
[<Fact>]
[<Trait("guards", "(6.1) (6.2) by published number")>]
let ``Parallel pre at stationary norms: λ_a and λ_g are one sum over both branches`` () =
    let network =
        { (Networks.plain Placement.Pre Activation.Tanh
           |> Networks.weighted (0.8, 0.5) (0.8, 0.6)
           |> Networks.inStd (sqrt 3.0)) with
            Wiring = Wiring.Parallel }

    let kernel = Kernels.at Activation.Tanh 3.0
    let added = 0.25 + 0.36 * kernel.KappaAtOne
    let q = added / 0.36
    let prediction = Predict.architecture network
    Check.relative "q*" 1e-11 q prediction.FixedPoint.Q
    Check.absolute "λ_a" 1e-11 (log (0.64 + 0.36 * kernel.ChiAtOne / q)) prediction.AngleExponent
    Check.absolute "λ_g" 1e-11 (log (0.64 + (0.25 + 0.36 * kernel.ChiAtOne) / q)) prediction.GradientExponent
    // two independent routes, a Mehler series on a fine grid and a process of Gram matrices, gave these five digits
    Check.absolute "published λ_a" 0.5e-5 -0.12144 prediction.AngleExponent
    Check.absolute "published λ_g" 0.5e-5 0.07730 prediction.GradientExponent

[<Fact>]
let ``Side by side is not one after the other: a side block's first layer`` () =
    // both branches read ρ₀; in sequence the MLP reads what attention left
    let network =
        Networks.plain Placement.Pre Activation.Linear |> Networks.correlated 0.5

    let first wiring =
        ((Geometry.forward { network with Wiring = wiring } (Laws.exact network))[0]).Output

    let moments = AttentionMoments.compute network.Tokens (sqrt 0.5) 0.5
    let attention = 0.5 + 0.5 * moments.S1
    let side = first Wiring.Parallel
    Check.relative "q" 1e-12 (1.0 + attention + 1.0) side.Q
    Check.relative "qu" 1e-12 (0.5 + 0.5 * (moments.S1 - moments.S2) + 0.5) (side.Q * side.U)
    Check.atLeast "the other wiring differs" 1e-3 (abs (side.U - (first Wiring.Sequential).U))

[<Fact>]
[<Trait("guards", "15.5 by process")>]
let ``On the line heads keep as much of differences whatever their coordinates, groups, caps and norms`` () =
    let u, logitStd = 1e-7, 3.0

    let plain =
        { Networks.plain Placement.Pre Activation.Tanh with
            Tokens = 6
            Depth = 1
            Width = 64
            Heads = 4
            Input = { Norm = 1.0; Correlation = 1.0 - u } }
        |> Networks.inStd 1.7
        |> Networks.logitStd logitStd

    let head = plain.Attention.Head

    for own in
        [ { head with Width = Some 4 }
          { head with KeyValueHeads = Some 1 }
          { head with SoftCap = Some 1.5 }
          { head with
              QueryKeyNorm = QueryKeyNorm.Head }
          { head with
              QueryKeyNorm = QueryKeyNorm.All } ] do
        let network =
            { plain with
                Attention = { plain.Attention with Head = own } }

        let laws = Laws.exact network
        let layers = (TrajectoryDraws.sampled network laws 4 TrajectoryDraws.Seed).Layers

        // rows are the average but for s √u, which differences see to the square; gaps of 1e-7 are held to nine digits
        Check.absolute
            $"{own}"
            (10.0 * logitStd * logitStd * u + 1e-8)
            (Exponents.angle network laws 1 network.Input.Norm)
            (log (layers[1].State.U / layers[0].State.U))
