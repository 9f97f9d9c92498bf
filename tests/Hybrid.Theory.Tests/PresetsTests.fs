module Hybrid.Theory.Tests.PresetsTests

open Hybrid.Architectures
open Hybrid.Theory
open Xunit

let private exponents name =
    match Presets.tryFind name with
    | Some preset -> Networks.onLine preset.Architecture
    | None -> failwith $"no preset '{name}'"

[<Fact>]
let ``Every preset is legal, named once and described`` () =
    let names = Presets.all |> Array.map _.Architecture.Name
    Assert.Equal<string[]>(Array.distinct names, names)

    for preset in Presets.all do
        Assert.Empty(Architecture.validate preset.Architecture)
        Assert.NotEqual<string>("", preset.Description)

[<Fact>]
let ``A preset is found whatever its case, and an unknown one is not`` () =
    Assert.True((Presets.tryFind "GPT2").IsSome)
    Assert.True((Presets.tryFind "gpt3").IsNone)
    Assert.True((Presets.tryFind "").IsNone)

[<Fact>]
let ``The standard presets come first and the published models keep a prediction fast`` () =
    Assert.Equal<Preset[]>(Presets.standard, Array.truncate Presets.standard.Length Presets.all)

    for preset in Array.skip Presets.standard.Length Presets.all do
        if preset.Architecture.Mask = Mask.Causal then
            Assert.Equal(64, preset.Architecture.Tokens)

[<Fact>]
let ``The ordered, critical and chaotic presets are what they are called`` () =
    Check.atMost "λ_a of pre-tanh-ordered" -0.1 (exponents "pre-tanh-ordered").Angle
    Check.atLeast "λ_a of pre-tanh-chaotic" 0.1 (exponents "pre-tanh-chaotic").Angle
    // σ_w is given to 15 digits and dλ_a/dσ_w is of order 0.1
    Check.absolute "λ_a of pre-tanh-critical" 1e-12 0.0 (exponents "pre-tanh-critical").Angle

[<Fact>]
let ``GPT-2 has the published sizes and weights`` () =
    let gpt2 = (Presets.tryFind "gpt2").Value.Architecture
    Assert.Equal((12, 768, 12, 3072), (gpt2.Depth, gpt2.Width, gpt2.Heads, gpt2.MlpWidth))
    Assert.Equal((Activation.GeluTanh, Placement.Pre, Mask.Causal), (gpt2.Activation, gpt2.Norm, gpt2.Mask))
    // W_1's entries have variance σ_w²/d = 0.02², W_2's σ_v²/d_mlp, and W_V W_O multiplies norms by σ_V² = (0.02² d)²
    Check.relative "σ_w²/d" 1e-14 4e-4 (gpt2.Mlp.InStd * gpt2.Mlp.InStd / 768.0)
    Check.relative "σ_v²/d_mlp" 1e-14 4e-4 (gpt2.Mlp.OutStd * gpt2.Mlp.OutStd / 3072.0)
    Check.relative "σ_V" 1e-14 (768.0 * 4e-4) gpt2.Attention.ValueStd
    Check.relative "1/√(2L)" 1e-14 (1.0 / sqrt 24.0) (gpt2.Attention.Branch.At 1)
