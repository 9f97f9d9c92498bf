namespace Hybrid.Theory

open System
open System.Numerics
open Hybrid.Architectures

/// E φ(x_i)φ(x_j) and E φ′(x_i)φ′(x_j) for every pair of n Gaussian pre-activations whose variances may differ:
/// derivation section 8.2. Symmetric n×n matrices, row-major.
type PairKernels = { Values: float[]; Slopes: float[] }

/// One formula for each activation with a closed form; elsewhere Mehler's series with every token's own Hermite
/// coefficients while the variances are small, and a mixture of error functions where they are not.
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

    /// ρ of pair (i, j), 0 where either has no variance.
    let private correlation n (covariance: float[]) i j =
        let root = sqrt covariance[i * n + i] * sqrt covariance[j * n + j]

        if root = 0.0 then
            0.0
        else
            max -1.0 (min 1.0 (covariance[i * n + j] / root))

    let private fromMixture (mixture: ErrorFunctionMixture) n (covariance: float[]) =
        let variances = Array.init n (fun i -> covariance[i * n + i])
        let saturations = mixture.Saturations variances
        let roots = mixture.Roots variances

        fill n (fun i j ->
            let rho = if i = j then 1.0 else correlation n covariance i j
            let root = sqrt variances[i] * sqrt variances[j]
            mixture.Pair(saturations, roots, i, j, rho, (1.0 - rho) * (1.0 + rho), root))

    /// All variances equal: the kernels of the simplex maps.
    let private equalVariances (kernel: Kernel) n (covariance: float[]) =
        let v = kernel.Variance
        let slope chi = if v = 0.0 then 0.0 else chi / v

        fill n (fun i j ->
            if i = j then
                struct (kernel.KappaAtOne, slope kernel.ChiAtOne)
            else
                let u =
                    if v = 0.0 then
                        0.0
                    else
                        min 2.0 (max 0.0 (1.0 - covariance[i * n + j] / v))

                struct (kernel.Kappa u, slope (kernel.Chi u)))

    /// The same where the kernels are sums of a series, a vector of pairs at a time.
    let private alongSeries (kernel: Kernel) (series: HermiteSeries) n (covariance: float[]) =
        let lanes = Vector<float>.Count
        let v = kernel.Variance
        let values = Array.zeroCreate<float>(n * n)
        let slopes = Array.zeroCreate<float>(n * n)
        let one = Vector<float>.One

        for i in 0 .. n - 1 do
            // those of the last vector are told twice where the row's are no multiple of it
            for start in 0..lanes .. i - 1 do
                let k = i * n + min start (n - lanes)

                let u =
                    Vector.Min(
                        Vector<float> 2.0,
                        Vector.Max(Vector<float>.Zero, one - Vector<float>(covariance, k) / v)
                    )

                let struct (kappa, chi) = series.Both(one - u)
                let isOne = Vector.Equals(u, Vector<float>.Zero)
                Vector.ConditionalSelect(isOne, Vector<float> kernel.KappaAtOne, kappa).CopyTo(values, k)
                (Vector.ConditionalSelect(isOne, Vector<float> kernel.ChiAtOne, chi) / v).CopyTo(slopes, k)

            values[i * n + i] <- kernel.KappaAtOne
            slopes[i * n + i] <- kernel.ChiAtOne / v

        PanelProduct.mirror n values
        PanelProduct.mirror n slopes
        { Values = values; Slopes = slopes }

    /// φ homogeneous of degree one: κ scales with √(v_i v_j), slopes do not scale.
    let private homogeneous activation n (covariance: float[]) =
        let kernel = Kernels.at activation 1.0

        fill n (fun i j ->
            let scale = sqrt covariance[i * n + i] * sqrt covariance[j * n + j]

            let u =
                if scale = 0.0 then
                    0.0
                else
                    min 2.0 (max 0.0 (1.0 - covariance[i * n + j] / scale))

            struct (scale * kernel.Kappa u, kernel.Chi u))

    let private joint pair n (covariance: float[]) =
        fill n (fun i j ->
            let rho = if i = j then 1.0 else correlation n covariance i j
            pair covariance[i * n + i] covariance[j * n + j] rho ((1.0 - rho) * (1.0 + rho)))

    let private fromSeries at n (covariance: float[]) =
        let series: HermiteSeries[] = Array.init n (fun i -> at covariance[i * n + i])

        fill n (fun i j ->
            let root = sqrt covariance[i * n + i] * sqrt covariance[j * n + j]
            let rho = correlation n covariance i j
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
            match Kernels.ofOneVariance activation v with
            | Some mixture -> fromMixture mixture n covariance
            | None ->
                let kernel = laws.Mlp v

                match kernel.Series with
                | Some series when n >= Vector<float>.Count -> alongSeries kernel series.Value n covariance
                | Some _
                | None -> equalVariances kernel n covariance
        else
            let variances = Array.init n (fun i -> covariance[i * n + i])

            match Kernels.pair activation (Array.min variances) (Array.max variances) with
            | Kernels.Pair.Homogeneous -> homogeneous activation n covariance
            | Kernels.Pair.Series at -> fromSeries at n covariance
            | Kernels.Pair.Joint pair -> joint pair n covariance
            | Kernels.Pair.Mixture mixture -> fromMixture mixture n covariance
