namespace Hybrid.Theory

open System
open System.Numerics
open Hybrid.Architectures

/// The nodes over which the attention moments are summed, derivation sections 3.2 and 3.3: with w = e^{sg}, negative
/// powers of the partition function Z = Σw become integrals over t, and in τ = log t everything is an expectation of
/// K_m(x) = e^{mx − eˣ} at x = τ + s g, smooth on the unit scale, so that the trapezoid rule converges exponentially.
[<RequireQualifiedAccess>]
module internal SoftmaxNodes =

    /// exp(−25) ≈ 1e-11: what the series and the left tails leave out, relative to the result.
    [<Literal>]
    let Digits = 25.0

    /// exp(−37) ≈ 1e-16: what the Gaussian nodes leave out.
    [<Literal>]
    let Rounding = 37.0

    let reach n =
        Quadrature.HalfWidth + sqrt (2.0 * log (float n))

    /// Scale on which the integrands of (3.5) vary in τ for one row: e^{−tZ}'s own, 1, or the distribution of log Z's.
    let rowScale n s =
        max 1.0 (s / sqrt (2.0 * log (float n) + 2.0))

    /// The smooth grid in τ: [from, to] holds all of the mass, the step resolves `scale`.
    let grid refinement n s scale =
        let g = reach n
        let center = -log(float n)
        let step = 0.27 / refinement * scale
        let first = center - s * g - Digits
        // Z ≥ e^{−s x} but for the probability that all n logits are below −x, at most e^{−n x²/2} = e^{−37}
        let last = s * sqrt (2.0 * Rounding / float n) + 4.0
        let count = int (ceil ((last - first) / step)) + 1
        struct (first, step, count)

    /// E[1 − K_0], and E K_1 and E K_2 times Scale, at x = t + s g, on a grid of t.
    type OneRow =
        {
            /// max(1, s): E K_m falls as 1/s, and is carried without that factor
            Scale: float
            Psi: float[]
            K1: float[]
            K2: float[]
        }

    /// Gaussian nodes in g per unit of g, times 2π, that resolve K_m(t + s g) to e^{−digits}.
    let bandwidth s digits =
        sqrt (2.0 * digits) + 2.0 / Math.PI * digits * s

    /// From this spread on the nodes follow K_m, and not the Gaussian: below it they are few, and above it e^{2sg} would
    /// leave the double range.
    [<Literal>]
    let private LocalSpread = 20.0

    /// 1 − K_0 = 1 − e^{−y}
    let private covered (y: float) =
        if y < 1e-5 then y * (1.0 - 0.5 * y) else 1.0 - exp -y

    /// Numbers that the processor takes at once.
    let lanes = Vector<float>.Count

    let private all (x: float) = Vector<float> x

    /// Trapezoid nodes in g from −reach to reach. Where y = e^{t + s g} < 1e-9, K_1 = y, K_2 = y² and 1 − K_0 = y to 1e-9 of
    /// terms that are themselves e^{−20} of the largest; where y > 40, K_m = 0 and K_0 = 0. Both ends are partial sums that
    /// are known beforehand, so that a node costs the same at any s.
    let private byGaussianNodes n s digits (ts: float[]) =
        let h = 2.0 * Math.PI / bandwidth s digits
        let half = int (ceil (reach n / h))
        let size = 2 * half + 1
        let z = Array.init size (fun i -> float (i - half) * h)
        let weights = z |> Array.map (fun z -> h * Normal.density z)
        let lognormal = z |> Array.map (fun z -> exp (s * z))
        let first = Array.map2 (*) weights lognormal |> Array.scan (+) 0.0

        let second =
            Array.map2 (fun w e -> w * e * e) weights lognormal |> Array.scan (+) 0.0

        let above = Array.scanBack (+) weights 0.0

        /// number of nodes with t + s z < x
        let below x t =
            int (max 0.0 (min (float size) (ceil ((x - t) / (s * h) + float half))))

        let psi = Array.zeroCreate ts.Length
        let k1 = Array.zeroCreate ts.Length
        let k2 = Array.zeroCreate ts.Length
        let scale = max 1.0 s

        for j in 0 .. ts.Length - 1 do
            let t = ts[j]
            let from = below -20.7 t
            let until = below 3.7 t
            let e = exp t
            let mutable sum0 = e * first[from] + above[until]
            let mutable sum1 = e * first[from]
            let mutable sum2 = e * e * second[from]

            let mutable i = from
            let mutable sums0 = Vector<float>.Zero
            let mutable sums1 = Vector<float>.Zero
            let mutable sums2 = Vector<float>.Zero

            while i + lanes <= until do
                let y = e * Vector<float>(lognormal, i)
                let w = Vector<float>(weights, i)
                let k0 = Vector.Exp -y
                let series = y * (Vector<float>.One - 0.5 * y)
                let near = Vector.LessThan(y, all 1e-5)
                sums0 <- sums0 + w * Vector.ConditionalSelect(near, series, Vector<float>.One - k0)
                let term = w * k0 * y
                sums1 <- sums1 + term
                sums2 <- sums2 + term * y
                i <- i + lanes

            sum0 <- sum0 + Vector.Sum sums0
            sum1 <- sum1 + Vector.Sum sums1
            sum2 <- sum2 + Vector.Sum sums2

            while i < until do
                let y = e * lognormal[i]
                let w = weights[i]
                sum0 <- sum0 + w * covered y
                let term = w * exp -y * y
                sum1 <- sum1 + term
                sum2 <- sum2 + term * y
                i <- i + 1

            psi[j] <- sum0
            k1[j] <- scale * sum1
            k2[j] <- scale * sum2

        { Scale = scale
          Psi = psi
          K1 = k1
          K2 = k2 }

    /// Width of the normal distribution function with which 1 − K_0 is compared: in the strip |Im x| < π/2 it grows by e² at
    /// most, and beyond x = 8, ten widths, the two agree.
    [<Literal>]
    let private ReferenceWidth = 0.8

    /// Σ_k c_k x^k at every x.
    let private polynomials (coefficients: float[]) (xs: float[]) =
        let results = Array.zeroCreate<float> xs.Length
        let mutable j = 0

        while j + lanes <= xs.Length do
            let x = Vector<float>(xs, j)
            let mutable sum = Vector<float>.Zero

            for k in coefficients.Length - 1 .. -1 .. 0 do
                sum <- sum * x + all coefficients[k]

            sum.CopyTo(results, j)
            j <- j + lanes

        while j < xs.Length do
            let mutable sum = 0.0

            for k in coefficients.Length - 1 .. -1 .. 0 do
                sum <- sum * xs[j] + coefficients[k]

            results[j] <- sum
            j <- j + 1

        results

    /// s E f(t + s g) = ∫ f(x) n((x − t)/s) dx over f's own width: derivation (3.13). With nodes x_k equally spaced the Gaussian's
    /// factor e^{x_k t/s²} is a power, and the sum a polynomial. Cost and accuracy do not depend on s.
    let private byLocalNodes s digits (ts: float[]) =
        let h = 2.0 * Math.PI * s / bandwidth s digits
        // K_1 n((x − t)/s) falls as exp(c x − x²/2s²) below 0, c = 1 + t/s²
        let lowest = (Array.min ts |> min 0.0) / s
        let c = 1.0 + lowest / s
        let fall = Rounding + 3.0
        let span = 2.0 * fall / (c + sqrt (c * c + 2.0 * fall / (s * s)))
        let left = -h * ceil (span / h)
        let size = 1 + int ((8.0 - left) / h)
        let x = Array.init size (fun k -> left + h * float k)

        let coefficients f =
            x
            |> Array.map (fun x ->
                let z = x / s
                h * f x * Normal.density z)

        let k1 = coefficients (fun x -> exp (x - exp x))
        let k2 = coefficients (fun x -> exp (2.0 * x - exp x))

        let rest =
            coefficients (fun x -> covered (exp x) - Normal.cumulative (x / ReferenceWidth))

        let width = sqrt (ReferenceWidth * ReferenceWidth / (s * s) + 1.0)
        let psi = Array.zeroCreate ts.Length
        let first = Array.zeroCreate ts.Length
        let second = Array.zeroCreate ts.Length

        let a = ts |> Array.map (fun t -> t / s)
        let ratios = a |> Array.map (fun a -> exp (h / s * a))
        let sum0 = polynomials rest ratios
        let sum1 = polynomials k1 ratios
        let sum2 = polynomials k2 ratios

        for j in 0 .. ts.Length - 1 do
            let factor = exp (left / s * a[j] - 0.5 * a[j] * a[j])
            psi[j] <- Normal.cumulative (a[j] / width) + factor / s * sum0[j]
            first[j] <- factor * sum1[j]
            second[j] <- factor * sum2[j]

        { Scale = s
          Psi = psi
          K1 = first
          K2 = second }

    /// The one-row expectations at every t of `ts`, to e^{−digits}.
    let oneRow n s digits ts =
        if s < LocalSpread then
            byGaussianNodes n s digits ts
        else
            byLocalNodes s digits ts

    /// x = log y beyond which K_m vanishes for every m ≤ 6, to e^{−40} of the largest.
    [<Literal>]
    let private HighestNode = 4.3

    /// E K_m at x = t + s g for m in `orders`, each from 2 to 6, on a grid of t, to e^{−digits}: the trapezoid rule in x over
    /// K_m's own width, at any s > 0. One array for every order.
    let powers (orders: int[]) n s digits (ts: float[]) =
        let h = 2.0 * Math.PI * s / bandwidth s digits
        let lowest = -0.5 * digits
        let size = 1 + int ((HighestNode - lowest) / h)
        // padded, so that every node is taken with the next ones
        let x = Array.init (size + lanes) (fun k -> lowest + h * float k)
        let weights = Array.zeroCreate<float> x.Length

        let k =
            orders
            |> Array.map (fun order -> x |> Array.map (fun x -> exp (float order * x - exp x)))

        let results = orders |> Array.map (fun _ -> Array.zeroCreate<float> ts.Length)
        let span = s * reach n
        let index bound = (bound - lowest) / h

        for j in 0 .. ts.Length - 1 do
            let t = ts[j]
            let from = int (min (float size) (max 0.0 (ceil (index (t - span)))))
            let until = int (max -1.0 (min (float (size - 1)) (floor (index (t + span)))))

            let size = max 0 (until - from + 1)
            let mutable i = 0

            while i < size do
                let z = (Vector<float>(x, from + i) - all t) / all s
                (all (h / s * Normal.density 0.0) * Vector.Exp(-0.5 * z * z)).CopyTo(weights, i)
                i <- i + lanes

            for order in 0 .. orders.Length - 1 do
                results[order][j] <- SquareMatrix.dot k[order] from weights 0 size

        results

    /// (1 − ψ)^power, exact for tiny ψ and large powers
    let power (psi: float) (exponent: float) =
        if psi >= 1.0 then
            (if exponent = 0.0 then 1.0 else 0.0)
        else
            exp (exponent * Elementary.log1p -psi)

    /// `power` of several at once.
    let powerOf (psi: Vector<float>) (exponent: float) =
        let below = Vector.Exp(exponent * Elementary.log1pOf -psi)
        let beyond = all (if exponent = 0.0 then 1.0 else 0.0)
        Vector.ConditionalSelect(Vector.LessThan(psi, Vector<float>.One), below, beyond)

    /// The step in τ and the one-row expectations at its nodes.
    let rowNodes refinement n s =
        let struct (first, step, count) = grid refinement n s (rowScale n s)
        struct (step, oneRow n s Rounding (Array.init count (fun i -> first + step * float i)))
