namespace Hybrid.Theory

open System
open System.Numerics
open Hybrid.Architectures

/// The arcsine of many numbers at once.
[<RequireQualifiedAccess>]
module internal Arcsine =

    /// asin(√z)/√z = Σ_k (2k)!/(4^k k!²(2k+1)) z^k; at z ≤ 1/4 what twenty terms leave is below 1e-14.
    let coefficients =
        let coefficients = Array.create 20 1.0
        let mutable binomial = 1.0

        for k in 1..19 do
            binomial <- binomial * float (2 * k - 1) / float (2 * k)
            coefficients[k] <- binomial / float (2 * k + 1)

        coefficients

    /// asin of `sine`, given `cosine` ≥ 0: beyond ½ as π/2 − 2 asin √((1 − sin)/2) with 1 − sin = cos²/(1 + sin).
    let inline angle (coefficients: float[]) (sine: Vector<float>) (cosine: Vector<float>) =
        let size = Vector.Abs sine
        let near = Vector.LessThanOrEqual(size, Vector<float> 0.5)

        let z =
            Vector.ConditionalSelect(near, size * size, cosine * cosine / (Vector<float> 2.0 + size + size))

        let square = z * z
        let mutable even = Vector<float> coefficients[18]
        let mutable odd = Vector<float> coefficients[19]

        for k in 8..-1..0 do
            even <- Vector.FusedMultiplyAdd(even, square, Vector<float> coefficients[2 * k])
            odd <- Vector.FusedMultiplyAdd(odd, square, Vector<float> coefficients[2 * k + 1])

        let ofRoot =
            Vector.FusedMultiplyAdd(odd, z, even)
            * Vector.ConditionalSelect(near, size, Vector.SquareRoot z)

        Vector.CopySign(Vector.ConditionalSelect(near, ofRoot, Vector<float>(0.5 * Math.PI) - (ofRoot + ofRoot)), sine)

