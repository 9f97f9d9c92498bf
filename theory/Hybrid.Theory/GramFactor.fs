namespace Hybrid.Theory

open System

/// F with F Fᵀ = R, [Rows, Rank] row-major, for a symmetric positive semidefinite R of any rank.
type internal GramFactor =
    { Rows: int
      Rank: int
      Entries: float[] }

/// Cholesky's factor with the largest remaining pivot first: what is left out is at most the rounding of R's diagonal, also where R
/// is singular, as it is on the line.
[<RequireQualifiedAccess>]
module internal GramFactor =

    /// Of R[n, n]. Rows keep the tokens' order, columns have that of the pivots.
    let create n (gram: float[]) : GramFactor =
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
          Entries = entries }
