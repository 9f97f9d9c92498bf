namespace Hybrid.Theory

open Hybrid.Architectures

/// Gram of the loss gradient per coordinate: g_d of a token with itself, g_o between two tokens.
[<Struct>]
type GradientGram = { Diagonal: float; OffDiagonal: float }

/// Gradients backwards, theory.md section 3, derivation section 5. Same assumptions as Geometry; the weights that
/// carry the gradient are taken as independent of those that made the forward pass, exact as width → ∞.
[<RequireQualifiedAccess>]
module Gradients =

    let private scale factor gram =
        { Diagonal = factor * gram.Diagonal
          OffDiagonal = factor * gram.OffDiagonal }

    /// From the sublayer's output to the branch output: through post-normalisation, the branch weight a and, where the
    /// branch is normalised, its own normalisation.
    let atBranch norm (trace: SublayerTrace) gradient =
        let a2 = trace.Weights.Branch * trace.Weights.Branch

        if a2 = 0.0 then
            scale 0.0 gradient
        else
            let normalised =
                if Geometry.normalisesBranch norm then
                    trace.BranchQ
                else
                    1.0

            scale (a2 / (trace.Divisor * normalised)) gradient

    /// Through the placement, derivation (5.3): to the branch output, through the module, through the input normalisation, plus the skip.
    let private sublayer norm (trace: SublayerTrace) (through: GradientGram -> GradientGram) gradient =
        let r2 = trace.Weights.Skip * trace.Weights.Skip / trace.Divisor
        let atModule = gradient |> atBranch norm trace |> through

        let normalised = if Geometry.normalisesInput norm then trace.Input.Q else 1.0

        { Diagonal = r2 * gradient.Diagonal + atModule.Diagonal / normalised
          OffDiagonal = r2 * gradient.OffDiagonal + atModule.OffDiagonal / normalised }

    /// The gradient behind each of attention's three paths, derivation section 5.2, given the gradient h at the branch output.
    let internal attentionPaths (architecture: Architecture) (moments: AttentionMoments) (trace: SublayerTrace) h =
        let others = float (architecture.Tokens - 1)
        let q = trace.Seen.Q
        let p = trace.Seen.P
        let d = q * trace.Seen.U
        let logit = architecture.Attention.LogitStd * architecture.Attention.LogitStd
        let value = architecture.Attention.ValueStd * architecture.Attention.ValueStd
        let { S1 = s1; S2 = s2; T1 = t1; T2 = t2 } = moments

        let perOther x =
            if others = 0.0 then 0.0 else x / others

        let key = q * t1 * h.Diagonal + others * p * t2 * h.OffDiagonal

        struct ({ Diagonal = value * (s1 * h.Diagonal + others * s2 * h.OffDiagonal)
                  OffDiagonal = value * perOther ((1.0 - s1) * h.Diagonal + others * (1.0 - s2) * h.OffDiagonal) },
                { Diagonal = value * logit * d * d * t1 * h.Diagonal
                  OffDiagonal = value * logit * d * d * t2 * h.OffDiagonal },
                { Diagonal = value * logit * d * key
                  OffDiagonal = -value * logit * d * perOther key })

    /// Attention backwards: value, query and key paths, derivation (5.2).
    let attention (architecture: Architecture) (moments: AttentionMoments) (trace: SublayerTrace) =
        sublayer architecture.Norm trace (fun h ->
            let struct (value, query, key) = attentionPaths architecture moments trace h

            { Diagonal = value.Diagonal + query.Diagonal + key.Diagonal
              OffDiagonal = value.OffDiagonal + query.OffDiagonal + key.OffDiagonal })

    /// MLP backwards: h ← σ_v² σ_w² E φ′φ′ h, derivation (5.1); for gated units the product rule's two paths, gate and up.
    let mlp (architecture: Architecture) (kernel: Kernel) (trace: SublayerTrace) =
        let parameters = architecture.Mlp
        let struct (v, u) = Geometry.preActivation parameters trace.Seen
        let out = parameters.OutStd * parameters.OutStd
        let inner = parameters.InStd * parameters.InStd
        // σ_w² E φ′φ′ from χ = v E φ′φ′
        let slope chi =
            if v = 0.0 then 0.0 else inner * chi / v

        let factor chi kappa overlap =
            if architecture.Gated then
                out * (slope chi * inner * overlap + inner * kappa)
            else
                out * slope chi

        let diagonal = factor kernel.ChiAtOne kernel.KappaAtOne trace.Seen.Q
        let offDiagonal = factor (kernel.Chi u) (kernel.Kappa u) trace.Seen.P

        sublayer architecture.Norm trace (fun h ->
            { Diagonal = diagonal * h.Diagonal
              OffDiagonal = offDiagonal * h.OffDiagonal })

    /// A block backwards: MLP, then attention.
    let block architecture (trace: BlockTrace) gradient =
        gradient
        |> mlp architecture trace.Kernel trace.Mlp
        |> attention architecture trace.Moments trace.Attention

    /// The gradient Gram at the input of every block and, last, at the output, where it is the identity.
    let backward architecture (blocks: BlockTrace[]) =
        let grams = Array.create (blocks.Length + 1) { Diagonal = 1.0; OffDiagonal = 0.0 }

        for layer in blocks.Length - 1 .. -1 .. 0 do
            grams[layer] <- block architecture blocks[layer] grams[layer + 1]

        grams
