namespace Hybrid.Theory

open System
open Hybrid.Architectures

/// Kernels without a closed form, at any variance: derivation section 2.4, equation (2.9). φ = reference + δ, where the reference has
/// closed kernels and the same tails, so that δ is analytic in a strip, of order one in width and exponentially
/// local. However steep φ(√v z) becomes, the sums then run over δ's own width, never over the Gaussian's:
///     κ = κ_ref + 2 E[ref(x₁) δ(x₂)] + E[δ(x₁) δ(x₂)]
/// where the cross term is one integral, since E[ref(x₁) | x₂] is closed.
[<RequireQualifiedAccess>]
module internal QuadratureKernels =

    /// What φ is compared with.
    type Reference =
        /// erf(c x)
        | ErrorFunction of c: float
        /// x Φ(c x)
        | GaussianLinear of c: float

    type Shape =
        {
            Phi: float -> float
            Derivative: float -> float
            Reference: Reference
            /// half width of a strip around the real axis in which φ is analytic. A tenth is left to the poles: φ′φ′
            /// grows as the fourth power of the inverse distance to them, which multiplies the rule's exp(−37)
            Strip: float
            /// beyond |x| = Reach, |δ| and |δ′| are below 1e-17 of φ's scale
            Reach: float
            /// δ
            Value: Lazy<LocalFunction>
            /// δ′
            Slope: Lazy<LocalFunction>
        }

    let private referenceValue reference x =
        match reference with
        | ErrorFunction c -> MathNet.Numerics.SpecialFunctions.Erf(c * x)
        | GaussianLinear c -> x * Normal.cumulative (c * x)

    let private referenceDerivative reference x =
        match reference with
        | ErrorFunction c -> 2.0 * c / sqrt Math.PI * exp (-c * c * x * x)
        | GaussianLinear c -> Normal.cumulative (c * x) + c * x * Normal.density (c * x)

    let private shape activation reference strip reach =
        let local value referenceValue =
            lazy LocalFunction(reach, (fun x -> value activation x - referenceValue reference x))

        { Phi = Activation.value activation
          Derivative = Activation.derivative activation
          Reference = reference
          Strip = strip
          Reach = reach
          Value = local Activation.value referenceValue
          Slope = local Activation.derivative referenceDerivative }

    /// tanh: poles at ±iπ/2; the reference has the same slope at 0.
    let tanh = shape Activation.Tanh (ErrorFunction(sqrt Math.PI / 2.0)) 1.4 21.0

    /// SiLU: poles at ±iπ; Φ(c x) has the sigmoid's slope at 0.
    let silu =
        shape Activation.Silu (GaussianLinear(sqrt (2.0 * Math.PI) / 4.0)) 2.8 44.0

    /// tanh-GELU: the poles nearest to the axis are at ±0.634 ± 2.755i.
    let geluTanh = shape Activation.GeluTanh (GaussianLinear 1.0) 2.4 9.5

    /// E ref(m + τ z), equation (2.10)
    let private conditionalValue reference m tauSquared =
        match reference with
        | ErrorFunction c -> MathNet.Numerics.SpecialFunctions.Erf(c * m / sqrt (1.0 + 2.0 * c * c * tauSquared))
        | GaussianLinear c ->
            let b = c / sqrt (1.0 + c * c * tauSquared)
            m * Normal.cumulative (b * m) + b * tauSquared * Normal.density (b * m)

    /// E ref′(m + τ z), the derivative of the above with respect to m
    let private conditionalDerivative reference m tauSquared =
        match reference with
        | ErrorFunction c ->
            let b = c / sqrt (1.0 + 2.0 * c * c * tauSquared)
            2.0 * b / sqrt Math.PI * exp (-b * b * m * m)
        | GaussianLinear c ->
            let b = c / sqrt (1.0 + c * c * tauSquared)

            Normal.cumulative (b * m)
            + b * m * Normal.density (b * m) * (1.0 - b * b * tauSquared)

    let private closedKappa reference v u =
        match reference with
        | ErrorFunction c -> ClosedKernels.erfKappa (c * c * v) u
        | GaussianLinear c -> ClosedKernels.geluKappa (c * c * v) u / (c * c)

    let private closedChi reference v u =
        match reference with
        | ErrorFunction c -> ClosedKernels.erfChi (c * c * v) u
        | GaussianLinear c -> ClosedKernels.geluChi (c * c * v) u / (c * c)

    let private closedGap reference v u =
        match reference with
        | ErrorFunction c -> ClosedKernels.erfGap (c * c * v) u
        | GaussianLinear c -> ClosedKernels.geluGap (c * c * v) u / (c * c)

    let private product f x y : float = f x * f y

    /// Whether the Gaussian is no wider than δ: then φ itself is summed.
    let private narrow shape v =
        Quadrature.HalfWidth * sqrt v <= shape.Reach

    /// From this variance of x₂ given x₁ on, E δδ is its expansion in moments.
    [<Literal>]
    let FarVariance = 2.5e4

    /// E δ(x₁)δ(x₂) for x₁ of variance v and x₂ = slope·x₁ + τz, τ² ≥ FarVariance, |slope| ≤ 1: derivation (2.14).
    let farOverlap (delta: LocalFunction) v slope tauSquared =
        let p = -0.5 * (1.0 / v + slope * slope / tauSquared)
        let q = -0.5 / tauSquared
        let r = slope / tauSquared
        let mutable sum = 0.0
        let mutable powerR = 1.0

        for k in 0..4 do
            let mutable powerP = powerR

            for i in 0..4 do
                let mutable powerQ = powerP

                for j in 0..4 do
                    if 2 * (i + j + k) <= 8 then
                        sum <- sum + powerQ * delta.Moment(2 * i + k) * delta.Moment(2 * j + k)

                    powerQ <- powerQ * q / float (j + 1)

                powerP <- powerP * p / float (i + 1)

            powerR <- powerR * r / float (k + 1)

        sum / (2.0 * Math.PI * sqrt v * sqrt tauSquared)

    /// 2 E[ref δ] + E[δ δ] for δ and the matching conditional mean of the reference
    let private correction shape (conditional: float -> float -> float) (delta: LocalFunction) v u =
        let rho = 1.0 - u
        let tauSquared = v * u * (2.0 - u)

        let cross =
            Quadrature.expectation (sqrt v) shape.Strip shape.Reach (fun x ->
                delta.Value x * conditional (rho * x) tauSquared)

        2.0 * cross
        + (if tauSquared >= FarVariance then
               farOverlap delta v rho tauSquared
           else
               Quadrature.pairExpectation v u shape.Strip shape.Reach (fun x y -> delta.Value x * delta.Value y))

    let private valueCorrection shape =
        correction shape (conditionalValue shape.Reference) shape.Value.Value

    let private derivativeCorrection shape =
        correction shape (conditionalDerivative shape.Reference) shape.Slope.Value

    let kappa shape v u =
        if narrow shape v then
            Quadrature.pairExpectation v u shape.Strip infinity (product shape.Phi)
        else
            closedKappa shape.Reference v u + valueCorrection shape v u

    let chi shape v u =
        v
        * (if narrow shape v then
               Quadrature.pairExpectation v u shape.Strip infinity (product shape.Derivative)
           else
               closedChi shape.Reference v u / v + derivativeCorrection shape v u)

    /// κ(v, 1) − κ(v, 1 − u) without cancellation: ½E(φ₁ − φ₂)², and u χ at the midpoint where u is so small that
    /// φ₁ − φ₂ itself cancels (the next term is of relative order (uv)²).
    let gap shape v u =
        if u * max 1.0 v < 1e-6 then
            u * chi shape v (0.5 * u)
        elif narrow shape v then
            Quadrature.pairExpectation v u shape.Strip infinity (fun x y ->
                let difference = shape.Phi x - shape.Phi y
                0.5 * difference * difference)
        else
            closedGap shape.Reference v u
            + (valueCorrection shape v 0.0 - valueCorrection shape v u)

    /// E δ(x₁)δ(x₂), x₁ of variance v and x₂ = slope·x₁ + τz.
    let private nearOverlap shape (delta: LocalFunction) v slope tauSquared =
        let tau = sqrt tauSquared

        Quadrature.expectation (sqrt v) shape.Strip shape.Reach (fun x ->
            let left = delta.Value x

            if left = 0.0 then
                0.0
            elif tau = 0.0 then
                left * delta.Value(slope * x)
            else
                let h = Quadrature.step tau shape.Strip
                let mean = slope * x
                let furthest = Quadrature.HalfWidth * tau
                let first = int (ceil (max -furthest (-shape.Reach - mean) / h))
                let last = int (floor (min furthest (shape.Reach - mean) / h))
                let mutable sum = 0.0

                for k in first..last do
                    let t = float k * h
                    let z = t / tau
                    sum <- sum + exp (-0.5 * z * z) * delta.Value(mean + t)

                left * sum * (h / (tau * sqrt (2.0 * Math.PI))))

    /// E ref(x₁)δ(x₂) where x₁ has the larger variance v1, so that E[ref(x₁) | x₂] may be steeper than δ: panels of 16 points
    /// that double from its own width to δ's or the Gaussian's.
    let private steepCross shape conditional (delta: LocalFunction) v2 v1 (rho: float) w =
        let std = sqrt v2

        if std = 0.0 then
            delta.Value 0.0 * conditional 0.0 (v1 * w)
        else
            let slope = rho * (sqrt v1 / std)

            let steepness =
                match shape.Reference with
                | ErrorFunction c -> c / sqrt (1.0 + 2.0 * c * c * v1 * w)
                | GaussianLinear c -> c / sqrt (1.0 + c * c * v1 * w)

            let f x =
                let z = x / std
                exp (-0.5 * z * z) * delta.Value x * conditional (slope * x) (v1 * w)

            let last = min shape.Reach (Quadrature.HalfWidth * std)
            let widest = min shape.Strip (2.0 * std)

            let rec panels left width sum =
                if left >= last then
                    sum
                else
                    let right = min last (left + width)

                    panels
                        right
                        (min widest (2.0 * width))
                        (sum + Quadrature.integrate left right (fun x -> f x + f -x))

            panels 0.0 (min widest (2.0 / (steepness * abs slope))) 0.0
            / (std * sqrt (2.0 * Math.PI))

    /// E φ₁φ₂ and E φ₁′φ₂′ of a pair of variances vi, vj > 0 and correlation ρ, w = 1 − ρ²: derivation (2.15).
    let pair shape vi vj (rho: float) w =
        // x₁ has the larger variance, so that δ(x₂) given x₁ is no steeper than δ
        let v1, v2 = max vi vj, min vi vj
        let ratio = if v1 = 0.0 then 0.0 else sqrt (v2 / v1)

        let expectation conditional (delta: LocalFunction) =
            Quadrature.expectation (sqrt v1) shape.Strip shape.Reach (fun x ->
                delta.Value x * conditional (rho * ratio * x) (v2 * w))
            + steepCross shape conditional delta v2 v1 rho w
            + (if v2 * w >= FarVariance then
                   farOverlap delta v1 (rho * ratio) (v2 * w)
               else
                   nearOverlap shape delta v1 (rho * ratio) (v2 * w))

        let struct (value, slope) =
            match shape.Reference with
            | ErrorFunction c ->
                let struct (value, slope) = ClosedKernels.erfPair (c * c * vi) (c * c * vj) rho w
                struct (value, c * c * slope)
            | GaussianLinear c ->
                let struct (value, slope) = ClosedKernels.geluPair (c * c * vi) (c * c * vj) rho w
                struct (value / (c * c), slope)

        struct (value + expectation (conditionalValue shape.Reference) shape.Value.Value,
                slope + expectation (conditionalDerivative shape.Reference) shape.Slope.Value)
