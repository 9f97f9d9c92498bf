namespace Hybrid.Theory

open System
open Hybrid.Architectures

/// What attention at ρ = 1 does to the differences between tokens, D_ij = 1 − R_ij, derivation section 6.3: D ↦ E[A D Aᵀ] of
/// row-major n×n matrices, A the law of its rows there, to which D is infinitesimal.
type LineAverage = float[] -> float[]

/// The line under a mask, where attention's rows differ and differences between tokens decay each at its own rate. The operator
///     D ↦ quotient(E[A D Aᵀ]),   quotient(Y)_ij = Y_ij − (Y_ii + Y_jj)/2
/// is far from normal and its eigenvalues are close (derivation (6.7)), so that λ_a approaches the logarithm of its spectral radius over a hundred blocks
/// and more: here it is iterated to a network's own depth. Width → ∞, first order in 1 − ρ.
[<RequireQualifiedAccess>]
module LineOperator =

    /// Y_ij − (Y_ii + Y_jj)/2: what of a change of the Gram matrix tells tokens apart.
    let private quotient n (y: float[]) =
        Array.init (n * n) (fun k -> y[k] - 0.5 * (y[k / n * (n + 1)] + y[k % n * (n + 1)]))

    /// Rows uniform over the i + 1 tokens so far, in O(n²): (A D Aᵀ)_ij is the mean of D over k ≤ i, l ≤ j.
    [<CompiledName("CausalAverage")>]
    let causalAverage n : LineAverage =
        fun differences ->
            let sums = Array.copy differences

            for i in 0 .. n - 1 do
                for j in 1 .. n - 1 do
                    sums[i * n + j] <- sums[i * n + j] + sums[i * n + j - 1]

            for i in 1 .. n - 1 do
                for j in 0 .. n - 1 do
                    sums[i * n + j] <- sums[i * n + j] + sums[(i - 1) * n + j]

            Array.init (n * n) (fun k -> sums[k] / float ((k / n + 1) * (k % n + 1)))

    /// Rows uniform over the tokens that any one mask allows, in O(n³).
    let private allowedAverage n (mask: Mask) : LineAverage =
        let allowed =
            Array.init n (fun i -> [| 0 .. n - 1 |] |> Array.filter (fun j -> mask.Allows(i, j)))

        fun differences ->
            let rows =
                Array.init (n * n) (fun k -> allowed[k / n] |> Array.averageBy (fun l -> differences[l * n + k % n]))

            Array.init (n * n) (fun k -> allowed[k % n] |> Array.averageBy (fun l -> rows[k / n * n + l]))

    /// The average of an architecture's own mask, the same in all layers: without one all rows are equal and no difference passes.
    /// Raises ArgumentException where layers have masks of their own.
    [<CompiledName("Average")>]
    let average (architecture: Architecture) : LineAverage =
        let n = architecture.Tokens

        match architecture.Mask.Within n with
        | Mask.None -> fun _ -> Array.zeroCreate (n * n)
        | Mask.Causal -> causalAverage n
        | Mask.Window _
        | Mask.Prefix _ as mask -> allowedAverage n mask
        | Mask.PerLayer _ ->
            invalidArg (nameof architecture) "the line of layers with masks of their own has no one average"

    /// Differences that are the same for every pair of tokens.
    [<CompiledName("Uniform")>]
    let uniform n =
        Array.init (n * n) (fun k -> if k / n = k % n then 0.0 else 1.0)

    /// D behind `step` at norm q, divided by D's own size there (u″/u of every entry): attention's share of a step is linear in what its
    /// average keeps, so that the step at two shares tells what it passes by and what it averages.
    let private through (architecture: Architecture) laws (average: LineAverage) (step: Step) q (differences: float[]) =
        let infinitesimal = 1e-140

        let growth share =
            let trace =
                Geometry.step
                    architecture
                    (Laws.onLineKeeping share architecture laws)
                    step
                    { Q = q; U = infinitesimal }

            struct (trace.Output.U / infinitesimal, trace.Output.Q)

        let struct (passed, next) = growth 0.0
        let struct (whole, _) = growth 1.0
        let averaged = whole - passed

        let result =
            if averaged = 0.0 then
                Array.map (fun d -> passed * d) differences
            else
                quotient architecture.Tokens (average differences)
                |> Array.map2 (fun d y -> passed * d + averaged * y) differences

        struct (result, next)

    /// ln of the mean difference over all pairs behind blocks 0..depth, relative to its value at the input, along the collapsed
    /// trajectory of a legal architecture: from `start`, an n×n matrix of differences ≥ 0 of which one is above 0, with attention's
    /// average at ρ = 1. Differences that vanish altogether give −∞. Raises DivergenceException where norms leave double precision.
    [<CompiledName("Logs")>]
    let logs (architecture: Architecture) laws (average: LineAverage) (start: float[]) : float[] =
        let n = architecture.Tokens

        if start.Length <> n * n || not (Array.exists (fun d -> d > 0.0) start) then
            invalidArg (nameof start) $"differences must be {n}×{n} numbers ≥ 0 of which one is above 0"

        let result = Array.zeroCreate (architecture.Depth + 1)
        let mutable log' = 0.0
        let whole = Array.sum start
        let mutable differences = start |> Array.map (fun d -> d / whole)
        let mutable q = architecture.Input.Norm

        for layer in 1 .. architecture.Depth do
            for step in (Block.at architecture layer).Steps do
                let struct (next, nextQ) = through architecture laws average step q differences
                // brought to a sum of 1, so that no depth leaves double precision
                let size = Array.sum next
                log' <- log' + log size

                differences <-
                    if size > 0.0 then
                        next |> Array.map (fun d -> d / size)
                    else
                        next

                q <- nextQ

                if not (q <= Geometry.LargestNorm) then
                    raise (Geometry.diverges architecture layer)

            result[layer] <- log'

        result

    /// λ_a of the network's own depth: the mean over its blocks of the log growth of the mean difference between collapsed tokens, from
    /// differences that are the same for every pair. Without a mask this is the mean of `Exponents.angle` over depth; under one it
    /// approaches that, the asymptote, only with depth. NaN for a network without blocks or of one token.
    /// Check: attention alone, causal, r = .8, a = .6, n = 8: −.2549 a block over blocks 14 to 26, ln(.64 + .36/4) in the limit.
    [<CompiledName("Angle")>]
    let angle (architecture: Architecture) laws =
        if architecture.Depth = 0 || architecture.Tokens = 1 then
            nan
        else
            // without a mask no difference passes attention, however many tokens there are
            let architecture =
                if architecture.Mask = Mask.None then
                    { architecture with Tokens = 2 }
                else
                    architecture

            let logs =
                logs architecture laws (average architecture) (uniform architecture.Tokens)

            logs[architecture.Depth] / float architecture.Depth
