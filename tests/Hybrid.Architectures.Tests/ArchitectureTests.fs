module Hybrid.Architectures.Tests.ArchitectureTests

open System
open Hybrid.Architectures
open Hybrid.Theory.Tests
open Xunit

let private fields architecture =
    Architecture.validate architecture |> Array.map _.Field

[<Fact>]
let ``A plain number is a schedule where a method asks for one`` () =
    let mlp = Architecture.defaults.Mlp

    let named =
        { Architecture.defaults with
            NormGain = Schedule.Constant 2.0
            Attention = AttentionParameters.Of(Schedule.Constant 0.8, Schedule.Constant 0.6, 1.0, 1.0)
            Mlp =
                { mlp with
                    Branch = Schedule.Constant 0.5
                    InStd = 1.5 } }

    Assert.Equal(
        named,
        Architecture.defaults.With(
            normGain = 2.0,
            attention = AttentionParameters.Of(0.8, 0.6, 1.0, 1.0),
            mlp = mlp.With(branch = 0.5, inStd = 1.5)
        )
    )

[<Fact>]
let ``The defaults are legal`` () =
    Assert.Empty(Architecture.validate Architecture.defaults)

[<Fact>]
let ``Every violated field is named, in the order of the record`` () =
    let broken =
        { Architecture.defaults with
            Tokens = 0
            Heads = 7
            Mlp =
                { Architecture.defaults.Mlp with
                    InStd = Double.NaN
                    Branch = Schedule.PerLayer [| 1.0 |] } }

    Assert.Equal<string[]>([| "tokens"; "heads"; "mlp.branch"; "mlp.inStd" |], fields broken)

[<Theory>]
[<InlineData(-0.5)>]
[<InlineData(1.0000001)>]
[<InlineData(Double.NaN)>]
let ``A correlation that n tokens cannot share is refused`` (correlation: float) =
    let broken =
        { Architecture.defaults with
            Input =
                { Norm = 1.0
                  Correlation = correlation } }

    Assert.Equal<string[]>([| "input.correlation" |], fields broken)

[<Fact>]
let ``The regular simplex and the line are legal inputs`` () =
    for correlation in [ -1.0 / 31.0; 1.0 ] do
        let edge =
            { Architecture.defaults with
                Input =
                    { Norm = 1.0
                      Correlation = correlation } }

        Assert.Empty(fields edge)

[<Fact>]
let ``A refused architecture says what was received and what is legal`` () =
    let broken = { Architecture.defaults with Heads = 7 }

    let thrown =
        Assert.Throws<InvalidArchitectureException>(fun () -> Architecture.ensureValid broken |> ignore)

    Assert.Contains("heads must be a divisor of width = 768, got 7", thrown.Message)
