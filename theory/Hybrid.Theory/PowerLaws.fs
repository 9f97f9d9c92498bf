namespace Hybrid.Theory

open Hybrid.Architectures

/// Growth with depth where norms do not settle, as ℓ → ∞ on the collapsed line. Dimensionless.
type PowerLaws =
    {
        /// q_ℓ/ℓ: squared norm added per block
        NormPerBlock: float
        /// exponent α of u_ℓ ∝ ℓ^α
        Angle: float
        /// exponent β of the gradient power g_d at layer ℓ ∝ (L/ℓ)^β
        Gradient: float
    }

/// Power laws of pre and peri with r = 1, derivation section 6.4: every block adds A + K to q (attention and MLP), X to
/// what differences keep and A + X to what gradients gain, all over q ≈ (A + K) ℓ.
[<RequireQualifiedAccess>]
module PowerLaws =

    /// The laws of a uniform architecture with r = 1 and pre or peri placement. Raises TheoryException otherwise, naming
    /// what is missing. Check: ReLU without attention has α = 0, β = 1.
    [<CompiledName("Predict")>]
    let predict (architecture: Architecture) : PowerLaws =
        let architecture =
            Architecture.ensureValid architecture
            |> Features.ensureSupported
                "the theory of power laws"
                [| Feature.NormGain
                   Feature.HeadWidth
                   Feature.KeyValueHeads
                   Feature.QueryKeyNorm
                   Feature.LogitScale
                   Feature.SoftCap |]

        if not architecture.Norm.Before || architecture.Norm.OnSum then
            raise (
                TheoryException(
                    $"power laws are derived for pre and peri, where branches see normalised tokens; the placement is {architecture.Norm}"
                )
            )

        let skips =
            [| architecture.Attention.Skip; architecture.Mlp.Skip |]
            |> Array.collect _.Values

        if
            not (FixedPoints.isUniform architecture)
            || skips |> Array.exists (fun skip -> skip <> 1.0)
        then
            raise (
                TheoryException(
                    "power laws need r = 1 and the same weights in every block: with r < 1 norms are stationary, with a schedule they follow the schedule"
                )
            )

        // one block on the line from q = 1: pre and peri see q = 1 whatever the stream's norm is
        let laws = Laws.exact architecture |> Laws.onLine architecture
        let u = 1e-140

        // each sublayer alone: what it adds to the stream's norm, and to what is kept of differences
        let alone (sublayer: Sublayer) =
            let step =
                Geometry.step
                    architecture
                    laws
                    { Skip = 1.0
                      NormalisesSum = false
                      Sublayers = [| sublayer |] }
                    { Q = 1.0; U = u }

            struct (sublayer.Module, step.Output.Q - 1.0, step.Output.Q * step.Output.U / u - 1.0)

        let sublayers = (Block.at architecture 1).Sublayers |> Array.map alone
        let norm = sublayers |> Array.sumBy (fun struct (_, added, _) -> added)
        let differences = sublayers |> Array.sumBy (fun struct (_, _, kept) -> kept)

        // a gradient common to all tokens passes uniform attention whole
        let gradients =
            sublayers
            |> Array.sumBy (fun struct (kind, added, kept) ->
                match kind with
                | Module.Attention _ -> added
                | Module.Mlp _ -> kept)

        if norm = 0.0 then
            raise (
                TheoryException(
                    "power laws need branches that add to the stream; both branch weights or output scales are 0"
                )
            )

        { NormPerBlock = norm
          Angle = differences / norm - 1.0
          Gradient = gradients / norm }
