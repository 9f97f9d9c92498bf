namespace Hybrid.Theory

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

    let private sublayer (architecture: Architecture) laws allowed normal (sublayer: Sublayer) (input: float[]) =
        let n = architecture.Tokens

        let state =
            if sublayer.Placement.Before then
                normalise n input input
            else
                input

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
                        normalise n trace.Output trace.Output
                    else
                        trace.Output

                for k in 0 .. n * n - 1 do
                    sum[k] <- sum[k] + a2 * added[k]

                trace)

        { Skip = step.Skip
          NormalisesSum = step.NormalisesSum
          Input = input
          Sublayers = sublayers
          Sum = sum
          Output = if step.NormalisesSum then normalise n sum sum else sum }

    let private throughModule (architecture: Architecture) (trace: GramSublayer) (gamma: float[]) =
        match trace.Module with
        | GramModule.Attention(parameters, heads) ->
            AttentionMaps.gramBackward architecture.Tokens parameters heads trace.Seen gamma
        | GramModule.Mlp(parameters, kernels) ->
            MlpMaps.gramBackward architecture.Gated architecture.Tokens parameters kernels trace.Seen gamma

    let backward (architecture: Architecture) (step: GramStep) (gradient: float[]) =
        let n = architecture.Tokens

        let gradient =
            if step.NormalisesSum then
                normalise n gradient step.Sum
            else
                gradient

        let r2 = step.Skip * step.Skip
        let result = gradient |> Array.map (fun g -> r2 * g)

        for trace in step.Sublayers do
            let a2 = trace.Branch * trace.Branch

            if a2 > 0.0 then
                let atBranch =
                    if trace.Placement.OnBranch then
                        normalise n gradient trace.Output
                    else
                        gradient

                let atModule = throughModule architecture trace atBranch

                let branch =
                    if trace.Placement.Before then
                        normalise n atModule step.Input
                    else
                        atModule

                for k in 0 .. n * n - 1 do
                    result[k] <- result[k] + a2 * branch[k]

        result