/// φ as a sum of error functions of different scales, whose pair kernels are closed: derivation section 2.6. The logistic
/// function is a mixture of normal distributions' Φ over their scale (Stefanski 1991), so that
///     tanh x = Σ p_i erf(√2 s_i x),   sigmoid x = ½ + ½ Σ p_i erf(s_i x/√2),   SiLU x = Σ p_i x Φ(s_i x)
/// and E φφ, E φ′φ′ of any pair are double sums of (2.4), (2.6) and (2.7), at a cost that depends on neither variance.
/// For sums over many pairs; a single kernel is cheaper by (2.9).
[<Sealed>]
type internal ErrorFunctionMixture
    private (rectifies: bool, offset: float, factor: float, weights: float[], scales: float[]) =

    let total = Array.sum weights

    /// p_i with Σ_i p_i (Φ(s_i x) − ½) = `target` x on [0, reach] and at infinity, by least squares at Chebyshev points; the
    /// scales are in geometric progression.
    static let fit (target: float -> float) reach lowest highest terms =
        let scales =
            Array.init terms (fun i -> lowest * (highest / lowest) ** (float i / float (terms - 1)))

        let points =
            Array.init 160 (fun k -> 0.5 * reach * (1.0 - cos (Math.PI * (float k + 0.5) / 160.0)))

        let half x =
            0.5 * MathNet.Numerics.SpecialFunctions.Erf(x / sqrt 2.0)

        let rows =
            MathNet.Numerics.LinearAlgebra.Matrix<float>.Build.Dense(
                points.Length + 1,
                terms,
                (fun k i ->
                    if k = points.Length then
                        0.5
                    else
                        half (scales[i] * points[k]))
            )

        let values =
            MathNet.Numerics.LinearAlgebra.Vector<float>.Build.Dense(
                points.Length + 1,
                (fun k -> if k = points.Length then 0.5 else target points[k])
            )

        struct ((rows.QR().Solve values).ToArray(), scales)

    static let logistic = lazy (fit (fun x -> 0.5 * Math.Tanh(0.5 * x)) 40.0 0.17 2.2 16)

    static let ofLogistic rectifies offset factor stretch =
        let struct (weights, scales) = logistic.Value
        ErrorFunctionMixture(rectifies, offset, factor, weights, scales |> Array.map (fun s -> stretch * s))

    static let tanh = lazy (ofLogistic false 0.0 1.0 2.0)

    static let sigmoid = lazy (ofLogistic false 0.5 0.5 1.0)

    static let silu = lazy (ofLogistic true 0.0 1.0 1.0)

    /// Not a mixture: weights of either sign.
    static let geluTanh =
        lazy
            (let root = sqrt (2.0 / Math.PI)

             let struct (weights, scales) =
                 fit (fun x -> 0.5 * Math.Tanh(root * (x + 0.044715 * x * x * x))) 10.0 0.8 2.0 16

             ErrorFunctionMixture(true, 0.0, 1.0, weights, scales))

    /// The mixture of an activation that has neither closed kernels nor a formula of its user's.
    static member For activation =
        match activation with
        | Activation.Tanh -> Some tanh.Value
        | Activation.Sigmoid -> Some sigmoid.Value
        | Activation.Silu -> Some silu.Value
        | Activation.GeluTanh -> Some geluTanh.Value
        | Activation.Linear
        | Activation.Relu
        | Activation.LeakyRelu
        | Activation.Erf
        | Activation.Gelu
        | Activation.Custom _ -> None

    /// The mixture itself
    member _.Phi(x: float) =
        let term p s =
            if rectifies then
                p * x * Normal.cumulative (s * x)
            else
                p * MathNet.Numerics.SpecialFunctions.Erf(s * x / sqrt 2.0)

        offset + factor * Array.sum (Array.map2 term weights scales)

    /// Its derivative
    member _.Derivative(x: float) =
        let term p s =
            if rectifies then
                p * (Normal.cumulative (s * x) + s * x * Normal.density (s * x))
            else
                2.0 * p * s * Normal.density (s * x)

        factor * Array.sum (Array.map2 term weights scales)

    /// g_i = 1/(1 + s_i²v) of every term, for each of the variances: [variance, term] row-major.
    member _.Saturations(variances: float[]) =
        Array.init (variances.Length * scales.Length) (fun k ->
            let s = scales[k % scales.Length]
            1.0 / (1.0 + s * s * variances[k / scales.Length]))

    /// √(s_i²v/(1 + s_i²v)) of the same
    member _.Roots(variances: float[]) =
        Array.init (variances.Length * scales.Length) (fun k ->
            let s = scales[k % scales.Length]
            let t = s * s * variances[k / scales.Length]
            sqrt (t / (1.0 + t)))

    /// Terms are a multiple of any vector's length. E φ₁φ₂ and E φ₁′φ₂′ of tokens a and b among those of `saturations` and `roots`, of correlation ρ, w = 1 − ρ², and root of
    /// the product of their variances √(v_a v_b). With S = 1 − sin² = g_a + f_a(g_b + f_b w).
    member _.Pair(saturations: float[], roots: float[], a: int, b: int, rho: float, w: float, root: float) =
        let terms = scales.Length
        let coefficients = Arcsine.coefficients
        let atA = a * terms
        let atB = b * terms
        let lanes = Vector<float>.Count
        let rho2 = rho * rho

        // equal variances: terms (i, j) and (j, i) are equal, and blocks of them are taken once
        let mutable equal = true
        let mutable k = 0

        while equal && k < terms do
            equal <- abs (roots[atA + k] - roots[atB + k]) <= 1e-14 * roots[atA + k]
            k <- k + 1

        let mutable value = Vector<float>.Zero
        let mutable slope = Vector<float>.Zero

        for i in 0 .. terms - 1 do
            let ga = saturations[atA + i]
            let ra = roots[atA + i]
            let fa = ra * ra
            let own = i / lanes * lanes
            let mutable j = if equal then own else 0

            while j < terms do
                let weight = if equal && j > own then 2.0 * weights[i] else weights[i]
                let gb = Vector<float>(saturations, atB + j)
                let rb = Vector<float>(roots, atB + j)
                let s = Vector<float> ga + fa * (gb + w * (rb * rb))
                let cosine = Vector.SquareRoot s
                let inverse = Vector<float>.One / cosine
                let product = ra * rb
                let sine = rho * product
                let angle = Arcsine.angle coefficients sine cosine
                let p = Vector<float>(weights, j)

                if rectifies then
                    let g = Vector<float> ga + gb
                    let both = inverse * inverse * gb * ga

                    value <-
                        value
                        + weight * p * (rho * angle + product * (Vector<float> w + rho2 * g) * inverse)

                    slope <- slope + weight * p * (angle + sine * (g + both) * inverse)
                else
                    value <- value + weight * p * angle

                    slope <-
                        slope
                        + weight
                          * scales[i]
                          * sqrt ga
                          * p
                          * Vector<float>(scales, j)
                          * Vector.SquareRoot gb
                          * inverse

                j <- j + lanes

        let value = Vector.Sum value
        let slope = Vector.Sum slope

        if rectifies then
            let quarter = 0.25 * total * total
            struct (root * (rho * quarter + value / (2.0 * Math.PI)), quarter + slope / (2.0 * Math.PI))
        else
            let square = factor * factor * 2.0 / Math.PI
            struct (offset * offset + square * value, square * slope)

    /// κ(v, 1) − κ(v, 1 − u) of the one variance v of `saturations` and `roots`, 0 ≤ u ≤ 1, without cancellation, derivation (2.17):
    /// arcsines by the angle between them, what a rectified term has besides by its factor w = u(2 − u).
    member _.Gap(saturations: float[], roots: float[], u: float, v: float) =
        let terms = scales.Length
        let coefficients = Arcsine.coefficients
        let lanes = Vector<float>.Count
        let rho = 1.0 - u
        let w = u * (2.0 - u)
        let mutable sum = Vector<float>.Zero

        for i in 0 .. terms - 1 do
            let ga = saturations[i]
            let ra = roots[i]
            let fa = ra * ra
            // terms (i, j) and (j, i) are equal, and blocks of them are taken once
            let own = i / lanes * lanes
            let mutable j = own

            while j < terms do
                let weight = if j > own then 2.0 * weights[i] else weights[i]
                let gb = Vector<float>(saturations, j)
                let rb = Vector<float>(roots, j)
                let fb = rb * rb
                let product = ra * rb
                let one = Vector<float> ga + fa * gb
                let cosineAtOne = Vector.SquareRoot one
                let cosine = Vector.SquareRoot(one + fa * w * fb)
                let sine = product * w / (cosine + rho * cosineAtOne)

                let between =
                    Arcsine.angle coefficients sine (cosineAtOne * cosine + rho * product * product)

                let term =
                    if rectifies then
                        let g = Vector<float> ga + gb
                        let angle = Arcsine.angle coefficients (rho * product) cosine

                        let rest =
                            (Vector<float>.One - g) / cosine
                            - g * (fa * fb) / (cosineAtOne * cosine * (cosineAtOne + cosine))

                        between + u * angle - w * product * rest
                    else
                        between

                sum <- sum + weight * Vector<float>(weights, j) * term
                j <- j + lanes

        let sum = Vector.Sum sum

        if rectifies then
            v * (u * 0.25 * total * total + sum / (2.0 * Math.PI))
        else
            factor * factor * 2.0 / Math.PI * sum
