/// Legal records at the ends of every field's range, in any combination: the theory answers each, or refuses with the field to
/// change. HYBRID_EXTREMES=count asks for more of them.
module Hybrid.Theory.Tests.ExtremesTests

open System
open FsCheck.FSharp
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

let private count usual =
    match Int32.TryParse(Environment.GetEnvironmentVariable "HYBRID_EXTREMES") with
    | true, count when count > 0 -> count
    | _ -> usual

/// The usual value more often than not, so that single extremes occur as well as many at once.
let private mostly usual extremes =
    Gen.frequency [ 3, Gen.constant usual; 2, Gen.elements extremes ]

let private record sizes depths = gen {
    let! tokens = Gen.elements sizes
    let! depth = Gen.elements depths
    let! activation = Gen.elements (Seq.map fst Activation.named)
    let! gated = Gen.elements [ true; false ]
    let! norm = Gen.elements Networks.placements
    let! wiring = Gen.elements Networks.wirings
    let! mask = Gen.elements [ Mask.None; Mask.Causal ]
    let! heads = Gen.elements [ 1; 4 ]
    let weight = mostly 1.0 [ 0.0; 0.3 ] |> Gen.map Schedule.Constant
    let! skip = weight
    let! mlpSkip = weight
    let! attentionBranch = weight
    let! mlpBranch = weight
    let! logitStd = mostly 1.0 [ 0.0; 16.0; 32.0; 4096.0; 1e100 ]
    let! valueStd = mostly 1.0 [ 0.0; 1e-150; 1e100 ]
    let! inStd = mostly 1.0 [ 0.0; 1e-150; 64.0; 1e6; 1e150 ]
    let! biasStd = mostly 0.0 [ 1.0; 1e154 ]
    let! outStd = mostly 1.0 [ 0.0; 1e-150; 1e100 ]
    let! q = mostly 1.0 [ 1e-200; 3.5e-4; 1e6; 1e200 ]
    let! rho = mostly 0.0 [ 1.0; 0.5; Architecture.leastCorrelation tokens ]

    return
        { Architecture.defaults with
            Tokens = tokens
            Depth = depth
            Width = 64
            Heads = heads
            MlpWidth = 64
            Activation = activation
            Gated = gated
            Norm = norm
            Wiring = wiring
            Mask = mask
            Attention = AttentionParameters.Of(skip, attentionBranch, logitStd, valueStd)
            Mlp =
                MlpParameters.Of(
                    (if wiring = Wiring.Parallel then skip else mlpSkip),
                    mlpBranch,
                    inStd,
                    biasStd,
                    outStd
                )
            Input = { Norm = q; Correlation = rho } }
}

let private legal sizes depths =
    record sizes depths
    |> Gen.filter (fun a -> Array.isEmpty (Architecture.validate a))

let private ensureFinite name (architecture: Architecture) values =
    if not (Seq.forall Double.IsFinite values) then
        failwith $"{name} of {architecture}: {List.ofSeq values}"

let private ensureVerdict architecture (trainability: Trainability) =
    let sums = trainability.Sums

    ensureFinite
        "the verdict's numbers"
        architecture
        [ sums.Angle
          sums.Gradient
          sums.Growth
          sums.Inner
          sums.Counted
          trainability.CountedError ]

    Assert.NotEmpty trainability.Reasons

    for reason in trainability.Reasons do
        Assert.DoesNotContain("NaN", reason)
        Assert.DoesNotContain("Infinity", reason)

/// A refusal names what to change.
let private orRefused (answer: unit -> unit) =
    try
        answer ()
    with :? TheoryException as refusal ->
        Assert.Contains("0/0", refusal.Message)
        Assert.Matches("branch|skip", refusal.Message)

[<Fact>]
let ``Every legal record has a verdict of finite numbers, and finite layers up to where it diverges`` () =
    Check.holds (count 200) (legal [ 1; 2; 3; 8; 16 ] [ 1; 2; 6; 40 ]) (fun architecture ->
        orRefused (fun () ->
            let prediction = Predict.architecture architecture
            ensureVerdict architecture prediction.Trainability
            let last = prediction.Weights.Length

            let trainability = prediction.Trainability

            if last < architecture.Depth then
                // most networks may do without the gradients of logits that diverge
                Assert.Equal(
                    (if
                         trainability.CountedInMost <> trainability.Sums.Counted
                         && trainability.CountedInMost <= trainability.Limits.Untrainable
                     then
                         Verdict.Undecided
                     else
                         Verdict.Untrainable),
                    trainability.Verdict
                )

            for layer in prediction.Layers[..last] do
                ensureFinite
                    $"layer {layer.Layer}"
                    architecture
                    [ layer.Q
                      layer.P
                      layer.U
                      layer.GradientDiagonal
                      layer.GradientOffDiagonal
                      layer.Uncertainty.Q
                      layer.Uncertainty.GradientDiagonal ]

                Check.atLeast $"u at layer {layer.Layer}" 0.0 layer.U
                Check.atLeast $"g_d at layer {layer.Layer}" 0.0 layer.GradientDiagonal))

/// Records of 64 tokens whose heads are drawn, where one size is at its end and the others are usual.
let extremes: TheoryData<int, int, int, int> =
    let data = TheoryData<int, int, int, int>()

    for depth, heads, width, experts in
        [ 1, 1, 1, 0
          1, 1024, 64, 0
          2000, 8, 64, 0
          4, 32, 8192, 0
          4, 4, 64, 2048
          60, 1024, 1024, 256 ] do
        data.Add(depth, heads, width, experts)

    data

[<Theory>]
[<MemberData(nameof extremes)>]
let ``Sizes at their ends are answered by as many heads as there is time for`` depth heads width experts =
    let architecture =
        { Networks.plain Placement.Pre Activation.Silu with
            Tokens = 64
            Depth = depth
            Width = 1024
            Heads = heads
            Mask = Mask.Causal }

    let architecture =
        { architecture with
            Attention =
                { architecture.Attention with
                    Branch = Schedule.Constant(1.0 / sqrt (2.0 * float depth))
                    Head =
                        { architecture.Attention.Head with
                            Width = Some width
                            Positions = Positions.Rope(1e4, 1.0) } }
            Mlp =
                { architecture.Mlp with
                    Branch = Schedule.Constant(1.0 / sqrt (2.0 * float depth))
                    Experts =
                        if experts = 0 then
                            None
                        else
                            Some
                                { Count = experts
                                  Active = 8
                                  Gate = Gate.Sigmoid
                                  RouterStd = 1.0
                                  Scale = 1.0
                                  Shared = 0.0
                                  Dense = 0 } } }

    let prediction = Predict.architecture architecture
    ensureVerdict architecture prediction.Trainability
    Assert.Equal(depth, prediction.Weights.Length)
    Assert.InRange(prediction.Heads, 1, heads)
    Assert.InRange(prediction.Draws, 2, TrajectoryDraws.Draws)

    for layer in prediction.Layers do
        ensureFinite
            $"layer {layer.Layer}"
            architecture
            [ layer.Q
              layer.U
              layer.GradientDiagonal
              layer.Uncertainty.U
              layer.Uncertainty.GradientDiagonal ]
