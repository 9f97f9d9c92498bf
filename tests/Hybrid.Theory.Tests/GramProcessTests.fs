module Hybrid.Theory.Tests.GramProcessTests

open System
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

let private constant = Schedule.Constant

let private network tokens depth heads norm activation mask logitStd inStd skip branch correlation =
    { Architecture.defaults with
        Tokens = tokens
        Depth = depth
        Width = 768
        Heads = heads
        Norm = norm
        Activation = activation
        Mask = mask
        Attention =
            { Architecture.defaults.Attention with
                Skip = constant skip
                Branch = constant branch
                LogitStd = logitStd }
        Mlp =
            { Architecture.defaults.Mlp with
                Skip = constant skip
                Branch = constant branch
                InStd = inStd }
        Input =
            { Norm = 1.0
              Correlation = correlation } }

let private run architecture draws =
    GramProcess.draws
        architecture
        (GramProcess.allowed architecture.Tokens architecture.Mask)
        (GramProcess.symmetricInput architecture)
        draws
        7

let private mean (values: float[]) =
    let average = Array.average values
    let square = values |> Array.sumBy (fun x -> (x - average) * (x - average))
    struct (average, sqrt (square / float (values.Length * (values.Length - 1))))

let private diagonal n (matrix: float[]) =
    Array.init n (fun i -> matrix[i * n + i]) |> Array.average

let private offDiagonal n (matrix: float[]) =
    (Array.sum matrix - float n * diagonal n matrix) / float (n * (n - 1))

/// Mean over draws against theory within 4.5 standard errors: 7e-6 false positives for each of the comparisons.
let private agrees name (draws: GramLayer[][]) layer (select: GramLayer -> float) expected =
    let struct (average, error) =
        draws |> Array.map (fun draw -> select draw[layer]) |> mean

    Check.absolute name (4.5 * error + 1e-12 * abs expected) expected average

[<Theory>]
[<InlineData(0.5, 1)>]
[<InlineData(3.0, 1)>]
[<InlineData(3.0, 2)>]
[<Trait("guards", "(3.1) (4.1) (5.2) by process")>]
[<Trait("guards", "(8.1) (8.2) (8.4) (8.5) by closed form")>]
let ``Where a block is linear, expectations over draws are those of the closed maps`` (logitStd: float) heads =
    // without normalisation and with φ(x) = x the Gram after a block is linear in A R Aᵀ, so nothing but sampling is left
    let n = 12

    let architecture =
        network n 1 heads Placement.None Activation.Linear Mask.None logitStd 1.2 0.9 0.7 0.4

    let draws = run architecture 1500
    let trace = Geometry.forward architecture (Laws.exact architecture)
    let gradients = Gradients.backward architecture trace
    agrees "q" draws 1 (fun layer -> diagonal n layer.Hidden) trace[0].Output.Q
    agrees "p" draws 1 (fun layer -> offDiagonal n layer.Hidden) trace[0].Output.P
    agrees "g_d" draws 0 (fun layer -> diagonal n layer.Gradient) gradients[0].Diagonal
    agrees "g_o" draws 0 (fun layer -> offDiagonal n layer.Gradient) gradients[0].OffDiagonal

[<Fact>]
[<Trait("guards", "(4.1) (4.2) (4.3) (5.1) (5.2) (5.3) by process")>]
[<Trait("guards", "(8.2) (8.4) (8.5) by closed form")>]
let ``With many heads the process is the symmetric theory in every placement, gated and biased`` () =
    // averages over H heads leave fluctuations of order 1/H in the Gram; their second-order effect on the mean is
    // estimated from half the heads, as c/H
    for norm in [ Placement.Pre; Placement.Post; Placement.Peri; Placement.Output ] do
        for gated in [ false; true ] do
            let at heads =
                let architecture =
                    network 8 3 heads norm Activation.Tanh Mask.None 1.5 1.4 0.9 0.6 0.3

                { architecture with
                    Gated = gated
                    Mlp = { architecture.Mlp with BiasStd = 0.4 } }

            let architecture = at 24
            let blocks = Geometry.forward architecture (Laws.exact architecture)
            let gradients = Gradients.backward architecture blocks
            let full = run architecture 60
            let half = run (at 12) 60

            let compare name layer select expected =
                let struct (value, error) =
                    full |> Array.map (fun draw -> select draw[layer]) |> mean

                let struct (other, otherError) =
                    half |> Array.map (fun draw -> select draw[layer]) |> mean

                let heads = abs (other - value)

                Check.absolute
                    $"{name}, {norm}, gated {gated}"
                    (heads
                     + 4.5 * sqrt (error * error + otherError * otherError)
                     // rounding, where peri's norm is the same in every draw
                     + 1e-13 * expected)
                    expected
                    value

            compare "q" 3 (fun layer -> diagonal 8 layer.Hidden) blocks[2].Output.Q
            compare "p" 3 (fun layer -> offDiagonal 8 layer.Hidden) blocks[2].Output.P
            compare "g_d" 0 (fun layer -> diagonal 8 layer.Gradient) gradients[0].Diagonal
            compare "g_o" 0 (fun layer -> offDiagonal 8 layer.Gradient) gradients[0].OffDiagonal

