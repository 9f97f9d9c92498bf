namespace Hybrid.Theory

open System
open Hybrid.Architectures

/// What a module of the Gram process drew or computed on the way forwards.
[<RequireQualifiedAccess>]
type internal GramModule =
    | Attention of AttentionParameters * GramHead[]
    | Mlp of MlpParameters * PairKernels

type internal GramSublayer =
    {
        Module: GramModule
        /// a
        Branch: float
        Placement: Placement
        /// what the module sees
        Seen: float[]
        /// branch Gram f_i·f_j/d before any normalisation of it
        Output: float[]
    }

type internal GramStep =
    {
        /// r
        Skip: float
        NormalisesSum: bool
        /// C that every sublayer of the step reads
        Input: float[]
        Sublayers: GramSublayer[]
        /// r²C + Σ a²F before the sum's normalisation
        Sum: float[]
        Output: float[]
    }

/// One step of the Gram process, forwards and backwards: derivation section 8.
[<RequireQualifiedAccess>]
module internal GramStep =

    /// M_ij / √(M_ii M_jj) read off `by`
    let normalise n (matrix: float[]) (by: float[]) =
        let inverse = Array.init n (fun i -> 1.0 / sqrt by[i * n + i])
        Array.init (n * n) (fun k -> matrix[k] * inverse[k / n] * inverse[k % n])

    /// A Gram matrix has a diagonal ≥ 0 and obeys Cauchy–Schwarz; where rounding has broken either, which would grow from layer to
    /// layer, it is restored in place.
    let private hold n (matrix: float[]) =
        for i in 0 .. n - 1 do
            if matrix[i * n + i] < 0.0 then
                matrix[i * n + i] <- 0.0

        for i in 0 .. n - 1 do
            for j in 0 .. n - 1 do
                let largest = sqrt matrix[i * n + i] * sqrt matrix[j * n + j]

                // beyond what rounding alone does to equal tokens
                if i <> j && abs matrix[i * n + j] > largest * (1.0 + 1e-12) then
                    matrix[i * n + j] <- Math.CopySign(largest, matrix[i * n + j])

    /// Any diagonal entry that is exactly 0.
    let private isEmpty n (matrix: float[]) =
        Seq.exists (fun i -> matrix[i * n + i] = 0.0) (seq { 0 .. n - 1 })

    let private sublayer (architecture: Architecture) laws allowed normal (sublayer: Sublayer) (input: float[]) =
        let n = architecture.Tokens

        let state =
            if sublayer.Placement.Before then
                if isEmpty n input then
                    Geometry.emptyStream architecture

                normalise n input input
            else
                input

        for i in 0 .. n - 1 do
            Geometry.ensureInRange architecture sublayer state[i * n + i]

        let struct (drawn, output) =
            match sublayer.Module with
            | Module.Attention parameters ->
                let struct (heads, branch) =
                    AttentionMaps.gramForward architecture.Heads n parameters allowed normal state

                struct (GramModule.Attention(parameters, heads), branch)
            | Module.Mlp parameters ->
                let struct (kernels, branch) =
                    MlpMaps.gramForward architecture.Activation architecture.Gated n parameters laws state

                struct (GramModule.Mlp(parameters, kernels), branch)

        { Module = drawn
          Branch = sublayer.Branch
          Placement = sublayer.Placement
          Seen = state
          Output = output }

    let forward (architecture: Architecture) laws allowed normal (step: Step) (input: float[]) : GramStep =
        let n = architecture.Tokens
        let r2 = step.Skip * step.Skip
        let sum = input |> Array.map (fun c -> r2 * c)

        let sublayers =
            step.Sublayers
            |> Array.map (fun part ->
                let trace = sublayer architecture laws allowed normal part input
                let a2 = part.Branch * part.Branch

                let added =
                    if part.Placement.OnBranch && a2 > 0.0 then
                        if isEmpty n trace.Output then
                            Geometry.emptyBranch architecture part

                        normalise n trace.Output trace.Output
                    else
                        trace.Output

                for k in 0 .. n * n - 1 do
                    sum[k] <- sum[k] + a2 * added[k]

                trace)

        if step.NormalisesSum && isEmpty n sum then
            Geometry.emptyStream architecture

        { Skip = step.Skip
          NormalisesSum = step.NormalisesSum
          Input = input
          Sublayers = sublayers
          Sum = sum
          Output = if step.NormalisesSum then normalise n sum sum else sum }

    let private dot (a: float[]) (b: float[]) =
        let mutable sum = 0.0

        for k in 0 .. a.Length - 1 do
            sum <- sum + a[k] * b[k]

        sum

    let private over std value = if std = 0.0 then 0.0 else value / std

    /// From the gradient at the branch output, Θ, to that at what the module sees, and the squared norms of its weights' gradients
    /// for a branch weight of 1: (5.4) with any Gram matrices, ‖∂L/∂W‖² = d_y d_z Σ_ij γ_ij ζ_ij.
    let private throughModule (architecture: Architecture) (trace: GramSublayer) (theta: float[]) =
        let n = architecture.Tokens
        let d = float architecture.Width

        match trace.Module with
        | GramModule.Attention(parameters, heads) ->
            let struct (atModule, overlaps) =
                AttentionMaps.gramBackward n parameters heads trace.Seen theta

            struct (atModule,
                    { ParameterGradients.none with
                        Query = d * d * over parameters.LogitStd overlaps.Query
                        Key = d * d * over parameters.LogitStd overlaps.Key
                        Value = d * d * over parameters.ValueStd overlaps.Value
                        Output = d * d * over parameters.ValueStd (dot theta trace.Output) })
        | GramModule.Mlp(parameters, kernels) ->
            let inner = parameters.InStd * parameters.InStd
            let out = parameters.OutStd * parameters.OutStd

            let up =
                if architecture.Gated then
                    trace.Seen |> Array.map (fun c -> inner * c)
                else
                    Array.create (n * n) 1.0

            let atPreActivation =
                Array.map3 (fun g slope u -> g * slope * u) theta kernels.Slopes up

            let atUp = Array.map2 (*) theta kernels.Values

            struct (MlpMaps.gramBackward architecture.Gated n parameters kernels trace.Seen theta,
                    { ParameterGradients.none with
                        MlpIn = d * d * out * dot atPreActivation trace.Seen
                        MlpUp =
                            if architecture.Gated then
                                d * d * out * dot atUp trace.Seen
                            else
                                0.0
                        MlpBias =
                            if parameters.BiasStd = 0.0 then
                                0.0
                            else
                                d * out * Array.sum atPreActivation
                        MlpOut = d * float architecture.MlpWidth * dot atUp up })

    /// The gradient's Gram at the stream that the step reads, and the squared norms of the gradients of its sublayers' weights.
    let backward (architecture: Architecture) (step: GramStep) (gradient: float[]) =
        let n = architecture.Tokens

        let gradient =
            if step.NormalisesSum then
                normalise n gradient step.Sum
            else
                gradient

        let r2 = step.Skip * step.Skip
        let result = gradient |> Array.map (fun g -> r2 * g)
        let mutable weights = ParameterGradients.none

        for trace in step.Sublayers do
            let a2 = trace.Branch * trace.Branch

            if a2 > 0.0 then
                let atBranch =
                    if trace.Placement.OnBranch then
                        normalise n gradient trace.Output
                    else
                        gradient

                let struct (atModule, own) = throughModule architecture trace atBranch

                let branch =
                    if trace.Placement.Before then
                        normalise n atModule step.Input
                    else
                        atModule

                weights <- weights.Plus(own, a2)

                for k in 0 .. n * n - 1 do
                    result[k] <- result[k] + a2 * branch[k]

        hold n result
        struct (result, weights)
