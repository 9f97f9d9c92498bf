namespace Hybrid.Theory

open System
open System.Numerics
open Hybrid.Architectures

/// One head drawn as a network has it, with d_k coordinates of queries and keys: derivation section 15.1.
[<RequireQualifiedAccess>]
module internal HeadDraw =

    /// F times Rank × `columns` normal numbers of `key`.
    let correlated (factor: GramFactor) (scratch: HeadScratch) key columns (result: float[]) =
        let n, rank = factor.Rows, factor.Rank
        CounterNormals.fill key (rank * columns) 1.0 scratch.Noise
        PanelProduct.times n rank columns factor.Entries factor.Nonzero scratch.Noise scratch.Panels scratch.Edge result

    /// Σ_l x_il y_il of row i.
    let private overlap width (x: float[]) (y: float[]) i =
        SquareMatrix.dot x (i * width) y (i * width) width

    /// result = a x − b y over `count` numbers from `start`; result may alias x.
    let private combine (a: float) (x: float[]) (b: float) (y: float[]) start count (result: float[]) =
        let lanes = Vector<float>.Count
        let mutable k = start

        while k + lanes <= start + count do
            (a * Vector<float>(x, k) - b * Vector<float>(y, k)).CopyTo(result, k)
            k <- k + lanes

        while k < start + count do
            result[k] <- a * x[k] - b * y[k]
            k <- k + 1

    /// From drawn coordinates x (Gram R) to what the product sees: scale, norm, rotation. Each of queries and keys has √σ_A, or with a
    /// norm a gain of √σ_A.
    let private see
        (layout: HeadLayout)
        (state: float[])
        (drawn: float[])
        (seen: float[])
        (scale: float[])
        (inverse: float[])
        =
        let n, width = layout.Tokens, layout.Width
        let gain = sqrt layout.Parameters.LogitStd

        for i in 0 .. n - 1 do
            let over square =
                if square > 0.0 then 1.0 / sqrt square else 0.0

            inverse[i] <-
                match layout.Parameters.Head.QueryKeyNorm with
                | QueryKeyNorm.None -> 1.0
                | QueryKeyNorm.Head -> over (overlap width drawn drawn i / float width)
                | QueryKeyNorm.All -> over state[i * n + i]

            scale[i] <- gain * inverse[i]
            combine scale[i] drawn 0.0 drawn (i * width) width seen

    /// Turns every row by its position times `direction` = ±1.
    let private turn (layout: HeadLayout) (direction: float) (rows: float[]) =
        let half, turned = layout.Width / 2, layout.Turned
        let lanes = Vector<float>.Count

        for i in 0 .. layout.Tokens - 1 do
            let row, angle = i * layout.Width, i * turned
            let mutable f = 0

            while f + lanes <= turned do
                let cosine = Vector<float>(layout.Cosines, angle + f)
                let sine = direction * Vector<float>(layout.Sines, angle + f)
                let x, y = Vector<float>(rows, row + f), Vector<float>(rows, row + half + f)
                (cosine * x - sine * y).CopyTo(rows, row + f)
                (sine * x + cosine * y).CopyTo(rows, row + half + f)
                f <- f + lanes

            while f < turned do
                let cosine = layout.Cosines[angle + f]
                let sine = direction * layout.Sines[angle + f]
                let x, y = rows[row + f], rows[row + half + f]
                rows[row + f] <- cosine * x - sine * y
                rows[row + half + f] <- sine * x + cosine * y
                f <- f + 1

    /// c tanh(ℓ/c) and 1 − tanh²(ℓ/c), from e = exp(−2|ℓ|/c) as (1 − e)/(1 + e) and 4e/(1 + e)².
    let private cap (c: float) (logits: Span<float>) (slopes: Span<float>) =
        let lanes = Vector<float>.Count
        let one = Vector<float>.One
        let mutable j = 0

        while j + lanes <= logits.Length do
            let logit = Vector<float>(logits.Slice(j, lanes))
            let e = Vector.Exp(Vector.Abs logit * (-2.0 / c))
            let over = one / (one + e)
            Vector.CopySign(c * (one - e) * over, logit).CopyTo(logits.Slice(j, lanes))
            (4.0 * e * over * over).CopyTo(slopes.Slice(j, lanes))
            j <- j + lanes

        while j < logits.Length do
            let t = tanh (logits[j] / c)
            logits[j] <- c * t
            slopes[j] <- (1.0 - t) * (1.0 + t)
            j <- j + 1

    /// Multiplies every entry.
    let private multiply (factor: float) (row: Span<float>) =
        let lanes = Vector<float>.Count
        let mutable j = 0

        while j + lanes <= row.Length do
            let part = row.Slice(j, lanes)
            (factor * Vector<float>(part)).CopyTo part
            j <- j + lanes

        while j < row.Length do
            row[j] <- factor * row[j]
            j <- j + 1

    let private largestOf (row: Span<float>) =
        let lanes = Vector<float>.Count
        let mutable each = Vector<float>(Double.NegativeInfinity)
        let mutable j = 0

        while j + lanes <= row.Length do
            each <- Vector.Max(each, Vector<float>(row.Slice(j, lanes)))
            j <- j + lanes

        let mutable largest = Double.NegativeInfinity

        for lane in 0 .. lanes - 1 do
            largest <- max largest each[lane]

        while j < row.Length do
            largest <- max largest row[j]
            j <- j + 1

        largest

    /// A of row i from its products q̂·k̂, and D ∘ A where there is a cap.
    let private softmaxRow (layout: HeadLayout) (scratch: HeadScratch) (tau: float) (slope: float) i =
        let n = layout.Tokens
        let first, last = layout.Rows.First[i], layout.Rows.Last[i]
        let head = layout.Parameters.Head
        let row = scratch.Attended.AsSpan(i * n, n)
        row.Slice(0, first).Clear()
        row.Slice(last).Clear()
        let inside = row.Slice(first, last - first)

        multiply tau inside

        if head.SoftCap.IsSome then
            let slopes = scratch.Slopes.AsSpan(i * n, n)
            slopes.Slice(0, first).Clear()
            slopes.Slice(last).Clear()
            cap head.SoftCap.Value inside (slopes.Slice(first, last - first))

        if slope <> 0.0 then
            for j in 0 .. inside.Length - 1 do
                inside[j] <- inside[j] - slope * float (abs (i - first - j))

        for j in first .. last - 1 do
            if not layout.Allowed[i * n + j] then
                inside[j - first] <- Double.NegativeInfinity

        let largest =
            match head.Sink with
            | Some sink -> max sink (largestOf inside)
            | None -> largestOf inside

        let total =
            Elementary.exponentials largest inside inside
            + (match head.Sink with
               | Some sink -> exp (sink - largest)
               | None -> 0.0)

        multiply (1.0 / total) inside

        if head.SoftCap.IsSome then
            let slopes = scratch.Slopes.AsSpan(i * n + first, last - first)

            for j in 0 .. inside.Length - 1 do
                slopes[j] <- slopes[j] * inside[j]

    /// From the drawn queries to what the product sees of them.
    let seeQueries (layout: HeadLayout) (state: float[]) (scratch: HeadScratch) =
        see layout state scratch.Query scratch.QuerySeen scratch.QueryScale scratch.QueryInverse
        turn layout 1.0 scratch.QuerySeen

    /// The same of the keys.
    let seeKeys (layout: HeadLayout) (state: float[]) (scratch: HeadScratch) =
        see layout state scratch.Key scratch.KeySeen scratch.KeyScale scratch.KeyInverse
        turn layout 1.0 scratch.KeySeen

    /// The rows A of head `index` from its queries and keys as the product sees them.
    let attend (layout: HeadLayout) index (scratch: HeadScratch) =
        let n, width = layout.Tokens, layout.Width
        PanelProduct.packTransposed width n scratch.KeySeen scratch.Panels

        PanelProduct.multiply
            n
            width
            n
            scratch.QuerySeen
            PanelProduct.everything
            scratch.Panels
            PanelProduct.everything
            layout.Rows
            false
            scratch.Edge
            scratch.Attended

        let slope =
            if layout.Slopes.Length = 0 then
                0.0
            else
                layout.Slopes[index]

        let tau = 1.0 / sqrt (float width)

        for i in 0 .. n - 1 do
            softmaxRow layout scratch tau slope i

    /// Draws head `index` of the layer `key` whose modules see `state` = F Fᵀ: queries, keys and the rows A. The keys of a group are
    /// drawn for the first of its heads.
    let rows (layout: HeadLayout) (factor: GramFactor) (state: float[]) key index (scratch: HeadScratch) =
        let group = index / (layout.Heads / layout.Groups)
        correlated factor scratch (CounterNormals.part (CounterNormals.part key 0) index) layout.Width scratch.Query
        seeQueries layout state scratch

        if scratch.KeyGroup <> group then
            correlated factor scratch (CounterNormals.part (CounterNormals.part key 1) group) layout.Width scratch.Key
            seeKeys layout state scratch
            scratch.KeyGroup <- group

        attend layout index scratch

    /// What a gradient of what the product sees is one of the drawn coordinates, in place: rotation, norm and scale undone.
    let undo (layout: HeadLayout) (drawn: float[]) (scale: float[]) (inverse: float[]) (gradient: float[]) =
        if layout.Turned > 0 then
            turn layout -1.0 gradient

        let width = layout.Width

        for i in 0 .. layout.Tokens - 1 do
            let along =
                match layout.Parameters.Head.QueryKeyNorm with
                | QueryKeyNorm.Head -> inverse[i] * inverse[i] * overlap width drawn gradient i / float width
                | QueryKeyNorm.None
                | QueryKeyNorm.All -> 0.0

            combine scale[i] gradient (scale[i] * along) drawn (i * width) width gradient
