module Hybrid.Theory.Tests.DrawnHeadsTests

open System
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

let private meanAndError (values: float[]) =
    let mean = Array.average values
    let square = values |> Array.sumBy (fun x -> (x - mean) * (x - mean))
    struct (mean, sqrt (square / float (values.Length * (values.Length - 1))))

let private diagonal n (matrix: float[]) =
    Array.init n (fun i -> matrix[i * n + i]) |> Array.average

let private offDiagonal n (matrix: float[]) =
    (Array.sum matrix - float n * diagonal n matrix) / float (n * (n - 1))

/// Symmetric tokens of q = 1.
let private simplex n u =
    Array.init (n * n) (fun k -> if k / n = k % n then 1.0 else 1.0 - u)

let private attention tokens heads width logitStd mask change =
    { Architecture.defaults with
        Tokens = tokens
        Heads = heads
        Width = heads * width
        Mask = mask
        Attention =
            { Architecture.defaults.Attention with
                LogitStd = logitStd
                Head = change HeadParameters.Plain } }

let private layout (a: Architecture) =
    HeadLayout.create a a.Attention (GramProcess.ownMask a)

/// Branch Grams of `layers` layers of the architecture's heads.
let private branches (a: Architecture) (state: float[]) layers =
    let layout = layout a

    Array.Parallel.init layers (fun layer ->
        let struct (_, branch) =
            DrawnHeads.forward layout (CounterNormals.part 77UL layer) state

        branch)

