namespace Hybrid.Theory

open System

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

    /// One τ-node: E[1 − K_0], and E K_m for m = 2..6, at x = τ + s g.
    [<Struct>]
    type Node =
        { Psi: float
          K2: float
          K3: float
          K4: float
          K5: float
          K6: float }

    /// Gaussian nodes in g per unit of g, times 2π, that resolve K_m(τ + s g) to e^{−digits}.
    let private bandwidth s digits =
        sqrt (2.0 * digits) + 2.0 / Math.PI * digits * s

    /// How many Gaussian nodes there are, without making them.
    let nodeCount n s digits = reach n * bandwidth s digits / Math.PI

    /// Gaussian nodes in g that resolve K_m(τ + s g) to e^{−digits}, and their weights.
    let gaussianNodes n s digits =
        let h = 2.0 * Math.PI / bandwidth s digits
        let half = int (ceil (reach n / h))
        let z = Array.init (2 * half + 1) (fun i -> float (i - half) * h)
        let weights = z |> Array.map (fun z -> h * Normal.density z)
        struct (z, weights)

    /// y = t w = e^{τ + s g}; capped where e^{−y} y^m vanishes, so that 0 · ∞ cannot arise
    let argument tau s g = min 1000.0 (exp (tau + s * g))

    /// 1 − K_0 = 1 − e^{−y}
    let covered (y: float) =
        if y < 1e-5 then y * (1.0 - 0.5 * y) else 1.0 - exp -y

    let node s (z: float[]) (weights: float[]) tau =
        let mutable psi = 0.0
        let mutable k2 = 0.0
        let mutable k3 = 0.0
        let mutable k4 = 0.0
        let mutable k5 = 0.0
        let mutable k6 = 0.0

        for i in 0 .. z.Length - 1 do
            let y = argument tau s z[i]
            let w = weights[i]
            let k0 = exp -y
            psi <- psi + w * (if y < 1e-5 then covered y else 1.0 - k0)
            let mutable term = w * k0 * y * y
            k2 <- k2 + term
            term <- term * y
            k3 <- k3 + term
            term <- term * y
            k4 <- k4 + term
            term <- term * y
            k5 <- k5 + term
            k6 <- k6 + term * y

        { Psi = psi
          K2 = k2
          K3 = k3
          K4 = k4
          K5 = k5
          K6 = k6 }

    /// (1 − ψ)^power, exact for tiny ψ and large powers
    let power (psi: float) (exponent: float) =
        if psi >= 1.0 then
            (if exponent = 0.0 then 1.0 else 0.0)
        else
            exp (exponent * Elementary.log1p -psi)

    /// The step in τ and the one-row expectations at its nodes, whose sums over g are good to e^{−digits}.
    let rowNodes refinement n s digits =
        let struct (first, step, count) = grid refinement n s (rowScale n s)
        let struct (z, weights) = gaussianNodes n s digits
        struct (step, Array.init count (fun i -> node s z weights (first + step * float i)))
