namespace Hybrid.Theory

open System

/// F with F Fᵀ = R, [Rows, Rank] row-major, for a symmetric positive semidefinite R of any rank.
type internal GramFactor =
    {
        Rows: int
        Rank: int
        Entries: float[]
        /// where its rows are not 0
        Nonzero: PanelProduct.Ranges
    }

/// Cholesky's factor, lower-triangular where R is far from singular. Elsewhere with the largest remaining pivot first: what is left
/// out then is at most the rounding of R's diagonal, also where R is singular, as it is on the line.
[<RequireQualifiedAccess>]
module internal GramFactor =

    /// Pivots, relative to the largest diagonal entry, from which R is far from singular.
    [<Literal>]
    let private Regular = 1e-6

    /// The lower-triangular factor of an R that is far from singular.
    let private triangular n (gram: float[]) =
        let factor = Array.zeroCreate<float>(n * n)
        let largest = SquareMatrix.largestDiagonal n gram
        let mutable i = 0
        let mutable isRegular = true

        while i < n && isRegular do
            for j in 0 .. i - 1 do
                factor[i * n + j] <-
                    (gram[i * n + j] - SquareMatrix.dot factor (i * n) factor (j * n) j)
                    / factor[j * n + j]

            let pivot = gram[i * n + i] - SquareMatrix.dot factor (i * n) factor (i * n) i
            isRegular <- pivot > Regular * largest
            factor[i * n + i] <- sqrt (max 0.0 pivot)
            i <- i + 1

        if isRegular then ValueSome factor else ValueNone

    let private pivoted n (gram: float[]) : GramFactor =
        let factor = Array.zeroCreate<float>(n * n)
        let left = Array.init n (fun i -> gram[i * n + i])
        let isUsed = Array.zeroCreate<bool> n
        let negligible = float n * (Math.BitIncrement 1.0 - 1.0) * Array.max left
        let mutable rank = 0
        let mutable isDone = false

        while rank < n && not isDone do
            let mutable pivot = -1

            for i in 0 .. n - 1 do
                if not isUsed[i] && (pivot < 0 || left[i] > left[pivot]) then
                    pivot <- i

            if not (left[pivot] > negligible) then
                isDone <- true
            else
                let root = sqrt left[pivot]
                isUsed[pivot] <- true
                factor[pivot * n + rank] <- root

                for i in 0 .. n - 1 do
                    if not isUsed[i] then
                        let entry =
                            (gram[i * n + pivot] - SquareMatrix.dot factor (i * n) factor (pivot * n) rank)
                            / root

                        factor[i * n + rank] <- entry
                        left[i] <- left[i] - entry * entry

                rank <- rank + 1

        let entries =
            if rank = n then
                factor
            else
                Array.init (n * rank) (fun k -> factor[k / rank * n + k % rank])

        { Rows = n
          Rank = rank
          Entries = entries
          Nonzero = PanelProduct.everything }

    /// Of R[n, n]. Rows keep the tokens' order, columns have that of the pivots.
    let create n (gram: float[]) : GramFactor =
        match triangular n gram with
        | ValueSome entries ->
            { Rows = n
              Rank = n
              Entries = entries
              Nonzero = PanelProduct.lower n }
        | ValueNone -> pivoted n gram
