namespace Hybrid.Theory

open System
open Hybrid.Architectures

/// Expected entropy of attention's rows at any token count and logit spread: derivation section 14.2. A row is the softmax of n
/// Gaussian logits of standard deviation s; nats.
///
///     E[−Σ A ln A] = −n ∫ dτ E[(x + γ) K_1(x)] (1 − ψ(τ))^{n−1},   x = τ + s g                          (14.2)
[<RequireQualifiedAccess>]
module AttentionEntropy =

    /// γ
    [<Literal>]
    let private Euler = 0.57721566490153286

    /// x between which K_1(x) is not lost: e^{−37} of the largest below, e^{−70} above.
    [<Literal>]
    let private Lowest = -40.0

    [<Literal>]
    let private Highest = 4.3

    /// E[(x + γ) K_1(x)] at x = t + s g: the trapezoid rule in g over what of it K_1 leaves.
    let private node h s reach t =
        let from = int (ceil (max -reach ((Lowest - t) / s) / h))
        let until = int (floor (min reach ((Highest - t) / s) / h))
        let mutable sum = 0.0

        for k in from..until do
            let g = h * float k
            let x = t + s * g
            sum <- sum + Normal.density g * (x + Euler) * exp (x - exp x)

        h * sum

    /// Raises ArgumentOutOfRangeException unless n ≥ 1 and s ≥ 0 is finite. To 1e-8 for n ≤ 10⁶. Checks: s = 0 gives ln n, s → ∞
    /// gives 0 as 1/s.
    [<CompiledName("Compute")>]
    let compute (n: int) (s: float) : float =
        AttentionMoments.validate n s 0.0

        if n = 1 then
            0.0
        elif s < 1e-9 then
            log (float n)
        else
            let struct (first, step, count) =
                SoftmaxNodes.grid 1.0 n s (SoftmaxNodes.rowScale n s)

            let ts = Array.init count (fun i -> first + step * float i)
            let row = SoftmaxNodes.oneRow n s SoftmaxNodes.Rounding ts
            let reach = SoftmaxNodes.reach n
            let h = 2.0 * Math.PI / SoftmaxNodes.bandwidth s SoftmaxNodes.Rounding
            let mutable sum = 0.0

            for i in 0 .. count - 1 do
                let others = SoftmaxNodes.power row.Psi[i] (float (n - 1))

                if others > 0.0 then
                    sum <- sum - node h s reach ts[i] * others

            max 0.0 (float n * step * sum)

    /// Σ over the rows of one head's A[n, n] of Σ_j A_ij² and of −Σ_j A_ij ln A_ij, where a sink takes weight of what is left to tokens.
    let internal ofRows n (rows: float[]) : struct (float * float) =
        let mutable squares = 0.0
        let mutable entropy = 0.0

        for i in 0 .. n - 1 do
            let mutable total = 0.0

            for k in i * n .. i * n + n - 1 do
                total <- total + rows[k]

            if total > 0.0 then
                for k in i * n .. i * n + n - 1 do
                    let a = rows[k] / total

                    if a > 0.0 then
                        squares <- squares + a * a
                        entropy <- entropy - a * log a

        struct (squares, entropy)
