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

/// Layers of an architecture by the closed maps (sections 4 and 5 of the derivation) where tokens are permutation-symmetric, by
/// draws of the Gram process (section 8) where a mask tells positions apart, or heads behind a norm are so few that what the
/// closed maps leave out matters (section 13.4).
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

        { Route = route
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
    let private shorter depth (boundaries: LayerState[]) (weights: ParameterGradientNorms[]) =
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
    let private endedBy ending (trajectory: Trajectory) =
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

    /// Of one draw at one boundary: means over tokens and pairs.
    [<Struct>]
    type private Means =
        { Hidden: struct (float * float)
          Gradient: struct (float * float) }

    let private average (draws: Means[][]) index : LayerState =
        let of' select =
            draws |> Array.map (fun draw -> select draw[index]) |> estimate

        let struct (q, qError) = of' (fun means -> let struct (q, _) = means.Hidden in q)

        let struct (p, pError) = of' (fun means -> let struct (_, p) = means.Hidden in p)

        let struct (u, uError) =
            of' (fun means ->
                let struct (q, p) = means.Hidden
                if q = 0.0 then 0.0 else max 0.0 ((q - p) / q))

        let struct (gd, gdError) =
            of' (fun means -> let struct (gd, _) = means.Gradient in gd)

        let struct (go, goError) =
            of' (fun means -> let struct (_, go) = means.Gradient in go)

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
            NormGain = first architecture.NormGain
            Mask =
                match architecture.Mask with
                | Mask.PerLayer masks -> Mask.PerLayer(Array.truncate depth masks)
                | Mask.None
                | Mask.Causal
                | Mask.Window _
                | Mask.Prefix _ -> architecture.Mask
            Attention =
                { architecture.Attention with
                    Skip = first architecture.Attention.Skip
                    Branch = first architecture.Attention.Branch
                    Head =
                        { architecture.Attention.Head with
                            LogitScale = first architecture.Attention.Head.LogitScale
                            Positions =
                                match architecture.Attention.Head.Positions with
                                | Positions.PerLayer positions -> Positions.PerLayer(Array.truncate depth positions)
                                | Positions.None
                                | Positions.Rope _
                                | Positions.Alibi -> architecture.Attention.Head.Positions } }
            Mlp =
                { architecture.Mlp with
                    Skip = first architecture.Mlp.Skip
                    Branch = first architecture.Mlp.Branch } }

    /// Draws number `from` to `until` − 1 of the ensemble `seed`, in parallel, or the layer at which the first of them diverges.
    let private drawn (architecture: Architecture) laws from until seed =
        let n = architecture.Tokens
        let allowed = GramProcess.ownMask architecture
        let input = GramProcess.symmetricInput architecture
        let output = GramProcess.independentOutput n

        // networks of many tokens share their heads between processors, and memory holds one of them
        let init count draw =
            if n >= DrawnHeads.ManyTokens then
                Array.init count draw
            else
                Array.Parallel.init count draw

        try
            init (until - from) (fun index ->
                let struct (boundaries, weights) =
                    GramProcess.drawSteps
                        architecture
                        laws
                        allowed
                        input
                        output
                        (GramProcess.normals seed (from + index))

                struct (boundaries
                        |> Array.map (fun boundary ->
                            { Hidden = means n boundary.Hidden
                              Gradient = means n boundary.Gradient }),
                        weights))
            |> Ok
        with
        | :? DivergenceException as divergence -> Error divergence.Layer
        | :? AggregateException as error ->
            error.Flatten().InnerExceptions
            |> Seq.map (fun inner ->
                match inner with
                | :? DivergenceException as divergence -> divergence.Layer
                | other ->
                    System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(other).Throw()
                    0)
            |> Seq.min
            |> Error

    /// Their averages.
    let private gather
        (architecture: Architecture)
        (networks: struct (Means[] * ParameterGradientNorms[])[])
        : Result<Trajectory, struct (int * int)> =
        let draws = networks.Length
        let layers = networks |> Array.map (fun struct (layers, _) -> layers)

        let logs =
            layers
            |> Array.map (fun draw ->
                let struct (gd, _) = draw[0].Gradient
                log gd)

        let struct (mean, error) = estimate logs

        let scatter =
            { Mean = mean
              Deviation = error * sqrt (float draws) }

        let weights =
            networks
            |> Array.map (fun struct (_, weights) -> weights)
            |> Array.transpose
            |> Array.map (
                Array.fold
                    (fun (sum: ParameterGradientNorms) own -> sum.Plus(own, 1.0 / float draws))
                    ParameterGradients.none
            )

        let boundaries = Array.init layers[0].Length (average layers)

        match shorter architecture.Depth boundaries weights with
        | Some shorter -> Error shorter
        | None -> Ok(assemble architecture (Route.Draws(draws, scatter)) architecture.Depth boundaries weights)

    /// A network without blocks.
    let private nothing (architecture: Architecture) : Trajectory =
        { Route = Route.Closed
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

    /// By `draws` draws of the Gram process, in parallel; a pure function of the arguments.
    let rec sampled (architecture: Architecture) laws draws seed : Trajectory =
        if architecture.Depth = 0 then
            nothing architecture
        else
            match drawn architecture laws 0 draws seed with
            | Ok networks ->
                match gather architecture networks with
                | Ok trajectory -> trajectory
                | Error(struct (depth, layer)) ->
                    sampled (truncated depth architecture) laws draws seed
                    |> endedBy (Ending.Gradients(architecture.Depth, layer))
            | Error layer ->
                sampled (truncated (layer - 1) architecture) laws draws seed
                |> endedBy Ending.Stream

    /// The standard error of ln g_d at the input up to which `resolved` draws.
    [<Literal>]
    let Resolution = 0.02

    /// Draws that `resolved` starts with, and without which there is no error to speak of.
    [<Literal>]
    let FewestDraws = 8

    [<Literal>]
    let private MostDraws = 1000

    /// Multiplications that `resolved` may spend: some two seconds of one core.
    [<Literal>]
    let private Budget = 4e9

    /// How many draws the budget pays for, of 26 products of n×n matrices per head and layer each.
    let private affordable (architecture: Architecture) =
        let n = float architecture.Tokens
        let draw = 26.0 * float architecture.Depth * float architecture.Heads * n * n * n
        int (min (float MostDraws) (Budget / draw))

    /// By as many draws as make the standard error of ln g_d at the input at most `Resolution`, or as there is time for.
    let rec private resolved (architecture: Architecture) laws seed most : Trajectory =
        let rec more networks =
            let count = Array.length networks

            match gather architecture networks with
            | Error(struct (depth, layer)) ->
                resolved (truncated depth architecture) laws seed most
                |> endedBy (Ending.Gradients(architecture.Depth, layer))
            | Ok trajectory ->

                let input = trajectory.Layers[0]
                let error = input.Uncertainty.GradientDiagonal / input.Gradient.Diagonal

                if not (error > Resolution) || count >= most then
                    trajectory
                else
                    let excess = error / Resolution
                    let needed = int (min (float most) (ceil (1.1 * float count * excess * excess)))

                    match drawn architecture laws count needed seed with
                    | Ok others -> more (Array.append networks others)
                    | Error layer ->
                        resolved (truncated (layer - 1) architecture) laws seed most
                        |> endedBy Ending.Stream

        if architecture.Depth = 0 then
            nothing architecture
        else
            match drawn architecture laws 0 (min FewestDraws most) seed with
            | Ok networks -> more networks
            | Error layer ->
                resolved (truncated (layer - 1) architecture) laws seed most
                |> endedBy Ending.Stream

    /// Logits of this standard deviation are strong: one token of a row takes most of its weight.
    [<Literal>]
    let StrongLogits = 2.0

    /// From so many heads on they are many.
    [<Literal>]
    let private ManyHeads = 32

    /// Relative shift of ρ at the output by (13.12) that is no longer small.
    [<Literal>]
    let private LargestShift = 0.01

    /// Whether what the closed maps leave out of order 1/H matters: derivation section 13.4. They have the terms where branches
    /// are normalised and heads are four or more; with fewer, the shift that they would give is that at four times 4/H; behind a
    /// norm on the sum it is below 1 %.
    let private headsMatter (architecture: Architecture) laws =
        let heads = architecture.Heads
        let norm = architecture.Norm

        if norm.OnSum || (norm.OnBranch && heads < FewHeads.Fewest) then
            let closed = Geometry.follow architecture (Laws.manyHeads laws)

            let strong =
                closed
                |> Seq.collect _.Sublayers
                |> Seq.exists (fun part ->
                    match part.Module with
                    | ModuleTrace.Attention(parameters, _) ->
                        part.Branch <> 0.0
                        && parameters.ValueStd > 0.0
                        && AttentionMaps.spread parameters part.Seen > StrongLogits
                    | ModuleTrace.Mlp _ -> false)

            let shifted () =
                if norm.OnSum || closed.Length = 0 then
                    false
                else
                    let last (blocks: BlockTrace[]) = blocks[blocks.Length - 1].Output

                    let shift =
                        (last closed).U
                        - (last (
                            Geometry.follow
                                { architecture with
                                    Heads = FewHeads.Fewest }
                                laws
                        ))
                            .U

                    float FewHeads.Fewest / float heads * abs shift > LargestShift * abs (last closed).Rho

            (strong && heads < ManyHeads) || shifted ()
        else
            false

    /// Draws that a prediction averages where tokens differ or heads are drawn; each is one infinitely wide network.
    [<Literal>]
    let Draws = 4

    /// The same of an architecture: fewer of many tokens, over which a network's own means are.
    let draws (architecture: Architecture) =
        if architecture.Tokens >= DrawnHeads.ManyTokens then
            2
        else
            Draws

    /// Seed of draws: a prediction is a pure function of the architecture.
    [<Literal>]
    let Seed = 2403

    /// Draws of heads at 64 tokens that a prediction may spend under a mask: about a second of one core. Those of n tokens cost
    /// (n/64)³ times as much.
    [<Literal>]
    let private HeadDraws = 2048.0

    /// The same of a prediction that stands beside others, as a recipe's does.
    [<Literal>]
    let private QuickHeadDraws = 512.0

    /// Fewest heads that stand for more, without a norm behind the branch, where nothing within a layer is of order 1/H, and with one.
    let private fewestHeads (norm: Placement) =
        if norm.OnBranch || norm.OnSum then 16 else 8

    /// Work on one head that is drawn by its coordinates, n² d_k, in units of n³/64 of one whose logits are Gaussian, as measured.
    [<Literal>]
    let private CoordinateWork = 3.0

    /// An architecture of at most so many groups of keys and values, and of as many heads as they then need, each as wide as it was. Heads
    /// of unlike slopes (ALiBi) stay.
    let private withHeads count (architecture: Architecture) =
        let head = architecture.Attention.Head
        let groups = Architecture.keyValueHeads architecture
        let fewer = min groups count
        let heads = min architecture.Heads (fewer * max 1 (count / fewer))

        if heads = architecture.Heads || head.Positions.TellHeadsApart then
            architecture
        else
            { architecture with
                Heads = heads
                Attention =
                    { architecture.Attention with
                        Head =
                            { head with
                                Width =
                                    if DrawnHeads.serve architecture then
                                        Some(Architecture.headWidth architecture)
                                    else
                                        head.Width
                                KeyValueHeads = head.KeyValueHeads |> Option.map (fun _ -> fewer) } } }

    /// The architecture whose heads are drawn for a network whose tokens differ: with all of its heads, or as many as the budget pays for
    /// and no fewer than `fewestHeads`. Derivation section 13.5.
    let private withDrawnHeads (architecture: Architecture) budget =
        let n = float architecture.Tokens / 64.0

        let oneHead =
            float (draws architecture * max 1 architecture.Depth)
            * n
            * n
            * (if DrawnHeads.serve architecture then
                   CoordinateWork * float (Architecture.headWidth architecture) / 64.0
               else
                   n)

        withHeads (max (fewestHeads architecture.Norm) (int (min 1e6 (budget / oneHead)))) architecture

    /// A network's layers by `Draws` draws of the heads that the budget pays for. The means are those of all heads up to terms of order
    /// 1/H; their errors are those of the heads drawn; the deviation over networks is brought to that of all heads.
    let private byDraws (architecture: Architecture) laws budget =
        let fewer = withDrawnHeads architecture budget
        let trajectory = sampled fewer laws (draws architecture) Seed

        let share part =
            float (part fewer) / float (part architecture)

        match trajectory.Route with
        | Route.Draws(draws, scatter) ->
            { trajectory with
                Route =
                    Route.Draws(
                        draws,
                        { scatter with
                            Deviation =
                                scatter.Deviation
                                * sqrt (max (share _.Heads) (share Architecture.keyValueHeads)) }
                    ) }
        | Route.Closed
        | Route.ClosedWithoutHeads -> trajectory

    /// The route that the architecture asks for, within a budget of draws of heads.
    let private within budget (architecture: Architecture) laws : Trajectory =
        if DrawnHeads.serve architecture || not (Features.areClosed architecture) then
            byDraws architecture laws budget
        elif headsMatter architecture laws then
            let most = affordable architecture

            if most < FewestDraws then
                { closed architecture laws with
                    Route = Route.ClosedWithoutHeads }
            else
                resolved architecture laws Seed most
        else
            closed architecture laws

    /// The route that the architecture asks for.
    let predict (architecture: Architecture) laws : Trajectory = within HeadDraws architecture laws

    /// The same with fewer heads drawn of a masked network that has many, where many architectures are compared.
    let compare (architecture: Architecture) laws : Trajectory = within QuickHeadDraws architecture laws

    /// Draws of heads at 64 tokens that a first, coarse answer may spend: some tenth of a second of one core.
    [<Literal>]
    let private CoarseHeadDraws = 192.0

    /// Two draws have an error to speak of.
    [<Literal>]
    let private CoarseDraws = 2

    /// Fewer tokens are no sequence any more.
    [<Literal>]
    let private FewestTokens = 8

    /// The network that stands for one whose heads are drawn until its own numbers are there: as few heads as may stand for more, and tokens
    /// halved until the draws are within the budget.
    let private coarser (architecture: Architecture) =
        let few = withHeads (fewestHeads architecture.Norm) architecture

        let work (member': Architecture) =
            let n = float member'.Tokens / 64.0

            float (CoarseDraws * max 1 member'.Depth * member'.Heads)
            * n
            * n
            * (if DrawnHeads.serve architecture then
                   CoordinateWork * float (Architecture.headWidth few) / 64.0
               else
                   n)

        let rec within (member': Architecture) =
            if work member' <= CoarseHeadDraws || member'.Tokens / 2 < FewestTokens then
                member'
            else
                within
                    { member' with
                        Tokens = member'.Tokens / 2 }

        within few

    /// A first answer where `predict` takes longer than a tenth of a second, with the network whose layers they are; none where it does
    /// not. Means over two draws of fewer heads, and of fewer tokens where that does not suffice; where few heads are resolved, the closed
    /// maps without what these leave out. A mean's error, and what fewer tokens shift, are not small: derivation section 13.5.
    let coarse (architecture: Architecture) (laws: Laws) : struct (Architecture * Trajectory) voption =
        if DrawnHeads.serve architecture || not (Features.areClosed architecture) then
            let network = coarser architecture
            // moments are those of the tokens that they are of
            let own =
                { Laws.exact network with
                    Proceed = laws.Proceed }

            ValueSome(struct (network, sampled network own CoarseDraws Seed))
        elif headsMatter architecture laws && affordable architecture >= FewestDraws then
            ValueSome(
                struct (architecture,
                        { closed architecture laws with
                            Route = Route.ClosedWithoutHeads })
            )
        else
            ValueNone
