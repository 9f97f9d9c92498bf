namespace Hybrid.Theory

open System
open System.Numerics
open System.Runtime.CompilerServices
open System.Runtime.InteropServices

/// Where a square matrix holds zeros: nowhere that is known, above its diagonal, or below it.
[<RequireQualifiedAccess; Struct>]
type internal MatrixShape =
    | Dense
    | Lower
    | Upper

    member this.Transposed =
        match this with
        | Dense -> Dense
        | Lower -> Upper
        | Upper -> Lower

/// Small dense matrices as row-major arrays, on the framework's vectors.
[<RequireQualifiedAccess>]
module internal SquareMatrix =

    /// Σ_i a[aStart + i] b[bStart + i], i < length
    let dot (a: float[]) aStart (b: float[]) bStart length =
        let lanes = Vector<float>.Count
        // what is read without bounds below lies within these
        let x = &MemoryMarshal.GetReference(ReadOnlySpan<float>(a, aStart, length))
        let y = &MemoryMarshal.GetReference(ReadOnlySpan<float>(b, bStart, length))
        let mutable first = Vector<float>.Zero
        let mutable second = Vector<float>.Zero
        let mutable third = Vector<float>.Zero
        let mutable fourth = Vector<float>.Zero
        let mutable i = 0

        // four sums, none of which waits for another
        while i + 4 * lanes <= length do
            let at = unativeint i
            let lanes = unativeint lanes
            first <- Vector.FusedMultiplyAdd(Vector.LoadUnsafe(&x, at), Vector.LoadUnsafe(&y, at), first)

            second <-
                Vector.FusedMultiplyAdd(Vector.LoadUnsafe(&x, at + lanes), Vector.LoadUnsafe(&y, at + lanes), second)

            third <-
                Vector.FusedMultiplyAdd(
                    Vector.LoadUnsafe(&x, at + 2un * lanes),
                    Vector.LoadUnsafe(&y, at + 2un * lanes),
                    third
                )

            fourth <-
                Vector.FusedMultiplyAdd(
                    Vector.LoadUnsafe(&x, at + 3un * lanes),
                    Vector.LoadUnsafe(&y, at + 3un * lanes),
                    fourth
                )

            i <- i + 4 * int lanes

        while i + lanes <= length do
            let at = unativeint i
            first <- Vector.FusedMultiplyAdd(Vector.LoadUnsafe(&x, at), Vector.LoadUnsafe(&y, at), first)
            i <- i + lanes

        let mutable total = Vector.Sum((first + second) + (third + fourth))

        while i < length do
            total <- total + Unsafe.Add(&x, i) * Unsafe.Add(&y, i)
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
        // in blocks that stay in the cache
        for block in 0..16 .. n - 1 do
            for i in 0 .. n - 1 do
                for j in block .. min n (block + 16) - 1 do
                    result[j * n + i] <- a[i * n + j]

    /// Σ_k A_ik B_kj over from ≤ k < until
    let private entry n (a: float[]) (b: float[]) i j from until =
        let mutable sum = 0.0

        for k in from .. until - 1 do
            sum <- sum + a[i * n + k] * b[k * n + j]

        sum

    /// Four rows times two vectors of columns of A B over from ≤ k < until: eight sums in registers for six loads. The caller vouches
    /// for i + 4 ≤ n, j + 2 vectors ≤ n and 0 ≤ from, until ≤ n.
    let private tile (n: int) (a: float[]) (b: float[]) i j (from: int) until (result: float[]) =
        let lanes = Vector<float>.Count
        let left = &MemoryMarshal.GetArrayDataReference a
        let right = &MemoryMarshal.GetArrayDataReference b
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
        let mutable k: int = from
        let mutable column: int = from * n + j

        while k < until do
            let b0 = Vector.LoadUnsafe(&right, unativeint column)
            let b1 = Vector.LoadUnsafe(&right, unativeint (column + lanes))
            let a0 = Vector<float>(Unsafe.Add(&left, row0 + k))
            s00 <- Vector.FusedMultiplyAdd(a0, b0, s00)
            s01 <- Vector.FusedMultiplyAdd(a0, b1, s01)
            let a1 = Vector<float>(Unsafe.Add(&left, row1 + k))
            s10 <- Vector.FusedMultiplyAdd(a1, b0, s10)
            s11 <- Vector.FusedMultiplyAdd(a1, b1, s11)
            let a2 = Vector<float>(Unsafe.Add(&left, row2 + k))
            s20 <- Vector.FusedMultiplyAdd(a2, b0, s20)
            s21 <- Vector.FusedMultiplyAdd(a2, b1, s21)
            let a3 = Vector<float>(Unsafe.Add(&left, row3 + k))
            s30 <- Vector.FusedMultiplyAdd(a3, b0, s30)
            s31 <- Vector.FusedMultiplyAdd(a3, b1, s31)
            k <- k + 1
            column <- column + n

        s00.CopyTo(result, row0 + j)
        s01.CopyTo(result, row0 + j + lanes)
        s10.CopyTo(result, row1 + j)
        s11.CopyTo(result, row1 + j + lanes)
        s20.CopyTo(result, row2 + j)
        s21.CopyTo(result, row2 + j + lanes)
        s30.CopyTo(result, row3 + j)
        s31.CopyTo(result, row3 + j + lanes)

    /// The k that A B in rows [i, iEnd) and columns [j, jEnd) needs, given where the factors hold zeros.
    let private first left right (i: int) (j: int) =
        max
            (match left with
             | MatrixShape.Upper -> i
             | MatrixShape.Dense
             | MatrixShape.Lower -> 0)
            (match right with
             | MatrixShape.Lower -> j
             | MatrixShape.Dense
             | MatrixShape.Upper -> 0)

    let private last (n: int) left right (iEnd: int) (jEnd: int) =
        min
            (match left with
             | MatrixShape.Lower -> iEnd
             | MatrixShape.Dense
             | MatrixShape.Upper -> n)
            (match right with
             | MatrixShape.Upper -> jEnd
             | MatrixShape.Dense
             | MatrixShape.Lower -> n)

    let private multiply n left (a: float[]) right (b: float[]) onlyLower (result: float[]) =
        if a.Length < n * n || b.Length < n * n || result.Length < n * n then
            invalidArg (nameof result) "every matrix must have n×n entries"

        let columns = 2 * Vector<float>.Count
        let tiledRows = n / 4 * 4
        let tiledColumns = n / columns * columns

        for i in 0..4 .. tiledRows - 1 do
            let rowEnd = if onlyLower then min tiledColumns (i + 4) else tiledColumns

            for j in 0..columns .. rowEnd - 1 do
                tile n a b i j (first left right i j) (last n left right (i + 4) (j + columns)) result

            for r in i .. i + 3 do
                for c in tiledColumns .. (if onlyLower then r else n - 1) do
                    result[r * n + c] <- entry n a b r c (first left right r c) (last n left right (r + 1) (c + 1))

        for r in tiledRows .. n - 1 do
            for c in 0 .. (if onlyLower then r else n - 1) do
                result[r * n + c] <- entry n a b r c (first left right r c) (last n left right (r + 1) (c + 1))

    /// result = A B of matrices that hold zeros where their shapes say so; result must not alias A or B.
    let multiplyShapedInto n left a right b result = multiply n left a right b false result

    /// The entries (i, j ≤ i) of A B; others of result are left undefined.
    let multiplyLowerInto n left a right b result = multiply n left a right b true result

    /// A B where it is symmetric: half of it is computed.
    let multiplySymmetricInto n left a right b (result: float[]) =
        multiply n left a right b true result

        for i in 1 .. n - 1 do
            for j in 0 .. i - 1 do
                result[j * n + i] <- result[i * n + j]

    /// result = A B; result must not alias A or B.
    let multiplyInto (n: int) (a: float[]) (b: float[]) (result: float[]) =
        multiply n MatrixShape.Dense a MatrixShape.Dense b false result

    /// Lower where every entry above the diagonal is 0, as in the rows of attention under a causal mask.
    let shapeOf n (a: float[]) =
        let mutable row = 0
        let mutable column = 1

        while row < n - 1 && a[row * n + column] = 0.0 do
            column <- column + 1

            if column = n then
                row <- row + 1
                column <- row + 1

        if row < n - 1 then MatrixShape.Dense else MatrixShape.Lower

    /// The largest diagonal entry, and 0 where all are below.
    let largestDiagonal n (a: float[]) =
        let mutable largest = 0.0

        for i in 0 .. n - 1 do
            largest <- max largest a[i * n + i]

        largest

    /// Lower-triangular F with F Fᵀ = A for a symmetric positive semidefinite A. A pivot at or below the rounding
    /// level of the diagonal belongs to a dependent row: its column is zero.
    let factor (n: int) (a: float[]) =
        let f = Array.zeroCreate<float>(n * n)
        let negligible = 4.0 * float n * (Math.BitIncrement 1.0 - 1.0) * largestDiagonal n a

        for j in 0 .. n - 1 do
            let pivot = a[j * n + j] - dot f (j * n) f (j * n) j

            if pivot > negligible then
                let root = sqrt pivot
                f[j * n + j] <- root

                for i in j + 1 .. n - 1 do
                    f[i * n + j] <- (a[i * n + j] - dot f (i * n) f (j * n) j) / root

        f
