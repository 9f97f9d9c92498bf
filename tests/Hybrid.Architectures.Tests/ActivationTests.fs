module Hybrid.Architectures.Tests.ActivationTests

open System
open Hybrid.Architectures
open Hybrid.Theory.Tests
open Xunit

let private activations = Activation.named |> Array.map fst

[<Fact>]
let ``Values and slopes match reference rows`` () =
    // mpmath, 30 digits
    let rows =
        [ Activation.Erf, 0.5, 0.520499877813046538, 0.878782578935444794
          Activation.Tanh, 0.5, 0.462117157260009758, 0.78644773296592741
          Activation.Gelu, 0.5, 0.345731230637006552, 0.867495124656162843
          Activation.GeluTanh, 0.5, 0.345714009825143922, 0.867369903534642312
          Activation.Silu, 0.5, 0.311229665600927282, 0.739961187302651809
          Activation.Sigmoid, 0.5, 0.622459331201854565, 0.235003712201594489
          Activation.Gelu, -3.0, -0.00404969409489028358, -0.011945647204183927
          Activation.Tanh, -1.0, -0.761594155955764888, 0.419974341614026069 ]

    Check.relativeRows
        "φ"
        1e-12
        [ for activation, x, value, _ in rows -> $"{activation} at {x}", value, Activation.value activation x ]

    Check.relativeRows
        "φ′"
        1e-12
        [ for activation, x, _, slope in rows -> $"{activation} at {x}", slope, Activation.derivative activation x ]

[<Fact>]
let ``Every derivative is the slope of its value`` () =
    // central differences at step h: truncation h² φ‴/6 and rounding 1e-16 φ/h balance at 1e-10 for h = 1e-5
    let h = 1e-5

    for activation in activations do
        for x in [ -6.3; -2.0; -0.7; 0.2; 1.1; 4.0; 9.0 ] do
            let slope =
                (Activation.value activation (x + h) - Activation.value activation (x - h))
                / (2.0 * h)

            Check.absolute
                $"slope of {activation} at {x}"
                (1e-10 * max 1.0 (abs x))
                (Activation.derivative activation x)
                slope

[<Fact>]
let ``Odd functions are odd, one-sided ones satisfy φ(x) − φ(−x) = x, the sigmoid sums to 1`` () =
    for x in [ 0.0; 0.3; 2.0; 17.0 ] do
        let value activation = Activation.value activation x
        let mirrored activation = Activation.value activation -x

        for odd in [ Activation.Linear; Activation.Erf; Activation.Tanh ] do
            Assert.Equal(value odd, -(mirrored odd))

        for oneSided in [ Activation.Relu; Activation.Gelu; Activation.GeluTanh; Activation.Silu ] do
            Check.absolute $"{oneSided} at {x}" (4e-16 * (1.0 + x)) x (value oneSided - mirrored oneSided)

        Check.absolute "sigmoid" 4e-16 1.0 (value Activation.Sigmoid + mirrored Activation.Sigmoid)

[<Fact>]
let ``Far arguments neither overflow nor lose the asymptote`` () =
    for activation in activations do
        for x in [ -1e4; 1e4; -1e3; 1e3; 0.0 ] do
            Check.absolute $"{activation} is finite at {x}" 1e6 0.0 (Activation.value activation x)
            Check.absolute $"slope of {activation} is finite at {x}" 10.0 0.0 (Activation.derivative activation x)

    for oneSided in [ Activation.Gelu; Activation.GeluTanh; Activation.Silu; Activation.Relu ] do
        Assert.Equal(1e3, Activation.value oneSided 1e3)
        Check.absolute $"{oneSided} vanishes at −1000" 1e-300 0.0 (Activation.value oneSided -1e3)

[<Fact>]
let ``NaN passes through and is never hidden by a branch`` () =
    for activation in activations do
        if activation <> Activation.LeakyRelu then
            Assert.True(Double.IsNaN(Activation.value activation Double.NaN), $"{activation}")

[<Fact>]
let ``Every named activation has its own name`` () =
    let names = Activation.named |> Array.map snd
    Assert.Equal<string[]>(Array.distinct names, names)
    Assert.Equal(9, names.Length)

[<Fact>]
let ``A custom activation is evaluated by its own two functions`` () =
    let custom = Activation.Custom(CustomActivation("sine", sin, cos))
    Assert.Equal(sin 0.4, Activation.value custom 0.4)
    Assert.Equal(cos 0.4, Activation.derivative custom 0.4)