[<Fact>]
[<Trait("guards", "(8.2) (8.4) by closed form")>]
let ``Uniform attention is the average over what each layer's mask allows, forwards and backwards`` () =
    let n = 7
    let causal i k = k <= i
    let window i k = k <= i && k > i - 2
    let prefix i k = k < 3 || k <= i

    let average allows i k =
        let count = Seq.length (seq { 0 .. n - 1 } |> Seq.filter (allows i))
        if allows i k then 1.0 / float count else 0.0

    let sandwich left right (matrix: float[]) =
        Array.init (n * n) (fun index ->
            let mutable sum = 0.0

            for k in 0 .. n - 1 do
                for l in 0 .. n - 1 do
                    sum <- sum + left (index / n) k * matrix[k * n + l] * right (index % n) l

            sum)

    let r2, a2, mlp = 0.64, 0.36, 0.64 + 0.36 * 1.69

    let forward matrix allows =
        let row = average allows
        Array.map2 (fun c f -> mlp * (r2 * c + a2 * f)) matrix (sandwich row row matrix)

    let backward allows matrix =
        let column i k = average allows k i
        Array.map2 (fun g h -> mlp * (r2 * g + a2 * h)) matrix (sandwich column column matrix)

    for mask, allowed in
        [ Mask.Causal, [ causal ]
          Mask.PerLayer [| Mask.Causal; Mask.Window 2; Mask.Prefix 3 |], [ causal; window; prefix ] ] do
        let architecture =
            network n allowed.Length 1 Placement.None Activation.Linear mask 0.0 1.3 0.8 0.6 0.2

        let input = GramProcess.symmetricInput architecture

        let draw =
            (GramProcess.draws architecture (GramProcess.ownMask architecture) input 1 7)[0]

        let identity = Array.init (n * n) (fun k -> if k / n = k % n then 1.0 else 0.0)

        let rows expected actual =
            Array.map2 (fun e a -> e, a) expected actual
            |> Array.mapi (fun i (e, a) -> $"({i / n}, {i % n})", 1.0, e, a)

        List.scan forward input allowed
        |> List.iteri (fun layer expected ->
            Check.withinScale $"C at {layer}, {mask}" 1e-13 (rows expected draw[layer].Hidden))

        List.scanBack backward allowed identity
        |> List.iteri (fun layer expected ->
            Check.withinScale $"Γ at {layer}, {mask}" 1e-13 (rows expected draw[layer].Gradient))

[<Fact>]
[<Trait("guards", "(8.4) (8.5) by published number")>]
let ``Under a causal mask the first token receives 9.6 and the last 0.15 of the gradient`` () =
    let architecture =
        network 16 6 1 Placement.Pre Activation.Tanh Mask.Causal 2.0 (sqrt 2.0) 0.8 0.6 0.3

    let draws = run architecture 400

    let at i =
        draws |> Array.map (fun draw -> draw[0].Gradient[i * 16 + i]) |> mean

    let struct (first, firstError) = at 0
    let struct (last, lastError) = at 15
    // stated with two digits: half a unit of the last one
    Check.absolute "first token" (4.5 * firstError + 0.05) 9.6 first
    Check.absolute "last token" (4.5 * lastError + 0.005) 0.15 last

[<Theory>]
[<InlineData(0.6, 1.0)>]
[<InlineData(0.9, 2.5)>]
[<Trait("guards", "(6.4) by process")>]
let ``Collapsed tokens under a causal mask separate at the closed angle exponent`` (branch: float) (inStd: float) =
    let skip = sqrt (1.0 - 0.5 * branch * branch)

    let architecture =
        network 10 60 1 Placement.Pre Activation.Tanh Mask.Causal 1.0 inStd skip branch (1.0 - 1e-6)

    let draw = (run architecture 1)[0]

    let u layer =
        let matrix = draw[layer].Hidden in 1.0 - offDiagonal 10 matrix / diagonal 10 matrix

    let line = FixedPoints.line architecture (Laws.exact architecture)

    let predicted =
        Exponents.angle architecture (Laws.exact architecture) 1 line.State.Q
    // after a transient of the non-normal average the slowest mode, eigenvalue 1/4, is left; the next decays as
    // ((r² + a²/6)/(r² + a²/4))^ℓ, below 1e-3 after 40 blocks here only where a² is large, so its ratio is allowed for
    let ratio =
        (skip * skip + branch * branch / 6.0) / (skip * skip + branch * branch / 4.0)

    let layer = if u 40 > 1e-11 then 40 else 15
    let measured = log (u layer / u (layer - 5)) / 5.0
    Check.absolute "λ_a" (Math.Pow(ratio, float (layer - 5)) + 1e-3) predicted measured