[<Theory>]
// s, d_k, S1, S2 and the standard error of S2: χ² and Wishart averages, 3000 to 6000 heads
[<InlineData(1.0, 8, 0.0740, 0.0494, 0.0002)>]
[<InlineData(2.0, 8, 0.2184, 0.0979, 0.0008)>]
[<InlineData(3.0, 8, 0.3707, 0.1381, 0.0011)>]
[<InlineData(5.0, 8, 0.5732, 0.1768, 0.0014)>]
[<InlineData(3.0, 16, 0.3826, 0.1325, 0.0010)>]
[<InlineData(2.0, 64, 0.2269, 0.0937, 0.0006)>]
[<InlineData(5.0, 64, 0.6001, 0.1601, 0.0012)>]
[<InlineData(3.0, 128, 0.3940, 0.1275, 0.0012)>]
[<Trait("guards", "(15.1) (15.4) by reference")>]
let ``With few coordinates a head's moments are those of χ² and Wishart strengths`` (s: float) width s1 s2 error =
    // q = 1, p = ½: q_f = p + (q − p) S1, p_f = p + (q − p) S2
    let n = 32

    let grams =
        branches (attention n 16 width (s * sqrt 2.0) Mask.None id) (simplex n 0.5) 60

    let moment of' =
        grams |> Array.map (fun gram -> 2.0 * (of' n gram - 0.5)) |> meanAndError

    let struct (ownS1, ownError1) = moment diagonal
    let struct (ownS2, ownError2) = moment offDiagonal
    // half a unit of four printed digits
    Check.absolute "S1" (4.0 * ownError1 + 5e-5) s1 ownS1
    Check.absolute "S2" (4.0 * sqrt (ownError2 * ownError2 + error * error) + 5e-5) s2 ownS2

[<Fact>]
[<Trait("guards", "(15.4) (15.5) (15.6) by closed form")>]
let ``With ever more coordinates heads tend to Gaussian logits, forwards and on each way back`` () =
    // 1/d_k: what a head keeps of differences, and both gradients of its logits, move by a few parts in d_k
    let n, u, logitStd = 12, 0.6, 2.0
    let width = 256
    let a = attention n 16 width logitStd Mask.None id
    let state = simplex n u
    let gradient: GradientGram = { Diagonal = 1.0; OffDiagonal = 0.3 }
    let theta = Array.init (n * n) (fun k -> if k / n = k % n then 1.0 else 0.3)
    let seen: TokenSimplex = { Q = 1.0; U = u }
    let laws = Laws.exact a
    let struct (moments, branch) = AttentionMaps.forward a.Attention laws seen

    let struct (value, query, key) =
        AttentionMaps.paths n a.Attention (FewHeads.many moments) seen gradient

    let layout = layout a

    let rows =
        Array.Parallel.init 40 (fun index ->
            let struct (layer, forwards) =
                DrawnHeads.forward layout (CounterNormals.part 5UL index) state

            let struct (backwards, overlaps) = DrawnHeads.backward layer ValueNone state theta

            [| diagonal n forwards
               offDiagonal n forwards
               diagonal n backwards
               offDiagonal n backwards
               overlaps.Value
               overlaps.Query
               overlaps.Key |])

    let overlap (gram: GradientGram) =
        float n * gram.Diagonal + float (n * (n - 1)) * (1.0 - u) * gram.OffDiagonal

    let sum = value + query + key

    let expected =
        [| "q_f", branch.Q, branch.Q
           "p_f", branch.Q - branch.Gap, branch.Q
           "g_d", sum.Diagonal, sum.Diagonal
           "g_o", sum.OffDiagonal, sum.Diagonal
           "value", overlap value, overlap value
           "query", overlap query, overlap query
           "key", overlap key, overlap key |]

    expected
    |> Array.iteri (fun index (name, value, scale) ->
        let struct (mean, error) = rows |> Array.map (fun row -> row[index]) |> meanAndError
        Check.absolute name (4.0 * error + 3.0 / float width * abs scale) value mean)

[<Theory>]
[<InlineData(1e4, 1.0, 0.97021, 0.89659, 0.73727, 0.56704)>]
[<InlineData(1e4, 0.25, 0.98928, 0.96453, 0.93402, 0.89100)>]
[<InlineData(5e5, 1.0, 0.97791, 0.92387, 0.81459, 0.71092)>]
[<Trait("guards", "(15.1) by reference")>]
let ``Turned pairs agree as the mean cosine over their frequencies`` frequency fraction m1 m2 m5 m31 =
    let width = 128

    let layout =
        layout (
            attention 32 1 width 1.0 Mask.None (fun head ->
                { head with
                    Positions = Positions.Rope(frequency, fraction) })
        )

    let still = float (width / 2 - layout.Turned)

    let agreement distance =
        let turned =
            Seq.sum (seq { for f in 0 .. layout.Turned - 1 -> layout.Cosines[distance * layout.Turned + f] })

        (turned + still) / float (width / 2)

    for distance, expected in [ 1, m1; 2, m2; 5, m5; 31, m31 ] do
        Check.absolute $"m({distance})" 5.1e-6 expected (agreement distance)

let private positioned fraction logitStd mask mlp =
    let branch (value: float) = Schedule.Constant value

    let a =
        attention 32 200 64 logitStd mask (fun head ->
            { head with
                Positions =
                    if fraction = 0.0 then
                        Positions.None
                    else
                        Positions.Rope(1e4, fraction) })

    { a with
        Depth = 12
        // not d/H, so that heads without positions are drawn as well
        Width = 2 * a.Width
        Attention =
            { a.Attention with
                Head =
                    { a.Attention.Head with
                        Width = Some 64 } }
        Activation = Activation.Gelu
        Mlp =
            { a.Mlp with
                InStd = sqrt 2.0
                Branch = branch mlp }
        Input = { Norm = 1.0; Correlation = 0.5 } }

[<Theory>]
[<InlineData(0.0, 4.0, false, 0.0, 0.0656)>]
[<InlineData(0.25, 4.0, false, 0.0, 0.0801)>]
[<InlineData(1.0, 4.0, false, 0.0, 0.1109)>]
[<InlineData(1.0, 2.0, false, 1.0, 0.1264)>]
[<InlineData(1.0, 4.0, true, 0.0, 0.1579)>]
[<Trait("guards", "(15.1) by reference")>]
let ``Positions slow the collapse of tokens`` fraction logitStd causal mlp expected =
    let mask = if causal then Mask.Causal else Mask.None
    let a = positioned fraction logitStd mask mlp
    let n = a.Tokens
    let laws = Laws.exact a

    let collapse =
        Array.Parallel.init 2 (fun index ->
            let random = GramProcess.normals 3 index a.Heads
            let mutable state = GramProcess.symmetricInput a

            for layer in 1 .. a.Depth do
                for step in (Block.at a layer).Steps do
                    let own =
                        { random with
                            Key =
                                CounterNormals.part
                                    random.Key
                                    (10 * layer + (if step.Sublayers[0].Module.IsMlp then 1 else 0)) }

                    state <- (GramStep.forward (GramRoom n) a laws (GramProcess.ownMask a) own step state).Output

            1.0 - offDiagonal n state / diagonal n state)

    let mean = Array.average collapse
    // the value is one network's with 200 heads a layer, as each of the two here is, and the scatter of one such, measured over 16, is
    // .575 % of 1 − ρ in the cell where it is largest; and half a unit of the last printed digit
    Check.absolute "1 − ρ" (4.0 * 0.00575 * expected * sqrt 1.5 + 5e-5) expected mean

[<Theory>]
[<InlineData(8, 2.0, 0.67429, 0.07672)>]
[<InlineData(32, 4.0, 0.71918, 0.18076)>]
[<Trait("guards", "(15.3) by reference")>]
let ``A sink on the line takes its share of norms and passes differences on`` n logitStd square rest =
    // E t² and X of t = n e^ℓ/(n e^ℓ + 1), ℓ Gaussian of deviation σ_A: the norm, what becomes of differences, and the mean mode's paths
    let width = 256

    let a =
        attention n 40 width logitStd Mask.None (fun head -> { head with Sink = Some 0.0 })

    let layout = layout a
    let u = 1e-6
    let state = simplex n u
    let ones = Array.create (n * n) (1.0 / float n)

    let rows =
        Array.Parallel.init 20 (fun index ->
            let struct (layer, forwards) =
                DrawnHeads.forward layout (CounterNormals.part 9UL index) state

            let struct (_, overlaps) = DrawnHeads.backward layer ValueNone state ones
            let own = diagonal n forwards

            [| own
               (own - offDiagonal n forwards) / u
               // R is 1 1ᵀ up to u, Θ 1 1ᵀ/n: 1ᵀ (path) 1
               overlaps.Value / float n
               overlaps.Query / float n
               overlaps.Key / float n |])

    [| "E t²", square; "X", rest; "value", square; "query", rest; "key", rest |]
    |> Array.iteri (fun index (name, expected) ->
        let struct (mean, error) = rows |> Array.map (fun row -> row[index]) |> meanAndError
        // logits of d_k products are Gaussian up to 1/d_k; their fourth moment is larger by 6/d_k, and u changes as much
        Check.absolute name (4.0 * error + 8.0 / float width * expected) expected mean)

[<Fact>]
let ``Heads that are drawn again are the same, and others are not`` () =
    let a =
        attention 40 6 8 2.0 (Mask.Window 7) (fun head ->
            { head with
                Positions = Positions.Alibi
                KeyValueHeads = Some 2 })

    let layout = layout a
    let state = simplex a.Tokens 0.4
    let theta = simplex a.Tokens 0.9
    let struct (layer, first) = DrawnHeads.forward layout 1UL state
    let struct (_, again) = DrawnHeads.forward layout 1UL state
    let struct (_, other) = DrawnHeads.forward layout 2UL state
    let struct (backwards, _) = DrawnHeads.backward layer ValueNone state theta
    let struct (backwardsAgain, _) = DrawnHeads.backward layer ValueNone state theta
    Assert.Equal<float[]>(first, again)
    Assert.Equal<float[]>(backwards, backwardsAgain)
    Assert.NotEqual<float[]>(first, other)

// Of 9 and 6 tokens one or two are left that no four lanes take; of 3 all are.
[<Theory>]
[<InlineData(9)>]
[<InlineData(6)>]
[<InlineData(3)>]
[<Trait("guards", "(15.5) by closed form")>]
let ``What logits see of the gradient is D A (v − m) h, by rows and by columns, however many tokens lanes leave over``
    n
    =
    for mask in [ Mask.None; Mask.Causal; Mask.Window 2 ] do
        let layout = layout (attention n 1 4 1.0 mask id)
        let scratch = HeadScratch.lend layout
        CounterNormals.fill 31UL n 1.0 scratch.Value
        CounterNormals.fill 32UL n 1.0 scratch.Mean
        CounterNormals.fill 33UL n 1.0 scratch.Output

        let slopes =
            Array.init (n * n) (fun k -> if layout.Allowed[k] then 1.0 + float k else 0.0)

        let columns = Array.init (n * n) (fun k -> slopes[k % n * n + k / n])

        let expected i j =
            slopes[i * n + j] * (scratch.Value[j] - scratch.Mean[i]) * scratch.Output[i]

        let agrees name (entry: int -> int -> float) =
            Check.withinScale
                $"{mask}, {name}"
                // a rounding of each of three operations
                4e-16
                [ for i in 0 .. n - 1 do
                      for j in 0 .. n - 1 do
                          $"{i}, {j}", abs (expected i j), expected i j, entry i j ]

        DrawnHeads.difference n slopes layout.Rows scratch
        agrees "rows" (fun i j -> scratch.Product[i * n + j])
        DrawnHeads.differenceColumns n columns layout.Columns scratch
        agrees "columns" (fun i j -> scratch.Product[j * n + i])
        HeadScratch.giveBack layout scratch

[<Fact>]
[<Trait("guards", "(15.2) (15.3) (15.5) by property")>]
let ``A head's way back is the derivative of its way there, in every feature at once`` () =
    // δL/δR is not a network's gradient, but one head's is: with h and v drawn, L = Σ h_i Σ_j A_ij v_j; moving a drawn query by ε
    // changes L by ε ∂L/∂x. All that a way back knows enters: cap, sink, slopes, rotation, norm, mask.
    let n, width = 9, 6

    let a =
        attention n 4 width 1.7 (Mask.Prefix 3) (fun head ->
            { head with
                Positions = Positions.Rope(100.0, 0.67)
                QueryKeyNorm = QueryKeyNorm.Head
                SoftCap = Some 1.5
                Sink = Some 0.3 })

    let layout = layout a
    let state = simplex n 0.7
    let factor = GramFactor.create n state
    let scratch = HeadScratch.lend layout

    let normal key count =
        let target = Array.zeroCreate<float> count
        CounterNormals.fill key count 1.0 target
        target

    HeadDraw.rows layout factor state 4UL 1 scratch
    let v, h = normal 21UL n, normal 22UL n

    /// ∂L/∂x of the drawn queries and keys, by hand from A and D ∘ A
    let gradients () =
        let mean i =
            Seq.sum (seq { for j in 0 .. n - 1 -> scratch.Attended[i * n + j] * v[j] })

        let delta =
            Array.init (n * n) (fun k ->
                let i, j = k / n, k % n
                scratch.Slopes[k] * (v[j] - mean i) * h[i] / sqrt (float width))

        let product (rows: int -> int -> float) (other: float[]) =
            Array.init (n * width) (fun k ->
                Seq.sum (seq { for j in 0 .. n - 1 -> rows (k / width) j * other[j * width + k % width] }))

        let query = product (fun i j -> delta[i * n + j]) scratch.KeySeen
        let key = product (fun i j -> delta[j * n + i]) scratch.QuerySeen
        HeadDraw.undo layout scratch.Query scratch.QueryScale scratch.QueryInverse query
        HeadDraw.undo layout scratch.Key scratch.KeyScale scratch.KeyInverse key
        query, key

    let loss () =
        Seq.sum (seq { for k in 0 .. n * n - 1 -> h[k / n] * scratch.Attended[k] * v[k % n] })

    let query, key = gradients ()

    let attend () =
        HeadDraw.seeQueries layout state scratch
        HeadDraw.seeKeys layout state scratch
        HeadDraw.attend layout 1 scratch

    let slope (drawn: float[]) index =
        let kept = Array.copy drawn
        let step = 1e-5

        let at sign =
            Array.blit kept 0 drawn 0 kept.Length
            drawn[index] <- kept[index] + sign * step
            attend ()
            loss ()

        let result = (at 1.0 - at -1.0) / (2.0 * step)
        Array.blit kept 0 drawn 0 kept.Length
        attend ()
        result

    let scale = Array.map abs (Array.append query key) |> Array.max

    seq {
        for index in 0..5 .. n * width - 1 do
            $"query {index}", scale, slope scratch.Query index, query[index]
            $"key {index}", scale, slope scratch.Key index, key[index]
    }
    // central differences over 1e-5: the third derivative and rounding, each below 1e-8
    |> Check.withinScale "∂L/∂x" 1e-7

[<Fact>]
[<Trait("guards", "15.5 by property")>]
let ``What has no line has no exponents, and every layer`` () =
    let a =
        { attention 12 4 8 2.0 (Mask.Window 5) (fun head ->
              { head with
                  Positions = Positions.Alibi }) with
            Depth = 3
            Input = { Norm = 1.0; Correlation = 0.2 } }

    let prediction = Predict.architecture a

    Assert.True(
        Double.IsNaN prediction.AngleExponent
        && Double.IsNaN prediction.GradientExponent
    )

    Assert.Equal(Phase.Unknown, prediction.Phase)
    Assert.Equal(4, prediction.Layers.Length)
    Assert.All(prediction.Layers, fun layer -> Assert.True(Double.IsFinite(layer.Q + layer.U + layer.GradientDiagonal)))
    Assert.Equal(3, prediction.Weights.Length)
    Assert.All(prediction.Weights, fun weights -> Assert.True(weights.Query > 0.0 && weights.Key > 0.0))

    let thrown =
        Assert.Throws<InvalidArchitectureException>(fun () -> PhaseDiagram.Create([ a ]) |> ignore)

    Assert.Contains("attention.positions", thrown.Message)

[<Fact>]
let ``A prediction that draws fewer heads than a network has says within its errors what all of them say`` () =
    let architecture =
        { (attention 64 32 128 2.0 Mask.Causal (fun head ->
              { head with
                  Positions = Positions.Rope(1e4, 1.0)
                  KeyValueHeads = Some 16 })) with
            Depth = 12
            Norm = Placement.Pre }

    let laws = Laws.exact architecture
    let predicted = TrajectoryRoute.predict architecture laws

    let all =
        TrajectoryDraws.sampled architecture laws TrajectoryDraws.Draws (TrajectoryDraws.Seed + 1)

    let last, first = 12, 0

    // draws of other seeds; t of twice three degrees of freedom, three comparisons at .1 % together
    let agree name (select: LayerState -> float) (error: LayerState -> float) layer =
        let a, b = predicted.Layers[layer], all.Layers[layer]
        Check.absolute name (7.3 * sqrt (error a ** 2.0 + error b ** 2.0)) (select b) (select a)

    agree "q" _.State.Q _.Uncertainty.Q last
    agree "1 − ρ" _.State.U _.Uncertainty.U last
    agree "g_d" _.Gradient.Diagonal _.Uncertainty.GradientDiagonal first

    // and it is known to a few per cent, so that a lost factor of heads would show
    let input = predicted.Layers[first]
    Check.atMost "error of g_d" 0.03 (input.Uncertainty.GradientDiagonal / input.Gradient.Diagonal)

[<Fact>]
let ``ALiBi's slopes of fewer heads are in the mean those of all, and of all heads each has its own`` () =
    let alibi heads =
        attention 4 heads 8 1.0 Mask.Causal (fun head ->
            { head with
                Positions = Positions.Alibi })

    let slopes of' heads key =
        let architecture = alibi heads

        let parameters =
            match (Block.at architecture 1).Sublayers[0].Module with
            | Module.Attention parameters -> parameters
            | Module.Mlp _ -> failwith "attention comes first"

        (HeadLayout.standingFor of' key architecture parameters (GramProcess.allowed 4 Mask.Causal)).Slopes

    let own = Array.init 12 (fun head -> 2.0 ** (-8.0 * float (head + 1) / 12.0))
    Assert.Equal<float[]>(own, slopes 12 12 7UL)
    let keys = 4000

    for drawn in [ 1; 5 ] do
        let means =
            Array.init keys (fun key -> Array.average (slopes 12 drawn (uint64 key)))

        let mean = Array.average means

        let error =
            sqrt (
                (means |> Array.sumBy (fun x -> (x - mean) * (x - mean)))
                / (float keys * float (keys - 1))
            )

        // two comparisons at .1 % together
        Check.absolute $"mean of {drawn}" (3.5 * error) (Array.average own) mean

[<Theory>]
[<InlineData(1, 1.0)>]
[<InlineData(2, 1.0)>]
[<InlineData(2, 0.7)>]
[<Trait("guards", "(15.11) by process")>]
let ``With ever more coordinates a norm behind few heads takes from them what its projection does``
    heads
    (weight: float)
    =
    // against (13.3) and (13.4) on heads whose logits are Gaussian; with a weight below 1 the stream is under the norm too
    let n, u, logitStd = 8, 0.6, 3.0
    let width = 512
    let a = attention n heads width logitStd Mask.None id
    let state = simplex n u
    let theta = simplex n 0.7

    let normOver (branch: float[]) =
        let rest = 1.0 - weight * weight

        ValueSome
            { Argument = Array.map2 (fun own other -> weight * weight * own + rest * other) branch state
              Branch = weight
              Output = branch }

    // what the norm changes, of the same heads and numbers
    let numbers branch backward =
        let struct (gradient: float[], overlaps: PathOverlaps) = backward (normOver branch)
        let struct (whole: float[], without: PathOverlaps) = backward ValueNone

        [| diagonal n gradient - diagonal n whole
           overlaps.Query - without.Query
           overlaps.Key - without.Key |]

    let drawn =
        Array.Parallel.init 400 (fun index ->
            let struct (layer, branch) =
                DrawnHeads.forward (layout a) (CounterNormals.part 6UL index) state

            numbers branch (fun norm -> DrawnHeads.backward layer norm state theta))

    let gaussian =
        Array.Parallel.init 400 (fun index ->
            let room = GramRoom n
            let random = Random(index)

            let normal () =
                sqrt (-2.0 * log (1.0 - random.NextDouble()))
                * cos (2.0 * Math.PI * random.NextDouble())

            let struct (rows, branch) =
                AttentionMaps.gramForward room heads n a.Attention (GramProcess.ownMask a) normal state

            numbers branch (fun norm -> AttentionMaps.gramBackward room n a.Attention rows norm state theta))

    [ "g_d"; "query"; "key" ]
    |> List.iteri (fun index name ->
        let at (rows: float[][]) =
            rows |> Array.map (fun row -> row[index]) |> meanAndError

        let struct (mean, error) = at drawn
        let struct (expected, otherError) = at gaussian
        // and a few parts in d_k, as above
        let allowed =
            4.0 * sqrt (error * error + otherError * otherError)
            + 3.0 / float width * abs expected

        Check.absolute $"{name}, {heads} heads" allowed expected mean
        // what is taken is known to be taken
        Check.atMost $"{name}: what the norm takes" (-4.0 * error) mean)
