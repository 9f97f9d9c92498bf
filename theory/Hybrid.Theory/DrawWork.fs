namespace Hybrid.Theory

open Hybrid.Architectures

/// What a draw of the Gram process costs, counted from the record: nanoseconds of one core (AMD EPYC, Zen 4, vectors of four), forwards and
/// backwards together. The constants are those of derivation section 13.5, measured as the benchmark `draw-work` measures them.
[<RequireQualifiedAccess>]
module internal DrawWork =

    let private square (x: float) = x * x

    /// Of one head whose coordinates are drawn: normal numbers and rotations, its products, its rows, and what each further gradient draw
    /// adds.
    let private drawnHead tokens width =
        let n, d = float tokens, float width
        let further = float (DrawnHeads.gradientDraws tokens width - 1)

        20_000.0
        + n * d * (22.0 + 0.4 * n)
        + n * n * (30.0 + further * (4.0 + 0.15 * d))

    /// Of one head whose logits are Gaussian: n² numbers, and products of n×n matrices.
    let private gaussianHead tokens =
        let n = float tokens
        n * n * (40.0 + 0.6 * n)

    let private head (architecture: Architecture) =
        if DrawnHeads.serve architecture then
            drawnHead architecture.Tokens (Architecture.headWidth architecture)
        else
            gaussianHead architecture.Tokens

    /// Of a sublayer whatever its module: norms, factors, sums, for each of n² entries.
    [<Literal>]
    let private Entry = 40.0

    /// Of a pair of variances that differ, by a mixture of error functions or the series of either: for each of n² entries.
    [<Literal>]
    let private Unequal = 500.0

    /// The same of one variance that all tokens share, by the mixture.
    [<Literal>]
    let private Mixture = 350.0

    /// Kernels of all pairs, for each of n² entries.
    let private kernels (architecture: Architecture) (sublayer: Sublayer) (parameters: MlpParameters) =
        let isDivided =
            match architecture.NormKind with
            | NormKind.Scale -> sublayer.Placement.Before || sublayer.Placement.OnSum
            | NormKind.DyT _ -> false

        let variance = square (parameters.InStd * sublayer.Gain) + square parameters.BiasStd

        match architecture.Activation with
        | Activation.Linear
        | Activation.Relu
        | Activation.LeakyRelu -> 0.0
        | Activation.Erf
        | Activation.Gelu -> 50.0
        | Activation.Tanh
        | Activation.Silu
        | Activation.GeluTanh when isDivided && variance <= Kernels.LargestSeries -> 20.0
        | Activation.Sigmoid when isDivided && variance <= Kernels.LargestSeries -> 230.0
        | Activation.Tanh
        | Activation.Silu
        | Activation.GeluTanh
        | Activation.Sigmoid when isDivided -> Mixture
        | Activation.Tanh
        | Activation.Silu
        | Activation.GeluTanh
        | Activation.Sigmoid
        | Activation.Custom _ -> Unequal

    /// tanh in the norm's place has kernels of its own, on either way.
    let private norms (architecture: Architecture) (placement: Placement) =
        match architecture.NormKind with
        | NormKind.Scale -> 0.0
        | NormKind.DyT _ ->
            let count =
                [ placement.Before; placement.OnBranch; placement.OnSum ]
                |> List.filter id
                |> List.length

            2.0 * Unequal * float count

    /// Of a sublayer, and of each of its heads.
    let private sublayer (architecture: Architecture) (sublayer: Sublayer) =
        let squared = square (float architecture.Tokens)
        let shared = Entry + norms architecture sublayer.Placement

        match sublayer.Module with
        | Module.Attention _ ->
            let turns =
                if DrawnHeads.serve architecture then
                    8.0 * float architecture.Tokens * float (Architecture.headWidth architecture)
                else
                    0.0

            struct (10_000.0 + turns + squared * shared, head architecture)
        | Module.Mlp parameters ->
            let experts =
                match parameters.Experts with
                | None -> 0.0
                | Some experts -> 32.0 + 0.6 * float experts.Count

            struct (10_000.0
                    + squared * (shared + kernels architecture sublayer parameters + experts),
                    0.0)

    /// Seconds of a draw of the whole network without its heads, and of one head in every layer.
    let parts (architecture: Architecture) =
        let mutable rest = 0.0
        let mutable head = 0.0

        for block in Block.all architecture do
            for step in block.Steps do
                for part in step.Sublayers do
                    let struct (own, each) = sublayer architecture part
                    rest <- rest + own
                    head <- head + each

        struct (1e-9 * rest, 1e-9 * head)

    /// Seconds of one draw with all of its heads.
    let seconds (architecture: Architecture) =
        let struct (rest, head) = parts architecture
        rest + float architecture.Heads * head

    /// Most heads whose draws, so many, `budget` seconds pay for: 0 where they do not pay for one.
    let heads draws (budget: float) (architecture: Architecture) =
        let struct (rest, head) = parts architecture
        int (max 0.0 (min 1e6 ((budget / float draws - rest) / head)))
