namespace Hybrid.Theory

open System
open Hybrid.Architectures

/// Standard errors of a layer's values where they are averages over draws of the Gram process; all zero where the values are
/// closed.
type LayerUncertainty =
    { Q: float
      P: float
      U: float
      GradientDiagonal: float
      GradientOffDiagonal: float }

/// The residual stream and the gradient at the input of block layer + 1 (layer = depth: at the output).
[<Struct>]
type LayerState =
    { State: TokenSimplex
      P: float
      Gradient: GradientGram
      Uncertainty: LayerUncertainty }

/// What a kind of module did over all layers: the parts of `TrajectorySums.Angle` and `TrajectorySums.GradientCount` that come from its
/// sublayers.
[<Struct>]
type Share = { Angle: float; Gradient: float }

/// Mean and standard deviation over draws of ln g_d at the input. A network's own scatters more than a draw's, in which the
/// gradients of logits are expectations: derivation section 13.1.
[<Struct>]
type LogScatter = { Mean: float; Deviation: float }

/// Where the numbers of a trajectory come from.
[<RequireQualifiedAccess>]
type Route =
    | Closed
    /// by the closed maps although what they leave out of order 1/H matters: draws would take too long
    | ClosedWithoutHeads
    /// means over so many infinitely wide networks
    | Draws of int * LogScatter

/// Why a trajectory has fewer layers than its network.
[<RequireQualifiedAccess; Struct>]
type Ending =
    /// it has them all
    | Whole
    /// the stream's norm leaves double precision in the layer behind the last
    | Stream
    /// gradients that started at the output of layer `from` leave double precision in layer `at` on their way back
    | Gradients of from: int * at: int

/// The layers of one network, whose numbers a prediction prints and a verdict counts.
type Trajectory =
    {
        Route: Route
        /// of the networks whose layers these are; fewer than the architecture's where these stand for more
        Heads: int
        /// layers of the networks that were drawn, fewer than `Depth` where several are drawn as one; all where nothing is drawn
        LayersDrawn: int
        Ending: Ending
        /// layer 0..`Depth`
        Layers: LayerState[]
        /// the architecture's depth, or fewer: the layers over which norms and gradients stay in double precision. The gradient starts
        /// there with g_d = 1, g_o = 0.
        Depth: int
        /// through attention sublayers; of parallel blocks, whose sublayers cannot be told apart, through whole blocks
        Attention: Share
        /// through MLP sublayers; 0 of parallel blocks
        Mlp: Share
        /// E‖∂L/∂W‖² of every weight of blocks 1..`Depth`
        Weights: ParameterGradientNorms[]
    }

    /// Infinitely wide networks that layers are means over; 0 where they are closed.
    member this.Draws =
        match this.Route with
        | Route.Draws(draws, _) -> draws
        | Route.Closed
        | Route.ClosedWithoutHeads -> 0

