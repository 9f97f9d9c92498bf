namespace Hybrid.Theory

open System

/// The trapezoid rule for Gaussian expectations, derivation section 2.4.
/// An integrand that is analytic in a strip |Im x| < a converges as exp(−2πa/h): the step is chosen before the sum
/// from the strip and the Gaussian's own width, so nothing is iterated and nothing can fail silently.
[<RequireQualifiedAccess>]
module internal Quadrature =

    /// exp(−37) ≈ 8.5e-17: truncation and discretisation both stay below double rounding.
    [<Literal>]
    let private Digits = 37.0

    /// Half width of the summation in standard deviations: exp(−8.6²/2) ≈ 9e-17.
    [<Literal>]
    let HalfWidth = 8.6

    /// Step for E f(X), X ~ N(0, σ²), f analytic in |Im x| < strip (∞ for entire f).
    /// On the line Im x = y the rule's error is exp(−2πy/h + y²/2σ²), equation (2.8); the best y is 2πσ²/h where the strip allows it.
    let step (std: float) (strip: float) =
        let gaussian = std * Math.PI * sqrt (2.0 / Digits)

        if 2.0 * Math.PI * std * std / gaussian <= strip then
            gaussian
        else
            2.0 * Math.PI * strip / (Digits + strip * strip / (2.0 * std * std))

    /// E f(X), X ~ N(0, σ²). f analytic in |Im x| < strip and negligible beyond |x| > reach (∞ if it is not local).
    let expectation (std: float) (strip: float) (reach: float) (f: float -> float) =
        if std = 0.0 then
            f 0.0
        else
            let h = step std strip
            let count = int (ceil (min (HalfWidth * std) reach / h))
            let mutable sum = f 0.0

            for i in 1..count do
                let x = float i * h
                let z = x / std
                sum <- sum + exp (-0.5 * z * z) * (f x + f -x)

            sum * (h / (std * sqrt (2.0 * Math.PI)))

    /// E f(X₁, X₂) for a symmetric f of two Gaussians of variance v whose correlation is 1 − u. In the coordinates
    /// (X₁ ± X₂)/√2, independent of variances v(2 − u) and v u, the integrand keeps its width however close u is to 0.
    let pairExpectation (v: float) (u: float) (strip: float) (reach: float) (f: float -> float -> float) =
        let inner t =
            expectation (sqrt (v * (2.0 - u))) (strip * sqrt 2.0) (reach * sqrt 2.0) (fun s ->
                f ((s + t) / sqrt 2.0) ((s - t) / sqrt 2.0))

        let std = sqrt (v * u)

        if std = 0.0 then
            inner 0.0
        else
            let h = step std (strip * sqrt 2.0)
            let count = int (ceil (min (HalfWidth * std) (reach * sqrt 2.0) / h))
            // f is symmetric, so t and −t contribute the same
            let mutable sum = 0.5 * inner 0.0

            for i in 1..count do
                let t = float i * h
                let z = t / std
                sum <- sum + exp (-0.5 * z * z) * inner t

            sum * (2.0 * h / (std * sqrt (2.0 * Math.PI)))

    /// Nodes and weights of the 16-point Gauss–Legendre rule on [0, 1].
    let private legendre = MathNet.Numerics.Integration.GaussLegendreRule(0.0, 1.0, 16)

    /// The rule's nodes and weights on [0, 1].
    let unitNodes = Array.init legendre.Order legendre.GetAbscissa

    let unitWeights = Array.init legendre.Order legendre.GetWeight

    /// ∫ f over [a, b] by 16 Gauss–Legendre nodes.
    let integrate (a: float) (b: float) (f: float -> float) =
        let mutable sum = 0.0

        for i in 0 .. legendre.Order - 1 do
            sum <- sum + legendre.GetWeight i * f (a + (b - a) * legendre.GetAbscissa i)

        sum * (b - a)
