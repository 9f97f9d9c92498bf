module Hybrid.Theory.Tests.ScheduleTests

open Hybrid.Architectures
open Hybrid.Theory
open Xunit

let private skips, branches = [| 0.9; 1.0; 0.7; 0.8 |], [| 0.5; 0.2; 0.9; 0.3 |]

let private mlpSkips, mlpBranches =
    [| 1.0; 0.6; 0.95; 0.85 |], [| 0.4; 1.1; 0.25; 0.7 |]

let private weighted placement wiring (r, a, rMlp, aMlp) =
    let plain = Networks.plain placement Activation.Tanh

    { plain with
        Depth = 4
        Wiring = wiring
        Attention =
            { plain.Attention with
                Skip = r
                Branch = a
                LogitStd = 1.5 }
        Mlp =
            { plain.Mlp with
                Skip = rMlp
                Branch = aMlp
                InStd = 2.0
                BiasStd = 0.3 } }

/// The network whose four blocks all differ, and the network all of whose blocks are its block `layer`. Side by side a block has one
/// skip.
let private pair placement wiring layer =
    let mlpSkips = if wiring = Wiring.Parallel then skips else mlpSkips
    let four values = Schedule.PerLayer values
    let one (values: float[]) = Schedule.Constant values[layer - 1]

    weighted placement wiring (four skips, four branches, four mlpSkips, four mlpBranches),
    weighted placement wiring (one skips, one branches, one mlpSkips, one mlpBranches)

let private each check =
    for placement in Networks.placements do
        for wiring in Networks.wirings do
            for layer in 1..4 do
                check $"{placement} {wiring}, block {layer}" (pair placement wiring layer) layer

[<Fact>]
let ``Maps, gradients and exponents of a block are those of a network that is made of it alone`` () =
    each (fun name (scheduled, constant) layer ->
        let laws = Laws.exact scheduled
        let blocks = Geometry.forward scheduled laws
        let alone = Geometry.block constant (Laws.exact constant) 1 blocks[layer - 1].Input
        Check.relative $"q, {name}" 1e-14 alone.Output.Q blocks[layer - 1].Output.Q
        Check.relative $"u, {name}" 1e-12 alone.Output.U blocks[layer - 1].Output.U
        let above = { Diagonal = 1.3; OffDiagonal = 0.2 }

        let expected, actual =
            Gradients.block constant alone above, Gradients.block scheduled blocks[layer - 1] above

        Check.relative $"g_d, {name}" 1e-12 expected.Diagonal actual.Diagonal
        Check.relative $"g_o, {name}" 1e-12 expected.OffDiagonal actual.OffDiagonal
        let line = { Q = 1.7; U = 0.0 }

        let exponents (network: Architecture) layer =
            Exponents.block network (Laws.exact network) layer 1.7 line

        let expected, actual = exponents constant 1, exponents scheduled layer
        Check.absolute $"λ_a, {name}" 1e-12 expected.Angle actual.Angle
        Check.absolute $"λ_g, {name}" 1e-12 expected.Gradient actual.Gradient)

let private weights (norms: ParameterGradientNorms) =
    [ "query", norms.Query
      "key", norms.Key
      "value", norms.Value
      "output", norms.Output
      "mlpIn", norms.MlpIn
      "mlpBias", norms.MlpBias
      "mlpOut", norms.MlpOut ]

[<Fact>]
[<Trait("guards", "(5.4) by property")>]
let ``Weight gradients of a block are those of a network that is made of it alone`` () =
    each (fun name (scheduled, constant) layer ->
        let block = (Geometry.forward scheduled (Laws.exact scheduled))[layer - 1]
        let alone = Geometry.block constant (Laws.exact constant) 1 block.Input
        let above = { Diagonal = 1.3; OffDiagonal = 0.2 }

        for expected, actual in Array.zip alone.Steps block.Steps do
            (weights (ParameterGradients.ofStep constant expected above),
             weights (ParameterGradients.ofStep scheduled actual above))
            ||> List.map2 (fun (weight, expected) (_, actual) -> weight, expected, actual)
            |> Check.relativeRows $"weights, {name}" 1e-12)

// Without logits, whose moments would be most of the time.
[<Fact>]
let ``Sensitivities of a block are those of a network that is made of it alone`` () =
    each (fun name pair layer ->
        let scheduled, constant =
            Networks.logitStd 0.0 (fst pair), Networks.logitStd 0.0 (snd pair)

        let blocks = Geometry.forward scheduled (Laws.exact scheduled)
        let input = blocks[layer - 1].Input

        // the record carries ρ, so that u is known to the rounding of 1
        let here =
            { constant with
                Input =
                    { Norm = input.Q
                      Correlation = input.Rho } }

        let struct (attention, mlp) = Array.head (Bounds.backwardSensitivity here)

        let struct (attention', mlp') = (Bounds.backwardSensitivity scheduled)[layer - 1]

        Check.relativeRows $"sensitivities, {name}" 1e-11 [ "attention", attention, attention'; "MLP", mlp, mlp' ])

