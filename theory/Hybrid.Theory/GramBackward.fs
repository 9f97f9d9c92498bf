namespace Hybrid.Theory

open Hybrid.Architectures

/// The Gram process backwards in O(n³), derivation section 8.3.
[<RequireQualifiedAccess>]
module internal GramBackward =

    /// Through a sublayer's placement, around the module's own map `through`.
    let private sublayer norm n (trace: GramSublayer) (through: float[] -> float[]) (gradient: float[]) =
        let gradient =
            match norm with
            | Norm.Post -> GramForward.normalise n gradient trace.Sum
            | Norm.None
            | Norm.Pre
            | Norm.Peri
            | Norm.Output -> gradient

        let r2 = trace.Weights.Skip * trace.Weights.Skip
        let a2 = trace.Weights.Branch * trace.Weights.Branch

        if a2 = 0.0 then
            gradient |> Array.map (fun g -> r2 * g)
        else
            let atBranch =
                if Geometry.normalisesBranch norm then
                    GramForward.normalise n gradient trace.Branch
                else
                    gradient

            let atModule = through atBranch

            let branch =
                if Geometry.normalisesInput norm then
                    GramForward.normalise n atModule trace.Input
                else
                    atModule

            Array.map2 (fun g h -> r2 * g + a2 * h) gradient branch

    /// Adds one head's value, query and key paths, times `share`, to `result`. With J_i = diag(A_i) − A_i A_iᵀ written
    /// out, every path is a few n×n products: derivation section 8.3.
    let private head
        n
        logit
        share
        (state: float[])
        (stateSquared: float[])
        (rows: float[])
        (gamma: float[])
        (result: float[])
        =
        let matrix () = Array.zeroCreate<float>(n * n)

        let multiply a b =
            let c = matrix ()
            SquareMatrix.multiplyInto n a b c
            c

        let transpose a =
            let b = matrix ()
            SquareMatrix.transposeInto n a b
            b

        let columns = transpose rows
        // value: Aᵀ Γ A
        let value = multiply columns (multiply gamma rows)
        // b_i = R A_i and K = A R Aᵀ
        let b = multiply rows state
        let overlap = multiply b columns
        // query: Γ ∘ tr(J R J′ R) = Γ ∘ (A R∘R Aᵀ − M − Mᵀ + K∘K), M = A (b∘b)ᵀ
        let squares = multiply (multiply rows stateSquared) columns
        let mixed = multiply rows (transpose (Array.map2 (*) b b))
        // key: Σ W_ii′ J_i R J_i′ with W = R ∘ Γ
        let w = Array.map2 (*) state gamma
        let weighted = multiply w rows
        let inner = multiply columns weighted
        let cross = multiply columns (Array.map2 (*) weighted b)
        let outer = multiply columns (multiply (Array.map2 (*) w overlap) rows)

        for i in 0 .. n - 1 do
            for j in 0 .. n - 1 do
                let k = i * n + j
                let t = j * n + i

                let query = gamma[k] * (squares[k] - mixed[k] - mixed[t] + overlap[k] * overlap[k])

                let key = state[k] * inner[k] - cross[k] - cross[t] + outer[k]
                result[k] <- result[k] + share * (value[k] + logit * (query + key))

    let attention (architecture: Architecture) (heads: GramHead[]) (trace: GramSublayer) =
        let n = architecture.Tokens
        let logit = architecture.Attention.LogitStd * architecture.Attention.LogitStd

        let share =
            architecture.Attention.ValueStd * architecture.Attention.ValueStd
            / float heads.Length

        sublayer architecture.Norm n trace (fun gamma ->
            let result = Array.zeroCreate<float>(n * n)
            let squared = Array.map2 (*) trace.Seen trace.Seen

            for attended in heads do
                head n logit share trace.Seen squared attended.Rows gamma result

            result)

    let mlp (architecture: Architecture) (kernels: PairKernels) (trace: GramSublayer) =
        let n = architecture.Tokens
        let parameters = architecture.Mlp
        let inner = parameters.InStd * parameters.InStd
        let scale = parameters.OutStd * parameters.OutStd * inner

        sublayer architecture.Norm n trace (fun gamma ->
            Array.init (n * n) (fun k ->
                let slope =
                    if architecture.Gated then
                        kernels.Slopes[k] * inner * trace.Seen[k] + kernels.Values[k]
                    else
                        kernels.Slopes[k]

                scale * slope * gamma[k]))
