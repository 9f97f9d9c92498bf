namespace Hybrid.Architectures

/// What stands in a sublayer.
[<RequireQualifiedAccess>]
type Module =
    | Attention of AttentionParameters
    | Mlp of MlpParameters

/// One sublayer of one block, its schedules read off: x' = r x + a f(x) with f the module, r `Skip`, a `Branch`, normalised as
/// `Placement` says by norms of gain `Gain`. Attention attends through `Mask`, one mask and one kind of positions, with logits of this layer.
type Sublayer =
    { Module: Module
      Skip: float
      Branch: float
      Placement: Placement
      Gain: float
      Mask: Mask }

/// Sublayers that read the same stream and are added to it together: x' = [N] (r x + Σ a [N] f([N] x)), each N where the
/// placement has it. What everything that walks a block walks: the only place where the wiring acts.
type Step =
    {
        /// r
        Skip: float
        /// whether x' = N(…)
        NormalisesSum: bool
        /// never empty
        Sublayers: Sublayer[]
    }

/// One block: its sublayers in the order of the record, and how they are wired.
type Block =
    { Sublayers: Sublayer[]
      Wiring: Wiring }

    /// The steps, first to last: one sublayer each in sequence, all of them side by side.
    member this.Steps: Step[] =
        let step (sublayers: Sublayer[]) =
            { Skip = sublayers[0].Skip
              NormalisesSum = sublayers[0].Placement.OnSum
              Sublayers = sublayers }

        match this.Wiring with
        | Wiring.Sequential -> this.Sublayers |> Array.map (fun sublayer -> step [| sublayer |])
        | Wiring.Parallel -> [| step this.Sublayers |]

/// Reads the blocks of an architecture off its record.
[<RequireQualifiedAccess>]
module Block =

    /// Block `layer`, 1 ≤ layer ≤ depth.
    [<CompiledName("At")>]
    let at (architecture: Architecture) (layer: int) : Block =
        let a = architecture

        let head = a.Attention.Head

        let attention =
            { a.Attention with
                LogitStd = head.LogitScale.At layer * a.Attention.LogitStd
                Head =
                    { head with
                        Positions = head.Positions.At layer
                        LogitScale = Schedule.Constant 1.0 } }

        let mlp =
            { a.Mlp with
                Experts = a.Mlp.Experts |> Option.filter (fun experts -> layer > experts.Dense) }

        let sublayer kind (skip: Schedule) (branch: Schedule) =
            { Module = kind
              Skip = skip.At layer
              Branch = branch.At layer
              Placement = a.Norm
              Gain = a.NormGain.At layer
              Mask = a.Mask.At layer }

        { Wiring = a.Wiring
          Sublayers =
            [| sublayer (Module.Attention attention) attention.Skip attention.Branch
               sublayer (Module.Mlp mlp) mlp.Skip mlp.Branch |] }

    /// Blocks 1 to depth.
    [<CompiledName("All")>]
    let all (architecture: Architecture) : Block[] =
        Array.init architecture.Depth (fun index -> at architecture (index + 1))
