namespace Hybrid.Theory

open System
open Hybrid.Architectures

/// What a module's closed map computed on the way forwards.
[<RequireQualifiedAccess>]
type ModuleTrace =
    | Attention of AttentionParameters * FewHeadTerms
    | Mlp of MlpParameters * Kernel

/// What one sublayer did on the way forwards, kept for the way back.
type SublayerTrace =
    {
        Module: ModuleTrace
        /// a
        Branch: float
        Placement: Placement
        /// the stream that the sublayer reads
        Input: TokenSimplex
        /// what the module sees: q = γ² where the branch's input is divided by its norm
        Seen: TokenSimplex
        /// by what the norm in front of the module divides the gradient's Gram; 1 without one
        InputDivisor: GradientGram
        /// γ
        Gain: float
        /// q_f, squared norm of the branch output before any normalisation of it
        BranchQ: float
        /// O, by which gates multiply what one expert passes back; 1 without experts
        Chosen: GradientGram
        /// σ_r² B κ_f, what the router itself passes back; 0 without one
        Routed: GradientGram
    }

/// What the sublayers that read one stream did together.
type StepTrace =
    {
        /// r
        Skip: float
        Input: TokenSimplex
        Sublayers: SublayerTrace[]
        /// where the sum is normalised: (r²q + Σ a²q_f)/γ², by whose root the stream is divided; 1 elsewhere
        Divisor: float
        Output: TokenSimplex
    }

/// A block's steps with what their modules contributed.
type BlockTrace =
    { Steps: StepTrace[] }

    /// The stream that enters the block.
    member this.Input = this.Steps[0].Input

    /// The stream that leaves the block.
    member this.Output = this.Steps[this.Steps.Length - 1].Output

    /// Every sublayer, in order.
    member this.Sublayers = this.Steps |> Array.collect _.Sublayers

