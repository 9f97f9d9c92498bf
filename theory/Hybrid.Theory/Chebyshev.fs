namespace Hybrid.Theory

open System

/// Chebyshev interpolation on [−1, 1].
[<RequireQualifiedAccess>]
module internal Chebyshev =

    /// Lobatto points cos(πk/N), k = 0..N; the single point 0 for N = 0.
    let points degree =
        if degree = 0 then
            [| 0.0 |]
        else
            Array.init (degree + 1) (fun k -> cos (Math.PI * float k / float degree))

    /// Coefficients from values at the Lobatto points.
    let transform (values: float[]) =
        let degree = values.Length - 1

        if degree = 0 then
            values
        else
            let cosines =
                Array.init (2 * degree) (fun k -> cos (Math.PI * float k / float degree))

            Array.init (degree + 1) (fun j ->
                let mutable sum = 0.0

                for k in 0..degree do
                    let half = if k = 0 || k = degree then 0.5 else 1.0
                    sum <- sum + half * values[k] * cosines[j * k % (2 * degree)]

                sum * (if j = 0 || j = degree then 1.0 else 2.0) / float degree)

    /// The series at y by Clenshaw's recurrence.
    let sum (coefficients: float[]) (y: float) =
        let mutable first = 0.0
        let mutable second = 0.0

        for j in coefficients.Length - 1 .. -1 .. 1 do
            let next = coefficients[j] + 2.0 * y * first - second
            second <- first
            first <- next

        coefficients[0] + y * first - second
