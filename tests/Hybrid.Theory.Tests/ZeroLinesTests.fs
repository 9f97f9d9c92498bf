module Hybrid.Theory.Tests.ZeroLinesTests

open System
open Hybrid.Theory
open Xunit

let private grid count =
    Array.init count (fun i -> float i / float (count - 1))

let private trace count (f: float -> float -> float) =
    let axis = grid count
    ZeroLines.trace (Func<_, _, _> f) axis axis (axis |> Array.map (fun y -> axis |> Array.map (fun x -> f x y)))

[<Theory>]
[<InlineData(11)>]
[<InlineData(41)>]
[<Trait("guards", "7.3 by closed form")>]
let ``A circle is one closed line whose every point is on it, whatever the grid`` count =
    let radius x y =
        sqrt ((x - 0.5) * (x - 0.5) + (y - 0.5) * (y - 0.5))

    let line = Assert.Single(trace count (fun x y -> exp (radius x y) - exp 0.3))
    Assert.True line.Closed
    Assert.Equal(line.X[0], line.X[line.X.Length - 1])

    Array.map2 (fun x y -> $"({x}, {y})", 1.0, 0.3, radius x y) line.X line.Y
    |> Check.withinScale "radius" ZeroLines.Accuracy

    let length =
        Array.map2 (fun x y -> struct (x, y)) line.X line.Y
        |> Array.pairwise
        |> Array.sumBy (fun (struct (ax, ay), struct (bx, by)) -> sqrt ((ax - bx) ** 2.0 + (ay - by) ** 2.0))

    // chords of at most 0.02 (1.5 steps and rounding up of the step) fall short by less than (0.02/0.3)²/24
    Check.relative "length" 2e-4 (2.0 * Math.PI * 0.3) length

[<Fact>]
[<Trait("guards", "7.3 by property")>]
let ``Open lines run from border to border, each traced once`` () =
    let lines = trace 21 (fun x y -> (y - 0.2 - 0.1 * sin (6.0 * x)) * (y - 0.8))
    Assert.Equal(2, lines.Length)

    for line in lines do
        Assert.False line.Closed
        let ends = [ line.X[0]; line.X[line.X.Length - 1] ] |> List.sort
        // a line ends within a step of the border
        Assert.InRange(ends[0], 0.0, 0.01)
        Assert.InRange(ends[1], 0.99, 1.0)

[<Fact>]
let ``A function without a sign change has no line`` () =
    Assert.Empty(trace 9 (fun x y -> 1.0 + x * y))

[<Fact>]
let ``A grid of one row is refused`` () =
    Assert.Throws<ArgumentException>(fun () ->
        ZeroLines.trace (Func<_, _, _>(fun _ _ -> 0.0)) [| 0.0; 1.0 |] [| 0.0 |] [| [| 1.0; 1.0 |] |]
        |> ignore)
