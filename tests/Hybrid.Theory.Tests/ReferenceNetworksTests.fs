module Hybrid.Theory.Tests.ReferenceNetworksTests

open Hybrid.Architectures
open Hybrid.Theory
open Xunit

/// Independent values of another implementation, means over 100 networks with their standard errors: 16 tokens, 2 blocks, a width so
/// that no head has width/heads coordinates and all are drawn. One row: what the record cannot say of the weights (w_q, w_k, w_v, w_o), and means with standard errors.
type private Case =
    {
        Architecture: Architecture
        Weights: float * float * float * float
        /// q and p of layers 1 and 2, g_d and g_o of layers 0 and 1, ‖∂L/∂W‖²/d² of W_Q, W_K, W_V, W_O of block 1
        Published: (float * float)[]
    }

let private baseline =
    { Architecture.defaults with
        Tokens = 16
        Depth = 2
        Width = 1024
        MlpWidth = 1024
        Heads = 16
        Activation = Activation.Gelu
        Mlp =
            { Architecture.defaults.Mlp with
                InStd = sqrt 2.0 }
        Input = { Norm = 1.0; Correlation = 0.5 } }

let private gated inSquared outSquared (a: Architecture) =
    { a with
        Activation = Activation.Silu
        Gated = true
        Mlp =
            { a.Mlp with
                InStd = sqrt inSquared
                OutStd = sqrt outSquared } }

let private head heads width change (a: Architecture) =
    { a with
        Heads = heads
        Attention =
            { a.Attention with
                Head =
                    change
                        { a.Attention.Head with
                            Width = Some width } } }

let private branches skip attention mlp (a: Architecture) =
    { a with
        Attention =
            { a.Attention with
                Skip = Schedule.Constant skip
                Branch = Schedule.Constant attention }
        Mlp =
            { a.Mlp with
                Skip = Schedule.Constant skip
                Branch = Schedule.Constant mlp } }

let private experts count active gate routerStd shared (a: Architecture) =
    { a with
        Mlp =
            { a.Mlp with
                Experts =
                    Some
                        { Count = count
                          Active = active
                          Gate = gate
                          RouterStd = routerStd
                          Scale = 1.0
                          Shared = shared
                          Dense = 0 } } }

let private rope frequency fraction (head: HeadParameters) =
    { head with
        Positions = Positions.Rope(frequency, fraction) }

let private case name logit (wq, wk, wv, wo) architecture published =
    let logitStd = defaultArg logit (sqrt (wq * wk))

    { Architecture =
        { architecture with
            Name = name
            Attention =
                { architecture.Attention with
                    LogitStd = logitStd
                    ValueStd = sqrt (wv * wo) } }
      Weights = (wq, wk, wv, wo)
      Published = published }

