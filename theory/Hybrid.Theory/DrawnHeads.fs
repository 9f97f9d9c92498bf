namespace Hybrid.Theory

open System
open System.Buffers
open System.Numerics
open Hybrid.Architectures

/// The heads of one layer of one network: not they but what draws them again is kept.
type internal DrawnLayer =
    {
        Layout: HeadLayout
        Factor: GramFactor
        Key: uint64
        /// Of each gradient draw, Σ_h (A_h v_h)_i, [draws, n]: what a norm behind the branch removes.
        Attended: float[]
    }

/// Attention whose heads are drawn with their d_k coordinates, forwards and backwards: derivation sections 15.1 and 15.2.
[<RequireQualifiedAccess>]
module internal DrawnHeads =

    /// Up to so many tokens A R Aᵀ and Aᵀ Θ A are formed; beyond, they are those of values and gradients drawn as well.
    [<Literal>]
    let LargestExact = 512

    /// Gradient draws a head, n² d_k each, beside the three drawings of its rows that cost as much.
    let gradientDraws n width = max 1 (min 8 (16384 / (n * width)))

    /// Tokens from which heads are shared between workers.
    [<Literal>]
    let private ParallelTokens = 192

    /// Shares of the heads that are summed each on its own; a sum does not depend on how many processors there are.
    let private shares (layout: HeadLayout) =
        if layout.Tokens >= ParallelTokens then
            min 2 layout.Heads
        else
            1

    let private addInto (target: float[]) (source: float[]) =
        let lanes = Vector<float>.Count
        let mutable k = 0

        while k + lanes <= target.Length do
            (Vector<float>(target, k) + Vector<float>(source, k)).CopyTo(target, k)
            k <- k + lanes

        while k < target.Length do
            target[k] <- target[k] + source[k]
            k <- k + 1

    /// Σ over the heads of what `add` adds, with a scratch of its own, to arrays of these lengths.
    let private sum (layout: HeadLayout) (lengths: int[]) (add: HeadScratch -> float[][] -> int -> unit) =
        let parts = shares layout

        let share part =
            let sums = lengths |> Array.map Array.zeroCreate<float>
            let scratch = HeadScratch.lend layout

            for head in part..parts .. layout.Heads - 1 do
                add scratch sums head

            HeadScratch.giveBack layout scratch
            sums

        let all =
            if parts = 1 then
                [| share 0 |]
            else
                // two shares are two tasks, which a chunked loop would put into one
                let results = Array.zeroCreate<float[][]> parts

                Threading.Tasks.Parallel.For(0, parts, (fun part -> results[part] <- share part))
                |> ignore

                results

        let total = all[0]

        for other in Array.skip 1 all do
            for index in 0 .. lengths.Length - 1 do
                addInto total[index] other[index]

        total

    let private scale factor (matrix: float[]) =
        for k in 0 .. matrix.Length - 1 do
            matrix[k] <- factor * matrix[k]

    let private valueKey key group =
        CounterNormals.part (CounterNormals.part key 2) group

    /// F times normal numbers, one for each token, for which there is room in `normals`.
    let private vector (factor: GramFactor) (normals: float[]) key (result: float[]) =
        CounterNormals.fill key factor.Rank 1.0 normals

        for i in 0 .. factor.Rows - 1 do
            result[i] <- SquareMatrix.dot factor.Entries (i * factor.Rank) normals 0 factor.Rank

    /// What draws the values and gradients of a head's way back, and of them draw number `draw`.
    let private ownKey key head =
        CounterNormals.part (CounterNormals.part key 3) head

    let private valueOf key head draw =
        CounterNormals.part (CounterNormals.part (ownKey key head) (draw + 1)) 0

    let private gradientOf key head draw =
        CounterNormals.part (CounterNormals.part (ownKey key head) (draw + 1)) 1

    /// (A v)_i of every row.
    let private attendedValue (layout: HeadLayout) (scratch: HeadScratch) i =
        let n = layout.Tokens
        let first = layout.Rows.First[i]
        SquareMatrix.dot scratch.Attended (i * n + first) scratch.Value first (layout.Rows.Last[i] - first)

    /// The heads of a layer that sees `state`, and their branch Gram σ_V² (1/H) Σ A R Aᵀ: derivation (15.4).
    let forward (layout: HeadLayout) key (state: float[]) =
        let n = layout.Tokens
        let factor = GramFactor.create n state
        let valueStd = layout.Parameters.ValueStd
        let lower = PanelProduct.lower n
        let exact = n <= LargestExact
        let panels = if exact then HeadProducts.packed n state else [||]
        let inner = HeadProducts.reach layout.Rows

        let draws = gradientDraws n layout.Width

        let sums =
            sum layout [| n * n; draws * n |] (fun scratch sums head ->
                HeadDraw.rows layout factor state key head scratch

                for draw in 0 .. draws - 1 do
                    vector factor scratch.Normals (valueOf key head draw) scratch.Value

                    for i in 0 .. n - 1 do
                        let k = draw * n + i
                        sums[1][k] <- sums[1][k] + attendedValue layout scratch i

                if exact then
                    HeadProducts.sandwich layout scratch scratch.Attended layout.Rows panels inner lower sums[0]
                else
                    let group = head / (layout.Heads / layout.Groups)
                    HeadDraw.correlated factor scratch (valueKey key group) layout.Width scratch.Query
                    HeadProducts.apply layout scratch scratch.Attended layout.Rows scratch.Query scratch.QueryGradient
                    HeadProducts.addSquare layout scratch lower scratch.QueryGradient sums[0])

        let branch = sums[0]
        let drawn = if exact then 1.0 else float layout.Width
        scale (valueStd * valueStd / (float layout.Heads * drawn)) branch
        PanelProduct.mirror n branch

        struct ({ Layout = layout
                  Factor = factor
                  Key = key
                  Attended = sums[1] },
                branch)

    /// Means over the rows of a layer's heads, drawn again, of Σ_j A_ij² and −Σ_j A_ij ln A_ij.
    let sharpness (layer: DrawnLayer) (state: float[]) : struct (float * float) =
        let layout = layer.Layout
        let n = layout.Tokens

        let sums =
            sum layout [| 2 |] (fun scratch sums head ->
                HeadDraw.rows layout layer.Factor state layer.Key head scratch
                let struct (squares, entropy) = AttentionEntropy.ofRows n scratch.Attended
                sums[0][0] <- sums[0][0] + squares
                sums[0][1] <- sums[0][1] + entropy)

        let rows = float (n * layout.Heads)
        struct (sums[0][0] / rows, sums[0][1] / rows)

    /// Of each draw, [draws, n]: k_i = c τ m_i/N_ii, m_i = c τ Σ_h (A_h v_h)_i + the rest of what the norm divides, τ = σ_V/√H: what of
    /// row i's values the norm removes, derivation (15.11).
    let private removed (layer: DrawnLayer) (norm: GramNorm) draws =
        let layout = layer.Layout
        let n = layout.Tokens
        let tau = norm.Branch * layout.Parameters.ValueStd / sqrt (float layout.Heads)
        let own = layer.Attended |> Array.map (fun sum -> tau * sum)

        let rest =
            Array.map2 (fun all own -> all - norm.Branch * norm.Branch * own) norm.Argument norm.Output

        // a branch that is all that the norm divides leaves rounding
        if SquareMatrix.largestDiagonal n rest > 1e-12 * SquareMatrix.largestDiagonal n norm.Argument then
            let factor = GramFactor.create n rest
            let normals, drawn = Array.zeroCreate n, Array.zeroCreate n

            for draw in 0 .. draws - 1 do
                vector factor normals (CounterNormals.part (CounterNormals.part layer.Key 4) draw) drawn

                for i in 0 .. n - 1 do
                    own[draw * n + i] <- own[draw * n + i] + drawn[i]

        for k in 0 .. draws * n - 1 do
            own[k] <- tau * own[k] / norm.Argument[k % n * (n + 1)]

        own

    /// D_ij A_ij ((A R)_ij − (A R Aᵀ)_ii) of the head in `scratch`, and its transpose.
    let private bend (layout: HeadLayout) (scratch: HeadScratch) (panels: float[]) (bent: float[]) (columns: float[]) =
        let n = layout.Tokens
        let full = PanelProduct.everything
        PanelProduct.multiply n n n scratch.Attended layout.Rows panels full full false scratch.Edge bent

        for i in 0 .. n - 1 do
            let mean = SquareMatrix.dot scratch.Attended (i * n) bent (i * n) n

            for k in i * n .. i * n + n - 1 do
                bent[k] <- scratch.Slopes[k] * (bent[k] - mean)

        SquareMatrix.transposeInto n bent columns

    /// Takes k_i h_i bent_ij off the product.
    let private straighten n (bent: float[]) (removed: float[]) draw byColumns (scratch: HeadScratch) =
        for i in 0 .. n - 1 do
            for j in 0 .. n - 1 do
                let token = if byColumns then j else i
                let k = i * n + j

                scratch.Product[k] <- scratch.Product[k] - removed[draw * n + token] * scratch.Output[token] * bent[k]

    /// δ_ij = D_ij A_ij (v_j − m_i) h_i from the rows D ∘ A.
    let difference n (slopes: float[]) (ranges: PanelProduct.Ranges) (scratch: HeadScratch) =
        let lanes = Vector<float>.Count
        let value, result = scratch.Value, scratch.Product

        for i in 0 .. n - 1 do
            let row = i * n
            let mean, output = scratch.Mean[i], scratch.Output[i]
            let mutable j = ranges.First[i] / 4 * 4
            // rows are read four at a time over their common range
            Array.Clear(result, row, n)

            while j + lanes <= ranges.Last[i] do
                let d =
                    Vector<float>(slopes, row + j)
                    * (Vector<float>(value, j) - Vector<float>(mean))
                    * output

                d.CopyTo(result, row + j)
                j <- j + lanes

            while j < ranges.Last[i] do
                result[row + j] <- slopes[row + j] * (value[j] - mean) * output
                j <- j + 1

    /// The transpose of the same, from the columns of D ∘ A.
    let differenceColumns n (columns: float[]) (ranges: PanelProduct.Ranges) (scratch: HeadScratch) =
        let lanes = Vector<float>.Count
        let mean, output, result = scratch.Mean, scratch.Output, scratch.Product

        for j in 0 .. n - 1 do
            let row = j * n
            let value = scratch.Value[j]
            let mutable i = ranges.First[j] / 4 * 4
            Array.Clear(result, row, n)

            while i + lanes <= ranges.Last[j] do
                let d =
                    Vector<float>(columns, row + i)
                    * (Vector<float>(value) - Vector<float>(mean, i))
                    * Vector<float>(output, i)

                d.CopyTo(result, row + i)
                i <- i + lanes

            while i < ranges.Last[j] do
                result[row + i] <- columns[row + i] * (value - mean[i]) * output[i]
                i <- i + 1

    /// One draw of a value and of a gradient: the head's own way back to its queries and keys. `straightened` takes off δ_ij, and off its
    /// transpose, what a norm removes.
    let private backwards (layer: DrawnLayer) (theta: GramFactor) head draw straightened (scratch: HeadScratch) =
        let layout = layer.Layout
        let n = layout.Tokens
        vector layer.Factor scratch.Normals (valueOf layer.Key head draw) scratch.Value
        vector theta scratch.Normals (gradientOf layer.Key head draw) scratch.Output

        for i in 0 .. n - 1 do
            scratch.Mean[i] <- attendedValue layout scratch i

        difference n scratch.Slopes layout.Rows scratch
        straightened draw false scratch
        HeadProducts.apply layout scratch scratch.Product layout.Rows scratch.KeySeen scratch.QueryGradient
        differenceColumns n scratch.SlopeColumns layout.Columns scratch
        straightened draw true scratch
        HeadProducts.apply layout scratch scratch.Product layout.Columns scratch.QuerySeen scratch.KeyGradient
        HeadDraw.undo layout scratch.Query scratch.QueryScale scratch.QueryInverse scratch.QueryGradient
        HeadDraw.undo layout scratch.Key scratch.KeyScale scratch.KeyInverse scratch.KeyGradient

    let private dot (a: float[]) (b: float[]) = SquareMatrix.dot a 0 b 0 a.Length

    /// From the gradient's Gram Θ at the branch output, divided by the norm behind it, to that at what the module sees, and the overlaps
    /// Σ R_ij (path)_ij of the three paths: derivation (15.5), (15.6), and (13.2) up to 512 tokens.
    let backward (layer: DrawnLayer) (norm: GramNorm voption) (state: float[]) (theta: float[]) =
        let layout = layer.Layout
        let n = layout.Tokens
        let factor = GramFactor.create n theta
        let lower, upper = PanelProduct.lower n, PanelProduct.upper n
        let inner = HeadProducts.reachBack layout.Columns
        let exact = n <= LargestExact
        let panels = if exact then HeadProducts.packed n theta else [||]
        let draws = gradientDraws n layout.Width
        let isCapped = layout.Parameters.Head.SoftCap.IsSome

        let removal =
            match norm with
            | ValueSome norm when exact && layout.Parameters.ValueStd > 0.0 ->
                ValueSome(struct (removed layer norm draws, HeadProducts.packed n state))
            | ValueSome _
            | ValueNone -> ValueNone

        let sums =
            sum layout [| n * n; n * n; n * n |] (fun scratch sums head ->
                HeadDraw.rows layout layer.Factor state layer.Key head scratch
                SquareMatrix.transposeInto n scratch.Attended scratch.AttendedColumns

                if isCapped then
                    SquareMatrix.transposeInto n scratch.Slopes scratch.SlopeColumns

                let eachDraw straightened =
                    for draw in 0 .. draws - 1 do
                        backwards layer factor head draw straightened scratch
                        HeadProducts.addSquare layout scratch lower scratch.QueryGradient sums[1]
                        HeadProducts.addSquare layout scratch lower scratch.KeyGradient sums[2]

                match removal with
                | ValueNone -> eachDraw (fun _ _ _ -> ())
                | ValueSome(struct (removed, panels)) ->
                    let bent, columns = ArrayPool.Shared.Rent(n * n), ArrayPool.Shared.Rent(n * n)

                    bend layout scratch panels bent columns

                    eachDraw (fun draw byColumns ->
                        straighten n (if byColumns then columns else bent) removed draw byColumns)

                    ArrayPool.Shared.Return bent
                    ArrayPool.Shared.Return columns

                if exact then
                    HeadProducts.sandwich
                        layout
                        scratch
                        scratch.AttendedColumns
                        layout.Columns
                        panels
                        inner
                        upper
                        sums[0]
                else
                    HeadDraw.correlated
                        factor
                        scratch
                        (CounterNormals.part (ownKey layer.Key head) 0)
                        layout.Width
                        scratch.Query

                    HeadProducts.apply
                        layout
                        scratch
                        scratch.AttendedColumns
                        layout.Columns
                        scratch.Query
                        scratch.QueryGradient

                    HeadProducts.addSquare layout scratch lower scratch.QueryGradient sums[0])

        let share =
            layout.Parameters.ValueStd * layout.Parameters.ValueStd / float layout.Heads

        scale (share / (if exact then 1.0 else float layout.Width)) sums[0]

        if exact then
            for i in 0 .. n - 1 do
                for j in 0 .. i - 1 do
                    sums[0][i * n + j] <- sums[0][j * n + i]
        else
            PanelProduct.mirror n sums[0]

        // a draw's logits have τ² of them
        let squared = share / (float draws * float layout.Width)

        for path in 1..2 do
            scale squared sums[path]
            PanelProduct.mirror n sums[path]

        let overlaps =
            { Value = dot state sums[0]
              Query = dot state sums[1]
              Key = dot state sums[2] }

        addInto sums[0] sums[1]
        addInto sums[0] sums[2]
        struct (sums[0], overlaps)

    /// Whether a record asks for more of its heads than d_k → ∞ logits under no or a causal mask.
    let haveFeatures (architecture: Architecture) =
        Features.ofArchitecture architecture
        |> Array.exists (fun feature ->
            match feature with
            | Feature.Mask
            | Feature.HeadWidth
            | Feature.KeyValueHeads
            | Feature.Positions
            | Feature.QueryKeyNorm
            | Feature.SoftCap
            | Feature.Sink -> true
            | Feature.NormKind
            | Feature.NormGain
            | Feature.LogitScale
            | Feature.Experts -> false)

    /// Tokens from which one head's coordinates cost less than the n³ of its logits' expectations.
    [<Literal>]
    let ManyTokens = 512

    /// Whether a record's heads are drawn, where anything of it is.
    let serve (architecture: Architecture) =
        architecture.Tokens >= ManyTokens || haveFeatures architecture
