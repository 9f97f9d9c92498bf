namespace Hybrid.Theory

open System.Collections.Concurrent

/// How a head's sums fluctuate at one token count, to two per cent, where they are asked at thousands of layers and make up an error
/// or a share: ln Var S, ln U, Cov(S,T)/Var S and what Cov(X,S) and Cov(S,S') lose of Var S, over u, are cubic in ln s and
/// ln u between nodes that are computed when they are first needed. Derivation section 13.6.
[<Sealed>]
type internal HeadGrid(tokens: int) =

    /// Up to this spread the fluctuations are those of leading order, to 6 s².
    [<Literal>]
    let Weak = 0.03

    /// s²u, or u, below which covariances lose in proportion to u, to a few thousandths: what they lose of Var S would not be told from
    /// rounding.
    [<Literal>]
    let Near = 1e-3

    [<Literal>]
    let NearU = 5e-3

    let largest = AttentionTable.LargestU tokens
    let grid = LogGrid(largest, LogGrid.Fine)

    let nodes = ConcurrentDictionary<struct (int * int), Lazy<float[]>>()

    let compute i j =
        let struct (s, u) = grid.Node i j
        let u = max u (min NearU (Near / (s * s)))

        let moments =
            if s <= Weak then
                HeadMoments.weak tokens s u
            else
                HeadMoments.compute tokens s u

        let lost covariance =
            (moments.VarS - covariance) / (moments.VarS * u)

        [| LogGrid.LogOf moments.VarS
           LogGrid.LogOf moments.U
           moments.CovST / moments.VarS
           lost moments.CovXS
           lost moments.CovSS |]

    // lazily, since draws side by side want the same ones
    let node i j =
        nodes.GetOrAdd(struct (i, j), fun struct (i, j) -> lazy compute i j).Value

    /// The moments at spread s ≥ 0 and 0 ≤ u ≤ n/(n−1).
    member _.Moments (s: float) (u: float) : HeadMoments =
        if tokens = 1 || s <= Weak then
            HeadMoments.weak tokens s u
        elif not (u > 0.0 && u <= largest && s * s <= System.Double.MaxValue) then
            HeadMoments.compute tokens s u
        else
            let values = grid.At 5 node s u
            let variance = exp values[0]

            { VarS = variance
              CovSS = variance * (1.0 - u * values[4])
              CovXS = variance * (1.0 - u * values[3])
              CovST = variance * values[2]
              U = exp values[1] }
