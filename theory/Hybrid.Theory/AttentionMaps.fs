namespace Hybrid.Theory

open System
open Hybrid.Architectures

/// Attention of one head as the backward pass needs it: rows of the softmax, [n, n] row-major.
type internal GramHead = { Rows: float[] }

/// Room for one head of n tokens at a time, forwards or backwards, row-major n×n; not to be shared between threads.
type internal GramScratch =
    {
        /// R ∘ R
        StateSquared: float[]
        /// R ∘ Γ
        Weights: float[]
        Columns: float[]
        Seen: float[]
        SeenTransposed: float[]
        Overlap: float[]
        First: float[]
        Value: float[]
        Squares: float[]
        Mixed: float[]
        Inner: float[]
        Cross: float[]
        Outer: float[]
    }

    static member Create tokens =
        let matrix () =
            Array.zeroCreate<float>(tokens * tokens)

        { StateSquared = matrix ()
          Weights = matrix ()
          Columns = matrix ()
          Seen = matrix ()
          SeenTransposed = matrix ()
          Overlap = matrix ()
          First = matrix ()
          Value = matrix ()
          Squares = matrix ()
          Mixed = matrix ()
          Inner = matrix ()
          Cross = matrix ()
          Outer = matrix () }

/// What the layers of one draw of the process lend each other, so that none takes room of its own; not to be shared between threads.
/// Entries that a product leaves undefined are numbers of an earlier layer.
type internal GramRoom(tokens: int) =
    let heads = lazy GramScratch.Create tokens
    let projection = lazy HeadProjectionScratch.Create tokens

    member _.Heads = heads.Value

    member _.Projection = projection.Value

/// The norm behind attention in the Gram process: N, the Gram of what it divides, and c, attention's weight within that: the
/// branch's own (Y, 1) or the step's sum (r²C + Σa²F, a). Derivation section 13.1.
[<Struct>]
type internal GramNorm =
    {
        Argument: float[]
        Branch: float
        /// Y, what attention puts out
        Output: float[]
    }

/// Σ_ij R_ij (path)_ij of each of attention's paths backwards: what W_V, W_Q and W_K see of the gradient, derivation (5.4).
[<Struct>]
type internal PathOverlaps =
    { Value: float
      Query: float
      Key: float }

