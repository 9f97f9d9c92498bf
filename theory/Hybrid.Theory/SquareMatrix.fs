namespace Hybrid.Theory

open System
open System.Numerics

/// Small dense matrices as row-major arrays, on the framework's vectors.
[<RequireQualifiedAccess>]
module internal SquareMatrix =

    /// Σ_i a[aStart + i] b[bStart + i], i < length
    let dot (a: float[]) aStart (b: float[]) bStart length =
        let lanes = Vector<float>.Count
        let mutable sum = Vector<float>.Zero
        let mutable i = 0

        while i + lanes <= length do
            sum <- sum + Vector<float>(a, aStart + i) * Vector<float>(b, bStart + i)
            i <- i + lanes

        let mutable total = Vector.Sum sum

        while i < length do
            total <- total + a[aStart + i] * b[bStart + i]
            i <- i + 1

        total

    /// result_i = α z_i x_i − β y_i; result may alias y
    let recur (z: float[]) (x: float[]) (y: float[]) (alpha: float) (beta: float) (result: float[]) =
        let lanes = Vector<float>.Count
        let mutable i = 0

        while i + lanes <= z.Length do
            let term =
                Vector<float>(z, i) * Vector<float>(x, i) * alpha - Vector<float>(y, i) * beta

            term.CopyTo(result, i)
            i <- i + lanes

        while i < z.Length do
            result[i] <- alpha * z[i] * x[i] - beta * y[i]
            i <- i + 1

    let transposeInto (n: int) (a: float[]) (result: float[]) =
        for i in 0 .. n - 1 do
            for j in 0 .. n - 1 do
                result[j * n + i] <- a[i * n + j]

    /// result = A B: rows of the result are sums of B's rows, four result rows at a time so that each row of B that
    /// is loaded serves four. result must not alias A or B.
    let multiplyInto (n: int) (a: float[]) (b: float[]) (result: float[]) =
        let lanes = Vector<float>.Count
        let vectors = n / lanes * lanes
        let mutable i = 0

        while i + 4 <= n do
            let mutable j = 0

            while j < vectors do
                let mutable s0 = Vector<float>.Zero
                let mutable s1 = Vector<float>.Zero
                let mutable s2 = Vector<float>.Zero
                let mutable s3 = Vector<float>.Zero

                for k in 0 .. n - 1 do
                    let row = Vector<float>(b, k * n + j)
                    s0 <- s0 + row * a[i * n + k]
                    s1 <- s1 + row * a[(i + 1) * n + k]
                    s2 <- s2 + row * a[(i + 2) * n + k]
                    s3 <- s3 + row * a[(i + 3) * n + k]

                s0.CopyTo(result, i * n + j)
                s1.CopyTo(result, (i + 1) * n + j)
                s2.CopyTo(result, (i + 2) * n + j)
                s3.CopyTo(result, (i + 3) * n + j)
                j <- j + lanes

            for r in i .. i + 3 do
                for c in vectors .. n - 1 do
                    let mutable sum = 0.0

                    for k in 0 .. n - 1 do
                        sum <- sum + a[r * n + k] * b[k * n + c]

                    result[r * n + c] <- sum

            i <- i + 4

        for r in i .. n - 1 do
            for c in 0 .. n - 1 do
                let mutable sum = 0.0

                for k in 0 .. n - 1 do
                    sum <- sum + a[r * n + k] * b[k * n + c]

                result[r * n + c] <- sum

    /// Lower-triangular F with F Fᵀ = A for a symmetric positive semidefinite A. A pivot at or below the rounding
    /// level of the diagonal belongs to a dependent row: its column is zero.
    let factor (n: int) (a: float[]) =
        let f = Array.zeroCreate<float>(n * n)
        let largest = Seq.max (seq { for i in 0 .. n - 1 -> a[i * n + i] })
        let negligible = 4.0 * float n * (Math.BitIncrement 1.0 - 1.0) * largest

        for j in 0 .. n - 1 do
            let pivot = a[j * n + j] - dot f (j * n) f (j * n) j

            if pivot > negligible then
                let root = sqrt pivot
                f[j * n + j] <- root

                for i in j + 1 .. n - 1 do
                    f[i * n + j] <- (a[i * n + j] - dot f (i * n) f (j * n) j) / root

        f
