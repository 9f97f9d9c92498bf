/// Random architectures: what is exact in theory and in every network alike, and agreement at random scales.
module Hybrid.Agreement.Tests.PropertyTests

open System
open Expecto
open FsCheck
open FsCheck.FSharp
open Hybrid.Architectures
open Hybrid.Cli.Shared
open Hybrid.Networks.Engines
open Hybrid.Theory
open Hybrid.Agreement.Tests.Settings

/// A number from `least` to `greatest`.
let private between least greatest =
    Gen.choose (0, 1_000_000)
    |> Gen.map (fun k -> least + (greatest - least) * float k / 1e6)

/// A value of every factor that all engines that run everywhere have, and scales that keep the norms of a gated stream in range.
let private architectures = gen {
    // of each factor those that every engine has
    let! row =
        factors
        |> Array.toList
        |> Gen.collectToList (fun factor ->
            let plain =
                factor.Values
                |> Array.filter (fun value -> engines |> Array.forall (draws value))

            Gen.elements plain
            |> Gen.map (fun value -> factor.Values |> Array.findIndex (fun other -> other.Words = value.Words)))

    let! tokens = Gen.choose (2, 10)
    let! skip = between 0.3 1.1
    let! attention = between 0.2 1.0
    let! mlp = between 0.2 0.8
    let! logitStd = between 0.2 1.8
    let! valueStd = between 0.5 1.5
    let! inStd = between 0.6 1.3
    let! biasStd = between 0.0 0.5
    let! outStd = between 0.6 1.3
    let! norm = between 0.4 1.2
    let! correlation = between -0.05 0.9
    let chosen = architecture (List.toArray row)

    return
        { chosen with
            Tokens = tokens
            Attention =
                { chosen.Attention with
                    Skip = Schedule.Constant skip
                    Branch = Schedule.Constant attention
                    LogitStd = logitStd
                    ValueStd = valueStd }
            Mlp =
                { common.Mlp with
                    Skip = Schedule.Constant skip
                    Branch = Schedule.Constant mlp
                    InStd = inStd
                    BiasStd = biasStd
                    OutStd = outStd }
            Input =
                { Norm = norm
                  Correlation = correlation } }
}

let private narrow (architecture: Architecture) =
    { architecture with
        Width = 48
        MlpWidth = 56 }

let private layers (entry: Hybrid.Lab.Engines.EngineEntry) (architecture: Architecture) =
    use engine = entry.Create.Invoke(architecture, 1)
    let sample = NetworkSample(architecture.Tokens, architecture.Depth)
    engine.Run(7UL, 3, sample)
    Array.init (architecture.Depth + 1) (fun layer -> LayerObservables.Of(sample, layer))

/// What holds of every draw needs no average over many.
let private foretold architecture =
    (TrajectoryRoute.predict architecture (Laws.exact architecture)).Layers

/// What single precision leaves over two blocks of sums of some ten terms' rounding each, relative.
let private single = Math.ScaleB(1.0, -23) * 100.0

let private holds name tests (property: Architecture -> unit) =
    testPropertyWithConfigStdGen
        (20260731UL, 20240305UL, None)
        { FsCheckConfig.defaultConfig with
            maxTest = tests }
        name
        (Prop.forAll (Arb.fromGen architectures) property)

/// How many random architectures networks are drawn of.
[<Literal>]
let private Drawn = 12

let tests =
    testList
        "random architectures"
        [ holds
              "behind a norm on the sum every layer has q = 1, in theory and in every single network"
              100
              (fun random ->
                  let a =
                      { narrow random with
                          Norm = { random.Norm with OnSum = true }
                          NormKind = NormKind.Scale
                          NormGain = Schedule.Constant 1.0 }

                  let predicted = foretold a
                  let drawn = engines |> Array.map (fun engine -> engine.Name, layers engine a)

                  for layer in 1 .. a.Depth do
                      Expect.floatClose Accuracy.veryHigh predicted[layer].State.Q 1.0 $"theory, layer {layer}"

                      for name, own in drawn do
                          let q = own[layer].Q
                          Expect.isLessThanOrEqual (abs (q - 1.0)) single $"{name}, layer {layer}, q = {q}")

          holds
              "with a silent attention and skip 1, blocks in parallel are blocks in sequence, in theory and in real weights"
              60
              (fun random ->
                  let silent wiring =
                      { narrow random with
                          Wiring = wiring
                          Norm = { random.Norm with OnSum = false }
                          Attention =
                              { random.Attention with
                                  Skip = Schedule.Constant 1.0
                                  Branch = Schedule.Constant 0.0 }
                          Mlp =
                              { random.Mlp with
                                  Skip = Schedule.Constant 1.0 } }

                  let one, other = silent Wiring.Sequential, silent Wiring.Parallel

                  for inSequence, sideBySide in Array.zip (foretold one) (foretold other) do
                      Expect.floatClose Accuracy.high sideBySide.State.Q inSequence.State.Q "q"
                      Expect.floatClose Accuracy.high sideBySide.State.U inSequence.State.U "u"
                      Expect.floatClose Accuracy.high sideBySide.Gradient.Diagonal inSequence.Gradient.Diagonal "g_d"

                  // of real weights, which a key determines
                  let dense = BuiltEngines.Catalogue.Find "dense"

                  for inSequence, sideBySide in Array.zip (layers dense one) (layers dense other) do
                      let same name (a: float) (b: float) scale =
                          Expect.isLessThanOrEqual (abs (a - b)) (single * scale) $"{name}: {a}, {b}"

                      same "q" sideBySide.Q inSequence.Q inSequence.Q
                      same "p" sideBySide.P inSequence.P inSequence.Q
                      same "g_d" sideBySide.GradientDiagonal inSequence.GradientDiagonal inSequence.GradientDiagonal

                      same
                          "g_o"
                          sideBySide.GradientOffDiagonal
                          inSequence.GradientOffDiagonal
                          inSequence.GradientDiagonal)

          holds "at random scales, lengths and inputs networks have the theory's q, ρ, g_d, g_o" Drawn (fun drawn ->
              // behind tanh on the sum the stream is not Gaussian, which (15.7) takes it for: some per cent, where any other claim is exact
              let random =
                  if drawn.Norm.OnSum then
                      { drawn with NormKind = NormKind.Scale }
                  else
                      drawn

              let wrong =
                  Judgement.compare
                      (Drawn * Judgement.count random)
                      random
                      (Judgement.predict Judgement.Samples random)
                      (Judgement.measure Judgement.Samples engines[0] random)
                  |> Array.filter _.Contradicts

              Expect.isEmpty wrong "contradicted") ]
