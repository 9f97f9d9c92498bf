module Hybrid.Theory.Tests.PhaseDiagramTests

open System
open Hybrid.Theory
open Xunit

let private build branch inStd =
    let skip = sqrt (1.0 - branch * branch)

    Networks.plain Norm.Pre Activation.Tanh
    |> Networks.weighted (skip, branch) (skip, branch)
    |> Networks.inStd inStd

[<Fact>]
let ``The grid holds the exponents of each point, indexed by y then x`` () =
    let x, y = [| 0.2; 0.5; 0.8 |], [| 1.0; 6.0 |]
    let diagram = PhaseDiagram.compute (Func<_, _, _>(build)) x y
    Assert.Equal(2, diagram.Angle.Length)

    for j in 0..1 do
        for i in 0..2 do
            let point = PhaseDiagram.onLine (build x[i] y[j])
            Assert.Equal(point.Angle, diagram.Angle[j][i])
            Assert.Equal(point.Gradient, diagram.Gradient[j][i])

[<Fact>]
let ``For weak branches both exponents vanish as the square of the branch`` () =
    // λ = O(a²): halving a divides both by 4, with a relative correction of order a²
    let weak, weaker =
        PhaseDiagram.onLine (build 0.02 1.0), PhaseDiagram.onLine (build 0.01 1.0)

    Check.relative "λ_a" 1e-3 4.0 (weak.Angle / weaker.Angle)
    Check.relative "λ_g" 1e-3 4.0 (weak.Gradient / weaker.Gradient)

[<Fact>]
let ``Steeper activations move pre-norm tanh from order to chaos, once`` () =
    let signs =
        [ 0.5; 1.0; 2.0; 4.0; 4.2; 8.0; 30.0 ]
        |> List.map (build 0.5 >> PhaseDiagram.onLine >> _.Angle >> sign)

    Assert.Equal<int list>([ -1; -1; -1; -1; 1; 1; 1 ], signs)

[<Fact>]
let ``Where norms grow the exponents are means over the depth, and fall as 1/depth`` () =
    let grown depth =
        { Networks.plain Norm.Pre Activation.Relu with
            Depth = depth }
        |> Networks.inStd (sqrt 2.0)
        |> PhaseDiagram.onLine

    // q grows by 2 per block from 1, f_A = 1 and f_M q/q″ = (q′ + 1)/(q′ + 1) · q/q′: Σ λ_a = Σ log q/(q + 1)
    let expected depth =
        Seq.average (seq { for l in 0 .. depth - 1 -> log ((1.0 + 2.0 * float l) / (2.0 + 2.0 * float l)) })

    for depth in [ 1; 12; 200 ] do
        Check.absolute $"mean λ_a at depth {depth}" 1e-13 (expected depth) (grown depth).Angle

[<Fact>]
let ``An illegal point is refused by field`` () =
    let thrown =
        Assert.Throws<InvalidArchitectureException>(fun () -> PhaseDiagram.onLine (build 0.5 nan) |> ignore)

    Assert.Contains("mlp.inStd must be a finite number ≥ 0, got NaN", thrown.Message)
