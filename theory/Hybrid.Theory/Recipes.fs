namespace Hybrid.Theory

open System
open Hybrid.Architectures

/// A published recipe applied to the architecture, and what the theory says of the result.
type Alternative =
    {
        Recipe: string
        /// where it was published
        Reference: string
        Architecture: Architecture
        /// exponents per block at the attracting state; NaN where its line is not known
        Exponents: PhasePoint
        Trainability: Trainability
    }

/// Published ways to make depth trainable, as changes of the architecture record: derivation section 11.
[<RequireQualifiedAccess>]
module Recipes =

    let internal mapBranches (change: Schedule -> Schedule) (a: Architecture) =
        { a with
            Attention =
                { a.Attention with
                    Branch = change a.Attention.Branch }
            Mlp =
                { a.Mlp with
                    Branch = change a.Mlp.Branch } }

    let internal mapSkips (change: Schedule -> Schedule) (a: Architecture) =
        { a with
            Attention =
                { a.Attention with
                    Skip = change a.Attention.Skip }
            Mlp = { a.Mlp with Skip = change a.Mlp.Skip } }

    /// Every published recipe, applied.
    let private published (a: Architecture) =
        let depth = float a.Depth

        let constant value =
            mapBranches (fun _ -> Schedule.Constant value)

        let deepNorm =
            let alpha = Math.Pow(2.0 * depth, 0.25)
            let beta = Math.Pow(8.0 * depth, -0.25)

            let post =
                { a with Norm = Placement.Post }
                |> constant 1.0
                |> mapSkips (fun _ -> Schedule.Constant alpha)

            { post with
                Attention =
                    { post.Attention with
                        // W_V and W_O each by β
                        ValueStd = beta * beta * a.Attention.ValueStd }
                Mlp =
                    { post.Mlp with
                        InStd = beta * a.Mlp.InStd
                        OutStd = beta * a.Mlp.OutStd } }

        [ "branches / √(2L)", "Radford et al. 2019 (GPT-2)", mapBranches _.Scale(1.0 / sqrt (2.0 * depth)) a
          "DeepNorm", "Wang et al. 2022, arXiv 2203.00555", deepNorm
          "depth-μP: branches 1/√L", "Yang et al. 2023, arXiv 2310.02244", constant (1.0 / sqrt depth) a
          "Δt: branches 0.1", "Kan et al., arXiv 2510.09904", constant 0.1 a ]

    /// Of architectures whose collapsed line is not known: positions, windows.
    let private noLine =
        { Angle = nan
          Gradient = nan
          Difference = nan
          Rho = nan
          Stationary = false }

    let private alternative (recipe, reference, architecture: Architecture) =
        let laws = Laws.quick architecture

        { Recipe = recipe
          Reference = reference
          Architecture = architecture
          Exponents =
            if Features.haveLine architecture then
                PhaseDiagram.Create([ architecture ]).At architecture
            else
                noLine
          Trainability = Trainability.judge architecture laws (TrajectoryRoute.compare architecture laws) }

    /// Every recipe applied to a legal architecture, with the exponents and the verdict that it gets. A recipe under which
    /// norms leave double precision is left out.
    let apply (architecture: Architecture) =
        let tryEvaluate recipe =
            try
                Some(alternative recipe)
            with :? TheoryException ->
                None

        published architecture |> List.choose tryEvaluate |> Array.ofList
