namespace Hybrid.Theory

open System
open System.Buffers
open System.Numerics
open Hybrid.Architectures

/// What the heads of one layer share: derivation section 15.1.
type internal HeadLayout =
    {
        /// n
        Tokens: int
        /// H
        Heads: int
        /// G, heads of keys
        Groups: int
        /// d_k
        Width: int
        Parameters: AttentionParameters
        /// entries that the mask allows, [n, n]
        Allowed: bool[]
        /// of each row and of each column, the range outside of which nothing is allowed
        Rows: PanelProduct.Ranges
        Columns: PanelProduct.Ranges
        /// cosines and sines of the pairs that turn, [n, Turned]
        Turned: int
        Cosines: float[]
        Sines: float[]
        /// of ALiBi, one of each head; none without
        Slopes: float[]
    }

/// Room for one head at a time; matrices are lent by the framework's pool and may be longer than they need be.
type internal HeadScratch =
    {
        /// n × d_k: queries and keys before their norm, and as the product sees them
        Noise: float[]
        Query: float[]
        Key: float[]
        QuerySeen: float[]
        KeySeen: float[]
        QueryGradient: float[]
        KeyGradient: float[]
        /// per token: what a query or key is multiplied by, and the inverse of its root mean square
        QueryScale: float[]
        KeyScale: float[]
        QueryInverse: float[]
        KeyInverse: float[]
        /// A, [n, n], its transpose, and D ∘ A with its transpose; without a cap the same arrays
        Attended: float[]
        AttendedColumns: float[]
        Slopes: float[]
        SlopeColumns: float[]
        /// [n, n]
        Product: float[]
        Panels: float[]
        Edge: float[]
        /// v, h, A v and normal numbers
        Value: float[]
        Output: float[]
        Mean: float[]
        Normals: float[]
        /// The group whose keys are those in `Key` and `KeySeen`, -1 if there are none yet.
        mutable KeyGroup: int
    }

