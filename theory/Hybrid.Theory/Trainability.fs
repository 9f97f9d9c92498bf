namespace Hybrid.Theory

open Hybrid.Architectures

[<RequireQualifiedAccess>]
type Verdict =
    | Trainable
    | Marginal
    | Untrainable

type Trainability =
    {
        Verdict: Verdict
        /// what the verdict rests on and where the theory's assumptions are strained; never empty
        Reasons: string[]
    }

/// The verdict at finite depth, theory.md section 4: trainable when both |λ_a|L and |λ_g|L are O(1). The exponents are
/// summed over the layers of this very network, so growing norms and schedules count as they are. Where blocks see the
/// stream only as N x (pre, peri) or return N f(x) (output), a stream that has grown by a factor carries a gradient smaller by that factor and nothing
/// is lost: there Σλ_g may also be taken without the stream's own growth, derivation (6.6).
[<RequireQualifiedAccess>]
module Trainability =

    /// |Σλ| up to which signals keep their order of magnitude: e³ ≈ 20 in u and in gradient power over all layers.
    [<Literal>]
    let Budget = 3.0

    /// |Σλ| beyond which they have lost it: e⁹ ≈ 8000.
    [<Literal>]
    let Limit = 9.0

    let private direction name (sum: float) falls rises =
        $"{name} = {sum:F2} over all layers: " + (if sum < 0.0 then falls else rises)

    /// log(q_L/q_0) where branches do not change with the stream's scale, otherwise 0.
    let private freeGrowth (architecture: Architecture) (blocks: BlockTrace[]) =
        if architecture.Norm.IsBlindToScale then
            log blocks[blocks.Length - 1].Output.Q - log blocks[0].Input.Q
        else
            0.0

    let private strained (blocks: BlockTrace[]) (architecture: Architecture) =
        let spread (block: BlockTrace) =
            block.Sublayers
            |> Array.map (fun part ->
                match part.Module with
                | ModuleTrace.Attention(parameters, _) -> AttentionMaps.spread parameters part.Seen
                | ModuleTrace.Mlp _ -> 0.0)
            |> Array.max

        [ match blocks |> Array.tryFindIndex (fun block -> spread block > 2.0) with
          | Some index ->
              let spread = spread blocks[index]

              $"strong attention: logit spread s = {spread:F1} at layer {index + 1}; expectations are exact, but a single network with few heads fluctuates around them"
          | None -> ()

          match architecture.Mask with
          | Mask.Causal ->
              "causal mask: layers are means over positions, which differ; exponents are those of the collapsed line"
          | Mask.None -> () ]

    /// Verdict from the sums of λ_a and λ_g over the layers.
    let judge architecture blocks stationary (sums: DepthSums) =
        let growth = freeGrowth architecture blocks
        let free = sums.Gradient - growth
        let scaled = abs free < abs sums.Gradient
        let largest = max (abs sums.Angle) (if scaled then abs free else abs sums.Gradient)

        let verdict =
            if largest <= Budget then Verdict.Trainable
            elif largest <= Limit then Verdict.Marginal
            else Verdict.Untrainable

        let reasons =
            [ direction "Σλ_a" sums.Angle "differences between tokens shrink" "differences between tokens grow"
              direction "Σλ_g" sums.Gradient "gradients vanish towards the input" "gradients explode towards the input"
              if scaled && not stationary then
                  $"{growth:F2} of Σλ_g is the stream's own growth from q = {blocks[0].Input.Q:G3} to {blocks[blocks.Length - 1].Output.Q:G3}, to whose scale normalised branches are blind: {free:F2} counts; plain gradient descent would still give the layers steps as unequal as Σλ_g says"
              if not stationary then
                  "norms are not stationary: exponents change from layer to layer and are summed as they are" ]
            @ strained blocks architecture

        { Verdict = verdict
          Reasons = Array.ofList reasons }
