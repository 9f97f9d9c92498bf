module Hybrid.Theory.Tests.PhaseDiagramTests

open System
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

let private build branch inStd =
    let skip = sqrt (1.0 - branch * branch)

    Networks.plain Placement.Pre Activation.Tanh
    |> Networks.weighted (skip, branch) (skip, branch)
    |> Networks.inStd inStd

[<Fact>]
[<Trait("guards", "3.5 (6.1) (7.2) by property")>]
let ``A family's shared tables give each member what it has on its own`` () =
    let family =
        [ for branch in [ 0.3; 0.5 ] do
              for inStd in [ 1.0; 8.0 ] do
                  for sigmaA in [ 1.0; 1.5 ] do
                      build branch inStd |> Networks.logitStd sigmaA ]

    let shared = PhaseDiagram.Create family

    for member' in family do
        let prediction = Predict.architecture member'
        let point = shared.At member'
        // the table adds 1e-9 to moments of order 1e-2 and up; fixed points amplify it by their slowness, below 100
        Check.absolute "λ_a" 1e-9 prediction.AngleExponent point.Angle
        Check.absolute "λ_g" 1e-6 prediction.GradientExponent point.Gradient
        Check.absolute "ρ*" 1e-6 prediction.FixedPoint.Rho point.Rho
        Assert.True point.Stationary

[<Fact>]
let ``A path through order, criticality and chaos finds at each point the state that the point finds alone`` () =
    let path =
        [| for inStd in 3.0..0.1..8.0 do
               build 0.5 inStd
           // and back down, through the transition from the other side
           for inStd in 7.0 .. -0.5 .. 3.0 do
               build 0.5 inStd |]

    let diagram = PhaseDiagram.Create path

    for member', along in Array.zip path (diagram.Along path) do
        let alone = diagram.At member'
        Assert.Equal(alone.Angle, along.Angle)
        // both stop at a relative residual of 1e-12, which the map's slowness near criticality multiplies by up to 1e3
        Check.absolute "λ_g" 1e-9 alone.Gradient along.Gradient
        Check.absolute "ρ*" 1e-9 alone.Rho along.Rho

[<Fact>]
let ``In the chaotic phase λ_g is taken at the simplex, not at the line`` () =
    let chaotic = build 0.5 8.0
    let diagram = PhaseDiagram.Create [ chaotic ]
    let atSimplex, atLine = diagram.At chaotic, diagram.OnLine chaotic
    Assert.Equal(atLine.Angle, atSimplex.Angle)
    Check.atMost "ρ*" 0.99 atSimplex.Rho
    Check.atLeast "change of λ_g" 1e-3 (abs (atSimplex.Gradient - atLine.Gradient))

[<Fact>]
let ``An empty family is refused`` () =
    let thrown =
        Assert.Throws<ArgumentException>(fun () -> PhaseDiagram.Create [] |> ignore)

    Assert.Contains("at least one architecture", thrown.Message)

[<Fact>]
let ``For weak branches both exponents vanish as the square of the branch`` () =
    // λ = O(a²): halving a divides both by 4, with a relative correction of order a²
    let weak, weaker =
        Networks.onLine (build 0.02 1.0), Networks.onLine (build 0.01 1.0)

    Check.relative "λ_a" 1e-3 4.0 (weak.Angle / weaker.Angle)
    Check.relative "λ_g" 1e-3 4.0 (weak.Gradient / weaker.Gradient)

[<Fact>]
let ``Steeper activations move pre-norm tanh from order to chaos, once`` () =
    let signs =
        [ 0.5; 1.0; 2.0; 4.0; 4.2; 8.0; 30.0 ]
        |> List.map (build 0.5 >> Networks.onLine >> _.Angle >> sign)

    Assert.Equal<int list>([ -1; -1; -1; -1; 1; 1; 1 ], signs)

[<Fact>]
[<Trait("guards", "(4.3) (6.1) by closed form")>]
let ``Where norms grow the exponents are means over the depth, and fall as 1/depth`` () =
    let grown depth =
        { Networks.plain Placement.Pre Activation.Relu with
            Depth = depth }
        |> Networks.inStd (sqrt 2.0)
        |> Networks.onLine

    // q grows by 2 per block from 1, f_A = 1 and f_M q/q″ = (q′ + 1)/(q′ + 1) · q/q′: Σ λ_a = Σ log q/(q + 1)
    let expected depth =
        Seq.average (seq { for l in 0 .. depth - 1 -> log ((1.0 + 2.0 * float l) / (2.0 + 2.0 * float l)) })

    for depth in [ 1; 12; 200 ] do
        Check.absolute $"mean λ_a at depth {depth}" 1e-13 (expected depth) (grown depth).Angle

[<Fact>]
let ``An illegal point is refused by field`` () =
    let thrown =
        Assert.Throws<InvalidArchitectureException>(fun () -> Networks.onLine (build 0.5 nan) |> ignore)

    Assert.Contains("mlp.inStd must be a finite number ≥ 0, got NaN", thrown.Message)
