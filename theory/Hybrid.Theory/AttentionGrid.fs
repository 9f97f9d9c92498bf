namespace Hybrid.Theory

open System
open System.Collections.Concurrent

/// Cubic interpolation in ln s and ln u between nodes that are a step apart in either, u down from `largest`.
[<Sealed>]
type internal LogGrid(largest: float, step: float) =

    /// The first of four nodes about x, `least` or more, and their Lagrange weights.
    let stencil least x =
        let first = max least (int (floor x) - 1)
        let t = x - float first

        struct (first,
                [| -(t - 1.0) * (t - 2.0) * (t - 3.0) / 6.0
                   t * (t - 2.0) * (t - 3.0) / 2.0
                   -t * (t - 1.0) * (t - 3.0) / 2.0
                   t * (t - 1.0) * (t - 2.0) / 6.0 |])

    /// Below it a moment counts as this.
    static member private Smallest = 1e-300

    /// ln x of a moment.
    static member LogOf(x: float) = log (max LogGrid.Smallest x)

    /// Step at which what the moments change over, a unit of either, is followed to some thousandths.
    static member Fine = 0.25

    /// Spread and u of node (i, j).
    member _.Node (i: int) (j: int) =
        struct (exp (step * float i), largest * exp (-step * float j))

    /// What `count` functions are at (s, u) from their values at the sixteen nodes about it.
    member _.At count (values: int -> int -> float[]) s u =
        let struct (i0, across) = stencil Int32.MinValue (log s / step)
        let struct (j0, along) = stencil 0 (log (largest / u) / step)
        let sums = Array.zeroCreate<float> count

        for i in 0..3 do
            for j in 0..3 do
                let weight = across[i] * along[j]
                let own = values (i0 + i) (j0 + j)

                for k in 0 .. count - 1 do
                    sums[k] <- sums[k] + weight * own[k]

        sums

/// Attention's moments at one token count for a search, whose path is not known beforehand: their logs, and that of S1 − S2, are cubic
/// in ln s and ln u between nodes that are computed when they are first needed. Derivation section 3.5.
[<Sealed>]
type internal AttentionGrid private (tokens: int, step: float, refinement: float) =

    /// Below this spread rows are the uniform average to 1e-6.
    [<Literal>]
    let Weak = 1e-3

    /// Below it rows are as good as equal whatever their spread, and the gap is s²u T1 as it is where logits are weak.
    [<Literal>]
    let Least = 1e-280

    /// s²u up to which T2 is T1 to 1e-5: what is between nodes is known to less.
    [<Literal>]
    let Near = 1e-6

    /// s²u from which the gap is no small part of S1, so that nodes are good enough with the step in τ divided by `refinement` < 1.
    [<Literal>]
    let Apart = 0.05

    let largest = AttentionTable.LargestU tokens
    let grid = LogGrid(largest, step)

    /// the moments of nearly equal rows, by spread
    let near = ConcurrentDictionary<int, (float -> AttentionMoments)>()

    /// ln S1, ln (S1 − S2), ln T1, ln T2
    let nodes = ConcurrentDictionary<struct (int * int), Lazy<float[]>>()

    let logs (moments: AttentionMoments) gap =
        [| moments.S1; gap; moments.T1; moments.T2 |] |> Array.map LogGrid.LogOf

    let compute i j =
        let struct (s, u) = grid.Node i j

        if AttentionMoments.areNear Near s u then
            let moments =
                near.GetOrAdd (i, Func<_, _>(fun _ -> AttentionMoments.near tokens s)) u

            logs moments (s * (s * u) * moments.T1)
        else
            let moments =
                AttentionMoments.computeRefined (if s * (s * u) < Apart then 1.0 else refinement) tokens s u

            logs moments (moments.S1 - moments.S2)

    // lazily, since those who search side by side want the same ones
    let node i j =
        nodes.GetOrAdd(struct (i, j), fun struct (i, j) -> lazy compute i j).Value

    /// To half a per cent; its nodes to 1e-6.
    new(tokens) = AttentionGrid(tokens, LogGrid.Fine, 0.6)

    /// A quarter of the nodes, each at half the cost; to a seventh at worst, which T2 of strong logits apart is off by.
    static member Coarse(tokens) =
        AttentionGrid(tokens, 2.0 * LogGrid.Fine, 0.4)

    /// The moments at spread s ≥ 0 and 0 ≤ u ≤ n/(n−1).
    member _.Moments (s: float) (u: float) : AttentionMoments =
        if not (Double.IsFinite s && s >= 0.0 && u >= 0.0 && u <= largest) then
            AttentionMoments.compute tokens s u
        else
            let logs = grid.At 4 node (max Weak s) (max Least u)
            let s1, t1 = exp logs[0], exp logs[2]

            { S1 = s1
              S2 =
                s1
                - (if s >= Weak && u >= Least then
                       exp logs[1]
                   else
                       s * (s * u) * t1)
              T1 = t1
              T2 = exp logs[3] }
