namespace Hybrid.Theory

open Hybrid.Architectures

/// What the MLP does, in one place: to the token simplex and its gradients (derivation sections 4 and 5.1), and to any Gram
/// matrix and its gradients (sections 8.2 and 8.3). `state` is what the module sees, after any normalisation before it.
[<RequireQualifiedAccess>]
module MlpMaps =

    /// Variance v = σ_w² q + σ_b² of the pre-activations and their u.
    let preActivation (parameters: MlpParameters) (state: TokenSimplex) =
        let signal = parameters.InStd * parameters.InStd * state.Q
        let v = signal + parameters.BiasStd * parameters.BiasStd
        struct (v, (if v = 0.0 then 0.0 else state.U * signal / v))

    /// q_f = σ_v² κ(v, 1), q_f − p_f = σ_v² (κ(v, 1) − κ(v, ρ)); gated units multiply by the up projection's own overlaps, σ_w² q
    /// and σ_w² p. Derivation (4.2).
    let forward gated (parameters: MlpParameters) (laws: Laws) (state: TokenSimplex) =
        let struct (v, u) = preActivation parameters state
        let kernel = laws.Mlp v
        let out = parameters.OutStd * parameters.OutStd

        let branch: BranchSimplex =
            if gated then
                let up = parameters.InStd * parameters.InStd * state.Q

                { Q = out * up * kernel.KappaAtOne
                  Gap = out * up * (kernel.Gap u + kernel.Kappa u * state.U) }
            else
                { Q = out * kernel.KappaAtOne
                  Gap = out * kernel.Gap u }

        struct (kernel, branch)

    /// Of experts, given what one of them puts out: the branch, O by which their own gradients are multiplied, and σ_r² B times what one
    /// puts out, the router's. Derivation (16.3), (16.4).
    let amongExperts (experts: Experts) (laws: Laws) (state: TokenSimplex) (one: BranchSimplex) =
        let router = laws.Router experts state.Q
        let lost = router.OverlapLoss state.U
        let common = one.Q - one.Gap
        let logit = experts.RouterStd * experts.RouterStd

        let branch: BranchSimplex =
            { Q = router.Overlap * one.Q
              Gap = router.Overlap * one.Gap + lost * common }

        struct (branch,
                { Diagonal = router.Overlap
                  OffDiagonal = router.Overlap - lost },
                { Diagonal = logit * router.Slope * one.Q
                  OffDiagonal = logit * (router.Slope - router.SlopeLoss state.U) * common })

    /// h ← σ_v² σ_w² E φ′φ′ h, derivation (5.1); for gated units the product rule's two paths, gate and up.
    let backward
        gated
        (parameters: MlpParameters)
        (kernel: Kernel)
        (state: TokenSimplex)
        (h: GradientGram)
        : GradientGram =
        let struct (v, u) = preActivation parameters state
        let out = parameters.OutStd * parameters.OutStd
        let inner = parameters.InStd * parameters.InStd
        // σ_w² E φ′φ′ from χ = v E φ′φ′
        let slope chi =
            if v = 0.0 then 0.0 else inner * chi / v

        let factor chi kappa overlap =
            if gated then
                out * (slope chi * inner * overlap + inner * kappa)
            else
                out * slope chi

        { Diagonal = factor kernel.ChiAtOne kernel.KappaAtOne state.Q * h.Diagonal
          OffDiagonal = factor (kernel.Chi u) (kernel.Kappa u) state.P * h.OffDiagonal }

    /// The branch Gram σ_v² κ_ij, for gated units times σ_w² R_ij: derivation (8.2).
    let internal branchOf gated (parameters: MlpParameters) (kernels: PairKernels) (state: float[]) =
        let inner = parameters.InStd * parameters.InStd
        let out = parameters.OutStd * parameters.OutStd

        if gated then
            Array.map2 (fun value c -> out * value * inner * c) kernels.Values state
        else
            kernels.Values |> Array.map (fun value -> out * value)

    /// The branch Gram, and the kernels of every pair: derivation (8.2), (8.3).
    let internal gramForward activation gated n (parameters: MlpParameters) laws (state: float[]) =
        let inner = parameters.InStd * parameters.InStd
        let bias = parameters.BiasStd * parameters.BiasStd

        let kernels =
            PairKernels.compute activation laws n (state |> Array.map (fun c -> inner * c + bias))

        struct (kernels, branchOf gated parameters kernels state)

    /// From the gradient's Gram at the branch output to that at what the module sees: Γ ← σ_v² σ_w² (E φ′φ′) ∘ Γ, section 8.3.
    let internal gramBackward
        gated
        n
        (parameters: MlpParameters)
        (kernels: PairKernels)
        (state: float[])
        (gamma: float[])
        =
        let inner = parameters.InStd * parameters.InStd
        let scale = parameters.OutStd * parameters.OutStd * inner

        Array.init (n * n) (fun k ->
            let slope =
                if gated then
                    kernels.Slopes[k] * inner * state[k] + kernels.Values[k]
                else
                    kernels.Slopes[k]

            scale * slope * gamma[k])
