namespace Hybrid.Theory

open Hybrid.Architectures

/// How much of the stream a network's branches write, beside the embedding.
[<RequireQualifiedAccess>]
module internal WrittenShare =

    /// The share of the last layer's norm that branches wrote: 1 − ∏ r²q/q′ over the steps; NaN where the maps do not tell.
    let ofLast (architecture: Architecture) laws (trajectory: Trajectory) =
        let isDrawn = DrawnHeads.serve architecture && not (Features.areClosed architecture)

        if isDrawn || architecture.Mlp.Experts.IsSome then
            if architecture.Norm.OnSum then
                nan
            else
                let kept layer =
                    (Block.at architecture (layer + 1)).Steps
                    |> Array.fold
                        (fun product step -> product * step.Skip * step.Skip)
                        (trajectory.Layers[layer].State.Q / trajectory.Layers[layer + 1].State.Q)

                1.0
                - (seq { 0 .. trajectory.Depth - 1 }
                   |> Seq.fold (fun product layer -> product * kept layer) 1.0)
        else
            // what stands beside layers that are drawn needs no more than a grid's moments
            let laws =
                if Features.areClosed architecture then
                    laws
                else
                    Laws.estimated architecture

            Geometry.follow architecture laws
            |> Array.collect _.Steps
            |> Array.fold
                (fun kept step ->
                    let before = step.Skip * step.Skip * step.Input.Q
                    let sum = step.Output.Q * step.Divisor
                    kept * (if sum = 0.0 then 1.0 else before / sum))
                1.0
            |> fun kept -> 1.0 - kept
