namespace Hybrid.Theory

open System
open System.Collections.Generic
open Hybrid.Architectures

/// One layer of the process, averaged over draws. Row-major n×n matrices.
type GramLayer =
    {
        /// C_ij = x_i·x_j / d
        Hidden: float[]
        /// Γ_ij = G_i·G_j / d of the loss gradient
        Gradient: float[]
    }

/// Any token geometry, any mask: derivation section 8. As d → ∞ at a finite number of tokens and
/// heads, a layer's attention is a random matrix whose law depends on the Gram matrix alone; one draw of the process
/// is one infinitely wide network. O(n³) per head and layer, forwards and backwards.
[<RequireQualifiedAccess>]
module GramProcess =

    /// Which entries (i, j) a mask allows.
    [<CompiledName("Allowed")>]
    let allowed n (mask: Mask) =
        Array.init (n * n) (fun k -> mask.Allows(k / n, k % n))

    /// The mask of an architecture that has one for all layers; of another, that of its first layer.
    let internal ownMask (architecture: Architecture) =
        allowed architecture.Tokens (architecture.Mask.At 1)

    /// Matrices of many tokens are so large that what steps leave behind would be collected only after gigabytes of it; they are so few
    /// that collecting takes milliseconds.
    let private makeRoom n =
        if n >= DrawnHeads.ManyTokens then
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, true, false)

    /// One infinitely wide network: Gram matrices of the stream and of the gradient at every step's boundary, the input first, and
    /// every step's weight gradients. Raises DivergenceException where norms leave double precision.
    let internal drawSteps
        (architecture: Architecture)
        (laws: Laws)
        allowed
        (input: float[])
        (output: float[])
        (random: Randomness)
        =
        let n = architecture.Tokens
        let room = GramRoom n
        let traces = ResizeArray<GramStep>()
        let mutable state = input

        let masks = Dictionary<Mask, bool[]>()

        /// a layer's own where every layer has one
        let allowedIn (step: Step) =
            match architecture.Mask with
            | Mask.PerLayer _ ->
                let mask = step.Sublayers[0].Mask

                if not (masks.ContainsKey mask) then
                    masks[mask] <- Array.init (n * n) (fun k -> mask.Allows(k / n, k % n))

                masks[mask]
            | Mask.None
            | Mask.Causal
            | Mask.Window _
            | Mask.Prefix _ -> allowed

        for layer in 1 .. architecture.Depth do
            for step in (Block.at architecture layer).Steps do
                laws.Proceed()

                let trace =
                    try
                        let own =
                            { random with
                                Key = CounterNormals.part random.Key traces.Count }

                        GramStep.forward room architecture laws (allowedIn step) own step state
                    with :? DivergenceException ->
                        raise (Geometry.diverges architecture layer)

                traces.Add trace
                state <- trace.Output
                makeRoom n

                for i in 0 .. n - 1 do
                    if not (state[i * n + i] <= Geometry.LargestNorm) then
                        raise (Geometry.diverges architecture layer)

                if not (Array.forall Double.IsFinite state) then
                    raise (Geometry.diverges architecture layer)

        let hidden = Array.append [| input |] (traces.ToArray() |> Array.map _.Output)
        let gradients = Array.zeroCreate<float[]>(traces.Count + 1)
        gradients[traces.Count] <- output

        let weights = Array.zeroCreate<ParameterGradientNorms> traces.Count

        for index in traces.Count - 1 .. -1 .. 0 do
            laws.Proceed()

            let struct (below, own) =
                GramStep.backward room architecture laws traces[index] gradients[index + 1]

            gradients[index] <- below
            weights[index] <- own
            // what the way back has passed makes room
            traces.RemoveAt index
            makeRoom n

        struct (Array.map2 (fun hidden gradient -> { Hidden = hidden; Gradient = gradient }) hidden gradients, weights)

    /// The boundaries of blocks, layers 0..depth, among those of steps.
    let private blocks (architecture: Architecture) (boundaries: GramLayer[]) =
        let steps = (boundaries.Length - 1) / architecture.Depth
        Array.init (architecture.Depth + 1) (fun layer -> boundaries[layer * steps])

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

    /// A loss gradient at the output that is independent from token to token: g_d = 1, g_o = 0.
    [<CompiledName("IndependentOutput")>]
    let independentOutput n =
        Array.init (n * n) (fun k -> if k / n = k % n then 1.0 else 0.0)

    /// Finite, symmetric, with a diagonal above `least` and Cauchy–Schwarz.
    let private checkGram name n least (matrix: float[]) =
        if matrix.Length <> n * n then
            invalidArg name $"the Gram matrix must have {n}×{n} = {n * n} entries for {n} tokens, got {matrix.Length}"

        for i in 0 .. n - 1 do
            let own = matrix[i * n + i]

            if not (own >= least && Double.IsFinite own) then
                invalidArg name $"the Gram matrix must have finite positive diagonal entries, got {own} at token {i}"

            for j in 0 .. i - 1 do
                let size = sqrt (own * matrix[j * n + j])

                if not (abs (matrix[i * n + j] - matrix[j * n + i]) <= 1e-12 * size) then
                    invalidArg name $"the Gram matrix must be symmetric, entries ({i}, {j}) and ({j}, {i}) differ"

                if not (abs matrix[i * n + j] <= size * (1.0 + 1e-9)) then
                    invalidArg name $"the Gram matrix must obey Cauchy–Schwarz, entry ({i}, {j}) does not"

    let private check n (allowed: bool[]) draws =
        if draws < 1 then
            raise (ArgumentOutOfRangeException("draws", draws, "at least one draw is needed"))

        if allowed.Length <> n * n then
            invalidArg "allowed" $"the mask must have {n}×{n} = {n * n} entries for {n} tokens, got {allowed.Length}"

        for i in 0 .. n - 1 do
            if not (Seq.exists (fun j -> allowed[i * n + j]) (seq { 0 .. n - 1 })) then
                invalidArg "allowed" $"every token must be allowed to attend to some token, token {i} is not"

    /// A generator seed from (seed, index) by SplitMix64's finaliser (Steele, Lea and Flood 2014), so that neighbouring
    /// seeds share no draw.
    let private mix (seed: int) (index: int) =
        let mutable z =
            (uint64 (uint32 seed) <<< 32) + uint64 (uint32 index) + 0x9E3779B97F4A7C15UL

        z <- (z ^^^ (z >>> 30)) * 0xBF58476D1CE4E5B9UL
        z <- (z ^^^ (z >>> 27)) * 0x94D049BB133111EBUL
        int (uint32 (z ^^^ (z >>> 31)))

    /// Draw number `index` of the ensemble `seed` of a network with so many heads: its own normal numbers.
    let internal normals seed index heads =
        let random = MathNet.Numerics.Random.MersenneTwister(mix seed index, false)

        { Normal = fun () -> MathNet.Numerics.Distributions.Normal.Sample(random, 0.0, 1.0)
          Key = CounterNormals.part (uint64 (uint32 seed)) index
          Heads = heads }

    /// `draws` independent networks from a user's Gram matrices of the stream at the input and of the loss gradient at the
    /// output, and a mask (row-major n×n), in parallel; draw k depends on (seed, k) alone. Raises ArgumentException for a
    /// matrix that is not a Gram matrix or a mask with an empty row. A token may have no gradient.
    [<CompiledName("DrawsTowards")>]
    let drawsTowards
        (architecture: Architecture)
        (allowed: bool[])
        (input: float[])
        (output: float[])
        (draws: int)
        (seed: int)
        : GramLayer[][] =
        let architecture = Architecture.ensureValid architecture
        check architecture.Tokens allowed draws
        checkGram "input" architecture.Tokens Double.Epsilon input
        checkGram "output" architecture.Tokens 0.0 output
        let laws = Laws.exact architecture

        Array.Parallel.init draws (fun index ->
            let struct (boundaries, _) =
                drawSteps architecture laws allowed input output (normals seed index architecture.Heads)

            blocks architecture boundaries)

    /// The same for `independentOutput`.
    [<CompiledName("Draws")>]
    let draws (architecture: Architecture) allowed input draws seed : GramLayer[][] =
        drawsTowards architecture allowed input (independentOutput architecture.Tokens) draws seed
