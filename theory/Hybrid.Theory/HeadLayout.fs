namespace Hybrid.Theory

open System
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

/// Which entries a layer's mask allows, how its positions turn queries and keys, and what sets its heads apart.
[<RequireQualifiedAccess>]
module internal HeadLayout =

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
    let standingFor
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
    let create (architecture: Architecture) parameters allowed : HeadLayout =
        standingFor architecture.Heads 0UL architecture parameters allowed

    /// m(δ), δ of 0..n−1: the mean over all pairs of coordinates of cos δω_f, what turning leaves of the overlap of two keys δ apart.
    let turnedOverlaps (layout: HeadLayout) =
        let pairs = layout.Width / 2

        Array.init layout.Tokens (fun distance ->
            if layout.Turned = 0 then
                1.0
            else
                let cosines = Array.sub layout.Cosines (distance * layout.Turned) layout.Turned
                (Array.sum cosines + float (pairs - layout.Turned)) / float pairs)
