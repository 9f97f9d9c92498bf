namespace Hybrid.Architectures

/// A named architecture and one sentence on why it is here.
type Preset =
    { Architecture: Architecture
      Description: string }

/// Architectures by name: published models at their published initialisation, and one network of each phase.
[<RequireQualifiedAccess>]
module Presets =

    let private constant = Schedule.Constant

    /// GPT-2 small. Weights N(0, 0.02²), so σ² = fan-in · 0.02² for each matrix; residual projections scaled by
    /// 1/√(2L); token and position embeddings of standard deviations 0.02 and 0.01, so q₀ = 0.02² + 0.01².
    /// Sizes and initialisation: Radford et al. 2019 and the code released with it.
    let private gpt2 =
        let depth, width, mlpWidth, std = 12, 768, 3072, 0.02
        let projection = constant (1.0 / sqrt (2.0 * float depth))
        let variance fanIn = float fanIn * std * std

        { Architecture.defaults with
            Name = "gpt2"
            Tokens = 64
            Depth = depth
            Width = width
            Heads = 12
            MlpWidth = mlpWidth
            Activation = Activation.GeluTanh
            Norm = Placement.Pre
            Mask = Mask.Causal
            Attention =
                // W_Q and W_K entries have variance σ_A/d, W_V and W_O variance σ_V/d
                AttentionParameters.Of(constant 1.0, projection, variance width, variance width)
            Mlp = MlpParameters.Of(constant 1.0, projection, sqrt (variance width), 0.0, sqrt (variance mlpWidth))
            Input =
                { Norm = std * std + 0.01 * 0.01
                  Correlation = 0.0 } }

    /// A 12-block network of 32 tokens, 8 heads and width 512 with r² = 1 − a² in both sublayers.
    let private small name activation norm branch inStd =
        let skip = constant (sqrt (1.0 - branch * branch))

        { Architecture.defaults with
            Name = name
            Width = 512
            MlpWidth = 512
            Heads = 8
            Activation = activation
            Norm = norm
            Attention =
                { Architecture.defaults.Attention with
                    Skip = skip
                    Branch = constant branch }
            Mlp =
                { Architecture.defaults.Mlp with
                    Skip = skip
                    Branch = constant branch
                    InStd = inStd }
            Input = { Norm = 1.0; Correlation = 0.5 } }

    /// The same with r = a = 1.
    let private unitWeights (architecture: Architecture) =
        { architecture with
            Attention =
                { architecture.Attention with
                    Skip = constant 1.0
                    Branch = constant 1.0 }
            Mlp =
                { architecture.Mlp with
                    Skip = constant 1.0
                    Branch = constant 1.0 } }

    /// GPT-2 small and one network of each phase and placement: what `check` runs when it is given none.
    [<CompiledName("Standard")>]
    let standard =
        [| { Architecture = gpt2
             Description = "GPT-2 small as published: causal, pre-LN, tanh-GELU, residual projections / √(2L)" }
           { Architecture = small "pre-tanh-ordered" Activation.Tanh Placement.Pre 0.5 1.0
             Description = "pre-LN tanh in the ordered phase: tokens collapse" }
           // σ_w solves λ_a = 0; PresetsTests holds it to 1e-12
           { Architecture = small "pre-tanh-critical" Activation.Tanh Placement.Pre 0.5 4.06534342378101
             Description = "pre-LN tanh on the order–chaos boundary, λ_a = 0" }
           { Architecture = small "pre-tanh-chaotic" Activation.Tanh Placement.Pre 0.5 8.0
             Description = "pre-LN tanh in the chaotic phase: tokens repel" }
           { Architecture = small "post-relu" Activation.Relu Placement.Post 0.5 (sqrt 2.0) |> unitWeights
             Description = "the original placement: post-LN ReLU, r = a = 1" }
           { Architecture = small "peri-gelu" Activation.Gelu Placement.Peri 0.5 1.0 |> unitWeights
             Description = "Peri-LN GELU, r = a = 1" }
           { Architecture = small "none-tanh" Activation.Tanh Placement.None 0.5 1.5
             Description = "no normalisation, tanh, r² = 1 − a²" } |]

    /// Every preset: the standard ones first, then published models of the size at which they were trained.
    [<CompiledName("All")>]
    let all =
        PublishedModels.all
        |> Array.map (fun struct (architecture, description) ->
            { Architecture = architecture
              Description = description })
        |> Array.append standard

    /// The preset of that name, ignoring case; None if there is none.
    let tryFind (name: string) =
        all
        |> Array.tryFind (fun preset ->
            System.String.Equals(preset.Architecture.Name, name, System.StringComparison.OrdinalIgnoreCase))
