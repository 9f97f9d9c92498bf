namespace Hybrid.Theory

open System

/// A request outside the range in which the attention moments meet their error bound.
type AttentionMomentsException(message: string) =
    inherit TheoryException(message)

/// Softmax moments of two rows A, A′ of attention, theory.md section 2.2, derivation (3.2). Dimensionless, in [0, 1].
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
/// and the trapezoid rule converges exponentially. Pairs of rows are joined by Mehler's expansion in ρ, or by
/// conditioning one row's logits on the other's where ρ is too near ±1 for a short series.
[<RequireQualifiedAccess>]
module AttentionMoments =

    /// Most entries of a table over τ-nodes and Gaussian nodes; six are held.
    [<Literal>]
    let private LargestTable = 8e6

    /// exp(−25) ≈ 1e-11: what the series and the left tails leave out, relative to the result.
    [<Literal>]
    let private Digits = 25.0

    let private reach n =
        Quadrature.HalfWidth + sqrt (2.0 * log (float n))

    /// Terms after which Mehler's series (3.6) is negligible: |ρ|^k decays at its own rate. The coefficients decay as
    /// s^{2k}/k! for small s and as |Γ(m + i√k/s)|² ~ exp(−π√k/s) beyond, and integrating over τ smooths the products
    /// further: with these terms what is left is below 1e-11 at ρ = 1 (AttentionMomentsTests, identical rows).
    let internal terms s rho =
        let byRho =
            if rho = 0.0 then 0.0
            elif abs rho >= 1.0 then infinity
            else Digits / -log(abs rho)

        let bySpread =
            8.0 + 14.0 * s + 0.5 * (Digits * s / Math.PI) * (Digits * s / Math.PI)

        4.0 + min byRho bySpread

    /// Scale on which the integrands of (3.5) vary in τ for one row: e^{−tZ}'s own, 1, or the distribution of log Z's.
    let private rowScale n s =
        max 1.0 (s / sqrt (2.0 * log (float n) + 2.0))

    /// The same for two rows: over τ ∓ τ′ the two rows' logits differ by no more than s√(1 ∓ ρ), so that nearly equal
    /// (or opposite) rows leave the unit scale visible however large s is.
    let private pairScale n s rho =
        min (rowScale n s) (max 1.0 (s * sqrt (1.0 - abs rho)))

    /// The smooth grid in τ: [from, to] holds all of the mass, the step resolves `scale`.
    let private grid refinement n s scale =
        let g = reach n
        let center = -log(float n)
        let step = 0.27 / refinement * scale
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

    /// 1 − K_0 = 1 − e^{−y}
    let private covered (y: float) =
        if y < 1e-5 then y * (1.0 - 0.5 * y) else 1.0 - exp -y

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
            psi <- psi + w * (if y < 1e-5 then covered y else 1.0 - k0)
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
                psi[i] <- if y < 1e-5 then covered y else 1.0 - k0
                k1[i] <- k0 * y
                k2[i] <- k0 * y * y

            for k in 0 .. degree - 1 do
                let project (values: float[]) =
                    SquareMatrix.dot values 0 hermite[k] 0 z.Length

                tables[0][row * degree + k] <- project psi
                tables[1][row * degree + k] <- project k1
                tables[2][row * degree + k] <- project k2

        tables

    /// Tables of both rows over the same index, whose products sum to E[f(τ + s g) f(τ′ + s g′)].
    [<Struct>]
    type private Factors =
        { Left: float[][]
          Right: float[][]
          Length: int }

    /// Mehler's expansion (3.6): index k < degree.
    let private series n s rho degree taus =
        let struct (z, weights) = gaussianNodes n s degree
        let tables = coefficients s rho degree z weights taus

        // the second row's copy carries the sign of ρ^k
        let signed (table: float[]) =
            if rho >= 0.0 then
                table
            else
                Array.mapi (fun i c -> if (i % degree) % 2 = 1 then -c else c) table

        { Left = tables
          Right = tables |> Array.map signed
          Length = degree }

    /// Nodes of the second row's own normal in g′ = ρ g + √(1 − ρ²) g″.
    let private ownNodes n s u =
        gaussianNodes n (s * sqrt (max 0.0 (u * (2.0 - u)))) 0

    /// Conditioning (3.7): index over nodes of the first row's g; the right table holds E[f(τ + s g′) | g], by nodes of g″.
    let private conditional n s u (taus: float[]) =
        let struct (z, weights) = gaussianNodes n s 0
        let rho = 1.0 - u
        let own = sqrt (max 0.0 (u * (2.0 - u)))

        let struct (inner, innerWeights) =
            if own = 0.0 then
                struct ([| 0.0 |], [| 1.0 |])
            else
                ownNodes n s u

        let length = z.Length

        let table () =
            Array.init 3 (fun _ -> Array.zeroCreate<float>(taus.Length * length))

        let left, right = table (), table ()

        for row in 0 .. taus.Length - 1 do
            for i in 0 .. length - 1 do
                let at = row * length + i
                let y = argument taus[row] s z[i]
                let k1 = exp -y * y
                left[0][at] <- weights[i] * covered y
                left[1][at] <- weights[i] * k1
                left[2][at] <- weights[i] * k1 * y
                let mutable psi = 0.0
                let mutable k1 = 0.0
                let mutable k2 = 0.0

                for j in 0 .. inner.Length - 1 do
                    let y = argument taus[row] s (rho * z[i] + own * inner[j])
                    let w = innerWeights[j] * exp -y * y
                    psi <- psi + innerWeights[j] * covered y
                    k1 <- k1 + w
                    k2 <- k2 + w * y

                right[0][at] <- psi
                right[1][at] <- k1
                right[2][at] <- k2

        { Left = left
          Right = right
          Length = length }

    let private nodeCount struct (z: float[], _: float[]) = float z.Length

    /// Entries of the tables that the smaller of the two routes holds at once.
    let private tableSize n s rho rows =
        let rows = float rows
        // a bound that needs no array: gaussianNodes would be as long as s is large
        let nodes = (reach n + 1.0) * (8.6 + 23.6 * s) / Math.PI
        let terms = terms s rho
        min (terms * (rows + nodes)) (nodes * rows)

    /// The cheaper of the two. Per row: an exponential costs about as much as 20 multiplications, and each of the pairs
    /// costs four sums over the index.
    let private factors n s u (taus: float[]) =
        let rho = 1.0 - u
        let rows = float taus.Length
        let terms = terms s rho
        let nodes = nodeCount (gaussianNodes n s 0)

        let own =
            if u * (2.0 - u) <= 0.0 then
                1.0
            else
                nodeCount (ownNodes n s u)

        let seriesCost = terms * (nodes + terms / 4.0) + 2.0 * rows * terms
        let conditionalCost = 20.0 * nodes * own + 2.0 * rows * nodes
        let seriesFits = terms * rows <= LargestTable

        if seriesFits && (seriesCost <= conditionalCost || nodes * rows > LargestTable) then
            series n s rho (int (ceil terms)) taus
        else
            conditional n s u taus

    /// The two-row sums S2, E ΣA²A′, E(ΣAA′)² over the τ-nodes whose one-row weight is not negligible.
    let private pairs n (factors: Factors) (psis: float[]) step =
        let length = factors.Length
        let left, right = factors.Left, factors.Right

        // row i of the left table a times row j of the right table b
        let product a i b j =
            SquareMatrix.dot left[a] (i * length) right[b] (j * length) length

        let count = float n
        let mutable s2 = 0.0
        let mutable cubic = 0.0
        let mutable quartic = 0.0

        for i in 0 .. psis.Length - 1 do
            for j in 0..i do
                let k11 = product 1 i 1 j

                // K_1 bounds K_2 but for a factor y < 100: pairs whose rows do not overlap add nothing
                if abs k11 > 1e-30 then
                    let psi = psis[i] + psis[j] - product 0 i 0 j
                    let weight = if i = j then 1.0 else 2.0
                    let rest2 = weight * power psi (count - 2.0)

                    if rest2 > 1e-40 then
                        let rest1 = rest2 * (1.0 - psi)
                        let k22 = product 2 i 2 j
                        // the pair (i, j) stands for (j, i) too, so the asymmetric product is averaged
                        let k21 = 0.5 * (product 2 i 1 j + product 1 i 2 j)

                        s2 <- s2 + k11 * rest1
                        cubic <- cubic + k21 * rest1
                        quartic <- quartic + k22 * rest1 + (count - 1.0) * k11 * k11 * rest2

        let area = count * step * step
        struct (area * s2, area * cubic, area * quartic)

    /// The grid over τ that resolves `scale`, and the one-row expectations at its nodes.
    let private rowNodes refinement n s scale =
        let struct (first, step, count) = grid refinement n s scale
        let struct (z, weights) = gaussianNodes n s 0
        let taus = Array.init count (fun i -> first + step * float i)
        struct (step, taus, taus |> Array.map (node s z weights))

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

            let struct (_, _, pairNodes) = grid refinement n s (pairScale n s rho)

            if tableSize n s rho pairNodes > LargestTable then
                raise (
                    AttentionMomentsException(
                        $"attention moments at logit spread s = {s} and row correlation ρ = {rho}: such spread, or such spread between rows so nearly equal (or opposite), needs tables of {tableSize n s rho pairNodes:G2} entries, {LargestTable:G1} are allowed; lower σ_A, or note that s² = σ_A² q² (1 − ρ) keeps s small wherever ρ is near 1"
                    )
                )

            let struct (step, _, moments) = rowNodes refinement n s (rowScale n s)
            let mutable s1 = 0.0
            let mutable cubic = 0.0
            let mutable quartic = 0.0

            for node in moments do
                let rest2 = power node.Psi (count - 2.0)
                let rest1 = rest2 * (1.0 - node.Psi)
                s1 <- s1 + node.K2 * rest1
                cubic <- cubic + 0.5 * node.K3 * rest1

                quartic <- quartic + (node.K4 * rest1 + (count - 1.0) * node.K2 * node.K2 * rest2) / 6.0

            let scale = count * step

            let struct (pairStep, taus, psis) =
                let struct (step, all, moments) = rowNodes refinement n s (pairScale n s rho)
                // ∫dτ′ of the S2 integrand is below K_1 φ_0^{n−1}: where that is negligible, so is the row of pairs
                let weights =
                    moments |> Array.map (fun node -> node.K1 * power node.Psi (count - 1.0))

                let largest = Array.max weights

                let relevant =
                    [| for i in 0 .. all.Length - 1 do
                           if weights[i] > 1e-11 * largest then
                               i |]

                struct (step, relevant |> Array.map (Array.get all), relevant |> Array.map (fun i -> moments[i].Psi))

            let struct (s2, cubic2, quartic2) = pairs n (factors n s u taus) psis pairStep

            { S1 = scale * s1
              S2 = s2
              T1 = scale * (s1 - 2.0 * cubic + quartic)
              T2 = s2 - 2.0 * cubic2 + quartic2 }

    /// Moments of softmax rows over n tokens with logit standard deviation s and row correlation ρ = 1 − u.
    /// n ≥ 1, s ≥ 0, 0 ≤ u ≤ 1 + 1/(n−1). Raises AttentionMomentsException where s exceeds about 40 and ρ is so close to
    /// 1 (or −1), or s so large alone (some thousands), that neither route is of reasonable size; no state with σ_A ≤ 100 comes near, since s² = σ_A² q² u.
    /// Checks: s = 0 gives S1 = S2 = 1/n; s → ∞ gives S1 → 1.
    [<CompiledName("Compute")>]
    let compute (n: int) (s: float) (u: float) : AttentionMoments = computeRefined 1.0 n s u
