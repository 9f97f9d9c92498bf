namespace Hybrid.Theory

open System
open System.Collections.Concurrent

/// Cubic interpolation between equidistant nodes.
[<RequireQualifiedAccess>]
module internal LogGrid =

    /// Distance of nodes in ln s and in ln u: the moments change over a unit of either.
    [<Literal>]
    let Step = 0.25

    /// Moments below it count as this.
    [<Literal>]
    let private Smallest = 1e-300

    /// ln x of a moment.
    let logOf (x: float) = log (max Smallest x)

    /// The first of four nodes about x, `least` or more, and their Lagrange weights.
    let private stencil least x =
        let first = max least (int (floor x) - 1)
        let t = x - float first

        struct (first,
                [| -(t - 1.0) * (t - 2.0) * (t - 3.0) / 6.0
                   t * (t - 2.0) * (t - 3.0) / 2.0
                   -t * (t - 1.0) * (t - 3.0) / 2.0
                   t * (t - 1.0) * (t - 2.0) / 6.0 |])

    /// Spread and u of node (i, j), u down from `largest`.
    let node largest i j =
        struct (exp (Step * float i), largest * exp (-Step * float j))

    /// What `count` functions are at (s, u) from their values at the sixteen nodes about it.
    let at largest count (values: int -> int -> float[]) s u =
        let struct (i0, across) = stencil Int32.MinValue (log s / Step)
        let struct (j0, along) = stencil 0 (log (largest / u) / Step)
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
type internal AttentionGrid(tokens: int) =

    /// Below this spread rows are the uniform average to 1e-6.
    [<Literal>]
    let Weak = 1e-3

    /// s²u up to which T2 is T1 to 1e-5: what is between nodes is known to less.
    [<Literal>]
    let Near = 1e-6

    /// s²u from which the gap is no small part of S1, so that nodes are good enough with the step in τ divided by `Refinement`, to 1e-6.
    [<Literal>]
    let Apart = 0.05

    [<Literal>]
    let Refinement = 0.6

    let largest = AttentionTable.LargestU tokens

    /// the moments of nearly equal rows, by spread
    let near = ConcurrentDictionary<int, (float -> AttentionMoments)>()

    /// ln S1, ln (S1 − S2), ln T1, ln T2
    let nodes = ConcurrentDictionary<struct (int * int), Lazy<float[]>>()

    let logs (moments: AttentionMoments) gap =
        [| moments.S1; gap; moments.T1; moments.T2 |] |> Array.map LogGrid.logOf

    let compute i j =
        let struct (s, u) = LogGrid.node largest i j

        if AttentionMoments.areNear Near s u then
            let moments =
                near.GetOrAdd (i, Func<_, _>(fun _ -> AttentionMoments.near tokens s)) u

            logs moments (s * (s * u) * moments.T1)
        else
            let moments =
                AttentionMoments.computeRefined (if s * (s * u) < Apart then 1.0 else Refinement) tokens s u

            logs moments (moments.S1 - moments.S2)

    // lazily, since those who search side by side want the same ones
    let node i j =
        nodes.GetOrAdd(struct (i, j), fun struct (i, j) -> lazy compute i j).Value

    /// The moments at spread s ≥ 0 and 0 ≤ u ≤ n/(n−1).
    member _.Moments (s: float) (u: float) : AttentionMoments =
        if not (s >= Weak && u > 0.0 && Double.IsFinite s && u <= largest) then
            AttentionMoments.compute tokens s u
        else
            let logs = LogGrid.at largest 4 node s u
            let s1 = exp logs[0]

            { S1 = s1
              S2 = s1 - exp logs[1]
              T1 = exp logs[2]
              T2 = exp logs[3] }
