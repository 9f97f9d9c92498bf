namespace Hybrid.Theory

open System

/// A request outside the range in which the attention moments meet their error bound.
type AttentionMomentsException(message: string) =
    inherit ArgumentException(message)

/// Softmax moments of two rows A, A′ of attention, theory.md section 2.2. Dimensionless, in [0, 1].
[<Struct>]
type AttentionMoments =
    {
        /// E Σ_j A_j²
        S1: float
        /// E Σ_j A_j A′_j
        S2: float
        /// E[Σ A² − 2ΣA³ + (ΣA²)²]
        T1: float
        /// E[Σ AA′ − ΣA²A′ − ΣAA′² + (ΣAA′)²]
        T2: float
    }

/// The moments exactly, at any token count and logit spread: derivation section 3. Rows are softmaxes of n Gaussian
/// logits of standard deviation s; two rows' logits have correlation ρ. With w = e^{sg}, negative powers of the
/// partition function Z = Σw become integrals over t, ∫ t^{k−1} e^{−tZ} dt/(k−1)!, and the expectation factorises over
/// tokens. In τ = log t everything is an expectation of K_m(x) = e^{mx − eˣ} at x = τ + s g, smooth on the unit scale,
/// and the trapezoid rule converges exponentially. Pairs of rows are joined by Mehler's expansion in ρ.
[<RequireQualifiedAccess>]
module AttentionMoments =

    /// Longest Mehler series that is summed.
    [<Literal>]
    let LargestSeries = 4000

    /// exp(−25) ≈ 1e-11: what the series and the left tails leave out, relative to the result.
    [<Literal>]
    let private Digits = 25.0

    let private reach n =
        Quadrature.HalfWidth + sqrt (2.0 * log (float n))

    /// Terms after which Mehler's series is negligible: |ρ|^k decays at its own rate, and so do the coefficients,
    /// as exp(−π√(2k)/s) for large k (K_m is analytic in |Im x| < π/2) and as s^{2k}/k! for small s.
    let internal terms s rho =
        let byRho =
            if rho = 0.0 then 0.0
            elif abs rho >= 1.0 then infinity
            else Digits / -log(abs rho)

        let bySpread =
            8.0 + 14.0 * s + 0.5 * (Digits * s / Math.PI) * (Digits * s / Math.PI)

        4.0 + min byRho bySpread

    /// The smooth grid in τ: [from, to] holds all of the mass, the step resolves both e^{−tZ} (unit scale) and, where
    /// the spread is large, the distribution of log Z (scale s/√(2 log n)).
    let private grid refinement n s =
        let g = reach n
        let center = -log(float n)
        let step = 0.27 / refinement * max 1.0 (s / sqrt (2.0 * log (float n) + 2.0))
        let first = center - s * g - Digits
        // Z ≥ e^{−s x} but for the probability that all n logits are below −x, at most e^{−n x²/2} = e^{−27}
        let last = s * sqrt (54.0 / float n) + 4.0
        let count = int (ceil ((last - first) / step)) + 1
        struct (first, step, count)

    /// One τ-node: E[1 − K_0], and E K_m for m = 1..4, at x = τ + s g.
    [<Struct>]
    type private Node =
        { Psi: float
          K1: float
          K2: float
          K3: float
          K4: float }

    /// Gaussian nodes in g that resolve K_m(τ + s g) and, if asked, Hermite functions up to degree `degree`.
    let private gaussianNodes n s degree =
        let g = reach n
        let bandwidth = 8.6 + sqrt (float degree) + 23.6 * s
        let h = 2.0 * Math.PI / bandwidth
        let half = int (ceil (g / h))
        let z = Array.init (2 * half + 1) (fun i -> float (i - half) * h)
        let weights = z |> Array.map (fun z -> h * Normal.density z)
        struct (z, weights)

    /// y = t w = e^{τ + s g}; capped where e^{−y} y^m vanishes, so that 0 · ∞ cannot arise
    let private argument tau s g = min 1000.0 (exp (tau + s * g))

    let private node s (z: float[]) (weights: float[]) tau =
        let mutable psi = 0.0
        let mutable k1 = 0.0
        let mutable k2 = 0.0
        let mutable k3 = 0.0
        let mutable k4 = 0.0

        for i in 0 .. z.Length - 1 do
            let y = argument tau s z[i]
            let w = weights[i]
            let k0 = exp -y
            psi <- psi - w * (if y < 1e-5 then y * (0.5 * y - 1.0) else k0 - 1.0)
            let mutable term = w * k0 * y
            k1 <- k1 + term
            term <- term * y
            k2 <- k2 + term
            term <- term * y
            k3 <- k3 + term
            k4 <- k4 + term * y

        { Psi = psi
          K1 = k1
          K2 = k2
          K3 = k3
          K4 = k4 }

    /// (1 − ψ)^power, exact for tiny ψ and large powers
    let private power (psi: float) (exponent: float) =
        if psi >= 1.0 then
            (if exponent = 0.0 then 1.0 else 0.0)
        else
            exp (exponent * Elementary.log1p -psi)

    /// c_k = √|ρ|^k E[h_k(g) f(τ + s g)] for f = 1 − K_0, K_1, K_2, k < degree, one row per τ-node.
    let private coefficients s rho degree (z: float[]) (weights: float[]) (taus: float[]) =
        let rows = taus.Length
        let tables = Array.init 3 (fun _ -> Array.zeroCreate<float>(rows * degree))
        // scaled Hermite functions, [degree][node], with the quadrature weight
        let root = sqrt (abs rho)
        let hermite = Array.init degree (fun _ -> Array.zeroCreate<float> z.Length)

        for i in 0 .. z.Length - 1 do
            let mutable previous = 0.0
            let mutable current = weights[i]

            for k in 0 .. degree - 1 do
                hermite[k][i] <- current

                let next =
                    root * (z[i] * current - root * sqrt (float k) * previous)
                    / sqrt (float (k + 1))

                previous <- current
                current <- next

        let psi = Array.zeroCreate<float> z.Length
        let k1 = Array.zeroCreate<float> z.Length
        let k2 = Array.zeroCreate<float> z.Length

        for row in 0 .. rows - 1 do
            for i in 0 .. z.Length - 1 do
                let y = argument taus[row] s z[i]
                let k0 = exp -y
                psi[i] <- if y < 1e-5 then y * (1.0 - 0.5 * y) else 1.0 - k0
                k1[i] <- k0 * y
                k2[i] <- k0 * y * y

            for k in 0 .. degree - 1 do
                let project (values: float[]) =
                    SquareMatrix.dot values 0 hermite[k] 0 z.Length

                tables[0][row * degree + k] <- project psi
                tables[1][row * degree + k] <- project k1
                tables[2][row * degree + k] <- project k2

        tables

    /// The two-row sums S2, E ΣA²A′, E(ΣAA′)² over the τ-nodes whose one-row weight is not negligible.
    let private pairs n s rho (taus: float[]) step =
        let degree = int (ceil (terms s rho))
        let struct (z, weights) = gaussianNodes n s degree
        let tables = coefficients s rho degree z weights taus
        let rows = taus.Length

        // the second row's copy carries the sign of ρ^k
        let signed (table: float[]) =
            if rho >= 0.0 then
                table
            else
                Array.mapi (fun i c -> if (i % degree) % 2 = 1 then -c else c) table

        let right = tables |> Array.map signed

        // Σ_k of row i of the left table a and row j of the right table b
        let product a i b j =
            SquareMatrix.dot tables[a] (i * degree) right[b] (j * degree) degree

        let count = float n
        let mutable s2 = 0.0
        let mutable cubic = 0.0
        let mutable quartic = 0.0

        for i in 0 .. rows - 1 do
            for j in 0..i do
                let psi = tables[0][i * degree] + tables[0][j * degree] - product 0 i 0 j

                let weight = if i = j then 1.0 else 2.0
                let rest2 = weight * power psi (count - 2.0)

                if rest2 > 1e-40 then
                    let rest1 = rest2 * (1.0 - psi)
                    let k11 = product 1 i 1 j
                    let k22 = product 2 i 2 j
                    // the pair (i, j) stands for (j, i) too, so the asymmetric product is averaged
                    let k21 = 0.5 * (product 2 i 1 j + product 1 i 2 j)

                    s2 <- s2 + k11 * rest1
                    cubic <- cubic + k21 * rest1
                    quartic <- quartic + k22 * rest1 + (count - 1.0) * k11 * k11 * rest2

        let area = count * step * step
        struct (area * s2, area * cubic, area * quartic)

    /// `compute` with the τ-step divided by `refinement`, for the tests of its convergence.
    let internal computeRefined refinement (n: int) (s: float) (u: float) : AttentionMoments =
        if n < 1 then
            raise (ArgumentOutOfRangeException("n", n, "the number of tokens must be at least 1"))

        if not (s >= 0.0 && Double.IsFinite s) then
            raise (ArgumentOutOfRangeException("s", s, "the logits' standard deviation must be a finite number ≥ 0"))

        if
            not (
                u >= 0.0
                && u
                   <= (if n > 1 then
                           float n / float (n - 1) * (1.0 + 1e-12)
                       else
                           2.0)
            )
        then
            raise (ArgumentOutOfRangeException("u", u, $"u = 1 − ρ must lie in [0, n/(n−1)] for n = {n} tokens"))

        let count = float n

        // S1 = e^{s²}/n to leading order: below this spread the limit is exact to rounding
        if n = 1 || s < 1e-9 then
            let share = 1.0 / count
            let t = share - share * share

            { S1 = share
              S2 = share
              T1 = t
              T2 = t }
        else
            let rho = 1.0 - u

            if terms s rho > float LargestSeries then
                raise (
                    AttentionMomentsException(
                        $"attention moments at logit spread s = {s} and row correlation ρ = {rho}: needs {terms s rho:F0} terms of Mehler's series, {LargestSeries} are allowed; lower σ_A, or note that s² = σ_A² q² (1 − ρ) keeps s small wherever ρ is near 1"
                    )
                )

            let struct (first, step, nodes) = grid refinement n s
            let struct (z, weights) = gaussianNodes n s 0
            let all = Array.init nodes (fun i -> first + step * float i)
            let moments = all |> Array.map (node s z weights)
            let mutable s1 = 0.0
            let mutable cubic = 0.0
            let mutable quartic = 0.0
            // weight of each τ in the two-row sums: ∫dτ′ of the S2 integrand is below K_1 φ_0^{n−1}
            let importance = Array.zeroCreate<float> nodes

            for i in 0 .. nodes - 1 do
                let node = moments[i]
                let rest2 = power node.Psi (count - 2.0)
                let rest1 = rest2 * (1.0 - node.Psi)
                importance[i] <- node.K1 * rest1
                s1 <- s1 + node.K2 * rest1
                cubic <- cubic + 0.5 * node.K3 * rest1

                quartic <- quartic + (node.K4 * rest1 + (count - 1.0) * node.K2 * node.K2 * rest2) / 6.0

            let scale = count * step
            let largest = Array.max importance

            let relevant =
                Array.zip all importance
                |> Array.filter (fun (_, weight) -> weight > 1e-11 * largest)
                |> Array.map fst

            let struct (s2, cubic2, quartic2) = pairs n s rho relevant step

            { S1 = scale * s1
              S2 = s2
              T1 = scale * (s1 - 2.0 * cubic + quartic)
              T2 = s2 - 2.0 * cubic2 + quartic2 }

    /// Moments of softmax rows over n tokens with logit standard deviation s and row correlation ρ = 1 − u.
    /// n ≥ 1, s ≥ 0, 0 ≤ u ≤ 1 + 1/(n−1). Raises AttentionMomentsException where the Mehler series would be longer
    /// than LargestSeries: s ≳ 11 at ρ so close to 1 that 25/log(1/ρ) > 4000, which no state with σ_A ≤ 100 reaches
    /// since s² = σ_A² q² u. Checks: s = 0 gives S1 = S2 = 1/n; s → ∞ gives S1 → 1.
    [<CompiledName("Compute")>]
    let compute (n: int) (s: float) (u: float) : AttentionMoments = computeRefined 1.0 n s u
