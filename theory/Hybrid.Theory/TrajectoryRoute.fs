namespace Hybrid.Theory

open Hybrid.Architectures

/// What is drawn for an architecture.
type internal DrawPlan =
    {
        /// with as many heads, and a layer for each group of layers, as there is time for
        Network: Architecture
        /// how many of it
        Draws: int
        /// of the architecture's layers; none where every layer is drawn
        Groups: LayerGroups voption
    }

/// Which way gives an architecture's layers: the closed maps where tokens are permutation-symmetric, draws of the Gram process where a
/// mask tells positions apart, or heads behind a norm are so few that what the closed maps leave out matters (derivation section 13.4).
[<RequireQualifiedAccess>]
module TrajectoryRoute =

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

    /// Seconds of one core that the draws of a prediction of up to 64 tokens may take: with what stands beside it, its modules' scales and
    /// the sums of its caveats, some two.
    [<Literal>]
    let internal Seconds = 1.0

    /// The same of a prediction that stands beside others, as a recipe's does.
    [<Literal>]
    let private QuickSeconds = 0.3

    /// The same of one that a measurement of minutes is compared with.
    [<Literal>]
    let private ThoroughSeconds = 4.0

    /// Fewest heads that stand for more in a thorough or a first answer, without a norm behind the branch, where nothing within a layer is
    /// of order 1/H, and with one.
    let private fewestHeads (norm: Placement) =
        if norm.OnBranch || norm.OnSum then 16 else 8

    /// Coordinates of a head beyond which no more are drawn: what logits of so many are off from Gaussian ones is some 1/d_k.
    [<Literal>]
    let internal MostCoordinates = 1024

    /// An architecture of at most so many groups of keys and values, of as many heads as they then need, each as wide as it was.
    let private withHeads count (architecture: Architecture) =
        let head = architecture.Attention.Head
        let groups = Architecture.keyValueHeads architecture
        let fewer = min groups count
        let heads = min architecture.Heads (fewer * max 1 (count / fewer))
        let width = Architecture.headWidth architecture

        if heads = architecture.Heads && width <= MostCoordinates then
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
                                        Some(min MostCoordinates width)
                                    else
                                        head.Width
                                KeyValueHeads = head.KeyValueHeads |> Option.map (fun _ -> fewer) } } }

    /// The network that is drawn for one whose tokens differ, and how many draws of it: with all of its heads, or as many as `budget` seconds
    /// pay for, but `fewest`; where they do not pay for four draws of one head, layers that change little are drawn together; with two draws
    /// where four of one head still take longer, or of every layer more than twice as long, or tokens are so many that a network's own means
    /// are over them.
    /// Derivation sections 13.5 and 13.6.
    let private plan mayGroup fewest (budget: float) (architecture: Architecture) =
        let narrow = withHeads architecture.Heads architecture
        // tokens beyond 64 make up for it in part: means over them scatter less
        let budget = budget * max 1.0 (float architecture.Tokens / 64.0)

        let pays budget network =
            DrawWork.heads TrajectoryDraws.Draws budget network >= 1

        let groups =
            if mayGroup && not (pays budget narrow) then
                LayerGroups.tryFind (pays budget) narrow
            else
                ValueNone

        let deep =
            match groups with
            | ValueSome groups -> LayerGroups.network groups narrow
            | ValueNone -> narrow

        // an answer with every layer is worth waiting for four draws of it
        let most = if groups.IsSome then budget else 2.0 * budget

        let draws =
            if architecture.Tokens >= DrawnHeads.ManyTokens || not (pays most deep) then
                TrajectoryDraws.CoarseDraws
            else
                TrajectoryDraws.Draws

        let count = max fewest (max 1 (DrawWork.heads draws budget deep))
        let network = withHeads count deep

        // heads of d/Ĥ coordinates are no feature: one less has them drawn as the architecture's are
        { Network =
            if DrawnHeads.serve network = DrawnHeads.serve architecture then
                network
            else
                withHeads (max 1 (count - 1)) deep
          Draws = draws
          Groups = groups }

    /// What is drawn for a prediction: what stands beside it draws no more.
    let internal drawnFor (architecture: Architecture) = plan true 1 Seconds architecture

    /// The same with every layer.
    let internal drawnWhole (architecture: Architecture) = plan false 1 Seconds architecture

    /// ln of the factors by which q, 1 − ρ and g_d of every layer differ between two closed trajectories.
    let private logFactors (first: Trajectory) (second: Trajectory) =
        let log (first: float) second =
            if first > 0.0 && second > 0.0 then
                log (first / second)
            else
                0.0

        Array.map2
            (fun (first: LayerState) (second: LayerState) ->
                struct (log first.State.Q second.State.Q,
                        log first.State.U second.State.U,
                        log first.Gradient.Diagonal second.Gradient.Diagonal))
            (Array.truncate second.Layers.Length first.Layers)
            (Array.truncate first.Layers.Length second.Layers)

    /// ln of the factor by which fewer heads shift 1 − ρ and g_d of every layer, by the closed maps of the same sublayers without what
    /// their heads have: (4/Ĥ − 4/H) times what four heads shift. Where a norm divides the branch alone; elsewhere nothing within a layer is
    /// of order 1/H, or as much of the opposite sign. Derivation sections 13.4 and 13.5.
    let internal shifts (architecture: Architecture) heads =
        match LayerGroups.plain architecture with
        | Some plain when architecture.Norm.OnBranch ->
            let four = Laws.estimated plain

            let share =
                float FewHeads.Fewest * (1.0 / float heads - 1.0 / float architecture.Heads)

            try
                logFactors (Trajectory.closed plain four) (Trajectory.closed plain (Laws.manyHeads four))
                |> Array.map (fun struct (_, u, g) -> struct (share * u, share * g))
            with :? TheoryException ->
                // tokens that a mask keeps apart may be answered where alike ones are not
                [||]
        | Some _
        | None -> [||]

    /// ln of the factor by which layers drawn together shift q, 1 − ρ and g_d of every layer, by the same closed maps: derivation section 13.6.
    let internal shiftsOf (groups: LayerGroups) (architecture: Architecture) =
        match LayerGroups.plain architecture with
        | Some plain ->
            let laws = Laws.manyHeads (Laws.estimated plain)
            let whole = Trajectory.closed plain laws
            let together = Trajectory.closed (LayerGroups.network groups plain) laws

            if together.Depth = groups.Ends.Length then
                logFactors (LayerGroups.spread groups plain together) whole
            else
                [||]
        | None -> [||]

    /// Errors with what fewer heads and layers shift. Where ln g_d has variance s² over networks its mean is ½s² above the typical value, and heads
    /// that are fewer have H/Ĥ times the variance.
    let private widened (architecture: Architecture) groups (trajectory: Trajectory) =
        if trajectory.Heads = architecture.Heads && ValueOption.isNone groups then
            trajectory
        else
            let byHeads = shifts architecture trajectory.Heads

            let byLayers =
                match groups with
                | ValueSome groups -> shiftsOf groups architecture
                | ValueNone -> [||]

            let missing = 1.0 - float trajectory.Heads / float architecture.Heads

            let at index none (shifts: 'shift[]) =
                if index < shifts.Length then shifts[index] else none

            let widen index (layer: LayerState) =
                let struct (uHeads, gHeads) = at index (struct (0.0, 0.0)) byHeads
                let struct (q, uLayers, gLayers) = at index (struct (0.0, 0.0, 0.0)) byLayers
                let u = sqrt (uHeads * uHeads + uLayers * uLayers)
                let error = layer.Uncertainty
                let relative = error.GradientDiagonal / layer.Gradient.Diagonal

                let g =
                    sqrt (gHeads * gHeads + gLayers * gLayers)
                    + 0.5 * missing * float trajectory.Draws * relative * relative

                let add error shift value =
                    sqrt (error * error + shift * shift * value * value)

                { layer with
                    Uncertainty =
                        { error with
                            Q = add error.Q q layer.State.Q
                            P = add (add error.P u (layer.State.Q * layer.State.U)) q layer.P
                            U = add error.U u layer.State.U
                            GradientDiagonal = add error.GradientDiagonal g layer.Gradient.Diagonal
                            GradientOffDiagonal = add error.GradientOffDiagonal g layer.Gradient.OffDiagonal } }

            { trajectory with
                Layers = Array.mapi widen trajectory.Layers }

    /// The layers of so many draws of what is planned, each layer of the architecture; none where layers that are drawn together leave double
    /// precision, which is to be found layer by layer.
    let private layersOf (architecture: Architecture) laws draws (plan: DrawPlan) =
        let trajectory =
            TrajectoryDraws.sampledFor architecture.Heads plan.Network laws draws TrajectoryDraws.Seed

        match plan.Groups with
        | ValueNone -> ValueSome trajectory
        | ValueSome _ when trajectory.Depth < plan.Network.Depth -> ValueNone
        | ValueSome groups -> ValueSome(LayerGroups.spread groups architecture trajectory)

    /// The layers of one draw of what a prediction draws.
    let internal once (architecture: Architecture) laws =
        layersOf architecture laws 1 (drawnFor architecture)
        |> ValueOption.defaultWith (fun () -> (layersOf architecture laws 1 (drawnWhole architecture)).Value)

    /// A network's layers by draws of the heads and layers that the budget pays for. The means are those of all heads up to terms of order
    /// 1/H; their errors are those of the heads drawn; the deviation over networks is brought to that of all heads.
    let private byDraws fewest budget (architecture: Architecture) laws =
        let drawn mayGroup =
            let plan = plan mayGroup fewest budget architecture

            layersOf architecture laws plan.Draws plan
            |> ValueOption.map (fun trajectory -> struct (plan, widened architecture plan.Groups trajectory))

        let struct (plan, trajectory) =
            drawn true |> ValueOption.defaultWith (fun () -> (drawn false).Value)

        let share part =
            float (part plan.Network) / float (part architecture)

        let scatterOfLayers =
            match plan.Groups with
            | ValueSome groups -> groups.Scatter
            | ValueNone -> 1.0

        match trajectory.Route with
        | Route.Draws(draws, scatter) ->
            { trajectory with
                Route =
                    Route.Draws(
                        draws,
                        { scatter with
                            Deviation =
                                scatter.Deviation / scatterOfLayers
                                * sqrt (max (share _.Heads) (share Architecture.keyValueHeads)) }
                    ) }
        | Route.Closed
        | Route.ClosedWithoutHeads -> trajectory

    /// The route that the architecture asks for, within a budget of draws.
    let private within fewest budget (architecture: Architecture) laws : Trajectory =
        if not (Features.areClosed architecture) then
            byDraws fewest budget architecture laws
        elif headsMatter architecture laws then
            let most = TrajectoryDraws.affordable architecture

            if most < TrajectoryDraws.FewestDraws then
                { Trajectory.closed architecture laws with
                    Route = Route.ClosedWithoutHeads }
            else
                TrajectoryDraws.resolved architecture laws TrajectoryDraws.Seed most
        else
            Trajectory.closed architecture laws

    /// The route that the architecture asks for.
    let predict (architecture: Architecture) laws : Trajectory = within 1 Seconds architecture laws

    /// The same with fewer heads drawn of a masked network that has many, where many architectures are compared: derivation section 13.5.
    let compare (architecture: Architecture) laws : Trajectory = within 1 QuickSeconds architecture laws

    /// The same with more of them, where networks are measured to compare with it: derivation section 13.5.
    let thorough (architecture: Architecture) laws : Trajectory =
        within (fewestHeads architecture.Norm) ThoroughSeconds architecture laws

    /// Seconds that a first, coarse answer may spend.
    [<Literal>]
    let private CoarseSeconds = 0.1

    /// Fewer tokens are no sequence any more.
    [<Literal>]
    let private FewestTokens = 8

    /// The network that stands for one whose heads are drawn until its own numbers are there: as few heads as may stand for more, and tokens
    /// halved until the draws are within the budget.
    let private coarser (architecture: Architecture) =
        let few = withHeads (fewestHeads architecture.Norm) architecture

        let work member' =
            float TrajectoryDraws.CoarseDraws * DrawWork.seconds member'

        let rec within (member': Architecture) =
            if work member' <= CoarseSeconds || member'.Tokens / 2 < FewestTokens then
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
        if not (Features.areClosed architecture) then
            let network = coarser architecture
            // moments are those of the tokens that they are of
            let own =
                { Laws.exact network with
                    Proceed = laws.Proceed }

            ValueSome(
                struct (network,
                        TrajectoryDraws.sampledFor
                            architecture.Heads
                            network
                            own
                            TrajectoryDraws.CoarseDraws
                            TrajectoryDraws.Seed)
            )
        elif
            headsMatter architecture laws
            && TrajectoryDraws.affordable architecture >= TrajectoryDraws.FewestDraws
        then
            ValueSome(
                struct (architecture,
                        { Trajectory.closed architecture laws with
                            Route = Route.ClosedWithoutHeads })
            )
        else
            ValueNone
