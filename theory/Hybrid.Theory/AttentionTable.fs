namespace Hybrid.Theory

open System

/// What an attention table is made for.
[<RequireQualifiedAccess>]
module private TableLimits =

    /// Largest logit scale that a table is made for. The moments cross over at u of order 1/σ², where a series of degree N
    /// has converged once N is a few σ; computing them directly costs the same at any scale.
    [<Literal>]
    let LargestScale = 64.0

    /// Most nodes of a table.
    [<Literal>]
    let LargestSize = 4_400

/// A Chebyshev interpolant of the attention moments at one token count: derivation section 3.5.
/// Coordinates are w = σ², where σ = s/√u is the logit scale (σ_A q for tokens of norm q), and u = 1 − ρ: in these the
/// moments are analytic, so the coefficients fall geometrically and their tail certifies the error.
[<Sealed>]
type AttentionTable
    private (tokens: int, scales: float * float, coefficients: (float[,])[], error: float, tolerance: float) =

    let lowest, highest = scales
    let largestU = AttentionTable.LargestU tokens
    let wRange = struct (lowest * lowest, highest * highest)

    /// Largest u that n tokens can have: n/(n−1).
    static member internal LargestU tokens =
        if tokens = 1 then
            1.0
        else
            float tokens / float (tokens - 1)

    /// Position of x in [a, b] as a point of [−1, 1]; 0 on a degenerate range.
    static member private ToUnit (struct (a: float, b: float)) (x: float) =
        if b = a then
            0.0
        else
            max -1.0 (min 1.0 ((2.0 * x - a - b) / (b - a)))

    member _.Tokens = tokens

    /// Certified bound on the absolute error of every moment: the tail of the coefficients, checked at points off the
    /// nodes; ∞ where the table covers nothing.
    member _.Error = error

    /// Nodes in (σ², u).
    member _.Size = struct (coefficients[0].GetLength 0, coefficients[0].GetLength 1)

    /// Whether the coefficients fell below what was asked.
    member _.Converged = error <= 4.0 * tolerance

    /// Whether (s, u) lies in the table's range, and the table has converged.
    member this.Covers(s: float, u: float) =
        this.Converged
        && u <= largestU
        && (u = 0.0
            || (let scale = s / sqrt u in scale >= lowest * (1.0 - 1e-12) && scale <= highest * (1.0 + 1e-12)))

    /// Clenshaw's recurrence in u, then in w.
    static member private Sum (table: float[,]) (x: float) (y: float) =
        let rows = table.GetLength 0
        let columns = table.GetLength 1
        let mutable outer1 = 0.0
        let mutable outer2 = 0.0

        for i in rows - 1 .. -1 .. 0 do
            let mutable inner1 = 0.0
            let mutable inner2 = 0.0

            for j in columns - 1 .. -1 .. 1 do
                let inner0 = table[i, j] + 2.0 * y * inner1 - inner2
                inner2 <- inner1
                inner1 <- inner0

            let row = table[i, 0] + y * inner1 - inner2

            if i > 0 then
                let outer0 = row + 2.0 * x * outer1 - outer2
                outer2 <- outer1
                outer1 <- outer0
            else
                outer1 <- row + x * outer1 - outer2

        outer1

    /// The moments at logit spread s and u. Raises ArgumentOutOfRangeException outside `Covers`.
    member this.Moments(s: float, u: float) : AttentionMoments =
        if not this.Converged then
            raise (
                ArgumentOutOfRangeException(
                    "s",
                    s,
                    $"the table of {tokens} tokens covers nothing: on logit scales from {lowest} to {highest} the moments vary too fast for it"
                )
            )

        if not (this.Covers(s, u)) then
            raise (
                ArgumentOutOfRangeException(
                    "s",
                    s,
                    $"the table of {tokens} tokens covers logit scales s/√u from {lowest} to {highest}, got {s / sqrt u} at u = {u}"
                )
            )

        let x = AttentionTable.ToUnit wRange (if u = 0.0 then 0.0 else s * s / u)
        let y = AttentionTable.ToUnit (struct (0.0, largestU)) u

        { S1 = AttentionTable.Sum coefficients[0] x y
          S2 = AttentionTable.Sum coefficients[1] x y
          T1 = AttentionTable.Sum coefficients[2] x y
          T2 = AttentionTable.Sum coefficients[3] x y }

    static member private Transform2D(values: float[,]) =
        let rows = values.GetLength 0
        let columns = values.GetLength 1

        let byRow =
            Array.init rows (fun i -> Chebyshev.transform (Array.init columns (fun j -> values[i, j])))

        let byColumn =
            Array.init columns (fun j -> Chebyshev.transform (Array.init rows (fun i -> byRow[i][j])))

        Array2D.init rows columns (fun i j -> byColumn[j][i])

    /// Drops the trailing rows and columns that together weigh at most `tolerance` in every table; returns their weight.
    static member private Trim(tables: (float[,])[], tolerance: float) =
        let rows = tables[0].GetLength 0
        let columns = tables[0].GetLength 1

        /// largest weight, over the tables, of what lies outside the first r rows and c columns
        let weight r c =
            tables
            |> Array.map (fun table ->
                let mutable sum = 0.0

                for i in 0 .. rows - 1 do
                    for j in 0 .. columns - 1 do
                        if i >= r || j >= c then
                            sum <- sum + abs table[i, j]

                sum)
            |> Array.max

        let fewestRows =
            seq { 1..rows } |> Seq.find (fun r -> weight r columns <= 0.5 * tolerance)

        let fewest =
            seq { 1..columns } |> Seq.find (fun c -> weight fewestRows c <= tolerance)

        tables |> Array.map (fun table -> table[.. fewestRows - 1, .. fewest - 1]), weight fewestRows fewest

    /// Builds the table for logit scales in [lowest, highest] (equal for one scale: a one-dimensional table), doubling
    /// the degree along the axis whose tail is larger until the tail is below `tolerance`. Nodes are computed in
    /// parallel. A table that would need more than 4400 nodes, or scales beyond 64, covers nothing.
    static member Build(tokens: int, lowest: float, highest: float, tolerance: float) =
        if not (0.0 <= lowest && lowest <= highest && Double.IsFinite highest) then
            raise (
                ArgumentOutOfRangeException(
                    "highest",
                    highest,
                    $"logit scales must satisfy 0 ≤ lowest ≤ highest, got lowest = {lowest}"
                )
            )

        let largestU = AttentionTable.LargestU tokens

        let known =
            Collections.Concurrent.ConcurrentDictionary<struct (float * float), AttentionMoments>()

        let at x y =
            let w = 0.5 * (lowest * lowest * (1.0 - x) + highest * highest * (1.0 + x))
            let u = 0.5 * largestU * (1.0 + y)
            known.GetOrAdd(struct (w, u), fun struct (w, u) -> AttentionMoments.compute tokens (sqrt (w * u)) u)

        let parts: (AttentionMoments -> float)[] = [| _.S1; _.S2; _.T1; _.T2 |]

        let tabulate wDegree uDegree =
            let xs = Chebyshev.points wDegree
            let ys = Chebyshev.points uDegree

            let nodes =
                Array.Parallel.init (xs.Length * ys.Length) (fun k -> at xs[k / ys.Length] ys[k % ys.Length])

            parts
            |> Array.map (fun part ->
                Array2D.init xs.Length ys.Length (fun i j -> part nodes[i * ys.Length + j])
                |> AttentionTable.Transform2D)

        /// largest sum of the last two coefficients along an axis, over the moments
        let tail (tables: (float[,])[]) alongW =
            let lastTwo length index = index > 0 && index >= length - 2

            let size (table: float[,]) =
                let rows = table.GetLength 0
                let columns = table.GetLength 1
                let mutable sum = 0.0

                for i in 0 .. rows - 1 do
                    for j in 0 .. columns - 1 do
                        if (if alongW then lastTwo rows i else lastTwo columns j) then
                            sum <- sum + abs table[i, j]

                sum

            tables |> Array.map size |> Array.max

        let uncovered () =
            AttentionTable(
                tokens,
                (lowest, highest),
                Array.init 4 (fun _ -> Array2D.zeroCreate 1 1),
                infinity,
                tolerance
            )

        let rec refine wDegree uDegree =
            let tables = tabulate wDegree uDegree
            let wTail = if wDegree = 0 then 0.0 else tail tables true
            let uTail = tail tables false

            if max wTail uTail <= tolerance then
                let trimmed, dropped = AttentionTable.Trim(tables, tolerance)
                AttentionTable(tokens, (lowest, highest), trimmed, wTail + uTail + dropped, tolerance)
            else
                let finerW, finerU =
                    if wTail > uTail then
                        2 * wDegree, uDegree
                    else
                        wDegree, 2 * uDegree

                if (finerW + 1) * (finerU + 1) > TableLimits.LargestSize || max finerW finerU > 256 then
                    uncovered ()
                else
                    refine finerW finerU

        if highest > TableLimits.LargestScale then
            uncovered ()
        else
            refine (if lowest = highest then 0 else 8) 8
