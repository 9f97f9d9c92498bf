namespace Hybrid.Theory

open Hybrid.Architectures

/// What a norm of gain γ does to any Gram matrix, and what it takes from the gradient's on the way back: derivation sections 8.1, 8.3
/// and 15.3. Row-major n×n.
[<RequireQualifiedAccess>]
module internal NormMaps =

    /// M_ij / √(M_ii M_jj) read off `by`
    let private divide n (matrix: float[]) (by: float[]) =
        let inverse = Array.init n (fun i -> 1.0 / sqrt by[i * n + i])
        let divided = Array.zeroCreate<float>(n * n)

        for i in 0 .. n - 1 do
            for j in 0 .. n - 1 do
                divided[i * n + j] <- matrix[i * n + j] * inverse[i] * inverse[j]

        divided

    let private times (factor: float) (matrix: float[]) =
        if factor = 1.0 then
            matrix
        else
            matrix |> Array.map (fun entry -> factor * entry)

    /// E tanh(αx_i)tanh(αx_j) and E tanh′(αx_i)tanh′(αx_j) of tokens of Gram C.
    let private kernels (laws: Laws) n (alpha: float) (gram: float[]) =
        PairKernels.compute
            Activation.Tanh
            { laws with Mlp = laws.Norm }
            n
            (gram |> Array.map (fun c -> alpha * alpha * c))

    /// The Gram behind a norm of tokens of Gram `argument`. A diagonal entry of 0 has none behind a division.
    let forward kind gain laws n (argument: float[]) =
        match kind with
        | NormKind.Scale -> divide n argument argument |> times (gain * gain)
        | NormKind.DyT alpha -> (kernels laws n alpha argument).Values |> times (gain * gain)

    /// The gradient's Gram in front of the norm, given that behind it.
    let backward kind gain laws n (argument: float[]) (gradient: float[]) =
        match kind with
        | NormKind.Scale -> divide n gradient argument |> times (gain * gain)
        | NormKind.DyT alpha ->
            Array.map2 (*) (kernels laws n alpha argument).Slopes gradient
            |> times (gain * gain * alpha * alpha)