/// One head drawn as a network has it, with d_k coordinates of queries and keys: derivation section 15.1.
[<RequireQualifiedAccess>]
module internal HeadDraw =

    /// Where each of n lines of n entries is allowed anything: from the first such entry to behind the last. An empty column has an
    /// empty range.
    let inline private ranges n ([<InlineIfLambda>] allowed: int -> int -> bool) : PanelProduct.Ranges =
        let first = Array.create n n
        let last = Array.zeroCreate<int> n

        for i in 0 .. n - 1 do
            for j in 0 .. n - 1 do
                if allowed i j then
                    first[i] <- min first[i] j
                    last[i] <- j + 1

            first[i] <- min first[i] last[i]

        { First = first; Last = last }

    /// Pairs f = 0, 1, … of the ⌊fraction·d_k/2⌋ that turn have frequency base^(−2f/d_rot); a pair is coordinates f and f + ⌊d_k/2⌋.
    let private turns n width positions =
        match positions with
        | Positions.Rope(baseFrequency, fraction) ->
            let pairs = int (Math.Round(fraction * float width)) / 2

            let frequencies =
                Array.init pairs (fun f -> Math.Pow(baseFrequency, -float f / float pairs))

            let cosines = Array.zeroCreate<float>(n * pairs)
            let sines = Array.zeroCreate<float>(n * pairs)

            for i in 0 .. n - 1 do
                for f in 0 .. pairs - 1 do
                    let struct (sine, cosine) = Math.SinCos(float i * frequencies[f])
                    cosines[i * pairs + f] <- cosine
                    sines[i * pairs + f] <- sine

            struct (pairs, cosines, sines)
        | Positions.None
        | Positions.Alibi -> struct (0, [||], [||])
        | Positions.PerLayer _ -> invalidOp "a layer has one kind of positions"

    /// ALiBi's slopes of `drawn` heads of a network's `heads`, one from each of as many equal strata: a mean over them has the expectation of
    /// that over all.
    let private slopes heads drawn key =
        Array.init drawn (fun index ->
            let place =
                Math.ScaleB(float (CounterNormals.part (CounterNormals.part key 5) index >>> 11), -53)

            let head = min (heads - 1) (int ((float index + place) * float heads / float drawn))
            Math.Pow(2.0, -8.0 * float (head + 1) / float heads))

    /// Of the heads of `architecture`, which stand for those of a network with `heads` where it has more; `key` is the layer's.
    let layoutOf
        heads
        key
        (architecture: Architecture)
        (parameters: AttentionParameters)
        (allowed: bool[])
        : HeadLayout =
        let n = architecture.Tokens

        let width = Architecture.headWidth architecture
        let struct (turned, cosines, sines) = turns n width parameters.Head.Positions

        { Tokens = n
          Heads = architecture.Heads
          Groups = Architecture.keyValueHeads architecture
          Width = width
          Parameters = parameters
          Allowed = allowed
          Rows = ranges n (fun i j -> allowed[i * n + j])
          Columns = ranges n (fun j i -> allowed[i * n + j])
          Turned = turned
          Cosines = cosines
          Sines = sines
          Slopes =
            if parameters.Head.Positions.TellHeadsApart then
                slopes heads architecture.Heads key
            else
                [||] }

    /// Of all heads of `architecture`.
    let layout (architecture: Architecture) parameters allowed : HeadLayout =
        layoutOf architecture.Heads 0UL architecture parameters allowed

    /// m(δ), δ of 0..n−1: the mean over all pairs of coordinates of cos δω_f, what turning leaves of the overlap of two keys δ apart.
    let turnedOverlaps (layout: HeadLayout) =
        let pairs = layout.Width / 2

        Array.init layout.Tokens (fun distance ->
            if layout.Turned = 0 then
                1.0
            else
                let cosines = Array.sub layout.Cosines (distance * layout.Turned) layout.Turned
                (Array.sum cosines + float (pairs - layout.Turned)) / float pairs)

    let private lent count = ArrayPool<float>.Shared.Rent count

    /// To be given back with `release`.
    let scratch (layout: HeadLayout) : HeadScratch =
        let n = layout.Tokens
        let square () = lent (n * n)

        let wide () = lent (n * layout.Width)

        let line () = Array.zeroCreate<float> n
        let attended, columns = square (), square ()
        let isCapped = layout.Parameters.Head.SoftCap.IsSome

        { Noise = wide ()
          Query = wide ()
          Key = wide ()
          QuerySeen = wide ()
          KeySeen = wide ()
          QueryGradient = wide ()
          KeyGradient = wide ()
          QueryScale = line ()
          KeyScale = line ()
          QueryInverse = line ()
          KeyInverse = line ()
          Attended = attended
          AttendedColumns = columns
          Slopes = if isCapped then square () else attended
          SlopeColumns = if isCapped then square () else columns
          Product =
            // read where it was not written, times 0
            (let product = square ()
             Array.Clear product
             product)
          Panels =
            lent (
                max (PanelProduct.size n n) (max (PanelProduct.size n layout.Width) (PanelProduct.size layout.Width n))
            )
          Edge = Array.zeroCreate (4 * PanelProduct.width)
          Value = line ()
          Output = line ()
          Mean = line ()
          Normals = line ()
          KeyGroup = -1 }

    /// Gives back what `scratch` was lent.
    let release (layout: HeadLayout) (scratch: HeadScratch) =
        let giveBack (array: float[]) = ArrayPool<float>.Shared.Return array
        giveBack scratch.Attended
        giveBack scratch.AttendedColumns

        if layout.Parameters.Head.SoftCap.IsSome then
            giveBack scratch.Slopes
            giveBack scratch.SlopeColumns

        giveBack scratch.Product
        giveBack scratch.Panels
        giveBack scratch.Noise
        giveBack scratch.Query
        giveBack scratch.Key
        giveBack scratch.QuerySeen
        giveBack scratch.KeySeen
        giveBack scratch.QueryGradient
        giveBack scratch.KeyGradient

    /// F times Rank × `columns` normal numbers of `key`.
    let correlated (factor: GramFactor) (scratch: HeadScratch) key columns (result: float[]) =
        let n, rank = factor.Rows, factor.Rank
        CounterNormals.fill key (rank * columns) 1.0 scratch.Noise
        PanelProduct.pack rank columns scratch.Noise scratch.Panels

        PanelProduct.multiply
            n
            rank
            columns
            factor.Entries
            factor.Nonzero
            scratch.Panels
            PanelProduct.everything
            PanelProduct.everything
            false
            scratch.Edge
            result

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

    /// e^x of what is there, less `largest`, and their sum.
    let private exponentials (largest: float) (row: Span<float>) =
        let lanes = Vector<float>.Count
        let mutable sum = Vector<float>.Zero
        let mutable j = 0

        while j + lanes <= row.Length do
            let part = row.Slice(j, lanes)
            let e = Vector.Exp(Vector<float>(part) - Vector<float>(largest))
            sum <- sum + e
            e.CopyTo part
            j <- j + lanes

        let mutable total = Vector.Sum sum

        while j < row.Length do
            row[j] <- exp (row[j] - largest)
            total <- total + row[j]
            j <- j + 1

        total

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
            exponentials largest inside
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