[<Fact>]
[<Trait("guards", "(8.2) (8.4) by property")>]
let ``Relabelling tokens relabels the process where attention is uniform`` () =
    let n = 5

    let architecture =
        network n 2 1 Placement.Post Activation.Gelu Mask.None 0.0 1.3 1.0 0.8 0.2

    let gram =
        [| 1.0
           0.3
           0.1
           -0.2
           0.5
           0.3
           2.0
           0.4
           0.0
           0.1
           0.1
           0.4
           1.5
           0.6
           0.2
           -0.2
           0.0
           0.6
           1.0
           0.3
           0.5
           0.1
           0.2
           0.3
           0.8 |]

    let order = [| 3; 0; 4; 1; 2 |]

    let relabel (matrix: float[]) =
        Array.init (n * n) (fun k -> matrix[order[k / n] * n + order[k % n]])

    let everything = Array.create (n * n) true
    let plain = (GramProcess.draws architecture everything gram 1 1)[0]
    let permuted = (GramProcess.draws architecture everything (relabel gram) 1 1)[0]

    for layer in 0..2 do
        Array.map2 (fun e a -> "entry", 1.0, e, a) (relabel plain[layer].Hidden) permuted[layer].Hidden
        |> Check.withinScale "C" 1e-13

        Array.map2 (fun e a -> "entry", 1.0, e, a) (relabel plain[layer].Gradient) permuted[layer].Gradient
        |> Check.withinScale "Γ" 1e-13

[<Fact>]
let ``A draw depends on seed and index alone`` () =
    let architecture =
        network 6 2 2 Placement.Pre Activation.Gelu Mask.Causal 1.0 1.0 1.0 1.0 0.0

    let few = run architecture 3
    let many = run architecture 8

    let last (draw: GramLayer[]) = draw[2].Hidden

    for index in 0..2 do
        Assert.True((last few[index] = last many[index]), $"draw {index}")

    Assert.False((last few[0] = last few[1]), "different draws")

[<Fact>]
[<Trait("guards", "(8.4) by property")>]
let ``The gradient is linear in the gradient at the output`` () =
    let n = 5

    let architecture =
        network n 3 2 Placement.Peri Activation.Erf Mask.Causal 2.0 1.5 0.8 0.6 0.3

    let towards output =
        (GramProcess.drawsTowards
            architecture
            (GramProcess.allowed n Mask.Causal)
            (GramProcess.symmetricInput architecture)
            output
            1
            7)[0]
        |> Array.map _.Gradient

    let first = GramProcess.independentOutput n
    // One token's loss alone: the others have no gradient.
    let second = Array.init (n * n) (fun k -> if k = n * n - 1 then 1.0 else 0.0)
    let combine = Array.map2 (fun a b -> 2.0 * a + 3.0 * b)
    let expected = Array.map2 combine (towards first) (towards second)
    let both = towards (combine first second)

    for layer in 0..3 do
        Array.map2 (fun e a -> "entry", 1.0, e, a) expected[layer] both[layer]
        |> Check.withinScale "Γ" 1e-12

[<Fact>]
[<Trait("guards", "(8.4) by property")>]
let ``A gradient common to all tokens passes uniform attention whole`` () =
    let n = 6

    let architecture =
        network n 3 2 Placement.None Activation.Linear Mask.None 0.0 1.0 0.8 0.5 0.2

    let layers =
        (GramProcess.drawsTowards
            architecture
            (GramProcess.allowed n Mask.None)
            (GramProcess.symmetricInput architecture)
            (Array.create (n * n) 1.0)
            1
            1)[0]

    // r² + a² of each of the six sublayers: the mean mode.
    let expected = (0.8 * 0.8 + 0.5 * 0.5) ** 6.0

    layers[0].Gradient
    |> Array.map (fun actual -> "entry", 1.0, expected, actual)
    |> Check.withinScale "Γ" 1e-13

[<Fact>]
let ``What rounding made of no Gram matrix is one again, and all else stays as it is`` () =
    // entries beyond the root of 4 · 9, below minus that of 1 · 9, of 1 · 0 both ways, and a diagonal below 0
    let matrix =
        [| 4.0
           1.0
           6.1
           0.0
           1.0
           1.0
           -3.1
           -0.1
           6.1
           -3.1
           9.0
           0.1
           0.0
           -0.1
           0.1
           -1e-9 |]

    GramStep.hold 4 matrix

    Assert.Equal<float[]>(
        [| 4.0
           1.0
           6.0
           0.0
           1.0
           1.0
           -3.0
           0.0
           6.0
           -3.0
           9.0
           0.0
           0.0
           0.0
           0.0
           0.0 |],
        matrix
    )

