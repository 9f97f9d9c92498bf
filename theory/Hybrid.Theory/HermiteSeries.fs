namespace Hybrid.Theory

open System
open System.Numerics
open Hybrid.Architectures

/// Mehler's expansion of the kernels at one variance, derivation section 2.5, equations (2.11) and (2.12):
///     κ(ρ) = Σ_k a_k² ρ^k,  χ(ρ) = κ′(ρ) = Σ_k k a_k² ρ^{k−1},  a_k = E φ(√v z) h_k(z)
/// with orthonormal Hermite h_k. All coefficients are ≥ 0, so what is left out is bounded at every ρ by Parseval's
/// remainder at ρ = 1, and κ(1) − κ(ρ) = Σ a_k² (1 − ρ^k) has no cancellation.
[<Sealed>]
type internal HermiteSeries
    private (coefficients: float[], kappaAtOne: float, chiAtOne: float, kappaError: float, chiError: float) =

    let squares = coefficients |> Array.map (fun a -> a * a)

    /// a_k² and (k + 1) a_{k+1}², what ρ^k has in κ and in χ, to a multiple of four terms
    let inKappa, inChi =
        let at k =
            if k < squares.Length then squares[k] else 0.0

        let count = (squares.Length + 3) / 4 * 4
        Array.init count at, Array.init count (fun k -> float (k + 1) * at (k + 1))

    /// Σ_{j ≥ k} a_j²
    let tails = Array.scanBack (+) squares 0.0

    /// a_k, k = 0..
    member _.Coefficients = coefficients

    /// E φ², by the trapezoid rule and not by the series
    member _.KappaAtOne = kappaAtOne

    /// v E φ′², likewise
    member _.ChiAtOne = chiAtOne

    /// Bound on the error of κ (and of the gap, twice) at every ρ.
    member _.KappaError = kappaError

    /// Bound on the error of χ at every ρ.
    member _.ChiError = chiError

    member _.Terms = squares.Length

    /// Terms that matter at ρ: all where |ρ| is near 1, otherwise those before |ρ|^k < e^{−37}.
    member private _.Count(rho: float) =
        let size = abs rho

        if size >= 1.0 then
            squares.Length
        elif size = 0.0 then
            min 2 squares.Length
        else
            int (min (float squares.Length) (2.0 - 37.0 / log size))

    member this.Kappa(u: float) =
        let rho = 1.0 - u
        let mutable sum = 0.0

        for k = this.Count rho - 1 downto 0 do
            sum <- sum * rho + squares[k]

        sum

    member this.Chi(u: float) =
        let rho = 1.0 - u
        let mutable sum = 0.0

        for k = this.Count rho - 1 downto 1 do
            sum <- sum * rho + float k * squares[k]

        sum

    /// κ and χ of several ρ at once.
    member this.Both(rho: Vector<float>) =
        let mutable largest = 0.0

        for lane in 0 .. Vector<float>.Count - 1 do
            largest <- max largest (abs rho[lane])

        let square = rho * rho
        let fourth = square * square
        let mutable k0 = Vector<float>.Zero
        let mutable k1 = Vector<float>.Zero
        let mutable k2 = Vector<float>.Zero
        let mutable k3 = Vector<float>.Zero
        let mutable c0 = Vector<float>.Zero
        let mutable c1 = Vector<float>.Zero
        let mutable c2 = Vector<float>.Zero
        let mutable c3 = Vector<float>.Zero

        // polynomials in ρ⁴, none of which waits for another
        for k in (this.Count largest - 1) / 4 * 4 .. -4 .. 0 do
            k0 <- Vector.FusedMultiplyAdd(k0, fourth, Vector<float> inKappa[k])
            k1 <- Vector.FusedMultiplyAdd(k1, fourth, Vector<float> inKappa[k + 1])
            k2 <- Vector.FusedMultiplyAdd(k2, fourth, Vector<float> inKappa[k + 2])
            k3 <- Vector.FusedMultiplyAdd(k3, fourth, Vector<float> inKappa[k + 3])
            c0 <- Vector.FusedMultiplyAdd(c0, fourth, Vector<float> inChi[k])
            c1 <- Vector.FusedMultiplyAdd(c1, fourth, Vector<float> inChi[k + 1])
            c2 <- Vector.FusedMultiplyAdd(c2, fourth, Vector<float> inChi[k + 2])
            c3 <- Vector.FusedMultiplyAdd(c3, fourth, Vector<float> inChi[k + 3])

        let inline joined (p0: Vector<float>) p1 p2 p3 =
            Vector.FusedMultiplyAdd(Vector.FusedMultiplyAdd(p3, rho, p2), square, Vector.FusedMultiplyAdd(p1, rho, p0))

        struct (joined k0 k1 k2 k3, joined c0 c1 c2 c3)

    /// κ(1) − κ(1 − u) = Σ a_k² (1 − ρ^k); 1 − ρ^k follows e_{k+1} = ρ e_k + u and has settled at 1 after `Count` terms.
    member this.Gap(u: float) =
        let rho = 1.0 - u
        let count = this.Count rho
        let mutable e = 0.0
        let mutable sum = 0.0

        for k in 1 .. count - 1 do
            e <- rho * e + u
            sum <- sum + squares[k] * e

        sum + (if count < squares.Length then tails[count] else 0.0)

    /// Expands φ(√v z) to at most `terms` terms, fewer when the Parseval remainders of κ and χ drop below
    /// `tolerance` times κ(1) and χ(1), and by the factor `margin` more terms than that (at least eight if it is 2). The trapezoid grid resolves both φ's strip and the highest h_k.
    static member Create
        (phi: float -> float, derivative: float -> float, v: float, strip: float, terms: int, tolerance, ?margin: float)
        =
        let scale = sqrt v
        // bandwidths that add up: the Gaussian's to 1e-16, the highest Hermite function's, φ's own
        let bandwidth = 8.6 + sqrt (float terms) + 37.0 * scale / strip
        let h = 2.0 * Math.PI / bandwidth
        // Cramér: |h_k(z)| ≤ 1.09 exp(z²/4), so the summand falls as exp(−z²/4), which 1.5 half widths bring below 1e-17
        let last = 1.5 * Quadrature.HalfWidth / h |> ceil |> int
        let count = last + 1
        // nodes z ≥ 0 only: h_k(−z) = (−1)^k h_k(z), so even k see φ(√v z) + φ(−√v z) and odd k the difference
        let z = Array.init count (fun i -> float i * h)

        let weights =
            z |> Array.mapi (fun i z -> (if i = 0 then 0.5 else 1.0) * h * Normal.density z)

        /// E f for f given on both sides of 0
        let expect (f: float -> float) =
            let mutable sum = 0.0

            for i in 0 .. count - 1 do
                let x = scale * z[i]
                sum <- sum + weights[i] * (f x + f -x)

            sum

        let square x = x * x
        let kappa1 = expect (phi >> square)
        let chi1 = v * expect (derivative >> square)

        let at sign =
            Array.map2 (fun weight z -> weight * (phi (scale * z) + sign * phi (-scale * z))) weights z

        let even, odd = at 1.0, at -1.0
        let mutable previous = Array.zeroCreate<float> count
        let mutable current = Array.create count 1.0
        let coefficients = ResizeArray<float>()
        let mutable kappaLeft = kappa1
        let mutable chiLeft = chi1
        let mutable quiet = 0
        let mutable settledAt = 0
        let margin = defaultArg margin 1.0
        let mutable k = 0

        // two coefficients in a row must be negligible: odd and even φ have every second one zero
        while k < terms
              && (quiet < 2 || float k < margin * float settledAt + 8.0 * (margin - 1.0)) do
            let a = SquareMatrix.dot (if k % 2 = 0 then even else odd) 0 current 0 count
            coefficients.Add a
            kappaLeft <- kappaLeft - a * a
            chiLeft <- chiLeft - float k * a * a
            let settled = abs kappaLeft <= tolerance * kappa1 && abs chiLeft <= tolerance * chi1
            quiet <- if settled then quiet + 1 else 0

            if not settled then
                settledAt <- k
            // √(k+1) h_{k+1} = z h_k − √k h_{k−1}
            let next = previous
            let root = sqrt (float k)
            let inverse = 1.0 / sqrt (float (k + 1))

            SquareMatrix.recur z current previous inverse (root * inverse) next
            previous <- current
            current <- next
            k <- k + 1

        // Parseval remainders, never less than what rounding leaves of them
        let floorOf total = 1e-15 * total

        HermiteSeries(
            coefficients.ToArray(),
            kappa1,
            chi1,
            max (abs kappaLeft) (floorOf kappa1),
            max (abs chiLeft) (floorOf chi1)
        )
