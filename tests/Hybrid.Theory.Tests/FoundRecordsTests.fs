/// Records of the generator of Hybrid.Cli.Tests at which the theory once failed, each of its kind.
module Hybrid.Theory.Tests.FoundRecordsTests

open System
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

[<Fact>]
let ``A network that leaves double precision in its first block has an answer, its gains by layer too`` () =
    let architecture =
        { Architecture.defaults with
            Tokens = 5
            Depth = 3
            Width = 32
            Heads = 4
            MlpWidth = 16
            Activation = Activation.Gelu
            Norm = Placement.Peri
            NormGain = Schedule.PerLayer [| 1e154; 1.0; 0.0 |] }

    let prediction = Predict.architecture architecture
    Assert.Equal(Verdict.Untrainable, prediction.Trainability.Verdict)
    Assert.False prediction.Stationary

[<Theory>]
[<InlineData(false)>]
[<InlineData(true)>]
let ``A norm's tanh that sees more than double precision holds ends the layers there and nothing else`` causal =
    let architecture =
        { Architecture.defaults with
            Tokens = 4
            Depth = 3
            Width = 16
            Heads = 2
            MlpWidth = 16
            Norm = Placement.Peri
            NormKind = NormKind.DyT 1e300
            Mask = (if causal then Mask.Causal else Mask.None) }

    let prediction = Predict.architecture architecture
    Assert.Equal(Verdict.Untrainable, prediction.Trainability.Verdict)
    Assert.Equal(4, prediction.Layers.Length)
    Assert.Equal(architecture, (Suggest.architecture architecture 1.0).Architecture)

[<Fact>]
let ``A schedule of no layers is not one of equal layers`` () =
    Assert.False (Schedule.PerLayer [||]).IsUniform
    Assert.True (Schedule.PerLayer [| 2.0; 2.0 |]).IsUniform
    Assert.False (Schedule.PerLayer [| 2.0; 1.0 |]).IsUniform

[<Fact>]
let ``A search among routers takes rough ones, within their error of those that predictions take`` () =
    let experts = Networks.experts 4 2 Gate.Renormalised 1.0

    let fine, rough =
        RouterMoments.compute experts 1.15, RouterMoments.computeRoughly experts 1.15
    // standard errors of .2 % and 1 %, four times as large from a sixteenth of the numbers; five of them
    Check.relative "O(1)" (5.0 * 0.008) fine.Overlap rough.Overlap
    Check.relative "B(1)" (5.0 * 0.008) fine.Slope rough.Slope

    for u in [ 0.01; 0.3; 1.0 ] do
        Check.relative $"loss at {u}" (5.0 * 0.04) (fine.OverlapLoss u) (rough.OverlapLoss u)

[<Theory>]
[<InlineData(1, 1e308)>]
[<InlineData(6, 1e300)>]
let ``Attention that leaves double precision before a norm of its own ends its network there`` tokens valueStd =
    let plain = Networks.plain Placement.Peri Activation.Gelu

    let architecture =
        { plain with
            Tokens = tokens
            Depth = 3
            Width = 32
            Heads = 4
            Attention =
                { plain.Attention with
                    ValueStd = valueStd }
            Input = { Norm = 1.0; Correlation = 0.5 } }

    let prediction = Predict.architecture architecture
    Assert.Equal(Verdict.Untrainable, prediction.Trainability.Verdict)
    Assert.True(Double.IsNaN prediction.Layers[1].Q)
