/// Covering designs: the fewest rows that a greedy choice finds such that any `strength` factors take every combination of their
/// values together in some row. A row is one value, 0 ≤ value < size, of every factor. Pure and deterministic.
module Hybrid.Agreement.Tests.Covering

/// Values of some of the factors: (factor, value), factors ascending.
type private Combination = (struct (int * int))[]

/// Every choice of `count` of the numbers `from` to `size` − 1, ascending.
let rec private choices count from size =
    if count = 0 then
        [ [] ]
    else
        [ for first in from .. size - 1 do
              for others in choices (count - 1) (first + 1) size do
                  first :: others ]

/// Every row of the factors of the given sizes: their full product, the last factor fastest.
let product (sizes: int[]) : int[][] =
    Array.foldBack
        (fun size rows ->
            [| for value in 0 .. size - 1 do
                   for row in rows do
                       Array.append [| value |] row |])
        sizes
        [| [||] |]

/// Every combination of values that any `strength` of the factors can take.
let combinations strength (sizes: int[]) : (struct (int * int))[][] =
    [| for factors in choices strength 0 sizes.Length do
           let factors = List.toArray factors

           for values in product (factors |> Array.map (fun factor -> sizes[factor])) do
               Array.map2 (fun factor value -> struct (factor, value)) factors values |]

/// Whether a row holds a combination.
let holds (row: int[]) (combination: (struct (int * int))[]) =
    combination |> Array.forall (fun struct (factor, value) -> row[factor] = value)

[<Literal>]
let private Open = -1

/// Rows that hold every combination of `strength` factors, 1 ≤ strength ≤ number of factors, but for those with a pair of values that
/// cannot be together, `apart (factor, value) (factor, value)`, or with a value that cannot be at all, apart from itself. Each row starts from the first combination that no row holds yet; its
/// other factors, in order, take the value that completes most of those, and of equals the one that rows have had least together with
/// what the row has. The first value of every factor goes with all others.
let rowsBut (apart: struct (int * int) -> struct (int * int) -> bool) strength (sizes: int[]) : int[][] =
    let possible (combination: Combination) =
        combination
        |> Array.forall (fun one -> combination |> Array.forall (fun other -> not (apart one other)))

    let missing =
        System.Collections.Generic.List<Combination>(combinations strength sizes |> Array.filter possible)

    let found = ResizeArray<int[]>()

    /// how many missing combinations the value completes with those that the row has
    let worth (row: int[]) factor value =
        let mutable complete = 0

        for combination in missing do
            let mutable touches = false
            let mutable agrees = true

            for struct (other, wanted) in combination do
                if other = factor then
                    touches <- true
                    agrees <- agrees && wanted = value
                else
                    agrees <- agrees && row[other] = wanted

            if touches && agrees then
                complete <- complete + 1

        complete

    let together (row: int[]) factor value =
        found
        |> Seq.sumBy (fun earlier ->
            if earlier[factor] = value then
                1
                + (Array.map2 (fun own other -> if own = other then 1 else 0) earlier row
                   |> Array.sum)
            else
                0)

    while missing.Count > 0 do
        let row = Array.create sizes.Length Open

        for struct (factor, value) in missing[0] do
            row[factor] <- value

        for factor in 0 .. sizes.Length - 1 do
            if row[factor] = Open then
                row[factor] <-
                    Seq.init sizes[factor] id
                    |> Seq.filter (fun value ->
                        let one = struct (factor, value)

                        not (apart one one)
                        && row
                           |> Array.indexed
                           |> Array.forall (fun (other, chosen) ->
                               chosen = Open || not (apart one struct (other, chosen))))
                    |> Seq.minBy (fun value -> struct (-(worth row factor value), together row factor value, value))

        missing.RemoveAll(fun combination -> holds row combination) |> ignore
        found.Add row

    found.ToArray()

/// The rows where all values go together.
let rows strength sizes =
    rowsBut (fun _ _ -> false) strength sizes
