namespace Hybrid.Theory

/// Buffers of `HeadProjection.add` for n tokens, row-major n×n but for the norms. Not to be shared between threads.
type internal HeadProjectionScratch =
    { Tokens: int
      InverseNorms: float[]
      Beta: float[]
      Change: float[]
      ChangeTransposed: float[]
      ChangeSeen: float[]
      Columns: float[]
      Overlap: float[]
      First: float[]
      Second: float[]
      Third: float[] }

    static member Create tokens =
        let matrix () =
            Array.zeroCreate<float>(tokens * tokens)

        { Tokens = tokens
          InverseNorms = Array.zeroCreate tokens
          Beta = matrix ()
          Change = matrix ()
          ChangeTransposed = matrix ()
          ChangeSeen = matrix ()
          Columns = matrix ()
          Overlap = matrix ()
          First = matrix ()
          Second = matrix ()
          Third = matrix () }

/// What a normalisation's projection takes from one head's query and key gradients, derivation section 13.1: the vector
/// that a norm behind the branch removes lies in the span of the few vectors through which a head's logits see the
/// gradient. Exact in expectation given the rows, at any Gram matrix and mask, in O(n³); nothing where no norm is (none, pre).
[<RequireQualifiedAccess>]
module internal HeadProjection =

    /// Adds σ_A² times (13.3) and (13.4), one head's, to `result`, which must not be one of the inputs, and returns the overlaps
    /// Σ R_ij (…)_ij of the two with what the module sees.
    /// rows: A, `state`: R as the module sees it, `gamma`: Γ^y at the branch output (divided by the norms, without a²),
    /// `argument`: N, the Gram of what the norm divides (Y with `branch` c = 1 for peri and output, r²C + a²Y with c = a
    /// for post), all n×n row-major, N_ii > 0; `share` = σ_V²/H, `logit` = σ_A².
    let add
        (scratch: HeadProjectionScratch)
        (rows: float[])
        (state: float[])
        (gamma: float[])
        (argument: float[])
        (branch: float)
        (share: float)
        (logit: float)
        (result: float[])
        =
        let n = scratch.Tokens
        let mutable ofQuery = 0.0
        let mutable ofKey = 0.0

        let { InverseNorms = inverse
              Beta = beta
              Change = change
              ChangeTransposed = transposed
              ChangeSeen = seen
              Columns = columns
              Overlap = overlap
              First = first
              Second = second
              Third = third } =
            scratch

        // where the rows are 0 above the diagonal, so are b_i
        let lower = SquareMatrix.shapeOf n rows
        let upper = lower.Transposed
        let dense = MatrixShape.Dense
        SquareMatrix.transposeInto n rows columns
        SquareMatrix.multiplyShapedInto n lower rows dense state beta

        // β_i of (13.1) and b_i = J_i β_i
        for i in 0 .. n - 1 do
            inverse[i] <- 1.0 / sqrt argument[i * n + i]
            let scale = branch * share * inverse[i]

            for k in i * n .. i * n + n - 1 do
                beta[k] <- scale * beta[k]

            let mean = SquareMatrix.dot rows (i * n) beta (i * n) n

            for k in i * n .. i * n + n - 1 do
                change[k] <- rows[k] * (beta[k] - mean)

        SquareMatrix.transposeInto n change transposed
        SquareMatrix.multiplyShapedInto n lower change dense state seen
        SquareMatrix.multiplyShapedInto n dense beta upper columns overlap

        // query: Q = (B ∘ bR)Aᵀ − (BAᵀ) ∘ (bRAᵀ) in `third`, b R bᵀ in `first`
        for k in 0 .. n * n - 1 do
            second[k] <- beta[k] * seen[k]

        SquareMatrix.multiplyShapedInto n dense second upper columns third
        SquareMatrix.multiplyShapedInto n dense seen upper columns first

        for k in 0 .. n * n - 1 do
            third[k] <- third[k] - overlap[k] * first[k]

        SquareMatrix.multiplySymmetricInto n dense seen upper transposed first

        for i in 0 .. n - 1 do
            for j in 0 .. n - 1 do
                let k = i * n + j
                let nu = argument[k] * inverse[i] * inverse[j]

                let query = logit * gamma[k] * (nu * first[k] - third[k] - third[j * n + i])
                ofQuery <- ofQuery + state[k] * query
                result[k] <- result[k] + query

        // key: P = bᵀ[(WA) ∘ B − (W ∘ (BAᵀ))A] in `third`, bᵀ(W ∘ ν)b in `first`
        for k in 0 .. n * n - 1 do
            first[k] <- state[k] * gamma[k]
            second[k] <- first[k] * overlap[k]

        SquareMatrix.multiplyShapedInto n dense second lower rows third
        SquareMatrix.multiplyShapedInto n dense first lower rows second

        for k in 0 .. n * n - 1 do
            second[k] <- second[k] * beta[k] - third[k]

        SquareMatrix.multiplyShapedInto n upper transposed dense second third

        for i in 0 .. n - 1 do
            for j in 0 .. n - 1 do
                let k = i * n + j
                first[k] <- first[k] * argument[k] * inverse[i] * inverse[j]

        SquareMatrix.multiplyShapedInto n dense first lower change second
        SquareMatrix.multiplySymmetricInto n upper transposed dense second first

        for i in 0 .. n - 1 do
            for j in 0 .. n - 1 do
                let k = i * n + j
                let key = logit * (first[k] - third[k] - third[j * n + i])
                ofKey <- ofKey + state[k] * key
                result[k] <- result[k] + key

        struct (ofQuery, ofKey)