// Without logits every row of attention is 1/n: one draw is the closed map.
[<Fact>]
[<Trait("guards", "(4.3) (5.3) by process")>]
let ``The Gram process takes every block with its own weights, there and back`` () =
    for placement in Networks.placements do
        for wiring in Networks.wirings do
            let scheduled =
                { fst (pair placement wiring 1) with
                    Tokens = 5
                    Width = 60 }
                |> Networks.logitStd 0.0

            let n = scheduled.Tokens
            let blocks = Geometry.forward scheduled (Laws.exact scheduled)
            let gradients = Gradients.backward scheduled blocks

            let drawn =
                GramProcess.draws scheduled (GramProcess.allowed n Mask.None) (GramProcess.symmetricInput scheduled) 1 3
                |> Array.head

            for layer in 0 .. scheduled.Depth do
                let state =
                    if layer = 0 then
                        Geometry.input scheduled
                    else
                        blocks[layer - 1].Output

                let hidden, gradient = drawn[layer].Hidden, drawn[layer].Gradient
                let size = gradients[layer].Diagonal

                // kernels of pairs are interpolated to 1e-12, and a gradient's off-diagonal is a difference of numbers of the diagonal's size
                Check.withinScale
                    $"{placement} {wiring}, layer {layer}"
                    1e-10
                    [ "q", state.Q, state.Q, hidden[0]
                      "p", state.Q, state.P, hidden[n + 3]
                      "g_d", size, size, gradient[0]
                      "g_o", size, gradients[layer].OffDiagonal, gradient[n + 3] ]

[<Fact>]
[<Trait("guards", "(6.7) by property")>]
let ``Along the line differences grow in every block by its own exponent`` () =
    each (fun name (scheduled, constant) layer ->
        let laws = Laws.exact scheduled

        let line =
            Geometry.forward (Networks.correlated 1.0 scheduled) (Laws.onLine scheduled laws)

        let logs =
            LineOperator.logs scheduled laws (LineOperator.average scheduled) (LineOperator.uniform scheduled.Tokens)

        let expected =
            Exponents.angle constant (Laws.exact constant) 1 line[layer - 1].Input.Q

        Check.absolute $"growth, {name}" 1e-11 expected (logs[layer] - logs[layer - 1]))

[<Fact>]
[<Trait("guards", "(10.1) (10.2) (10.3) by property")>]
let ``Bounds add what each block itself may add`` () =
    let norms layer : BlockWeightNorms =
        { Query = 1.0
          Key = 1.0
          Value = 0.3 * float layer
          Output = 1.1
          MlpIn = 0.7
          MlpUp = 1.0
          MlpOut = 1.3 / float layer }

    each (fun name (scheduled, constant) layer ->
        let product (network: Architecture) layer =
            (Block.at network layer).Steps
            |> Array.fold (fun product step -> product * step.Skip) 1.0

        let added power bound (network: Architecture) layer =
            let all: float[] = bound network
            all[layer] - all[layer - 1] * product network layer ** power

        let same what power bound =
            Check.relative
                $"{what}, {name}"
                1e-13
                (added power (bound (fun _ -> norms layer)) constant 1)
                (added power (bound norms) scheduled layer)

        if scheduled.Norm.OnBranch && not scheduled.Norm.OnSum then
            same "magnitude" 1.0 (fun _ network -> Bounds.magnitude network 1.2)
            same "squared norm" 2.0 (fun _ network -> Bounds.squaredNormAtInitialisation network 1.2)

        if scheduled.Norm = Placement.Pre then
            same "magnitude from weights" 1.0 (fun norms network ->
                Bounds.magnitudeFromWeights network 1.2 (Array.init network.Depth (fun index -> norms (index + 1))))

        let sensitivity = Array.init 4 (fun index -> 0.3 + 0.1 * float index)

        let ratio (network: Architecture) sensitivity layer =
            let all = Bounds.amplification network sensitivity sensitivity
            all[layer] / all[layer - 1]

        Check.relative
            $"amplification, {name}"
            1e-13
            (ratio constant (Array.create 4 sensitivity[layer - 1]) 1)
            (ratio scheduled sensitivity layer))

// Branches are independent of the stream, so that mean squares add whatever the positions are.
[<Fact>]
let ``Under a causal mask too the stream behind a block is what the block's own weights add up to`` () =
    let scheduled =
        { fst (pair Placement.Pre Wiring.Sequential 1) with
            Tokens = 5
            Width = 60
            Mask = Mask.Causal }

    for scales in ModuleScales.ofArchitecture scheduled do
        let at (schedule: Schedule) = schedule.At scales.Layer ** 2.0

        let behindAttention =
            at scheduled.Attention.Skip * scales.Stream ** 2.0
            + at scheduled.Attention.Branch * scales.Attention ** 2.0

        let expected =
            at scheduled.Mlp.Skip * behindAttention
            + at scheduled.Mlp.Branch * scales.Mlp ** 2.0

        Check.relative $"layer {scales.Layer}" 1e-11 expected (scales.Output ** 2.0)
