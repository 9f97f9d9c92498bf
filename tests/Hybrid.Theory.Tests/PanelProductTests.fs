module Hybrid.Theory.Tests.PanelProductTests

open System
open Hybrid.Theory
open Xunit

let private random seed count =
    let target = Array.zeroCreate<float> count
    CounterNormals.fill (CounterNormals.part 11UL seed) count 1.0 target
    target

let private naive rows inner columns (a: float[]) (b: float[]) =
    Array.init (rows * columns) (fun k ->
        let i, j = k / columns, k % columns
        Seq.sum (seq { for l in 0 .. inner - 1 -> a[i * inner + l] * b[l * columns + j] }))

[<Theory>]
[<InlineData(1, 1, 1)>]
[<InlineData(4, 8, 8)>]
[<InlineData(13, 7, 19)>]
[<InlineData(33, 40, 17)>]
[<Trait("guards", "(15.4) by property")>]
let ``Products of any size are the sums that define them, alone and added`` rows inner columns =
    let a, b = random 1 (rows * inner), random 2 (inner * columns)
    let panels = Array.zeroCreate (PanelProduct.size inner columns)
    let edge = Array.zeroCreate (4 * PanelProduct.width)
    let result = Array.create (rows * columns) nan
    let full = PanelProduct.everything
    let expected = naive rows inner columns a b

    let check name factor =
        Array.map2 (fun e actual -> "entry", sqrt (float inner), factor * e, actual) expected result
        |> Check.withinScale name (1e-14 * float inner)

    PanelProduct.pack inner columns b panels
    PanelProduct.multiply rows inner columns a full panels full full false edge result
    check "A B" 1.0

    let transposed =
        Array.init (inner * columns) (fun k -> b[k % inner * columns + k / inner])

    PanelProduct.packTransposed inner columns transposed panels
    PanelProduct.multiply rows inner columns a full panels full full true edge result
    check "A B + A B" 2.0

[<Fact>]
let ``A dot product of any length is the sum that defines it, and reads nothing beyond its arrays`` () =
    let a, b = random 3 50, random 4 50

    for length in 0..40 do
        let terms = Array.init length (fun k -> a[3 + k] * b[7 + k])
        // a sum of rounded products, in another order
        let rounding = 2e-16 * float length * Array.sumBy abs terms
        Assert.InRange(SquareMatrix.dot a 3 b 7 length - Array.sum terms, -rounding, rounding)

    for from, length in [ 11, 40; -1, 4; 3, -1 ] do
        Assert.Throws<ArgumentOutOfRangeException>(fun () -> SquareMatrix.dot a from b 0 length |> ignore)
        |> ignore

[<Fact>]
let ``What ranges leave out is 0 or not asked for`` () =
    // two lower-triangular factors, of whose product the lower triangle is wanted
    let n = 21
    let lower = PanelProduct.lower n

    let triangle seed =
        random seed (n * n) |> Array.mapi (fun k x -> if k % n <= k / n then x else 0.0)

    let a, b = triangle 3, triangle 4
    let transposed = Array.init (n * n) (fun k -> b[k % n * n + k / n])
    let panels = Array.zeroCreate (PanelProduct.size n n)
    let result = Array.zeroCreate<float>(n * n)
    // B of A Bᵀ: its column j is row j of b
    PanelProduct.packTransposed n n b panels

    PanelProduct.multiply n n n a lower panels lower lower false (Array.zeroCreate (4 * PanelProduct.width)) result
    let expected = naive n n n a transposed

    seq {
        for i in 0 .. n - 1 do
            for j in 0..i -> $"({i}, {j})", float n, expected[i * n + j], result[i * n + j]
    }
    |> Check.withinScale "A Bᵀ" 1e-14

let private gramOf (factor: GramFactor) =
    let n, rank = factor.Rows, factor.Rank

    Array.init (n * n) (fun k -> SquareMatrix.dot factor.Entries (k / n * rank) factor.Entries (k % n * rank) rank)

[<Fact>]
let ``A factor has the rank of what it factors and gives it back to rounding`` () =
    for n, rank in [ 1, 1; 9, 9; 30, 4; 30, 1 ] do
        let tokens = random (n + rank) (n * rank)

        let gram =
            Array.init (n * n) (fun k -> SquareMatrix.dot tokens (k / n * rank) tokens (k % n * rank) rank)

        let factor = GramFactor.create n gram
        Assert.Equal(rank, factor.Rank)

        Array.map2 (fun e actual -> "entry", float rank, e, actual) gram (gramOf factor)
        |> Check.withinScale "F Fᵀ" (1e-15 * float n * 4.0)

[<Fact>]
[<Trait("guards", "(15.1) by property")>]
let ``A factor keeps differences of nearly equal tokens`` () =
    // u = 1e-10: R_ij = 1 − u off the diagonal; |F_i − F_j|² = 2u to the rounding of R itself
    let n = 12
    let u = 1e-10
    let gram = Array.init (n * n) (fun k -> if k / n = k % n then 1.0 else 1.0 - u)
    let factor = GramFactor.create n gram
    let rank = factor.Rank

    for i in 1 .. n - 1 do
        let difference =
            Seq.sum (
                seq { for l in 0 .. rank - 1 -> let x = factor.Entries[i * rank + l] - factor.Entries[l] in x * x }
            )

        Check.absolute "|F_i − F_0|²" (8.0 * float n * 2.2e-16) (2.0 * u) difference

[<Fact>]
[<Trait("guards", "(15.1) by sampling")>]
let ``Numbers of a key are standard normal and do not depend on what was drawn before`` () =
    let count = 200_000
    let numbers = random 5 count

    let moment power =
        numbers |> Array.averageBy (fun x -> Math.Pow(x, float power))
    // standard deviations of z, z², z³ and z⁴: 1, √2, √15, √96
    for power, expected, deviation in [ 1, 0.0, 1.0; 2, 1.0, sqrt 2.0; 3, 0.0, sqrt 15.0; 4, 3.0, sqrt 96.0 ] do
        Check.absolute $"E z^{power}" (4.0 * deviation / sqrt (float count)) expected (moment power)

    let neighbours = numbers |> Array.pairwise |> Array.averageBy (fun (x, y) -> x * y)
    Check.absolute "E z_k z_{k+1}" (4.0 / sqrt (float count)) 0.0 neighbours
    let others = random 6 count
    Check.absolute "E z z′" (4.0 / sqrt (float count)) 0.0 (Array.averageBy id (Array.map2 (*) numbers others))
    Assert.Equal<float[]>(numbers[..99], random 5 100)