/// The token simplex forwards, derivation section 4. Width → ∞, Gaussian weights, permutation-symmetric tokens; exact at any
/// token count and attention strength.
[<RequireQualifiedAccess>]
module Geometry =

    let private undivided = { Diagonal = 1.0; OffDiagonal = 1.0 }

    let private unrouted = { Diagonal = 0.0; OffDiagonal = 0.0 }

    /// What a norm in front of the module makes of the stream, and by what it divides the gradient's Gram: q and nothing of u, or tanh's
    /// kernels at α²q, derivation (15.7).
    let private seen (architecture: Architecture) (laws: Laws) (sublayer: Sublayer) (input: TokenSimplex) =
        let squared = sublayer.Gain * sublayer.Gain

        if not sublayer.Placement.Before then
            struct (input, undivided)
        else
            match architecture.NormKind with
            | NormKind.Scale ->
                let divisor = input.Q / squared

                struct ({ Q = squared; U = input.U },
                        { Diagonal = divisor
                          OffDiagonal = divisor })
            | NormKind.DyT alpha ->
                let kernel = laws.Norm(alpha * alpha * input.Q)
                let divisor chi = input.Q / (squared * chi)

                struct ({ Q = squared * kernel.KappaAtOne
                          U = kernel.Gap input.U / kernel.KappaAtOne },
                        { Diagonal = divisor kernel.ChiAtOne
                          OffDiagonal = divisor (kernel.Chi input.U) })

    /// 0/0: a normalisation of what is exactly zero.
    let private undefined (architecture: Architecture) what fields =
        raise (
            TheoryException(
                $"architecture '{architecture.Name}': {what} is exactly 0 and norm '{architecture.Norm}' divides it by its own size, which is 0/0; {fields}"
            )
        )

    let private nameOf (sublayer: Sublayer) =
        match sublayer.Module with
        | Module.Attention _ -> "attention"
        | Module.Mlp _ -> "mlp"

    let internal emptyBranch architecture sublayer : unit =
        undefined
            architecture
            $"what {nameOf sublayer} puts out"
            $"set {nameOf sublayer}.branch to 0, which is the same network without the branch, or its weights above 0"

    let internal emptyStream architecture : unit =
        undefined architecture "the stream" "give it a skip or branches above 0"

    /// Largest norm that is followed: kernels and gated units form its square.
    [<Literal>]
    let LargestNorm = 1e150

    let internal diverges (architecture: Architecture) layer =
        DivergenceException(
            layer,
            $"architecture '{architecture.Name}': the squared norm q must stay finite over the depth, but leaves double precision: it diverges at layer {layer}; lower the branch weights, attention.valueStd or mlp.outStd, or normalise"
        )

    /// Raises DivergenceException where a module's map cannot be taken at a token that it sees with norm q, since its
    /// pre-activations' variance or its logits leave double precision.
    let internal ensureInRange architecture (sublayer: Sublayer) (q: float) =
        let inRange =
            match sublayer.Module with
            | Module.Attention parameters -> AttentionMaps.spread parameters { Q = q; U = 1.0 } <= Laws.LargestVariance
            | Module.Mlp parameters ->
                let struct (v, _) = MlpMaps.preActivation parameters { Q = q; U = 0.0 }
                v <= Laws.LargestVariance

        if not inRange then
            raise (diverges architecture 1)

    let private sublayer (architecture: Architecture) (laws: Laws) (sublayer: Sublayer) (input: TokenSimplex) =
        if sublayer.Placement.Before && input.Q = 0.0 then
            emptyStream architecture

        let struct (state, divisor) = seen architecture laws sublayer input
        ensureInRange architecture sublayer state.Q

        if not (state.U >= 0.0 && state.U <= 2.0) then
            raise (diverges architecture 1)

        let struct (trace, branch: BranchSimplex, chosen, routed) =
            match sublayer.Module with
            | Module.Attention parameters when laws.AreAlike && parameters.Head.Sink.IsSome ->
                let struct (remaining, terms, branch) =
                    AttentionMaps.besideSink architecture.Tokens parameters (laws.Sink parameters state.Q) state

                struct (ModuleTrace.Attention(remaining, terms), branch, undivided, unrouted)
            | Module.Attention parameters ->
                let struct (moments, branch) = AttentionMaps.forward parameters laws state

                let terms =
                    if sublayer.Placement.OnBranch then
                        AttentionMaps.fewHeads architecture.Heads parameters laws state moments branch.Q
                    else
                        FewHeads.many moments

                struct (ModuleTrace.Attention(parameters, terms), branch, undivided, unrouted)
            | Module.Mlp parameters ->
                let struct (kernel, branch) =
                    MlpMaps.forward architecture.Gated parameters laws state

                match parameters.Experts with
                | None -> struct (ModuleTrace.Mlp(parameters, kernel), branch, undivided, unrouted)
                | Some experts ->
                    let struct (branch, chosen, routed) = MlpMaps.amongExperts experts laws state branch

                    struct (ModuleTrace.Mlp(parameters, kernel), branch, chosen, routed)

        struct ({ Module = trace
                  Branch = sublayer.Branch
                  Placement = sublayer.Placement
                  Input = input
                  Seen = state
                  InputDivisor = divisor
                  Gain = sublayer.Gain
                  BranchQ = branch.Q
                  Chosen = chosen
                  Routed = routed },
                branch)

    /// (q_f − p_f)/q_f of a branch that a norm of its own divides, with the mean over few heads, derivation (13.12).
    let private normalisedGap (trace: SublayerTrace) (branch: BranchSimplex) =
        let gap = branch.Gap / branch.Q

        match trace.Module with
        | ModuleTrace.Attention(_, terms) -> FewHeads.gap terms gap
        | ModuleTrace.Mlp _ -> gap

    /// x' = r x + Σ a f, with each branch's q_f and q_f − p_f, under each placement: derivation (4.3).
    let step (architecture: Architecture) laws (step: Step) (input: TokenSimplex) : StepTrace =
        let r2 = step.Skip * step.Skip
        let mutable q = r2 * input.Q
        let mutable gap = r2 * input.Q * input.U

        let traces =
            step.Sublayers
            |> Array.map (fun part ->
                let struct (trace, branch) = sublayer architecture laws part input
                let a2 = part.Branch * part.Branch

                if part.Placement.OnBranch then
                    if branch.Q = 0.0 && a2 > 0.0 then
                        emptyBranch architecture part

                    let added = a2 * part.Gain * part.Gain
                    q <- q + added
                    gap <- gap + (if a2 = 0.0 then 0.0 else added * normalisedGap trace branch)
                else
                    q <- q + a2 * branch.Q
                    gap <- gap + a2 * branch.Gap

                trace)

        if step.NormalisesSum && q = 0.0 then
            emptyStream architecture

        let gain = step.Sublayers[0].Gain
        let divisor = if step.NormalisesSum then q / (gain * gain) else 1.0

        { Skip = step.Skip
          Input = input
          Sublayers = traces
          Divisor = divisor
          Output =
            { Q = q / divisor
              U = if q = 0.0 then 0.0 else gap / q } }

    /// The steps of a block, first to last.
    let steps architecture laws (steps: Step[]) input : BlockTrace =
        let mutable state = input

        { Steps =
            steps
            |> Array.map (fun part ->
                let trace = step architecture laws part state
                state <- trace.Output
                trace) }

    /// Block `layer` (1..depth).
    let block architecture laws layer input =
        steps architecture laws (Block.at architecture layer).Steps input

    /// The tokens that enter block 1. One alone has no other that it could differ from.
    let input (architecture: Architecture) : TokenSimplex =
        { Q = architecture.Input.Norm
          U =
            if architecture.Tokens = 1 then
                0.0
            else
                1.0 - architecture.Input.Correlation }

    let private inside (state: TokenSimplex) =
        state.Q <= LargestNorm && Double.IsFinite state.U

    /// The blocks from the architecture's input, up to the first whose output leaves double precision: fewer than depth where the
    /// network diverges.
    let follow (architecture: Architecture) laws : BlockTrace[] =
        let blocks = ResizeArray<BlockTrace> architecture.Depth
        let mutable state = input architecture
        let mutable sound = true

        while sound && blocks.Count < architecture.Depth do
            let next =
                try
                    Some(block architecture laws (blocks.Count + 1) state)
                with :? DivergenceException ->
                    None

            match next with
            | Some trace when inside trace.Output ->
                blocks.Add trace
                state <- trace.Output
            | Some _
            | None -> sound <- false

        blocks.ToArray()

    /// All blocks, from the architecture's input; raises DivergenceException where q leaves double precision.
    let forward (architecture: Architecture) laws =
        let blocks = follow architecture laws

        if blocks.Length < architecture.Depth then
            raise (diverges architecture (blocks.Length + 1))

        blocks

    /// All blocks for tokens that have collapsed to the line: the trajectory on which λ_a is taken.
    let collapsed (architecture: Architecture) laws =
        forward
            { architecture with
                Input =
                    { architecture.Input with
                        Correlation = 1.0 } }
            (Laws.onLine architecture laws)
