namespace Hybrid.Theory

open System
open Hybrid.Architectures

/// The token simplex at one place of the residual stream: all tokens have squared norm q per coordinate, any two have
/// correlation ρ = 1 − u. u is carried, never formed as a difference.
[<Struct>]
type TokenSimplex =
    { Q: float
      U: float }

    /// ρ = p/q
    member this.Rho = 1.0 - this.U

    /// p = qρ
    member this.P = this.Q * (1.0 - this.U)

/// A sublayer's two weights, r and a.
[<Struct>]
type SublayerWeights = { Skip: float; Branch: float }

/// What a sublayer did on the way forwards, kept for the way back.
type SublayerTrace =
    {
        Weights: SublayerWeights
        Input: TokenSimplex
        /// what the module sees: q = 1 where the branch's input is normalised
        Seen: TokenSimplex
        /// q_f, squared norm of the branch output before any normalisation of it
        BranchQ: float
        /// post: r²q + a²q_f, by whose root the stream is divided; 1 elsewhere
        Divisor: float
        Output: TokenSimplex
    }

/// A block's two sublayers with what their modules contributed.
type BlockTrace =
    { Attention: SublayerTrace
      Moments: AttentionMoments
      Mlp: SublayerTrace
      Kernel: Kernel }

    /// The stream that leaves the block.
    member this.Output = this.Mlp.Output

/// The token simplex forwards, theory.md sections 2.2 and 2.3, derivation section 4. Width → ∞, Gaussian weights,
/// permutation-symmetric tokens; exact at any token count and attention strength.
[<RequireQualifiedAccess>]
module Geometry =

    /// Whether the branch sees the stream normalised.
    let normalisesInput norm =
        match norm with
        | Norm.Pre
        | Norm.Peri -> true
        | Norm.None
        | Norm.Post
        | Norm.Output -> false

    /// Whether the branch output is normalised before it is added.
    let normalisesBranch norm =
        match norm with
        | Norm.Peri
        | Norm.Output -> true
        | Norm.None
        | Norm.Pre
        | Norm.Post -> false

    let private seen norm (input: TokenSimplex) =
        if normalisesInput norm then
            { Q = 1.0; U = input.U }
        else
            input

    /// x' = r x + a f, with the branch's q_f and q_f − p_f, under each placement: theory.md section 2.3, derivation (4.3).
    let private combine norm (weights: SublayerWeights) input seen branchQ branchGap =
        let r2 = weights.Skip * weights.Skip
        let a2 = weights.Branch * weights.Branch
        let skipGap = r2 * input.Q * input.U

        let q, gap =
            if normalisesBranch norm then
                r2 * input.Q + a2, skipGap + (if a2 = 0.0 then 0.0 else a2 * branchGap / branchQ)
            else
                r2 * input.Q + a2 * branchQ, skipGap + a2 * branchGap

        let divisor =
            match norm with
            | Norm.Post -> q
            | Norm.None
            | Norm.Pre
            | Norm.Peri
            | Norm.Output -> 1.0

        { Weights = weights
          Input = input
          Seen = seen
          BranchQ = branchQ
          Divisor = divisor
          Output = { Q = q / divisor; U = gap / q } }

    /// Attention forwards: q_f = σ_V²(p + (q−p)S1), q_f − p_f = σ_V²(q−p)(S1−S2): derivation (4.1).
    let attention (architecture: Architecture) (laws: Laws) weights (input: TokenSimplex) =
        let state = seen architecture.Norm input
        let spread = architecture.Attention.LogitStd * state.Q * sqrt state.U
        let moments = laws.Attention spread state.U

        let scale =
            architecture.Attention.ValueStd * architecture.Attention.ValueStd * state.Q

        let trace =
            combine
                architecture.Norm
                weights
                input
                state
                (scale * (1.0 - state.U * (1.0 - moments.S1)))
                (scale * state.U * (moments.S1 - moments.S2))

        struct (trace, moments)

    let private overflow (architecture: Architecture) =
        raise (
            TheoryException(
                $"architecture '{architecture.Name}': the squared norm q must stay finite over the depth, but leaves double precision; lower the branch weights, attention.valueStd or mlp.outStd, or normalise"
            )
        )

    /// Variance v = σ_w² q + σ_b² of the pre-activations and their u.
    let preActivation (mlp: MlpParameters) (state: TokenSimplex) =
        let signal = mlp.InStd * mlp.InStd * state.Q
        let v = signal + mlp.BiasStd * mlp.BiasStd
        struct (v, (if v = 0.0 then 0.0 else state.U * signal / v))

    /// MLP forwards: q_f = σ_v² κ(v, 1), q_f − p_f = σ_v² (κ(v, 1) − κ(v, ρ)); gated units multiply by the up
    /// projection's own overlaps, σ_w² q and σ_w² p. Derivation (4.2).
    let mlp (architecture: Architecture) (laws: Laws) weights (input: TokenSimplex) =
        let parameters = architecture.Mlp
        let state = seen architecture.Norm input
        let struct (v, u) = preActivation parameters state

        if not (Double.IsFinite v) then
            overflow architecture

        let kernel = laws.Mlp v
        let out = parameters.OutStd * parameters.OutStd

        let struct (branchQ, branchGap) =
            if architecture.Gated then
                let up = parameters.InStd * parameters.InStd * state.Q

                struct (out * up * kernel.KappaAtOne, out * up * (kernel.Gap u + kernel.Kappa u * state.U))
            else
                struct (out * kernel.KappaAtOne, out * kernel.Gap u)

        struct (combine architecture.Norm weights input state branchQ branchGap, kernel)

    let attentionWeights (architecture: Architecture) layer =
        { Skip = architecture.Attention.Skip.At layer
          Branch = architecture.Attention.Branch.At layer }

    let mlpWeights (architecture: Architecture) layer =
        { Skip = architecture.Mlp.Skip.At layer
          Branch = architecture.Mlp.Branch.At layer }

    /// Block `layer` (1..depth): attention, then MLP.
    let block architecture laws layer input =
        let struct (attentionTrace, moments) =
            attention architecture laws (attentionWeights architecture layer) input

        let struct (mlpTrace, kernel) =
            mlp architecture laws (mlpWeights architecture layer) attentionTrace.Output

        { Attention = attentionTrace
          Moments = moments
          Mlp = mlpTrace
          Kernel = kernel }

    /// The tokens that enter block 1.
    let input (architecture: Architecture) =
        { Q = architecture.Input.Norm
          U = 1.0 - architecture.Input.Correlation }

    /// All blocks, from the architecture's input.
    let forward (architecture: Architecture) laws =
        let blocks = Array.zeroCreate<BlockTrace> architecture.Depth
        let mutable state = input architecture

        for layer in 1 .. architecture.Depth do
            let trace = block architecture laws layer state
            blocks[layer - 1] <- trace
            state <- trace.Output

            if not (Double.IsFinite state.Q) then
                overflow architecture

        blocks

    /// All blocks for tokens that have collapsed to the line: the trajectory on which λ_a is taken.
    let collapsed (architecture: Architecture) laws =
        forward
            { architecture with
                Input =
                    { architecture.Input with
                        Correlation = 1.0 } }
            (Laws.onLine architecture laws)
