namespace Hybrid.Architectures

open System
open MathNet.Numerics

/// A nonlinearity of the user's own: φ and φ′ together, both finite for every finite argument. The theory evaluates
/// its kernels by Hermite series and refuses a φ (or a variance) for which the series does not meet its error bound.
[<Sealed>]
type CustomActivation(name: string, value: Func<float, float>, derivative: Func<float, float>) =
    member _.Name = name
    member _.Value = value
    member _.Derivative = derivative

/// The MLP's nonlinearity φ. Its Gaussian kernels are in the module Kernels.
[<RequireQualifiedAccess>]
type Activation =
    | Linear
    | Relu
    /// slope 0.01 for negative arguments
    | LeakyRelu
    | Erf
    | Tanh
    /// exact GELU x Φ(x)
    | Gelu
    /// GELU's tanh approximation, as in GPT-2
    | GeluTanh
    /// x / (1 + e⁻ˣ)
    | Silu
    | Sigmoid
    | Custom of CustomActivation

/// Values φ(x) and derivatives φ′(x).
[<RequireQualifiedAccess>]
module Activation =

    /// Slope of the leaky ReLU for negative arguments.
    [<Literal>]
    let LeakySlope = 0.01

    /// The activations that have a name in the architecture record.
    [<CompiledName("Named")>]
    let named =
        [| Activation.Linear, "linear"
           Activation.Relu, "relu"
           Activation.LeakyRelu, "leakyRelu"
           Activation.Erf, "erf"
           Activation.Tanh, "tanh"
           Activation.Gelu, "gelu"
           Activation.GeluTanh, "geluTanh"
           Activation.Silu, "silu"
           Activation.Sigmoid, "sigmoid" |]

    let private sigmoid x = 1.0 / (1.0 + exp -x)

    /// c = √(2/π) and the cubic coefficient of GELU's tanh approximation (Hendrycks and Gimpel, arXiv 1606.08415).
    let private geluScale = sqrt (2.0 / Math.PI)

    [<Literal>]
    let private GeluCubic = 0.044715

    /// φ(x)
    [<CompiledName("Value")>]
    let value activation x =
        match activation with
        | Activation.Linear -> x
        | Activation.Relu -> max x 0.0
        | Activation.LeakyRelu -> if x > 0.0 then x else LeakySlope * x
        | Activation.Erf -> SpecialFunctions.Erf x
        | Activation.Tanh -> tanh x
        | Activation.Gelu -> x * Normal.cumulative x
        | Activation.GeluTanh -> 0.5 * x * (1.0 + tanh (geluScale * (x + GeluCubic * x * x * x)))
        | Activation.Silu -> x * sigmoid x
        | Activation.Sigmoid -> sigmoid x
        | Activation.Custom custom -> custom.Value.Invoke x

    /// φ′(x); at the kink of ReLU and leaky ReLU the left derivative.
    [<CompiledName("Derivative")>]
    let derivative activation x =
        match activation with
        | Activation.Linear -> 1.0
        | Activation.Relu -> if x > 0.0 then 1.0 else 0.0
        | Activation.LeakyRelu -> if x > 0.0 then 1.0 else LeakySlope
        | Activation.Erf -> 2.0 / sqrt Math.PI * exp (-x * x)
        | Activation.Tanh ->
            let t = tanh x
            (1.0 - t) * (1.0 + t)
        | Activation.Gelu -> Normal.cumulative x + x * Normal.density x
        | Activation.GeluTanh ->
            let t = tanh (geluScale * (x + GeluCubic * x * x * x))

            0.5 * (1.0 + t)
            + 0.5 * x * (1.0 - t) * (1.0 + t) * geluScale * (1.0 + 3.0 * GeluCubic * x * x)
        | Activation.Silu ->
            let s = sigmoid x
            s * (1.0 + x * sigmoid -x)
        | Activation.Sigmoid -> sigmoid x * sigmoid -x
        | Activation.Custom custom -> custom.Derivative.Invoke x