/// Layers of an architecture by the closed maps: sections 4 and 5 of the derivation.
[<RequireQualifiedAccess>]
module Trajectory =

    let internal exactly: LayerUncertainty =
        { Q = 0.0
          P = 0.0
          U = 0.0
          GradientDiagonal = 0.0
          GradientOffDiagonal = 0.0 }

    /// Boundaries of steps, the input first, to layers and shares.
    let internal assemble
        (architecture: Architecture)
        route
        depth
        (boundaries: LayerState[])
        (weights: ParameterGradientNorms[])
        =
        let kinds =
            Block.all architecture
            |> Array.truncate depth
            |> Array.collect (fun block ->
                block.Steps
                |> Array.map (fun step -> step.Sublayers.Length = 1 && step.Sublayers[0].Module.IsMlp))

        let steps = if depth = 0 then 1 else (boundaries.Length - 1) / depth

        let share ofMlp : Share =
            let log (after: float) before =
                if after > 0.0 && before > 0.0 then
                    log (after / before)
                else
                    0.0

            Array.zip kinds (Array.pairwise boundaries)
            |> Array.indexed
            |> Array.fold
                (fun (share: Share) (step, (isMlp, (before, after))) ->
                    if isMlp <> ofMlp then
                        share
                    else
                        { Angle = share.Angle + log after.State.U before.State.U
                          Gradient =
                            if step < steps then
                                share.Gradient
                            else
                                let grown =
                                    if architecture.IsBlindToScale then
                                        log after.State.Q before.State.Q
                                    else
                                        0.0

                                share.Gradient
                                + 0.5 * (log before.Gradient.Diagonal after.Gradient.Diagonal - grown) })
                { Angle = 0.0; Gradient = 0.0 }

        { Route = route
          Heads = architecture.Heads
          LayersDrawn = depth
          Ending = Ending.Whole
          Layers = Array.init (depth + 1) (fun layer -> boundaries[layer * steps])
          Depth = depth
          Attention = share false
          Mlp = share true
          Weights =
            Array.init depth (fun layer ->
                Array.fold
                    (fun (sum: ParameterGradientNorms) own -> sum.Plus(own, 1.0))
                    ParameterGradients.none
                    weights[layer * steps .. (layer + 1) * steps - 1]) }

    let private areFinite (norms: ParameterGradientNorms) =
        Double.IsFinite(norms.Query + norms.Key + norms.Value + norms.Output)
        && Double.IsFinite(norms.MlpIn + norms.MlpUp + norms.MlpBias + norms.MlpOut + norms.Router)

    let private isFinite (layer: LayerState) =
        let error = layer.Uncertainty

        Double.IsFinite(layer.State.Q + layer.State.U + layer.P)
        && Double.IsFinite(layer.Gradient.Diagonal + layer.Gradient.OffDiagonal)
        && Double.IsFinite(error.Q + error.P + error.U)
        && Double.IsFinite(error.GradientDiagonal + error.GradientOffDiagonal)

    /// Where gradients of `depth` blocks leave double precision on their way back: the blocks that are asked next, from the last
    /// step with a number that is not finite, and that step's layer. The longer of the blocks before that step and as many as it has
    /// behind it, and at most three quarters, so that few are asked.
    let internal shorter depth (boundaries: LayerState[]) (weights: ParameterGradientNorms[]) =
        let failing =
            weights
            |> Array.mapi (fun index own -> areFinite own && isFinite boundaries[index])
            |> Array.tryFindIndexBack not

        failing
        |> Option.map (fun index ->
            let block = index * depth / weights.Length
            let fewer = depth - max 1 (depth / 4)

            struct ((if block = 0 then
                         fewer
                     else
                         min fewer (max block (depth - 1 - block))),
                    block + 1))

    /// The trajectory of fewer layers, with what ended it; what ended it sooner stays.
    let internal endedBy ending (trajectory: Trajectory) =
        match trajectory.Ending with
        | Ending.Whole -> { trajectory with Ending = ending }
        | Ending.Stream
        | Ending.Gradients _ -> trajectory

    /// By the closed maps, over the given blocks.
    let rec private along (architecture: Architecture) (blocks: BlockTrace[]) : Trajectory =
        let steps = blocks |> Array.collect _.Steps

        let gradients =
            Array.scanBack (Gradients.step architecture) steps { Diagonal = 1.0; OffDiagonal = 0.0 }

        let boundaries =
            Array.init (steps.Length + 1) (fun index ->
                let state =
                    if index = 0 then
                        Geometry.input architecture
                    else
                        steps[index - 1].Output

                { State = state
                  P = state.P
                  Gradient = gradients[index]
                  Uncertainty = exactly })

        let weights =
            steps
            |> Array.mapi (fun index step -> ParameterGradients.ofStep architecture step gradients[index + 1])

        match shorter blocks.Length boundaries weights with
        | Some(struct (depth, layer)) ->
            along architecture (Array.truncate depth blocks)
            |> endedBy (Ending.Gradients(blocks.Length, layer))
        | None -> assemble architecture Route.Closed blocks.Length boundaries weights

    /// By the closed maps.
    let closed (architecture: Architecture) laws : Trajectory =
        let blocks = Geometry.follow architecture laws
        let trajectory = along architecture blocks

        if blocks.Length < architecture.Depth then
            endedBy Ending.Stream trajectory
        else
            trajectory

    /// A network without blocks.
    let internal nothing (architecture: Architecture) : Trajectory =
        { Route = Route.Closed
          Heads = architecture.Heads
          LayersDrawn = 0
          Ending = Ending.Whole
          Layers =
            [| { State = Geometry.input architecture
                 P = (Geometry.input architecture).P
                 Gradient = { Diagonal = 1.0; OffDiagonal = 0.0 }
                 Uncertainty = exactly } |]
          Depth = 0
          Attention = { Angle = 0.0; Gradient = 0.0 }
          Mlp = { Angle = 0.0; Gradient = 0.0 }
          Weights = [||] }