/// What attention does, in one place: to the token simplex and its gradients (derivation sections 4 and 5.2), and to any Gram
/// matrix and its gradients (sections 8.1 and 8.3). `state` is what the module sees, after any normalisation before it.
[<RequireQualifiedAccess>]
module AttentionMaps =

    /// Standard deviation s of what of a row's logits the softmax sees, derivation (3.1).
    let spread (parameters: AttentionParameters) (state: TokenSimplex) =
        parameters.LogitStd * state.Q * sqrt state.U

    /// q_f = σ_V²(p + (q−p)S1), q_f − p_f = σ_V²(q−p)(S1−S2): derivation (4.1).
    let forward (parameters: AttentionParameters) (laws: Laws) (state: TokenSimplex) =
        let moments = laws.Attention (spread parameters state) state.U
        let scale = parameters.ValueStd * parameters.ValueStd * state.Q

        struct (moments,
                { Q = scale * (1.0 - state.U * (1.0 - moments.S1))
                  Gap = scale * state.U * (moments.S1 - moments.S2) })

    /// Tokens that are alike beside a sink, without a mask: values of σ_V² E t², of which differences keep X/E t² and the mean mode's
    /// gradient 1 + 2X/E t². Derivation (16.2).
    let internal besideSink tokens (parameters: AttentionParameters) (sink: SinkMoments) (state: TokenSimplex) =
        let n = float tokens
        // a sink that takes all to double precision leaves nothing to keep
        let kept = if sink.Square = 0.0 then 0.0 else sink.Rest / sink.Square

        let mean = 1.0 + 2.0 * kept
        let share = (1.0 - 1.0 / n) / n

        let remaining =
            { parameters with
                ValueStd = parameters.ValueStd * sqrt sink.Square }

        let terms =
            { FewHeads.many
                  { S1 = (mean + kept * (n - 1.0)) / n
                    S2 = (mean - kept) / n
                    T1 = share
                    T2 = share } with
                Diagonal = mean
                OffDiagonal = mean }

        let scale = remaining.ValueStd * remaining.ValueStd * state.Q

        struct (remaining,
                terms,
                ({ Q = scale
                   Gap = scale * state.U * kept }
                : BranchSimplex))

    /// The terms of order 1/H of a branch that a norm of its own divides, derivation (13.12), (13.13), at its q_f; none where heads
    /// are too few for them.
    let fewHeads heads (parameters: AttentionParameters) (laws: Laws) (state: TokenSimplex) moments branchQ =
        if heads < FewHeads.Fewest || branchQ = 0.0 then
            FewHeads.many moments
        else
            let value = parameters.ValueStd * parameters.ValueStd
            let k = FewHeads.sensitivity 1.0 value (state.Q * state.U) branchQ

            if Double.IsFinite k then
                FewHeads.terms heads k moments (laws.Heads (spread parameters state) state.U)
            else
                // the layer's norm leaves double precision
                FewHeads.many moments

    /// The gradient behind each of attention's three paths, value, query and key, given the gradient h at the branch output:
    /// derivation (5.2), with (13.13).
    let internal paths
        tokens
        (parameters: AttentionParameters)
        (terms: FewHeadTerms)
        (state: TokenSimplex)
        (h: GradientGram)
        =
        let others = float (tokens - 1)
        let q = state.Q
        let p = state.P
        let d = q * state.U
        let logit = parameters.LogitStd * parameters.LogitStd
        let value = parameters.ValueStd * parameters.ValueStd
        let { S1 = s1; S2 = s2; T1 = t1; T2 = t2 } = terms.Moments

        let perOther x =
            if others = 0.0 then 0.0 else x / others

        let key = q * t1 * h.Diagonal + others * p * t2 * h.OffDiagonal

        struct ({ Diagonal = value * (s1 * h.Diagonal + others * s2 * h.OffDiagonal)
                  OffDiagonal =
                    value
                    * perOther (
                        (terms.Diagonal - s1) * h.Diagonal
                        + others * (terms.OffDiagonal - s2) * h.OffDiagonal
                    ) },
                { Diagonal = value * logit * d * d * t1 * h.Diagonal
                  OffDiagonal = value * logit * d * d * t2 * h.OffDiagonal },
                { Diagonal = value * logit * d * key
                  OffDiagonal = -value * logit * d * perOther key })

    /// From the gradient at the branch output to that at what the module sees: the sum of the three paths.
    let backward tokens parameters terms state h : GradientGram =
        let struct (value, query, key) = paths tokens parameters terms state h
        value + query + key

    /// Softmax over the allowed entries of each row; the row's largest logit is subtracted first.
    let softmax n (allowed: bool[]) (logits: float[]) =
        for i in 0 .. n - 1 do
            let row = i * n
            let mutable largest = Double.NegativeInfinity

            for j in row .. row + n - 1 do
                if allowed[j] then
                    largest <- max largest logits[j]

            let mutable total = 0.0

            for j in row .. row + n - 1 do
                // beyond the range exp takes a slow way to 0
                let weight =
                    if allowed[j] && logits[j] - largest > -745.2 then
                        exp (logits[j] - largest)
                    else
                        0.0

                logits[j] <- weight
                total <- total + weight

            for j in row .. row + n - 1 do
                logits[j] <- logits[j] / total

    /// The branch Gram σ_V² (1/H) Σ A R Aᵀ of `heads` heads drawn with `normal`, derivation (8.1), and their rows.
    let internal gramForward
        (room: GramRoom)
        heads
        n
        (parameters: AttentionParameters)
        (allowed: bool[])
        (normal: unit -> float)
        (state: float[])
        =
        let causal =
            SquareMatrix.shapeOf n (allowed |> Array.map (fun may -> if may then 1.0 else 0.0))

        let { Columns = columns
              Overlap = overlap
              First = left
              Inner = noise
              Cross = transposed } =
            room.Heads

        let factor = SquareMatrix.factor n state
        SquareMatrix.transposeInto n factor transposed
        let branch = Array.zeroCreate<float>(n * n)
        let share = parameters.ValueStd * parameters.ValueStd / float heads

        // of logits that a causal mask hides nothing is computed
        let logits =
            match causal with
            | MatrixShape.Lower -> SquareMatrix.multiplyLowerInto
            | MatrixShape.Dense
            | MatrixShape.Upper -> SquareMatrix.multiplyShapedInto

        let drawn =
            Array.init heads (fun _ ->
                for k in 0 .. n * n - 1 do
                    noise[k] <- parameters.LogitStd * normal ()

                let rows = Array.zeroCreate<float>(n * n)
                logits n MatrixShape.Lower factor MatrixShape.Dense noise left
                logits n MatrixShape.Dense left MatrixShape.Upper transposed rows
                softmax n allowed rows
                // A R Aᵀ
                SquareMatrix.multiplyShapedInto n causal rows MatrixShape.Dense state left
                SquareMatrix.transposeInto n rows columns
                SquareMatrix.multiplySymmetricInto n MatrixShape.Dense left causal.Transposed columns overlap

                for k in 0 .. n * n - 1 do
                    branch[k] <- branch[k] + share * overlap[k]

                { Rows = rows })

        struct (drawn, branch)

    /// The sum, and 0 where it is no more than the rounding of what it is made of: a row of the softmax that has settled on one token
    /// passes nothing on, however large the logits by whose variance this is multiplied.
    let inline private resolved (a: float) (b: float) (c: float) (d: float) =
        let sum = a + b + c + d

        if abs sum <= 1e-14 * (abs a + abs b + abs c + abs d) then
            0.0
        else
            sum

    /// Adds one head's value, query and key paths, times `share`, to `result`, and returns their overlaps with the module's input,
    /// Σ R_ij (path)_ij. With J_i = diag(A_i) − A_i A_iᵀ written out, every path is a few n×n products, of which those that are
    /// symmetric are computed by half: derivation section 8.3.
    let private addHead
        n
        logit
        share
        (scratch: GramScratch)
        (state: float[])
        (rows: float[])
        (gamma: float[])
        (result: float[])
        =
        // under a causal mask Lower, which takes two thirds off what every product costs
        let shape = SquareMatrix.shapeOf n rows
        let dense = MatrixShape.Dense

        let { StateSquared = stateSquared
              Weights = w
              Columns = columns
              Seen = b
              SeenTransposed = seenTransposed
              Overlap = overlap
              First = first
              Value = value
              Squares = squares
              Mixed = mixed
              Inner = inner
              Cross = cross
              Outer = outer } =
            scratch

        SquareMatrix.transposeInto n rows columns
        // value: Aᵀ Γ A
        SquareMatrix.multiplyShapedInto n dense gamma shape rows first
        SquareMatrix.multiplySymmetricInto n shape.Transposed columns dense first value
        // b_i = R A_i and K = A R Aᵀ
        SquareMatrix.multiplyShapedInto n shape rows dense state b
        SquareMatrix.multiplySymmetricInto n dense b shape.Transposed columns overlap
        // query: Γ ∘ tr(J R J′ R) = Γ ∘ (A R∘R Aᵀ − M − Mᵀ + K∘K), M = A (b∘b)ᵀ
        SquareMatrix.multiplyShapedInto n shape rows dense stateSquared first
        SquareMatrix.multiplySymmetricInto n dense first shape.Transposed columns squares

        for i in 0 .. n - 1 do
            for j in 0 .. n - 1 do
                seenTransposed[j * n + i] <- b[i * n + j] * b[i * n + j]

        SquareMatrix.multiplyShapedInto n shape rows dense seenTransposed mixed
        // key: Σ W_ii′ J_i R J_i′ with W = R ∘ Γ
        SquareMatrix.multiplyShapedInto n dense w shape rows first
        SquareMatrix.multiplySymmetricInto n shape.Transposed columns dense first inner

        for k in 0 .. n * n - 1 do
            first[k] <- first[k] * b[k]

        SquareMatrix.multiplyShapedInto n shape.Transposed columns dense first cross

        for k in 0 .. n * n - 1 do
            first[k] <- w[k] * overlap[k]

        // b is not needed any more
        SquareMatrix.multiplyShapedInto n dense first shape rows b
        SquareMatrix.multiplySymmetricInto n shape.Transposed columns dense b outer

        let mutable ofValue = 0.0
        let mutable ofQuery = 0.0
        let mutable ofKey = 0.0

        for i in 0 .. n - 1 do
            for j in 0..i do
                let k = i * n + j
                let t = j * n + i

                let query =
                    gamma[k] * resolved squares[k] -mixed[k] -mixed[t] (overlap[k] * overlap[k])

                let key = resolved (state[k] * inner[k]) -cross[k] -cross[t] outer[k]
                let added = share * (value[k] + logit * (query + key))
                result[k] <- result[k] + added
                // every path is symmetric
                let both = if i = j then state[k] else 2.0 * state[k]

                if i <> j then
                    result[t] <- result[t] + added

                ofValue <- ofValue + both * value[k]
                ofQuery <- ofQuery + both * query
                ofKey <- ofKey + both * key

        { Value = share * ofValue
          Query = share * logit * ofQuery
          Key = share * logit * ofKey }

    /// From the gradient's Gram at the branch output (divided by the norm behind it) to that at what the module sees, derivation
    /// (8.4), (8.5), and the overlaps Σ R_ij (path)_ij of the three paths with the module's input. A norm behind the branch takes
    /// from the query and key paths what its projection takes, (13.3), (13.4).
    let internal gramBackward
        (room: GramRoom)
        n
        (parameters: AttentionParameters)
        (heads: GramHead[])
        (norm: GramNorm voption)
        (state: float[])
        (gamma: float[])
        =
        let logit = parameters.LogitStd * parameters.LogitStd
        let share = parameters.ValueStd * parameters.ValueStd / float heads.Length
        let result = Array.zeroCreate<float>(n * n)
        let paths = room.Heads

        for k in 0 .. n * n - 1 do
            paths.StateSquared[k] <- state[k] * state[k]
            paths.Weights[k] <- state[k] * gamma[k]

        let project: float[] -> struct (float * float) =
            match norm with
            | ValueNone -> fun _ -> struct (0.0, 0.0)
            | ValueSome norm ->
                fun rows ->
                    HeadProjection.add room.Projection rows state gamma norm.Argument norm.Branch share logit result

        let overlaps =
            heads
            |> Array.fold
                (fun sum attended ->
                    let own = addHead n logit share paths state attended.Rows gamma result
                    let struct (query, key) = project attended.Rows

                    { Value = sum.Value + own.Value
                      Query = sum.Query + own.Query + query
                      Key = sum.Key + own.Key + key })
                { Value = 0.0; Query = 0.0; Key = 0.0 }

        struct (result, overlaps)
