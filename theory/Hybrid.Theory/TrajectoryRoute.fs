namespace Hybrid.Theory

open Hybrid.Architectures

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

    /// Work on one head of 64 n tokens, in those of 64 tokens whose logits are Gaussian and in units of n²: as measured, 64 coordinates cost
    /// as much as 64 tokens do.
    let private headWork (architecture: Architecture) n =
        if DrawnHeads.serve architecture then
            float (Architecture.headWidth architecture) / 64.0
        else
            n

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
            float (TrajectoryDraws.draws architecture * max 1 architecture.Depth)
            * n
            * n
            * headWork architecture n

        withHeads (max (fewestHeads architecture.Norm) (int (min 1e6 (budget / oneHead)))) architecture

    /// A network's layers by `Draws` draws of the heads that the budget pays for. The means are those of all heads up to terms of order
    /// 1/H; their errors are those of the heads drawn; the deviation over networks is brought to that of all heads.
    let private byDraws (architecture: Architecture) laws budget =
        let fewer = withDrawnHeads architecture budget

        let trajectory =
            TrajectoryDraws.sampled fewer laws (TrajectoryDraws.draws architecture) TrajectoryDraws.Seed

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
        if not (Features.areClosed architecture) then
            byDraws architecture laws budget
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
            * headWork few n

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
        if not (Features.areClosed architecture) then
            let network = coarser architecture
            // moments are those of the tokens that they are of
            let own =
                { Laws.exact network with
                    Proceed = laws.Proceed }

            ValueSome(struct (network, TrajectoryDraws.sampled network own CoarseDraws TrajectoryDraws.Seed))
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
