namespace Hybrid.Theory

open Hybrid.Architectures

/// Gradients backwards, derivation section 5. Same assumptions as Geometry; the weights that carry the gradient are taken as
/// independent of those that made the forward pass, exact as width → ∞.
[<RequireQualifiedAccess>]
module Gradients =

    /// From the step's output to a branch output: through the normalisation of the sum, the branch weight a and, where the branch
    /// is normalised, its own normalisation. Derivation (5.3).
    let atBranch (step: StepTrace) (trace: SublayerTrace) (gradient: GradientGram) : GradientGram =
        let a2 = trace.Branch * trace.Branch

        if a2 = 0.0 then
            gradient.Times 0.0
        else
            let normalised =
                if trace.Placement.OnBranch then
                    trace.BranchQ / (trace.Gain * trace.Gain)
                else
                    1.0

            gradient.Times(a2 / (step.Divisor * normalised))

    /// From a branch output to what its module sees.
    let throughModule (architecture: Architecture) (trace: SublayerTrace) (h: GradientGram) : GradientGram =
        match trace.Module with
        | ModuleTrace.Attention(parameters, terms) ->
            AttentionMaps.backward architecture.Tokens parameters terms trace.Seen h
        | ModuleTrace.Mlp(parameters, kernel) ->
            let one = MlpMaps.backward architecture.Gated parameters kernel trace.Seen h

            match parameters.Experts with
            | None -> one
            | Some _ ->
                { Diagonal = trace.Chosen.Diagonal * one.Diagonal + trace.Routed.Diagonal * h.Diagonal
                  OffDiagonal =
                    trace.Chosen.OffDiagonal * one.OffDiagonal
                    + trace.Routed.OffDiagonal * h.OffDiagonal }

    /// What one branch contributes to the gradient at the stream it reads.
    let branch architecture (step: StepTrace) (trace: SublayerTrace) gradient : GradientGram =
        let atModule = gradient |> atBranch step trace |> throughModule architecture trace

        { Diagonal = atModule.Diagonal / trace.InputDivisor.Diagonal
          OffDiagonal = atModule.OffDiagonal / trace.InputDivisor.OffDiagonal }

    /// A step backwards, derivation (5.3): the skip's share and every branch's.
    let step architecture (step: StepTrace) (gradient: GradientGram) : GradientGram =
        let mutable sum = gradient.Times(step.Skip * step.Skip / step.Divisor)

        for trace in step.Sublayers do
            sum <- sum + branch architecture step trace gradient

        sum

    /// A block backwards: its steps, last to first.
    let block architecture (trace: BlockTrace) gradient =
        Array.foldBack (step architecture) trace.Steps gradient

    /// The gradient Gram at the input of every block and, last, at the output, where it is the identity.
    let backward architecture (blocks: BlockTrace[]) =
        let grams = Array.create (blocks.Length + 1) { Diagonal = 1.0; OffDiagonal = 0.0 }

        for layer in blocks.Length - 1 .. -1 .. 0 do
            grams[layer] <- block architecture blocks[layer] grams[layer + 1]

        grams
