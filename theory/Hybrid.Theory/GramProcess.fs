namespace Hybrid.Theory

open System

/// One layer of the process, averaged over draws. Row-major n×n matrices.
type GramLayer =
    {
        /// C_ij = x_i·x_j / d
        Hidden: float[]
        /// Γ_ij = G_i·G_j / d of the loss gradient
        Gradient: float[]
    }

/// Any token geometry, any mask: theory.md section 8, derivation section 8. As d → ∞ at a finite number of tokens and
/// heads, a layer's attention is a random matrix whose law depends on the Gram matrix alone; one draw of the process
/// is one infinitely wide network. O(n³) per head and layer, forwards and backwards.
[<RequireQualifiedAccess>]
module GramProcess =

    /// Attention of one head as the backward pass needs it.
    type private Head = { Rows: float[] }

    type private Sublayer =
        {
            Weights: SublayerWeights
            /// C at the input
            Input: float[]
            /// what the module sees
            Seen: float[]
            /// branch Gram f_i·f_j/d before any normalisation of it
            Branch: float[]
            /// post: r²C + a²F before normalisation
            Sum: float[]
            Output: float[]
        }

    type private Block =
        { Attention: Sublayer
          Heads: Head[]
          Mlp: Sublayer
          Kernels: PairKernels }

    /// M_ij / √(M_ii M_jj) read off `by`
    let private normalise n (matrix: float[]) (by: float[]) =
        let inverse = Array.init n (fun i -> 1.0 / sqrt by[i * n + i])
        Array.init (n * n) (fun k -> matrix[k] * inverse[k / n] * inverse[k % n])

    let private seen norm n (input: float[]) =
        if Geometry.normalisesInput norm then
            normalise n input input
        else
            input

    let private combine norm n (weights: SublayerWeights) input seen branch =
        let r2 = weights.Skip * weights.Skip
        let a2 = weights.Branch * weights.Branch

        let added =
            if Geometry.normalisesBranch norm && a2 > 0.0 then
                normalise n branch branch
            else
                branch

        let sum = Array.map2 (fun c f -> r2 * c + a2 * f) input added

        { Weights = weights
          Input = input
          Seen = seen
          Branch = branch
          Sum = sum
          Output =
            match norm with
            | Norm.Post -> normalise n sum sum
            | Norm.None
            | Norm.Pre
            | Norm.Peri
            | Norm.Output -> sum }

    /// Softmax over the allowed entries of each row; the row's largest logit is subtracted first.
    let private softmax n (allowed: bool[]) (logits: float[]) =
        for i in 0 .. n - 1 do
            let row = i * n
            let mutable largest = Double.NegativeInfinity

            for j in row .. row + n - 1 do
                if allowed[j] then
                    largest <- max largest logits[j]

            let mutable total = 0.0

            for j in row .. row + n - 1 do
                let weight = if allowed[j] then exp (logits[j] - largest) else 0.0
                logits[j] <- weight
                total <- total + weight

            for j in row .. row + n - 1 do
                logits[j] <- logits[j] / total

    let private attention
        (architecture: Architecture)
        (allowed: bool[])
        (normal: unit -> float)
        weights
        (input: float[])
        =
        let n = architecture.Tokens
        let state = seen architecture.Norm n input
        let factor = SquareMatrix.factor n state
        let transposed = Array.zeroCreate (n * n)
        SquareMatrix.transposeInto n factor transposed
        let left = Array.zeroCreate<float>(n * n)
        let product = Array.zeroCreate<float>(n * n)
        let branch = Array.zeroCreate<float>(n * n)
        let value = architecture.Attention.ValueStd * architecture.Attention.ValueStd
        let share = value / float architecture.Heads

        let heads =
            Array.init architecture.Heads (fun _ ->
                let noise =
                    Array.init (n * n) (fun _ -> architecture.Attention.LogitStd * normal ())

                let rows = Array.zeroCreate<float>(n * n)
                SquareMatrix.multiplyInto n factor noise left
                SquareMatrix.multiplyInto n left transposed rows
                softmax n allowed rows
                // A R Aᵀ
                SquareMatrix.multiplyInto n rows state left
                SquareMatrix.transposeInto n rows product

                let overlap = Array.zeroCreate<float>(n * n)
                SquareMatrix.multiplyInto n left product overlap

                for k in 0 .. n * n - 1 do
                    branch[k] <- branch[k] + share * overlap[k]

                { Rows = rows })

        struct (combine architecture.Norm n weights input state branch, heads)

    let private mlp (architecture: Architecture) laws weights (input: float[]) =
        let n = architecture.Tokens
        let parameters = architecture.Mlp
        let state = seen architecture.Norm n input
        let inner = parameters.InStd * parameters.InStd
        let bias = parameters.BiasStd * parameters.BiasStd
        let out = parameters.OutStd * parameters.OutStd

        let kernels =
            PairKernels.compute architecture.Activation laws n (state |> Array.map (fun c -> inner * c + bias))

        let branch =
            if architecture.Gated then
                Array.map2 (fun value c -> out * value * inner * c) kernels.Values state
            else
                kernels.Values |> Array.map (fun value -> out * value)

        struct (combine architecture.Norm n weights input state branch, kernels)

    /// Through a sublayer's placement, around the module's own map `through`.
    let private backwardSublayer norm n (trace: Sublayer) (through: float[] -> float[]) (gradient: float[]) =
        let gradient =
            match norm with
            | Norm.Post -> normalise n gradient trace.Sum
            | Norm.None
            | Norm.Pre
            | Norm.Peri
            | Norm.Output -> gradient

        let r2 = trace.Weights.Skip * trace.Weights.Skip
        let a2 = trace.Weights.Branch * trace.Weights.Branch

        if a2 = 0.0 then
            gradient |> Array.map (fun g -> r2 * g)
        else
            let atBranch =
                if Geometry.normalisesBranch norm then
                    normalise n gradient trace.Branch
                else
                    gradient

            let atModule = through atBranch

            let branch =
                if Geometry.normalisesInput norm then
                    normalise n atModule trace.Input
                else
                    atModule

            Array.map2 (fun g h -> r2 * g + a2 * h) gradient branch

    /// Adds one head's value, query and key paths, times `share`, to `result`. With J_i = diag(A_i) − A_i A_iᵀ written
    /// out, every path is a few n×n products: derivation section 8.3.
    let private backwardHead
        n
        logit
        share
        (state: float[])
        (stateSquared: float[])
        (rows: float[])
        (gamma: float[])
        (result: float[])
        =
        let matrix () = Array.zeroCreate<float>(n * n)

        let multiply a b =
            let c = matrix ()
            SquareMatrix.multiplyInto n a b c
            c

        let transpose a =
            let b = matrix ()
            SquareMatrix.transposeInto n a b
            b

        let columns = transpose rows
        // value: Aᵀ Γ A
        let value = multiply columns (multiply gamma rows)
        // b_i = R A_i and K = A R Aᵀ
        let b = multiply rows state
        let overlap = multiply b columns
        // query: Γ ∘ tr(J R J′ R) = Γ ∘ (A R∘R Aᵀ − M − Mᵀ + K∘K), M = A (b∘b)ᵀ
        let squares = multiply (multiply rows stateSquared) columns
        let mixed = multiply rows (transpose (Array.map2 (*) b b))
        // key: Σ W_ii′ J_i R J_i′ with W = R ∘ Γ
        let w = Array.map2 (*) state gamma
        let weighted = multiply w rows
        let inner = multiply columns weighted
        let cross = multiply columns (Array.map2 (*) weighted b)
        let outer = multiply columns (multiply (Array.map2 (*) w overlap) rows)

        for i in 0 .. n - 1 do
            for j in 0 .. n - 1 do
                let k = i * n + j
                let t = j * n + i

                let query = gamma[k] * (squares[k] - mixed[k] - mixed[t] + overlap[k] * overlap[k])

                let key = state[k] * inner[k] - cross[k] - cross[t] + outer[k]
                result[k] <- result[k] + share * (value[k] + logit * (query + key))

    let private backwardAttention (architecture: Architecture) (heads: Head[]) (trace: Sublayer) =
        let n = architecture.Tokens
        let logit = architecture.Attention.LogitStd * architecture.Attention.LogitStd

        let share =
            architecture.Attention.ValueStd * architecture.Attention.ValueStd
            / float heads.Length

        backwardSublayer architecture.Norm n trace (fun gamma ->
            let result = Array.zeroCreate<float>(n * n)
            let squared = Array.map2 (*) trace.Seen trace.Seen

            for head in heads do
                backwardHead n logit share trace.Seen squared head.Rows gamma result

            result)

    let private backwardMlp (architecture: Architecture) (kernels: PairKernels) (trace: Sublayer) =
        let n = architecture.Tokens
        let parameters = architecture.Mlp
        let inner = parameters.InStd * parameters.InStd
        let scale = parameters.OutStd * parameters.OutStd * inner

        backwardSublayer architecture.Norm n trace (fun gamma ->
            Array.init (n * n) (fun k ->
                let slope =
                    if architecture.Gated then
                        kernels.Slopes[k] * inner * trace.Seen[k] + kernels.Values[k]
                    else
                        kernels.Slopes[k]

                scale * slope * gamma[k]))

    /// One infinitely wide network: Gram matrices of the stream and of the gradient, layers 0..depth.
    let internal draw (architecture: Architecture) laws allowed (input: float[]) (normal: unit -> float) : GramLayer[] =
        let n = architecture.Tokens
        let blocks = Array.zeroCreate<Block> architecture.Depth
        let mutable state = input

        for layer in 1 .. architecture.Depth do
            let struct (attentionTrace, heads) =
                attention architecture allowed normal (Geometry.attentionWeights architecture layer) state

            let struct (mlpTrace, kernels) =
                mlp architecture laws (Geometry.mlpWeights architecture layer) attentionTrace.Output

            blocks[layer - 1] <-
                { Attention = attentionTrace
                  Heads = heads
                  Mlp = mlpTrace
                  Kernels = kernels }

            state <- mlpTrace.Output

        let gradients = Array.zeroCreate<float[]>(architecture.Depth + 1)
        gradients[architecture.Depth] <- Array.init (n * n) (fun k -> if k / n = k % n then 1.0 else 0.0)

        for layer in architecture.Depth - 1 .. -1 .. 0 do
            let block = blocks[layer]

            gradients[layer] <-
                gradients[layer + 1]
                |> backwardMlp architecture block.Kernels block.Mlp
                |> backwardAttention architecture block.Heads block.Attention

        Array.init (architecture.Depth + 1) (fun layer ->
            { Hidden = if layer = 0 then input else blocks[layer - 1].Mlp.Output
              Gradient = gradients[layer] })

    /// Which entries (i, j) a mask allows.
    [<CompiledName("Allowed")>]
    let allowed n mask =
        match mask with
        | Mask.None -> Array.create (n * n) true
        | Mask.Causal -> Array.init (n * n) (fun k -> k % n <= k / n)

    /// The architecture's own input Gram: q₀ on the diagonal, q₀ρ₀ off it.
    [<CompiledName("SymmetricInput")>]
    let symmetricInput (architecture: Architecture) =
        let n = architecture.Tokens
        let input = architecture.Input

        Array.init (n * n) (fun k ->
            if k / n = k % n then
                input.Norm
            else
                input.Norm * input.Correlation)

    let private check n (allowed: bool[]) (input: float[]) draws =
        if draws < 1 then
            raise (ArgumentOutOfRangeException("draws", draws, "at least one draw is needed"))

        if input.Length <> n * n then
            invalidArg "input" $"the Gram matrix must have {n}×{n} = {n * n} entries for {n} tokens, got {input.Length}"

        if allowed.Length <> n * n then
            invalidArg "allowed" $"the mask must have {n}×{n} = {n * n} entries for {n} tokens, got {allowed.Length}"

        for i in 0 .. n - 1 do
            if not (input[i * n + i] > 0.0 && Double.IsFinite input[i * n + i]) then
                invalidArg
                    "input"
                    $"the Gram matrix must have finite positive diagonal entries, got {input[i * n + i]} at token {i}"

            if not (Seq.exists (fun j -> allowed[i * n + j]) (seq { 0 .. n - 1 })) then
                invalidArg "allowed" $"every token must be allowed to attend to some token, token {i} is not"

            for j in 0 .. i - 1 do
                let size = sqrt (input[i * n + i] * input[j * n + j])

                if not (abs (input[i * n + j] - input[j * n + i]) <= 1e-12 * size) then
                    invalidArg "input" $"the Gram matrix must be symmetric, entries ({i}, {j}) and ({j}, {i}) differ"

                if not (abs input[i * n + j] <= size * (1.0 + 1e-9)) then
                    invalidArg "input" $"the Gram matrix must obey Cauchy–Schwarz, entry ({i}, {j}) does not"

    /// A generator seed from (seed, index) by SplitMix64's finaliser (Steele, Lea and Flood 2014), so that neighbouring
    /// seeds share no draw.
    let private mix (seed: int) (index: int) =
        let mutable z =
            (uint64 (uint32 seed) <<< 32) + uint64 (uint32 index) + 0x9E3779B97F4A7C15UL

        z <- (z ^^^ (z >>> 30)) * 0xBF58476D1CE4E5B9UL
        z <- (z ^^^ (z >>> 27)) * 0x94D049BB133111EBUL
        int (uint32 (z ^^^ (z >>> 31)))

    /// `draws` independent networks from a user's Gram matrix and mask (row-major n×n), in parallel; draw k depends on
    /// (seed, k) alone. Raises ArgumentException for a matrix that is not a Gram matrix or a mask with an empty row.
    [<CompiledName("Draws")>]
    let draws (architecture: Architecture) (allowed: bool[]) (input: float[]) (draws: int) (seed: int) : GramLayer[][] =
        let architecture = Architecture.ensureValid architecture
        check architecture.Tokens allowed input draws
        let laws = Laws.exact architecture

        Array.Parallel.init draws (fun index ->
            let random = MathNet.Numerics.Random.MersenneTwister(mix seed index, false)

            let normal () =
                MathNet.Numerics.Distributions.Normal.Sample(random, 0.0, 1.0)

            draw architecture laws allowed input normal)
