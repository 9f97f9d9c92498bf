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

/// What a kind of module did over all layers: log growth of u forwards and of g_d backwards through its sublayers.
[<Struct>]
type Share = { Angle: float; Gradient: float }

/// The layers of one network, whose numbers a prediction prints and a verdict counts.
type Trajectory =
    {
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

/// Layers of an architecture by the closed maps (sections 4 and 5 of the derivation) where tokens are permutation-symmetric, by
/// draws of the Gram process (section 8) where a mask tells positions apart.
[<RequireQualifiedAccess>]
module Trajectory =

    let private exactly: LayerUncertainty =
        { Q = 0.0
          P = 0.0
          U = 0.0
          GradientDiagonal = 0.0
          GradientOffDiagonal = 0.0 }

    /// Boundaries of steps, the input first, to layers and shares.
    let private assemble
        (architecture: Architecture)
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

        let share ofMlp : Share =
            let log (after: float) before =
                if after > 0.0 && before > 0.0 then
                    log (after / before)
                else
                    0.0

            Array.zip kinds (Array.pairwise boundaries)
            |> Array.fold
                (fun (share: Share) (isMlp, (before, after)) ->
                    if isMlp = ofMlp then
                        { Angle = share.Angle + log after.State.U before.State.U
                          Gradient = share.Gradient + log before.Gradient.Diagonal after.Gradient.Diagonal }
                    else
                        share)
                { Angle = 0.0; Gradient = 0.0 }

        let steps = if depth = 0 then 1 else (boundaries.Length - 1) / depth

        { Layers = Array.init (depth + 1) (fun layer -> boundaries[layer * steps])
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
        && Double.IsFinite(norms.MlpIn + norms.MlpUp + norms.MlpBias + norms.MlpOut)

    let private isFinite (layer: LayerState) =
        let error = layer.Uncertainty

        Double.IsFinite(layer.State.Q + layer.State.U + layer.P)
        && Double.IsFinite(layer.Gradient.Diagonal + layer.Gradient.OffDiagonal)
        && Double.IsFinite(error.Q + error.P + error.U)
        && Double.IsFinite(error.GradientDiagonal + error.GradientOffDiagonal)

    /// Where gradients of `depth` blocks leave double precision on their way back: the blocks that are asked next, from the last
    /// step with a number that is not finite. The longer of the blocks before that step and as many as it has behind it.
    let private shorter depth (boundaries: LayerState[]) (weights: ParameterGradientNorms[]) =
        let failing =
            weights
            |> Array.mapi (fun index own -> areFinite own && isFinite boundaries[index])
            |> Array.tryFindIndexBack not

        failing
        |> Option.map (fun index ->
            let block = index * depth / weights.Length

            if block = 0 then
                depth - max 1 (depth / 4)
            else
                max block (depth - 1 - block))

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
        | Some depth -> along architecture (Array.truncate depth blocks)
        | None -> assemble architecture blocks.Length boundaries weights

    /// By the closed maps.
    let closed (architecture: Architecture) laws : Trajectory =
        along architecture (Geometry.follow architecture laws)

    /// Means over tokens and over pairs of different tokens.
    let private means n (matrix: float[]) =
        let mutable diagonal = 0.0

        for i in 0 .. n - 1 do
            diagonal <- diagonal + matrix[i * n + i]

        let pairs = float (n * (n - 1))

        struct (diagonal / float n,
                (if n = 1 then
                     diagonal
                 else
                     (Array.sum matrix - diagonal) / pairs))

    /// Mean and standard error; of one value the error is unknown, and 0 stands for it.
    let private estimate (values: float[]) =
        let mean = Array.average values
        // a power of two, so that squares stay in range and nothing is rounded
        let largest = values |> Array.map (fun x -> abs (x - mean)) |> Array.max

        if values.Length = 1 || largest = 0.0 || not (Double.IsFinite largest) then
            struct (mean, largest)
        else
            let scale = Math.ScaleB(1.0, Math.ILogB largest)

            let square =
                values |> Array.sumBy (fun x -> (x - mean) / scale * ((x - mean) / scale))

            struct (mean, scale * sqrt (square / float (values.Length * (values.Length - 1))))

    let private average n (draws: GramLayer[][]) index : LayerState =
        let hidden = draws |> Array.map (fun draw -> means n draw[index].Hidden)
        let gradient = draws |> Array.map (fun draw -> means n draw[index].Gradient)

        let of1 values =
            values |> Array.map (fun struct (first, _) -> first) |> estimate

        let of2 values =
            values |> Array.map (fun struct (_, second) -> second) |> estimate

        let struct (q, qError) = of1 hidden
        let struct (p, pError) = of2 hidden

        let struct (u, uError) =
            hidden
            |> Array.map (fun struct (q, p) -> if q = 0.0 then 0.0 else max 0.0 ((q - p) / q))
            |> estimate

        let struct (gd, gdError) = of1 gradient
        let struct (go, goError) = of2 gradient

        { State = { Q = q; U = u }
          P = p
          Gradient = { Diagonal = gd; OffDiagonal = go }
          Uncertainty =
            { Q = qError
              P = pError
              U = uError
              GradientDiagonal = gdError
              GradientOffDiagonal = goError } }

    /// A network of its first `depth` blocks.
    let internal truncated depth (architecture: Architecture) =
        let first schedule =
            match schedule with
            | Schedule.Constant _ -> schedule
            | Schedule.PerLayer values -> Schedule.PerLayer(Array.truncate depth values)

        { architecture with
            Depth = depth
            Attention =
                { architecture.Attention with
                    Skip = first architecture.Attention.Skip
                    Branch = first architecture.Attention.Branch }
            Mlp =
                { architecture.Mlp with
                    Skip = first architecture.Mlp.Skip
                    Branch = first architecture.Mlp.Branch } }

    /// By `draws` draws of the Gram process, in parallel; a pure function of the arguments.
    let rec sampled (architecture: Architecture) laws draws seed : Trajectory =
        if architecture.Depth = 0 then
            { Layers =
                [| { State = Geometry.input architecture
                     P = (Geometry.input architecture).P
                     Gradient = { Diagonal = 1.0; OffDiagonal = 0.0 }
                     Uncertainty = exactly } |]
              Depth = 0
              Attention = { Angle = 0.0; Gradient = 0.0 }
              Mlp = { Angle = 0.0; Gradient = 0.0 }
              Weights = [||] }
        else
            let n = architecture.Tokens
            let allowed = GramProcess.allowed n architecture.Mask
            let input = GramProcess.symmetricInput architecture
            let output = GramProcess.independentOutput n

            let outcome =
                try
                    Array.Parallel.init draws (fun index ->
                        GramProcess.drawSteps architecture laws allowed input output (GramProcess.normals seed index))
                    |> Ok
                with :? AggregateException as error ->
                    error.Flatten().InnerExceptions
                    |> Seq.map (fun inner ->
                        match inner with
                        | :? DivergenceException as divergence -> divergence.Layer
                        | other ->
                            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(other).Throw()
                            0)
                    |> Seq.min
                    |> Error

            match outcome with
            | Ok networks ->
                let layers = networks |> Array.map (fun struct (layers, _) -> layers)

                let weights =
                    networks
                    |> Array.map (fun struct (_, weights) -> weights)
                    |> Array.transpose
                    |> Array.map (
                        Array.fold
                            (fun (sum: ParameterGradientNorms) own -> sum.Plus(own, 1.0 / float draws))
                            ParameterGradients.none
                    )

                let boundaries = Array.init layers[0].Length (average n layers)

                match shorter architecture.Depth boundaries weights with
                | Some depth -> sampled (truncated depth architecture) laws draws seed
                | None -> assemble architecture architecture.Depth boundaries weights
            | Error layer -> sampled (truncated (layer - 1) architecture) laws draws seed

    /// Draws that a prediction averages; each is one infinitely wide network.
    [<Literal>]
    let Draws = 4

    /// Seed of those draws: a prediction is a pure function of the architecture.
    [<Literal>]
    let Seed = 2403

    /// The route that the architecture asks for.
    let predict (architecture: Architecture) laws : Trajectory =
        match architecture.Mask with
        | Mask.None -> closed architecture laws
        | Mask.Causal -> sampled architecture laws Draws Seed
