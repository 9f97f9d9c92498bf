namespace Hybrid.Theory

open System
open Hybrid.Architectures

/// What a module of the Gram process drew or computed on the way forwards.
[<RequireQualifiedAccess>]
type internal GramModule =
    | Attention of AttentionParameters * GramHead[]
    /// heads with d_k coordinates
    | Drawn of AttentionParameters * DrawnLayer
    | Mlp of MlpParameters * PairKernels
    | Experts of MlpParameters * PairKernels * Routing

type internal GramSublayer =
    {
        Module: GramModule
        /// a
        Branch: float
        Placement: Placement
        /// γ
        Gain: float
        /// what the module sees
        Seen: float[]
        /// branch Gram f_i·f_j/d before any normalisation of it; none of an MLP that has no norm behind it
        Output: float[]
    }

type internal GramStep =
    {
        /// r
        Skip: float
        NormalisesSum: bool
        /// γ of the norm of the sum
        Gain: float
        /// C that every sublayer of the step reads
        Input: float[]
        Sublayers: GramSublayer[]
        /// r²C + Σ a²F before the sum's normalisation
        Sum: float[]
        Output: float[]
    }

/// What a draw of the process is made of: a stream of normal numbers in order, and a key of numbers that can be drawn again.
type internal Randomness =
    {
        Normal: unit -> float
        Key: uint64
        /// of the network whose heads are drawn, all of them or fewer that stand for them
        Heads: int
    }

