namespace Hybrid.Theory

open System

/// Sums over pairs of attention rows, derivation section 3.4: the two rows' normals have correlation ρ = 1 − u and are
/// joined by Mehler's expansion in ρ, or by conditioning one on the other where ρ is too near ±1 for a short series.
[<RequireQualifiedAccess>]
module internal RowPairs =

    /// Most entries of a table over τ-nodes and Gaussian nodes; six are held.
    [<Literal>]
    let LargestTable = 8e6

    /// Terms after which Mehler's series (3.6) is negligible: |ρ|^k decays at its own rate. The coefficients decay as
    /// s^{2k}/k! for small s and as |Γ(m + i√k/s)|² ~ exp(−π√k/s) beyond, and integrating over τ smooths the products
    /// further: with these terms what is left is below 1e-11 at ρ = 1 (AttentionMomentsTests, identical rows).
    let terms s rho =
        let byRho =
            if rho = 0.0 then 0.0
            elif abs rho >= 1.0 then infinity
            else SoftmaxNodes.Digits / -log(abs rho)

        let bySpread =
            8.0
            + 14.0 * s
            + 0.5 * (SoftmaxNodes.Digits * s / Math.PI) * (SoftmaxNodes.Digits * s / Math.PI)

        4.0 + min byRho bySpread

    /// c_k = √|ρ|^k E[h_k(g) f(τ + s g)] for f = 1 − K_0, K_1, K_2, k < degree, one row per τ-node.
    let coefficients s rho degree (z: float[]) (weights: float[]) (taus: float[]) =
        let rows = taus.Length
        let tables = Array.init 3 (fun _ -> Array.zeroCreate<float>(rows * degree))
        // scaled Hermite functions, [degree][node], with the quadrature weight
        let root = sqrt (abs rho)
        let hermite = Array.init degree (fun _ -> Array.zeroCreate<float> z.Length)

        for i in 0 .. z.Length - 1 do
            let mutable previous = 0.0
            let mutable current = weights[i]

            for k in 0 .. degree - 1 do
                hermite[k][i] <- current

                let next =
                    root * (z[i] * current - root * sqrt (float k) * previous)
                    / sqrt (float (k + 1))

                previous <- current
                current <- next

        let psi = Array.zeroCreate<float> z.Length
        let k1 = Array.zeroCreate<float> z.Length
        let k2 = Array.zeroCreate<float> z.Length

        for row in 0 .. rows - 1 do
            for i in 0 .. z.Length - 1 do
                let y = SoftmaxNodes.argument taus[row] s z[i]
                let k0 = exp -y
                psi[i] <- if y < 1e-5 then SoftmaxNodes.covered y else 1.0 - k0
                k1[i] <- k0 * y
                k2[i] <- k0 * y * y

            for k in 0 .. degree - 1 do
                let project (values: float[]) =
                    SquareMatrix.dot values 0 hermite[k] 0 z.Length

                tables[0][row * degree + k] <- project psi
                tables[1][row * degree + k] <- project k1
                tables[2][row * degree + k] <- project k2

        tables

    /// Tables of both rows over the same index, whose products sum to E[f(τ + s g) f(τ′ + s g′)].
    [<Struct>]
    type Factors =
        { Left: float[][]
          Right: float[][]
          Length: int }

    /// Mehler's expansion (3.6): index k < degree.
    let series n s rho degree taus =
        let struct (z, weights) = SoftmaxNodes.gaussianNodes n s degree
        let tables = coefficients s rho degree z weights taus

        // the second row's copy carries the sign of ρ^k
        let signed (table: float[]) =
            if rho >= 0.0 then
                table
            else
                Array.mapi (fun i c -> if (i % degree) % 2 = 1 then -c else c) table

        { Left = tables
          Right = tables |> Array.map signed
          Length = degree }

    /// Nodes of the second row's own normal in g′ = ρ g + √(1 − ρ²) g″.
    let ownNodes n s u =
        SoftmaxNodes.gaussianNodes n (s * sqrt (max 0.0 (u * (2.0 - u)))) 0

    /// Conditioning (3.7): index over nodes of the first row's g; the right table holds E[f(τ + s g′) | g], by nodes of g″.
    let conditional n s u (taus: float[]) =
        let struct (z, weights) = SoftmaxNodes.gaussianNodes n s 0
        let rho = 1.0 - u
        let own = sqrt (max 0.0 (u * (2.0 - u)))

        let struct (inner, innerWeights) =
            if own = 0.0 then
                struct ([| 0.0 |], [| 1.0 |])
            else
                ownNodes n s u

        let length = z.Length

        let table () =
            Array.init 3 (fun _ -> Array.zeroCreate<float>(taus.Length * length))

        let left, right = table (), table ()

        for row in 0 .. taus.Length - 1 do
            for i in 0 .. length - 1 do
                let at = row * length + i
                let y = SoftmaxNodes.argument taus[row] s z[i]
                let k1 = exp -y * y
                left[0][at] <- weights[i] * SoftmaxNodes.covered y
                left[1][at] <- weights[i] * k1
                left[2][at] <- weights[i] * k1 * y
                let mutable psi = 0.0
                let mutable k1 = 0.0
                let mutable k2 = 0.0

                for j in 0 .. inner.Length - 1 do
                    let y = SoftmaxNodes.argument taus[row] s (rho * z[i] + own * inner[j])
                    let w = innerWeights[j] * exp -y * y
                    psi <- psi + innerWeights[j] * SoftmaxNodes.covered y
                    k1 <- k1 + w
                    k2 <- k2 + w * y

                right[0][at] <- psi
                right[1][at] <- k1
                right[2][at] <- k2

        { Left = left
          Right = right
          Length = length }

    let nodeCount struct (z: float[], _: float[]) = float z.Length

    /// Entries of the tables that the smaller of the two routes holds at once.
    let tableSize n s rho rows =
        let rows = float rows
        // a bound that needs no array: SoftmaxNodes.gaussianNodes would be as long as s is large
        let nodes = (SoftmaxNodes.reach n + 1.0) * (8.6 + 23.6 * s) / Math.PI
        let terms = terms s rho
        min (terms * (rows + nodes)) (nodes * rows)

    /// The cheaper of the two. Per row: an exponential costs about as much as 20 multiplications, and each of the pairs
    /// costs four sums over the index.
    let factors n s u (taus: float[]) =
        let rho = 1.0 - u
        let rows = float taus.Length
        let terms = terms s rho
        let nodes = nodeCount (SoftmaxNodes.gaussianNodes n s 0)

        let own =
            if u * (2.0 - u) <= 0.0 then
                1.0
            else
                nodeCount (ownNodes n s u)

        let seriesCost = terms * (nodes + terms / 4.0) + 2.0 * rows * terms
        let conditionalCost = 20.0 * nodes * own + 2.0 * rows * nodes
        let seriesFits = terms * rows <= LargestTable

        if seriesFits && (seriesCost <= conditionalCost || nodes * rows > LargestTable) then
            series n s rho (int (ceil terms)) taus
        else
            conditional n s u taus

    /// The two-row sums S2, E ΣA²A′, E(ΣAA′)² over the τ-nodes whose one-row weight is not negligible.
    let pairs n (factors: Factors) (psis: float[]) step =
        let length = factors.Length
        let left, right = factors.Left, factors.Right

        // row i of the left table a times row j of the right table b
        let product a i b j =
            SquareMatrix.dot left[a] (i * length) right[b] (j * length) length

        let count = float n
        let mutable s2 = 0.0
        let mutable cubic = 0.0
        let mutable quartic = 0.0

        for i in 0 .. psis.Length - 1 do
            for j in 0..i do
                let k11 = product 1 i 1 j

                // K_1 bounds K_2 but for a factor y < 100: pairs whose rows do not overlap add nothing
                if abs k11 > 1e-30 then
                    let psi = psis[i] + psis[j] - product 0 i 0 j
                    let weight = if i = j then 1.0 else 2.0
                    let rest2 = weight * SoftmaxNodes.power psi (count - 2.0)

                    if rest2 > 1e-40 then
                        let rest1 = rest2 * (1.0 - psi)
                        let k22 = product 2 i 2 j
                        // the pair (i, j) stands for (j, i) too, so the asymmetric product is averaged
                        let k21 = 0.5 * (product 2 i 1 j + product 1 i 2 j)

                        s2 <- s2 + k11 * rest1
                        cubic <- cubic + k21 * rest1
                        quartic <- quartic + k22 * rest1 + (count - 1.0) * k11 * k11 * rest2

        let area = count * step * step
        struct (area * s2, area * cubic, area * quartic)
