namespace Hybrid.Theory

open System
open Hybrid.Architectures

/// E φ(x_i)φ(x_j) and E φ′(x_i)φ′(x_j) for every pair of n Gaussian pre-activations whose variances may differ:
/// derivation section 8.2. Symmetric n×n matrices, row-major.
type PairKernels = { Values: float[]; Slopes: float[] }

/// One formula for each activation with a closed form; elsewhere Mehler's series with every token's own Hermite
/// coefficients, which is short because the process normalises tokens or keeps them near a common norm.
[<RequireQualifiedAccess>]
module internal PairKernels =

    let private fill n (pair: int -> int -> struct (float * float)) =
        let values = Array.zeroCreate (n * n)
        let slopes = Array.zeroCreate (n * n)

        for i in 0 .. n - 1 do
            for j in 0..i do
                let struct (value, slope) = pair i j
                values[i * n + j] <- value
                values[j * n + i] <- value
                slopes[i * n + j] <- slope
                slopes[j * n + i] <- slope

        { Values = values; Slopes = slopes }

    /// All variances equal: the kernels of the simplex maps.
    let private equalVariances (kernel: Kernel) n (covariance: float[]) =
        let v = kernel.Variance
        let slope chi = if v = 0.0 then 0.0 else chi / v

        fill n (fun i j ->
            if i = j then
                struct (kernel.KappaAtOne, slope kernel.ChiAtOne)
            else
                let u = min 2.0 (max 0.0 (1.0 - covariance[i * n + j] / v))
                struct (kernel.Kappa u, slope (kernel.Chi u)))

    /// φ homogeneous of degree one: κ scales with √(v_i v_j), slopes do not scale.
    let private homogeneous activation n (covariance: float[]) =
        let kernel = Kernels.at activation 1.0

        fill n (fun i j ->
            let scale = sqrt (covariance[i * n + i] * covariance[j * n + j])

            let u =
                if scale = 0.0 then
                    0.0
                else
                    min 2.0 (max 0.0 (1.0 - covariance[i * n + j] / scale))

            struct (scale * kernel.Kappa u, kernel.Chi u))

    let private erf n (covariance: float[]) =
        fill n (fun i j ->
            let vi = 1.0 + 2.0 * covariance[i * n + i]
            let vj = 1.0 + 2.0 * covariance[j * n + j]
            let c = 2.0 * covariance[i * n + j]
            let root = sqrt (vi * vj - c * c)
            struct (2.0 / Math.PI * atan2 c root, 4.0 / Math.PI / root))

    let private gelu n (covariance: float[]) =
        fill n (fun i j ->
            let vi = covariance[i * n + i]
            let vj = covariance[j * n + j]
            let c = covariance[i * n + j]
            let s = (1.0 + vi) * (1.0 + vj) - c * c
            let b = 1.0 / (2.0 * Math.PI * sqrt s)
            let both = 0.25 + atan2 c (sqrt s) / (2.0 * Math.PI)

            struct (c * both + b * (vi * vj - vi * c * c / (1.0 + vi) + c * c / (1.0 + vj)),
                    both + c * b * (1.0 / (1.0 + vi) + 1.0 / (1.0 + vj) + 1.0 / s)))

    let private series activation n (covariance: float[]) =
        let series =
            Array.init n (fun i -> Kernels.hermiteSeries activation covariance[i * n + i])

        fill n (fun i j ->
            let root = sqrt (covariance[i * n + i] * covariance[j * n + j])

            let rho =
                if root = 0.0 then
                    0.0
                else
                    max -1.0 (min 1.0 (covariance[i * n + j] / root))

            let a = series[i].Coefficients
            let b = series[j].Coefficients
            let mutable value = 0.0
            let mutable slope = 0.0

            for k in min a.Length b.Length - 1 .. -1 .. 1 do
                slope <- slope * rho + float k * a[k] * b[k]
                value <- value * rho + a[k] * b[k]

            value <- value * rho + a[0] * b[0]
            struct (value, (if root = 0.0 then 0.0 else slope / root)))

    /// Kernels of every pair, from the pre-activations' covariance matrix.
    let compute activation (laws: Laws) n (covariance: float[]) =
        let v = covariance[0]

        let equal =
            Seq.forall (fun i -> abs (covariance[i * n + i] - v) <= 1e-14 * v) (seq { 1 .. n - 1 })

        if equal then
            equalVariances (laws.Mlp v) n covariance
        else
            match activation with
            | Activation.Linear
            | Activation.Relu
            | Activation.LeakyRelu -> homogeneous activation n covariance
            | Activation.Erf -> erf n covariance
            | Activation.Gelu -> gelu n covariance
            | Activation.Tanh
            | Activation.GeluTanh
            | Activation.Silu
            | Activation.Sigmoid
            | Activation.Custom _ -> series activation n covariance