/// One step of the Gram process, forwards and backwards: derivation section 8.
[<RequireQualifiedAccess>]
module internal GramStep =

    /// A Gram matrix has a diagonal ≥ 0 and obeys Cauchy–Schwarz; where rounding has broken either, which would grow from layer to
    /// layer, it is restored in place.
    let hold n (matrix: float[]) =
        for i in 0 .. n - 1 do
            if matrix[i * n + i] < 0.0 then
                matrix[i * n + i] <- 0.0

        let roots = Array.init n (fun i -> sqrt matrix[i * n + i])

        for i in 0 .. n - 1 do
            for j in 0 .. n - 1 do
                let largest = roots[i] * roots[j]

                // beyond what rounding alone does to equal tokens
                if i <> j && abs matrix[i * n + j] > largest * (1.0 + 1e-12) then
                    matrix[i * n + j] <- Math.CopySign(largest, matrix[i * n + j])

    /// Any diagonal entry that is exactly 0.
    let private isEmpty n (matrix: float[]) =
        Seq.exists (fun i -> matrix[i * n + i] = 0.0) (seq { 0 .. n - 1 })

    let private divides (architecture: Architecture) =
        match architecture.NormKind with
        | NormKind.Scale -> true
        | NormKind.DyT _ -> false

    let private sublayer
        room
        (architecture: Architecture)
        laws
        allowed
        (random: Randomness)
        (sublayer: Sublayer)
        (input: float[])
        =
        let n = architecture.Tokens

        let state =
            if sublayer.Placement.Before then
                if divides architecture && isEmpty n input then
                    Geometry.emptyStream architecture

                NormMaps.forward architecture.NormKind sublayer.Gain laws n input
            else
                input

        for i in 0 .. n - 1 do
            Geometry.ensureInRange architecture sublayer state[i * n + i]

        let struct (drawn, output) =
            match sublayer.Module with
            | Module.Attention parameters when DrawnHeads.serve architecture ->
                let layout =
                    HeadLayout.standingFor random.Heads random.Key architecture parameters allowed

                let struct (layer, branch) = DrawnHeads.forward layout random.Key state
                struct (GramModule.Drawn(parameters, layer), branch)
            | Module.Attention parameters ->
                let struct (heads, branch) =
                    AttentionMaps.gramForward room architecture.Heads n parameters allowed random.Normal state

                struct (GramModule.Attention(parameters, heads), branch)
            | Module.Mlp parameters ->
                let struct (kernels, branch) =
                    MlpMaps.gramForward architecture.Activation architecture.Gated n parameters laws state

                match parameters.Experts with
                | None -> struct (GramModule.Mlp(parameters, kernels), branch)
                | Some experts ->
                    let routing = ExpertMaps.route n experts random.Key state

                    struct (GramModule.Experts(parameters, kernels, routing), Array.map2 (*) routing.Overlaps branch)

        { Module = drawn
          Branch = sublayer.Branch
          Placement = sublayer.Placement
          Gain = sublayer.Gain
          Seen = state
          Output = output }

    let forward
        room
        (architecture: Architecture)
        laws
        allowed
        (random: Randomness)
        (step: Step)
        (input: float[])
        : GramStep =
        let n = architecture.Tokens
        let r2 = step.Skip * step.Skip
        let sum = input |> Array.map (fun c -> r2 * c)
        let gain = step.Sublayers[0].Gain

        let sublayers =
            step.Sublayers
            |> Array.mapi (fun index part ->
                let own =
                    { random with
                        Key = CounterNormals.part random.Key index }

                let trace = sublayer room architecture laws allowed own part input
                let a2 = part.Branch * part.Branch

                let added =
                    if part.Placement.OnBranch && a2 > 0.0 then
                        if divides architecture && isEmpty n trace.Output then
                            Geometry.emptyBranch architecture part

                        NormMaps.forward architecture.NormKind gain laws n trace.Output
                    else
                        trace.Output

                for k in 0 .. n * n - 1 do
                    sum[k] <- sum[k] + a2 * added[k]

                match trace.Module with
                | GramModule.Mlp _
                | GramModule.Experts _ when not part.Placement.OnBranch -> { trace with Output = [||] }
                | GramModule.Mlp _
                | GramModule.Experts _
                | GramModule.Attention _
                | GramModule.Drawn _ -> trace)

        if step.NormalisesSum && divides architecture && isEmpty n sum then
            Geometry.emptyStream architecture

        { Skip = step.Skip
          NormalisesSum = step.NormalisesSum
          Gain = gain
          Input = input
          Sublayers = sublayers
          Sum = sum
          Output =
            if step.NormalisesSum then
                NormMaps.forward architecture.NormKind gain laws n sum
            else
                sum }

    let private dot (a: float[]) (b: float[]) =
        let mutable sum = 0.0

        for k in 0 .. a.Length - 1 do
            sum <- sum + a[k] * b[k]

        sum

    let private over std value = if std = 0.0 then 0.0 else value / std

    /// The norm that divides what a branch puts out, or the sum of which it is a part.
    let private behind architecture (step: GramStep) (trace: GramSublayer) : GramNorm voption =
        if not (divides architecture) then
            ValueNone
        elif trace.Placement.OnBranch then
            ValueSome
                { Argument = trace.Output
                  Branch = 1.0
                  Output = trace.Output }
        elif step.NormalisesSum then
            ValueSome
                { Argument = step.Sum
                  Branch = trace.Branch
                  Output = trace.Output }
        else
            ValueNone

    /// (5.4) of W_1 and W_2 given the gradient at the branch output, Θ; for experts Θ ∘ O.
    let private ofMlp
        (architecture: Architecture)
        (parameters: MlpParameters)
        (kernels: PairKernels)
        (seen: float[])
        theta
        =
        let n = architecture.Tokens
        let d = float architecture.Width
        let inner = parameters.InStd * parameters.InStd
        let out = parameters.OutStd * parameters.OutStd

        let up =
            if architecture.Gated then
                seen |> Array.map (fun c -> inner * c)
            else
                Array.create (n * n) 1.0

        let atPreActivation =
            Array.map3 (fun g slope u -> g * slope * u) theta kernels.Slopes up

        let atUp = Array.map2 (*) theta kernels.Values

        { ParameterGradients.none with
            MlpIn = d * d * out * dot atPreActivation seen
            MlpUp =
                if architecture.Gated then
                    d * d * out * dot atUp seen
                else
                    0.0
            MlpBias =
                if parameters.BiasStd = 0.0 then
                    0.0
                else
                    d * out * Array.sum atPreActivation
            MlpOut = d * float architecture.MlpWidth * dot atUp up }

    /// From the gradient at the branch output, Θ, to that at what the module sees, and the squared norms of its weights' gradients
    /// for a branch weight of 1: (5.4) with any Gram matrices, ‖∂L/∂W‖² = d_y d_z Σ_ij γ_ij ζ_ij.
    let private throughModule
        room
        (architecture: Architecture)
        (step: GramStep)
        (trace: GramSublayer)
        (theta: float[])
        =
        let n = architecture.Tokens
        let d = float architecture.Width

        let ofAttention (parameters: AttentionParameters) (overlaps: PathOverlaps) =
            { ParameterGradients.none with
                Query = d * d * over parameters.LogitStd overlaps.Query
                Key = d * d * over parameters.LogitStd overlaps.Key
                Value = d * d * over parameters.ValueStd overlaps.Value
                Output = d * d * over parameters.ValueStd (dot theta trace.Output) }

        match trace.Module with
        | GramModule.Attention(parameters, heads) ->
            let struct (atModule, overlaps) =
                AttentionMaps.gramBackward room n parameters heads (behind architecture step trace) trace.Seen theta

            struct (atModule, ofAttention parameters overlaps)
        | GramModule.Drawn(parameters, layer) ->
            let struct (atModule, overlaps) =
                DrawnHeads.backward layer (behind architecture step trace) trace.Seen theta

            struct (atModule, ofAttention parameters overlaps)
        | GramModule.Mlp(parameters, kernels) ->
            struct (MlpMaps.gramBackward architecture.Gated n parameters kernels trace.Seen theta,
                    ofMlp architecture parameters kernels trace.Seen theta)
        | GramModule.Experts(parameters, kernels, routing) ->
            let chosen = Array.map2 (*) routing.Overlaps theta

            let atModule =
                MlpMaps.gramBackward architecture.Gated n parameters kernels trace.Seen chosen
            // κ of one expert, times the gates' own gradient: derivation (15.9)
            let expert = MlpMaps.branchOf architecture.Gated parameters kernels trace.Seen
            let routed = Array.map3 (fun k b g -> k * b * g) expert routing.Slopes theta
            let logit = routing.Experts.RouterStd * routing.Experts.RouterStd

            for k in 0 .. n * n - 1 do
                atModule[k] <- atModule[k] + logit * routed[k]

            struct (atModule,
                    { ofMlp architecture parameters kernels trace.Seen chosen with
                        Router = d * d * dot routed trace.Seen })

    /// The gradient's Gram at the stream that the step reads, and the squared norms of the gradients of its sublayers' weights.
    let backward room (architecture: Architecture) laws (step: GramStep) (gradient: float[]) =
        let n = architecture.Tokens
        let through = NormMaps.backward architecture.NormKind

        let gradient =
            if step.NormalisesSum then
                through step.Gain laws n step.Sum gradient
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
                        through trace.Gain laws n trace.Output gradient
                    else
                        gradient

                let struct (atModule, own) = throughModule room architecture step trace atBranch

                let branch =
                    if trace.Placement.Before then
                        through trace.Gain laws n step.Input atModule
                    else
                        atModule

                weights <- weights.Plus(own, a2)

                for k in 0 .. n * n - 1 do
                    result[k] <- result[k] + a2 * branch[k]

        hold n result
        struct (result, weights)
