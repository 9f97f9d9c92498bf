namespace Hybrid.Theory

open System
open Hybrid.Architectures

/// Expected squared Frobenius norms E‖∂L/∂W‖² of one block's parameters, derivation (5.4), for a loss gradient whose Gram at the output
/// is the identity per coordinate. All heads together; 0 for matrices that the architecture has not.
type ParameterGradientNorms =
    {
        Query: float
        Key: float
        Value: float
        Output: float
        /// W_1, or the gate projection of a gated unit
        MlpIn: float
        /// the up projection of a gated unit
        MlpUp: float
        MlpBias: float
        MlpOut: float
        /// the router of experts; then MlpIn, MlpUp, MlpBias and MlpOut are those of all experts together
        Router: float
    }

    /// The sum with `factor` times another's.
    member this.Plus(other: ParameterGradientNorms, factor: float) : ParameterGradientNorms =
        { Query = this.Query + factor * other.Query
          Key = this.Key + factor * other.Key
          Value = this.Value + factor * other.Value
          Output = this.Output + factor * other.Output
          MlpIn = this.MlpIn + factor * other.MlpIn
          MlpUp = this.MlpUp + factor * other.MlpUp
          MlpBias = this.MlpBias + factor * other.MlpBias
          MlpOut = this.MlpOut + factor * other.MlpOut
          Router = this.Router + factor * other.Router }

/// Predicted gradient norm of every weight matrix: derivation (5.4). For y_i = W z_i with
/// gradient Gram γ at y and Gram ζ at z, both per coordinate, E‖∂L/∂W‖² = d_y d_z [n γ_d ζ_d + n(n−1) γ_o ζ_o].
[<RequireQualifiedAccess>]
module ParameterGradients =

    let private norm tokens rows columns (gradient: GradientGram) diagonal offDiagonal =
        let n = float tokens

        float rows
        * float columns
        * (n * gradient.Diagonal * diagonal
           + n * (n - 1.0) * gradient.OffDiagonal * offDiagonal)

    /// No weight has a gradient.
    let none: ParameterGradientNorms =
        { Query = 0.0
          Key = 0.0
          Value = 0.0
          Output = 0.0
          MlpIn = 0.0
          MlpUp = 0.0
          MlpBias = 0.0
          MlpOut = 0.0
          Router = 0.0 }

    let private times a b (gradient: GradientGram) =
        { Diagonal = a * gradient.Diagonal
          OffDiagonal = b * gradient.OffDiagonal }

    /// Branch output → W_2 → activations → pre-activations → W_1.
    let private ofMlp
        (architecture: Architecture)
        (mlp: MlpParameters)
        (kernel: Kernel)
        (seen: TokenSimplex)
        atMlp
        norms
        =
        let n = architecture.Tokens
        let d = architecture.Width
        let hidden = architecture.MlpWidth
        let inner = mlp.InStd * mlp.InStd
        let struct (v, u) = MlpMaps.preActivation mlp seen
        let kappa, kappaOff = kernel.KappaAtOne, kernel.Kappa u
        let slope chi = if v = 0.0 then 0.0 else chi / v

        let up, upOff =
            if architecture.Gated then
                inner * seen.Q, inner * seen.P
            else
                1.0, 1.0

        let toHidden = mlp.OutStd * mlp.OutStd * float d / float hidden

        let atPreActivation =
            atMlp
            |> times (toHidden * slope kernel.ChiAtOne * up) (toHidden * slope (kernel.Chi u) * upOff)

        let atUp = atMlp |> times (toHidden * kappa) (toHidden * kappaOff)
        let count = float n

        { norms with
            MlpIn = norm n hidden d atPreActivation seen.Q seen.P
            MlpUp =
                if architecture.Gated then
                    norm n hidden d atUp seen.Q seen.P
                else
                    0.0
            MlpBias =
                if mlp.BiasStd = 0.0 then
                    0.0
                else
                    float hidden
                    * (count * atPreActivation.Diagonal
                       + count * (count - 1.0) * atPreActivation.OffDiagonal)
            MlpOut = norm n d hidden atMlp (kappa * up) (kappaOff * upOff) }

    /// Branch output → W_O → heads → W_V, and through the logits W_Q and W_K.
    let private ofAttention
        (architecture: Architecture)
        (attention: AttentionParameters)
        (terms: FewHeadTerms)
        (tokens: TokenSimplex)
        atAttention
        norms
        =
        let n = architecture.Tokens
        let d = architecture.Width
        let difference = tokens.Q * tokens.U
        let valueStd = attention.ValueStd

        let struct (value, query, key) =
            AttentionMaps.paths n attention terms tokens atAttention

        // the paths end behind W_V (scale σ_V), W_Q and W_K (scale σ_A); one factor back is the matrix's own output
        let before std gradient =
            if std = 0.0 then
                times 0.0 0.0 gradient
            else
                times (1.0 / std) (1.0 / std) gradient

        let ofTokens gradient = norm n d d gradient tokens.Q tokens.P

        { norms with
            Query = ofTokens (before attention.LogitStd query)
            Key = ofTokens (before attention.LogitStd key)
            Value = ofTokens (before valueStd value)
            Output =
                norm
                    n
                    d
                    d
                    atAttention
                    (valueStd * (terms.Diagonal * tokens.P + difference * terms.Moments.S1))
                    (valueStd * (terms.OffDiagonal * tokens.P + difference * terms.Moments.S2)) }

    /// Experts' matrices have the gradient that their gates pass on, and the router its own: derivation (15.10).
    let private ofExperts
        (architecture: Architecture)
        (experts: Experts)
        parameters
        kernel
        (part: SublayerTrace)
        atBranch
        norms
        =
        let chosen = atBranch |> times part.Chosen.Diagonal part.Chosen.OffDiagonal

        let logit = experts.RouterStd * experts.RouterStd

        let atLogits =
            if logit = 0.0 then
                atBranch.Times 0.0
            else
                atBranch
                |> times (part.Routed.Diagonal / logit) (part.Routed.OffDiagonal / logit)

        let d = architecture.Width

        { ofMlp architecture parameters kernel part.Seen chosen norms with
            Router = norm architecture.Tokens d d atLogits part.Seen.Q part.Seen.P }

    /// Squared norms of the gradients of a step's weights, given the gradient Gram at the step's output.
    let ofStep (architecture: Architecture) (step: StepTrace) (gradient: GradientGram) : ParameterGradientNorms =
        step.Sublayers
        |> Array.fold
            (fun norms part ->
                let atBranch = Gradients.atBranch step part gradient

                match part.Module with
                | ModuleTrace.Attention(parameters, terms) ->
                    ofAttention architecture parameters terms part.Seen atBranch norms
                | ModuleTrace.Mlp(parameters, kernel) ->
                    match parameters.Experts with
                    | None -> ofMlp architecture parameters kernel part.Seen atBranch norms
                    | Some experts -> ofExperts architecture experts parameters kernel part atBranch norms)
            none