let private all =
    [| case
           "rope-full"
           None
           (3.0, 3.0, 1.0, 1.0)
           { (baseline |> head 16 32 (rope 1e4 1.0) |> gated 1.0 1.0) with
               Input = { Norm = 1.0; Correlation = 0.8 } }
           [| 2.2097, 0.0004
              1.8958, 0.0002
              3.4585, 0.0004
              3.0513, 0.0005
              3.2974, 0.009
              0.13552, 0.0005
              1.4772, 0.002
              0.023919, 0.0001
              0.83951, 0.01
              0.8561, 0.01
              34.535, 0.01
              34.535, 0.01 |]
       case
           "qknorm-head-none"
           (Some 3.0)
           (0.5, 3.0, 1.0, 1.0)
           { (baseline
              |> head 32 16 (fun head ->
                  { rope 1e4 1.0 head with
                      QueryKeyNorm = QueryKeyNorm.Head })
              |> branches 0.9 0.6 0.6) with
               Norm = Placement.None
               Activation = Activation.Tanh
               Input = { Norm = 2.0; Correlation = 0.5 } }
           [| 1.9449, 0.0004
              1.0984, 0.0003
              1.9157, 0.0005
              1.2005, 0.0004
              1.4992, 0.003
              0.014956, 0.0001
              1.1934, 0.002
              0.0075516, 7e-05
              9.5079, 0.07
              1.6491, 0.01
              9.9921, 0.01
              9.9921, 0.01 |]
       case
           "moe8-2"
           None
           (1.0, 1.0, 1.0, 1.0)
           (baseline
            |> head 16 32 id
            |> gated 1.0 4.0
            |> experts 8 2 Gate.Renormalised 1.0 0.0)
           [| 2.3325, 0.006
              1.2474, 0.007
              3.6987, 0.008
              1.9864, 0.01
              4.6404, 0.008
              0.34076, 0.001
              1.7647, 0.003
              0.041375, 0.0001
              1.3492, 0.01
              1.3619, 0.01
              42.22, 0.08
              42.22, 0.08 |]
       case
           "parallel-neox"
           None
           (2.0, 2.0, 1.0, 1.0)
           { (baseline |> head 16 32 (rope 1e4 0.25) |> branches 1.0 0.8 1.2) with
               Wiring = Wiring.Parallel
               Mask = Mask.Causal }
           [| 2.7724, 0.0004
              1.6007, 0.0004
              4.5707, 0.0005
              2.8231, 0.0007
              4.8294, 0.004
              0.043133, 0.0002
              1.6593, 0.0007
              0.0066585, 4e-05
              1.0721, 0.01
              1.0817, 0.01
              12.559, 0.01
              12.559, 0.01 |]
       case
           "dk8"
           None
           (3.0, 3.0, 1.0, 1.0)
           (baseline |> head 64 8 (fun head -> { head with KeyValueHeads = None }))
           [| 2.5824, 0.0006
              1.6995, 0.0007
              4.2511, 0.0008
              3.0953, 0.001
              5.5401, 0.01
              0.06313, 0.0007
              1.6588, 0.002
              0.012888, 0.0001
              3.3848, 0.02
              3.7104, 0.02
              30.478, 0.02
              30.478, 0.02 |]
       case
           "gqa-peri"
           None
           (2.0, 2.0, 0.7, 1.5)
           { (baseline
              |> head 16 32 (fun head ->
                  { rope 1e4 1.0 head with
                      KeyValueHeads = Some 2 })) with
               Norm = Placement.Peri }
           [| 3.0, 0.0
              2.1074, 0.001
              5.0, 0.0
              3.8468, 0.002
              4.5459, 0.01
              0.23847, 0.0007
              1.4718, 0.002
              0.026386, 0.0001
              4.1126, 0.04
              4.1989, 0.04
              63.078, 0.02
              29.436, 0.009 |]
       case
           "qknorm-all-output"
           (Some 2.25)
           (2.0, 0.5, 1.0, 1.0)
           { (baseline
              |> head 16 32 (fun head ->
                  { rope 5e5 1.0 head with
                      QueryKeyNorm = QueryKeyNorm.All })
              |> gated 2.0 1.0) with
               Norm = Placement.Output
               Mask = Mask.Causal
               Input = { Norm = 1.5; Correlation = 0.5 } }
           [| 3.5, 0.0
              1.9652, 0.001
              5.5, 0.0
              3.2127, 0.002
              6.4446, 0.02
              0.10124, 0.0006
              1.9095, 0.002
              0.01403, 0.0001
              6.4282, 0.06
              26.174, 0.3
              59.697, 0.05
              59.697, 0.05 |]
       case
           "rope-partial-causal"
           None
           (2.0, 2.0, 1.0, 1.0)
           { (baseline |> head 16 32 (rope 5e5 0.25)) with
               Mask = Mask.Causal }
           [| 2.6164, 0.0006
              1.6791, 0.0008
              4.3077, 0.0008
              3.0252, 0.001
              4.4849, 0.008
              0.10004, 0.0004
              1.5715, 0.001
              0.015692, 6e-05
              2.5252, 0.03
              2.532, 0.02
              31.353, 0.02
              31.353, 0.02 |]
       case
           "moe16-4-softmax-shared"
           None
           (1.0, 1.0, 1.0, 1.0)
           { (baseline |> head 16 32 id |> experts 16 4 Gate.Softmax 2.0 0.25) with
               Mlp =
                   { (baseline |> experts 16 4 Gate.Softmax 2.0 0.25).Mlp with
                       OutStd = sqrt 8.0 } }
           [| 5.6249, 0.07
              3.1869, 0.06
              10.448, 0.1
              5.8056, 0.09
              15.813, 0.1
              0.94338, 0.006
              2.342, 0.02
              0.024732, 0.0004
              4.4918, 0.06
              4.5094, 0.06
              129.88, 0.9
              129.88, 0.9 |]
       case
           "softcap-window"
           None
           (4.0, 4.0, 1.0, 1.0)
           { (baseline |> head 16 16 (fun head -> { head with SoftCap = Some 3.0 })) with
               Mask = Mask.Window 5 }
           [| 2.6648, 0.0009
              1.619, 0.0002
              4.3901, 0.001
              2.8727, 0.0006
              5.3787, 0.02
              0.068099, 0.001
              1.6747, 0.003
              0.010845, 0.0001
              2.1418, 0.03
              2.1062, 0.03
              33.539, 0.04
              33.539, 0.04 |]
       case
           "sink-alibi-causal"
           None
           (2.0, 2.0, 1.0, 1.0)
           { (baseline
              |> head 16 16 (fun head ->
                  { head with
                      Sink = Some 0.0
                      Positions = Positions.Alibi })) with
               Mask = Mask.Causal
               Norm = Placement.Post }
           [| 1.0, 0.0
              0.60734, 0.0006
              1.0, 0.0
              0.68932, 0.0009
              1.1777, 0.004
              0.026119, 0.0002
              1.028, 0.002
              0.015233, 0.0001
              0.76502, 0.009
              0.78182, 0.01
              6.2664, 0.03
              6.2664, 0.03 |]
       case
           "dyt"
           None
           (2.0, 2.0, 1.0, 1.0)
           { (baseline |> head 16 32 id) with
               NormKind = NormKind.DyT 0.7 }
           [| 1.3692, 1e-05
              0.76842, 9e-06
              1.8325, 2e-05
              1.1207, 2e-05
              1.5848, 0.0001
              0.050645, 5e-06
              1.2469, 6e-05
              0.017368, 3e-06
              0.018371, 0.0002
              0.018408, 0.0002
              4.1724, 0.0003
              4.1724, 0.0003 |]
       case
           "lnscale"
           None
           (2.0, 2.0, 1.0, 1.0)
           { (baseline |> head 16 32 (rope 1e4 1.0)) with
               NormGain = Schedule.PerLayer [| 1.0; sqrt 0.5 |] }
           [| 2.5373, 0.0006
              1.6708, 0.0004
              3.3081, 0.0006
              2.3115, 0.0005
              3.0819, 0.007
              0.11326, 0.0003
              1.189, 0.0001
              0.013461, 7e-06
              2.1052, 0.02
              2.1676, 0.02
              21.42, 0.02
              21.42, 0.02 |] |]

