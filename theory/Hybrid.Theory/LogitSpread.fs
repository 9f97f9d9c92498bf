namespace Hybrid.Theory

open System
open Hybrid.Architectures

/// How strong logits are along the layers of a network.
[<RequireQualifiedAccess>]
module internal LogitSpread =

    /// Standard deviation of what of a row's logits the softmax sees where the stream is in `state`.
    let seen (architecture: Architecture) (state: TokenSimplex) =
        let attention = architecture.Attention

        AttentionMaps.spread
            { attention with
                LogitStd = Array.max attention.Head.LogitScale.Values * attention.LogitStd }
            { Q =
                match architecture.Attention.Head.QueryKeyNorm, architecture.NormKind with
                | (QueryKeyNorm.Head | QueryKeyNorm.All), _ -> 1.0
                | QueryKeyNorm.None, NormKind.Scale when architecture.Norm.Before ->
                    let gain = Array.max architecture.NormGain.Values
                    gain * gain
                | QueryKeyNorm.None, NormKind.DyT alpha when architecture.Norm.Before && Double.IsFinite state.Q ->
                    let gain = Array.max architecture.NormGain.Values

                    let variance = min Laws.LargestVariance (alpha * alpha * state.Q)

                    gain * gain * (Kernels.at Activation.Tanh variance).KappaAtOne
                | QueryKeyNorm.None, (NormKind.Scale | NormKind.DyT _) -> state.Q
              U = state.U }

    /// Standard deviation of the strongest logits of any layer; 0 where none is finite.
    let strongest (architecture: Architecture) (trajectory: Trajectory) =
        trajectory.Layers
        |> Array.map (fun layer -> seen architecture layer.State)
        |> Array.filter Double.IsFinite
        |> Array.fold max 0.0
