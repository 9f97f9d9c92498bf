namespace Hybrid.Theory

open System

/// A function that vanishes beyond |x| = reach and is analytic in a strip of half width at least 1.2 around the real axis,
/// for sums over pairs in which it is asked for at ten thousands of points: polynomials of degree 7 on cells of width 1/32,
/// whose interpolation error (2 · 32 · 2 · 1.2)^{−8} is below 1e-17, and its moments.
[<Sealed>]
type internal LocalFunction(reach: float, f: float -> float) =

    [<Literal>]
    let Degree = 7

    [<Literal>]
    let PerUnit = 32.0

    let cells = 2 * int (ceil (reach * PerUnit))
    let left = -0.5 * float cells / PerUnit

    /// Monomial coefficients of the Lagrange polynomials of the Chebyshev nodes on [−1, 1].
    static let nodes, lagrange =
        let count = 8

        let nodes =
            Array.init count (fun k -> cos (Math.PI * (float k + 0.5) / float count))

        let multiply (polynomial: float[]) root =
            Array.init (polynomial.Length + 1) (fun p ->
                (if p > 0 then polynomial[p - 1] else 0.0)
                - (if p < polynomial.Length then root * polynomial[p] else 0.0))

        let basis k =
            let others =
                [| 0 .. count - 1 |] |> Array.filter ((<>) k) |> Array.map (fun j -> nodes[j])

            let scale = others |> Array.fold (fun product x -> product * (nodes[k] - x)) 1.0
            others |> Array.fold multiply [| 1.0 |] |> Array.map (fun c -> c / scale)

        nodes, Array.init count basis

    let coefficients =
        let all = Array.zeroCreate (cells * (Degree + 1))

        for cell in 0 .. cells - 1 do
            let middle = left + (float cell + 0.5) / PerUnit
            let values = nodes |> Array.map (fun x -> f (middle + 0.5 * x / PerUnit))

            for p in 0..Degree do
                let mutable sum = 0.0

                for k in 0..Degree do
                    sum <- sum + values[k] * lagrange[k][p]

                all[cell * (Degree + 1) + p] <- sum

        all

    /// ∫ x^k f, by the trapezoid rule: step 0.2 leaves exp(−2π · 1.2/0.2) = e^{−37}.
    let moments =
        let h = 0.2
        let count = int (ceil (reach / h))

        Array.init 13 (fun k ->
            let mutable sum = 0.0

            for i in -count .. count do
                let x = float i * h
                sum <- sum + h * pown x k * f x

            sum)

    member _.Reach = reach

    /// ∫ x^k f for k = 0..12
    member _.Moment(k: int) = moments[k]

    member _.Value(x: float) =
        let position = (x - left) * PerUnit

        if not (position >= 0.0 && position < float cells) then
            0.0
        else
            let cell = int position
            let y = 2.0 * (position - float cell) - 1.0
            let at = cell * 8
            let c = coefficients
            let y2 = y * y

            let even = c[at] + y2 * (c[at + 2] + y2 * (c[at + 4] + y2 * c[at + 6]))

            let odd = c[at + 1] + y2 * (c[at + 3] + y2 * (c[at + 5] + y2 * c[at + 7]))

            even + y * odd
