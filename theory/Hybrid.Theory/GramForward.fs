namespace Hybrid.Theory

open System
open Hybrid.Architectures

/// Attention of one head as the backward pass needs it.
type internal GramHead = { Rows: float[] }

type internal GramSublayer =
    {
        Weights: SublayerWeights
        /// C at the input
        Input: float[]
        /// what the module sees
        Seen: float[]
        /// branch Gram f_i·f_j/d before any normalisation of it
        Branch: float[]
        /// post: r²C + a²F before normalisation
        Sum: float[]
        Output: float[]
    }

type internal GramBlock =
    { Attention: GramSublayer
      Heads: GramHead[]
      Mlp: GramSublayer
      Kernels: PairKernels }

/// The Gram process forwards, derivation sections 8.1 and 8.2.
[<RequireQualifiedAccess>]
module internal GramForward =

    /// M_ij / √(M_ii M_jj) read off `by`
    let normalise n (matrix: float[]) (by: float[]) =
        let inverse = Array.init n (fun i -> 1.0 / sqrt by[i * n + i])
        Array.init (n * n) (fun k -> matrix[k] * inverse[k / n] * inverse[k % n])

    let seen norm n (input: float[]) =
        if Geometry.normalisesInput norm then
            normalise n input input
        else
            input

    let combine norm n (weights: SublayerWeights) input seen branch =
        let r2 = weights.Skip * weights.Skip
        let a2 = weights.Branch * weights.Branch

        let added =
            if Geometry.normalisesBranch norm && a2 > 0.0 then
                normalise n branch branch
            else
                branch

        let sum = Array.map2 (fun c f -> r2 * c + a2 * f) input added

        { Weights = weights
          Input = input
          Seen = seen
          Branch = branch
          Sum = sum
          Output =
            match norm with
            | Norm.Post -> normalise n sum sum
            | Norm.None
            | Norm.Pre
            | Norm.Peri
            | Norm.Output -> sum }

    /// Softmax over the allowed entries of each row; the row's largest logit is subtracted first.
    let softmax n (allowed: bool[]) (logits: float[]) =
        for i in 0 .. n - 1 do
            let row = i * n
            let mutable largest = Double.NegativeInfinity

            for j in row .. row + n - 1 do
                if allowed[j] then
                    largest <- max largest logits[j]

            let mutable total = 0.0

            for j in row .. row + n - 1 do
                let weight = if allowed[j] then exp (logits[j] - largest) else 0.0
                logits[j] <- weight
                total <- total + weight

            for j in row .. row + n - 1 do
                logits[j] <- logits[j] / total

    let attention (architecture: Architecture) (allowed: bool[]) (normal: unit -> float) weights (input: float[]) =
        let n = architecture.Tokens
        let state = seen architecture.Norm n input
        let factor = SquareMatrix.factor n state
        let transposed = Array.zeroCreate (n * n)
        SquareMatrix.transposeInto n factor transposed
        let left = Array.zeroCreate<float>(n * n)
        let product = Array.zeroCreate<float>(n * n)
        let branch = Array.zeroCreate<float>(n * n)
        let value = architecture.Attention.ValueStd * architecture.Attention.ValueStd
        let share = value / float architecture.Heads

        let heads =
            Array.init architecture.Heads (fun _ ->
                let noise =
                    Array.init (n * n) (fun _ -> architecture.Attention.LogitStd * normal ())

                let rows = Array.zeroCreate<float>(n * n)
                SquareMatrix.multiplyInto n factor noise left
                SquareMatrix.multiplyInto n left transposed rows
                softmax n allowed rows
                // A R Aᵀ
                SquareMatrix.multiplyInto n rows state left
                SquareMatrix.transposeInto n rows product

                let overlap = Array.zeroCreate<float>(n * n)
                SquareMatrix.multiplyInto n left product overlap

                for k in 0 .. n * n - 1 do
                    branch[k] <- branch[k] + share * overlap[k]

                { Rows = rows })

        struct (combine architecture.Norm n weights input state branch, heads)

    let mlp (architecture: Architecture) laws weights (input: float[]) =
        let n = architecture.Tokens
        let parameters = architecture.Mlp
        let state = seen architecture.Norm n input
        let inner = parameters.InStd * parameters.InStd
        let bias = parameters.BiasStd * parameters.BiasStd
        let out = parameters.OutStd * parameters.OutStd

        let kernels =
            PairKernels.compute architecture.Activation laws n (state |> Array.map (fun c -> inner * c + bias))

        let branch =
            if architecture.Gated then
                Array.map2 (fun value c -> out * value * inner * c) kernels.Values state
            else
                kernels.Values |> Array.map (fun value -> out * value)

        struct (combine architecture.Norm n weights input state branch, kernels)