[<Fact>]
let ``A drawn network's input is the record's, however near its tokens are`` () =
    for u in [ 1.2; 0.7; 0.1; Math.ScaleB(1.0, -30) ] do
        let architecture =
            network 5 1 2 Placement.Pre Activation.Tanh Mask.Causal 1.0 1.0 1.0 1.0 (1.0 - u)

        let input =
            (TrajectoryDraws.sampled architecture (Laws.exact architecture) 2 1).Layers[0]

        // the correlation is known to a rounding, which its distance from 1 has divided by u; sums of 25 entries
        Check.relativeRows
            $"u = {u}"
            (26.0 * 2.2e-16 / min 1.0 u)
            [ "q", architecture.Input.Norm, input.State.Q
              "u", u, input.State.U
              "p", (1.0 - u) * architecture.Input.Norm, input.P ]

// Without its skip a sublayer of branch 2^p multiplies norms and gradients by 2^2p, to the bit; squares of these leave double precision.
[<Fact>]
[<Trait("guards", "(8.2) (8.4) by property")>]
let ``One draw has no error, two have half their distance, and errors go with what is drawn at any size`` () =
    let sampled power draws =
        let skipless =
            network 6 1 2 Placement.Pre Activation.Tanh Mask.Causal 3.0 1.0 1.0 1.0 0.3
            |> Networks.weighted (0.0, Math.ScaleB(1.0, power)) (1.0, 0.0)

        (TrajectoryDraws.sampled skipless (Laws.exact skipless) draws 11).Layers

    let one, two = sampled 0 1, sampled 0 2

    for layer in 0..1 do
        let none = one[layer].Uncertainty
        Assert.Equal((0.0, 0.0, 0.0), (none.Q, none.P, none.U))
        Assert.Equal((0.0, 0.0), (none.GradientDiagonal, none.GradientOffDiagonal))

    // the mean's distance to the first of two draws is half of that between them; to a rounding each of two sums, a half and a difference
    // of numbers below 8
    Check.withinScale
        "two draws"
        4e-15
        [ "q", 1.0, abs (two[1].State.Q - one[1].State.Q), two[1].Uncertainty.Q
          "u", 1.0, abs (two[1].State.U - one[1].State.U), two[1].Uncertainty.U
          "g_d", 1.0, abs (two[0].Gradient.Diagonal - one[0].Gradient.Diagonal), two[0].Uncertainty.GradientDiagonal ]

    Check.atLeast "error of q" 1e-3 two[1].Uncertainty.Q

    // norms beyond 1e150 are not followed
    for power in [ -300; 240 ] do
        let scaled = sampled power 2
        let times (x: float) = Math.ScaleB(x, 2 * power)
        Assert.Equal(times two[1].Uncertainty.Q, scaled[1].Uncertainty.Q)
        Assert.Equal(times two[1].Uncertainty.P, scaled[1].Uncertainty.P)
        Assert.Equal(two[1].Uncertainty.U, scaled[1].Uncertainty.U)
        Assert.Equal(times two[0].Uncertainty.GradientDiagonal, scaled[0].Uncertainty.GradientDiagonal)

[<Fact>]
let ``What is not a Gram matrix or leaves a token without a partner is refused by name`` () =
    let architecture =
        network 3 1 1 Placement.Pre Activation.Tanh Mask.None 1.0 1.0 1.0 1.0 0.0

    let refused (allowed: bool[]) gram draws (part: string) =
        let thrown =
            Assert.ThrowsAny<ArgumentException>(fun () -> GramProcess.draws architecture allowed gram draws 1 |> ignore)

        Assert.Contains(part, thrown.Message)

    let all = Array.create 9 true
    let gram = [| 1.0; 0.0; 0.0; 0.0; 1.0; 0.0; 0.0; 0.0; 1.0 |]
    refused all gram[..7] 1 "3×3 = 9 entries"
    refused all [| 1.0; 0.5; 0.0; 0.0; 1.0; 0.0; 0.0; 0.0; 1.0 |] 1 "symmetric"
    refused all [| 1.0; 2.0; 0.0; 2.0; 1.0; 0.0; 0.0; 0.0; 1.0 |] 1 "Cauchy–Schwarz"
    refused all [| 0.0; 0.0; 0.0; 0.0; 1.0; 0.0; 0.0; 0.0; 1.0 |] 1 "positive diagonal"
    refused (Array.init 9 (fun k -> k / 3 <> 1)) gram 1 "token 1 is not"
    refused all gram 0 "at least one draw"