let private means n (matrix: float[]) =
    let diagonal = Seq.sum (seq { for i in 0 .. n - 1 -> matrix[i * n + i] })
    [ diagonal / float n; (Array.sum matrix - diagonal) / float (n * (n - 1)) ]

/// Means and standard errors over `draws` of the process, in the order of `Published` and its units.
let private measure (case: Case) draws seed =
    let a = case.Architecture
    let n = a.Tokens
    let laws = Laws.exact a
    let wq, wk, wv, wo = case.Weights
    let d2 = float a.Width * float a.Width

    let rows =
        Array.Parallel.init draws (fun index ->
            let struct (boundaries, weights) =
                GramProcess.drawSteps
                    a
                    laws
                    (GramProcess.ownMask a)
                    (GramProcess.symmetricInput a)
                    (GramProcess.independentOutput n)
                    (GramProcess.normals seed index a.Heads)

            let steps = (boundaries.Length - 1) / 2
            let own = weights[0]
            let logit, value = a.Attention.LogitStd, a.Attention.ValueStd

            [| yield! means n boundaries[steps].Hidden
               yield! means n boundaries[2 * steps].Hidden
               yield! means n boundaries[0].Gradient
               yield! means n boundaries[steps].Gradient
               own.Query * logit / wq / d2
               own.Key * logit / wk / d2
               own.Value * value / wv / d2
               own.Output * value / wo / d2 |])

    Array.init rows[0].Length (fun index ->
        let values = rows |> Array.map (fun row -> row[index])
        let mean = Array.average values
        let square = values |> Array.sumBy (fun x -> (x - mean) * (x - mean))
        mean, sqrt (square / float (draws * (draws - 1))))

let private columns =
    [| "q 1"
       "p 1"
       "q 2"
       "p 2"
       "g_d 0"
       "g_o 0"
       "g_d 1"
       "g_o 1"
       "W_Q"
       "W_K"
       "W_V"
       "W_O" |]

let names: TheoryData<string> =
    TheoryData<string>(all |> Array.map _.Architecture.Name)

[<Theory>]
[<MemberData(nameof names)>]
[<Trait("guards", "(5.4) (15.1) (15.2) (15.3) (15.4) (15.5) (15.6) (15.8) (15.9) by reference")>]
let ``Two blocks with a modern feature each are those of an independent implementation`` (name: string) =
    let case = all |> Array.find (fun case -> case.Architecture.Name = name)
    let measured = measure case 40 1

    for index in 0 .. columns.Length - 1 do
        let expected, published = case.Published[index]
        let actual, error = measured[index]
        // half of the last of five printed digits
        let printed = 5e-5 * System.Math.Pow(10.0, floor (log10 expected) - 1.0) * 10.0

        Check.absolute
            $"{columns[index]} of {name}"
            (4.0 * sqrt (error * error + published * published) + printed)
            expected
            actual
