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

    let private entry n (a: float[]) (b: float[]) i j =
        let mutable sum = 0.0

        for k in 0 .. n - 1 do
            sum <- sum + a[i * n + k] * b[k * n + j]

        sum

    /// Four rows times two vectors of columns of A B: eight sums in registers for six loads.
    let private tile n (a: float[]) (b: float[]) i j (result: float[]) =
        let lanes = Vector<float>.Count
        let mutable s00 = Vector<float>.Zero
        let mutable s01 = Vector<float>.Zero
        let mutable s10 = Vector<float>.Zero
        let mutable s11 = Vector<float>.Zero
        let mutable s20 = Vector<float>.Zero
        let mutable s21 = Vector<float>.Zero
        let mutable s30 = Vector<float>.Zero
        let mutable s31 = Vector<float>.Zero
        let row0 = i * n
        let row1 = row0 + n
        let row2 = row1 + n
        let row3 = row2 + n

        for k in 0 .. n - 1 do
            let b0 = Vector<float>(b, k * n + j)
            let b1 = Vector<float>(b, k * n + j + lanes)
            let a0 = Vector<float>(a[row0 + k])
            s00 <- Vector.FusedMultiplyAdd(a0, b0, s00)
            s01 <- Vector.FusedMultiplyAdd(a0, b1, s01)
            let a1 = Vector<float>(a[row1 + k])
            s10 <- Vector.FusedMultiplyAdd(a1, b0, s10)
            s11 <- Vector.FusedMultiplyAdd(a1, b1, s11)
            let a2 = Vector<float>(a[row2 + k])
            s20 <- Vector.FusedMultiplyAdd(a2, b0, s20)
            s21 <- Vector.FusedMultiplyAdd(a2, b1, s21)
            let a3 = Vector<float>(a[row3 + k])
            s30 <- Vector.FusedMultiplyAdd(a3, b0, s30)
            s31 <- Vector.FusedMultiplyAdd(a3, b1, s31)

        s00.CopyTo(result, row0 + j)
        s01.CopyTo(result, row0 + j + lanes)
        s10.CopyTo(result, row1 + j)
        s11.CopyTo(result, row1 + j + lanes)
        s20.CopyTo(result, row2 + j)
        s21.CopyTo(result, row2 + j + lanes)
        s30.CopyTo(result, row3 + j)
        s31.CopyTo(result, row3 + j + lanes)

    /// result = A B; result must not alias A or B.
    let multiplyInto (n: int) (a: float[]) (b: float[]) (result: float[]) =
        let columns = 2 * Vector<float>.Count
        let tiledRows = n / 4 * 4
        let tiledColumns = n / columns * columns

        for i in 0..4 .. tiledRows - 1 do
            for j in 0..columns .. tiledColumns - 1 do
                tile n a b i j result

            for r in i .. i + 3 do
                for c in tiledColumns .. n - 1 do
                    result[r * n + c] <- entry n a b r c

        for r in tiledRows .. n - 1 do
            for c in 0 .. n - 1 do
                result[r * n + c] <- entry n a b r c

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
