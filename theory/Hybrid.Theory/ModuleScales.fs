namespace Hybrid.Theory

open System
open Hybrid.Architectures

/// What stands at every place of one block at initialisation: roots of the mean square per coordinate, which are standard
/// deviations where the mean is 0 (everywhere but at hidden units), and what attention's rows look like. Means over tokens and
/// heads; W_Q and W_K share σ_A, W_V and W_O share σ_V evenly, as the engines draw them.
type ModuleScales =
    {
        /// ℓ of 1..depth
        Layer: int
        /// the stream that enters the block
        Stream: float
        /// the stream that leaves it
        Output: float
        /// queries, and keys likewise, as the product sees them: after their norm, where they have one
        Query: float
        Value: float
        /// logits before a cap or an added bias, less what the softmax does not see of them: s of derivation (3.1)
        Logit: float
        /// what the heads put out, before W_O
        Heads: float
        /// what attention puts out, before a norm and its branch weight
        Attention: float
        /// W_1 z + b, or the gate's W_g z
        PreActivation: float
        /// φ(W_1 z + b), or φ(W_g z) ⊙ W_u z
        Hidden: float
        /// what the MLP puts out, before a norm and its branch weight
        Mlp: float
        /// S1 = E Σ_j A_ij²; its inverse is how many tokens a row attends to. With a sink A is what of a row's weight is on tokens, over
        /// their sum
        S1: float
        /// E[−Σ_j A_ij ln A_ij], nats, of the same A
        Entropy: float
    }

    /// The participation ratio 1/S1: tokens that a row attends to.
    member this.Participation = 1.0 / this.S1

/// Standard deviations of every module's activations and the sharpness of attention, by layer: derivation sections 14.2 and 14.3.
[<RequireQualifiedAccess>]
module ModuleScales =

    let private nothing layer : ModuleScales =
        { Layer = layer
          Stream = nan
          Output = nan
          Query = nan
          Value = nan
          Logit = nan
          Heads = nan
          Attention = nan
          PreActivation = nan
          Hidden = nan
          Mlp = nan
          S1 = nan
          Entropy = nan }

    /// By the closed maps, from what one block's sublayers did.
    let private ofBlock (architecture: Architecture) (laws: Laws) layer (block: BlockTrace) =
        block.Sublayers
        |> Array.fold
            (fun scales part ->
                let q = part.Seen.Q

                match part.Module with
                | ModuleTrace.Attention(attention, _) ->
                    let s = AttentionMaps.spread attention part.Seen
                    let s1 = (laws.Attention s part.Seen.U).S1
                    let mixed = part.Seen.P + q * part.Seen.U * s1

                    { scales with
                        Query = sqrt (attention.LogitStd * q)
                        Value = sqrt (attention.ValueStd * q)
                        Logit = s
                        Heads = sqrt (attention.ValueStd * mixed)
                        Attention = sqrt part.BranchQ
                        S1 = s1
                        Entropy = AttentionEntropy.compute architecture.Tokens s }
                | ModuleTrace.Mlp(mlp, kernel) ->
                    let struct (v, _) = MlpMaps.preActivation mlp part.Seen

                    let up =
                        if architecture.Gated then
                            mlp.InStd * mlp.InStd * q
                        else
                            1.0

                    { scales with
                        PreActivation = sqrt v
                        Hidden = sqrt (kernel.KappaAtOne * up)
                        Mlp = sqrt part.BranchQ })
            { nothing layer with
                Stream = sqrt block.Input.Q
                Output = sqrt block.Output.Q }

    let private meanDiagonal n (matrix: float[]) =
        let mutable sum = 0.0

        for i in 0 .. n - 1 do
            sum <- sum + matrix[i * n + i]

        sum / float n

    /// E Σ A² and E[−Σ A ln A] over the rows of the heads.
    let private sharpness n (heads: GramHead[]) =
        let sums = heads |> Array.map (fun head -> AttentionEntropy.ofRows n head.Rows)

        let over select =
            Array.sumBy select sums / float (n * heads.Length)

        struct (over (fun (struct (squares, _)) -> squares), over (fun (struct (_, entropy)) -> entropy))

    /// What a query or key of mean square q is multiplied by before the product sees it: 1/q where it is normalised.
    let private seen (attention: AttentionParameters) q =
        match attention.Head.QueryKeyNorm with
        | QueryKeyNorm.None -> 1.0
        | QueryKeyNorm.Head
        | QueryKeyNorm.All -> if q = 0.0 then 0.0 else 1.0 / q

    /// `overlap` is m(j − l), what turning by their places leaves of the overlap of two keys.
    let private ofAttention
        n
        (attention: AttentionParameters)
        (part: GramSublayer)
        overlap
        struct (s1, entropy)
        (scales: ModuleScales)
        =
        let diagonal i = part.Seen[i * n + i]
        // of two logits of a row the difference's variance is twice s²
        let mutable query = 0.0
        let mutable spread = 0.0

        for i in 0 .. n - 1 do
            let ii = seen attention (diagonal i)
            query <- query + ii * diagonal i / float n

            for j in 0 .. i - 1 do
                let jj = seen attention (diagonal j)
                let ij = sqrt (ii * jj) * part.Seen[i * n + j] * overlap (i - j)
                spread <- spread + (ii * diagonal i + jj * diagonal j - 2.0 * ij)

        let pairs = float (n * max 1 (n - 1))
        let branch = meanDiagonal n part.Output

        { scales with
            Query = attention.LogitStd * query
            Value = attention.ValueStd * meanDiagonal n part.Seen
            Logit = attention.LogitStd * attention.LogitStd * query * max 0.0 (spread / pairs)
            Heads =
                if attention.ValueStd = 0.0 then
                    0.0
                else
                    branch / attention.ValueStd
            Attention = branch
            S1 = s1
            Entropy = entropy }

    /// `share` is Σ g² of the experts, 1 without: a branch that no norm follows is not kept once it is added.
    let private ofMlp
        (architecture: Architecture)
        (part: GramSublayer)
        (mlp: MlpParameters)
        (kernels: PairKernels)
        share
        scales
        =
        let n = architecture.Tokens
        let inner = mlp.InStd * mlp.InStd
        let mutable hidden = 0.0

        for i in 0 .. n - 1 do
            let up =
                if architecture.Gated then
                    inner * part.Seen[i * n + i]
                else
                    1.0

            hidden <- hidden + kernels.Values[i * n + i] * up / float n

        { scales with
            PreActivation = inner * meanDiagonal n part.Seen + mlp.BiasStd * mlp.BiasStd
            Hidden = hidden
            Mlp = mlp.OutStd * mlp.OutStd * hidden * share }

    /// Mean squares of one step of a drawn network, added to those of its block.
    let private ofStep (architecture: Architecture) (scales: ModuleScales) (step: GramStep) =
        let n = architecture.Tokens

        step.Sublayers
        |> Array.fold
            (fun (scales: ModuleScales) part ->
                match part.Module with
                | GramModule.Attention(attention, heads) ->
                    ofAttention n attention part (fun _ -> 1.0) (sharpness n heads) scales
                | GramModule.Drawn(attention, layer) ->
                    let overlap = HeadLayout.turnedOverlaps layer.Layout
                    ofAttention n attention part (fun i -> overlap[i]) (DrawnHeads.sharpness layer part.Seen) scales
                | GramModule.Mlp(mlp, kernels) -> ofMlp architecture part mlp kernels 1.0 scales
                | GramModule.Experts(mlp, kernels, routing) ->
                    ofMlp architecture part mlp kernels (meanDiagonal n routing.Overlaps) scales)
            scales

    /// Mean squares of every layer of one drawn network, whose heads stand for those of a network with `heads`; shorter where norms leave
    /// double precision.
    let private drawn heads (architecture: Architecture) laws index =
        let n = architecture.Tokens
        let room = GramRoom n
        let random = GramProcess.normals TrajectoryDraws.Seed index heads
        let layers = ResizeArray<ModuleScales>()
        let mutable state = GramProcess.symmetricInput architecture
        let mutable sound = true
        let mutable steps = 0

        while sound && layers.Count < architecture.Depth do
            let layer = layers.Count + 1

            try
                let mutable scales =
                    { nothing layer with
                        Stream = meanDiagonal n state }

                for step in (Block.at architecture layer).Steps do
                    let own =
                        { random with
                            Key = CounterNormals.part random.Key steps }

                    let allowed = GramProcess.allowed n step.Sublayers[0].Mask
                    let trace = GramStep.forward room architecture laws allowed own step state
                    steps <- steps + 1
                    scales <- ofStep architecture scales trace
                    state <- trace.Output

                layers.Add
                    { scales with
                        Output = meanDiagonal n state }

                sound <- Double.IsFinite(Array.sum state)
            with :? DivergenceException ->
                sound <- false

        layers.ToArray()

    /// Roots of the means over draws; S1 and the entropy are means themselves.
    let private average (draws: ModuleScales[]) =
        let mean (select: ModuleScales -> float) = draws |> Array.averageBy select
        let root select = sqrt (mean select)

        { Layer = draws[0].Layer
          Stream = root _.Stream
          Output = root _.Output
          Query = root _.Query
          Value = root _.Value
          Logit = root _.Logit
          Heads = root _.Heads
          Attention = root _.Attention
          PreActivation = root _.PreActivation
          Hidden = root _.Hidden
          Mlp = root _.Mlp
          S1 = mean _.S1
          Entropy = mean _.Entropy }

    /// All layers from those of a network with one for each group: streams as between the group's ends, the rest between what the group's first
    /// layer and that of the next one have.
    let internal spread (groups: LayerGroups) (scales: ModuleScales[]) =
        Array.init groups.Ends[scales.Length - 1] (fun place ->
            let layer = place + 1
            let index = LayerGroups.indexOf groups layer
            let first, last = LayerGroups.start groups index, groups.Ends[index]
            let own, next = scales[index], scales[min (index + 1) (scales.Length - 1)]

            let at (offset: int) (a: float) b =
                if a = b || offset = 0 then
                    a
                else
                    a + float offset / float (last - first + 1) * (b - a)

            let between select =
                at (layer - first) (select own) (select next)

            { Layer = layer
              Stream = at (layer - first) own.Stream own.Output
              Output = at (layer - first + 1) own.Stream own.Output
              Query = between _.Query
              Value = between _.Value
              Logit = between _.Logit
              Heads = between _.Heads
              Attention = between _.Attention
              PreActivation = between _.PreActivation
              Hidden = between _.Hidden
              Mlp = between _.Mlp
              S1 = between _.S1
              Entropy = between _.Entropy })

    /// Blocks 1..depth, as far as norms are finite: by the closed maps, under a causal mask as means over positions, heads and the
    /// draws of a prediction's process. Raises InvalidArchitectureException for an illegal architecture.
    [<CompiledName("Of")>]
    let ofArchitecture (architecture: Architecture) : ModuleScales[] =
        let architecture = Architecture.ensureValid architecture
        let laws = Laws.exact architecture

        if Features.areClosed architecture then
            Geometry.follow architecture laws
            |> Array.mapi (fun index block -> ofBlock architecture laws (index + 1) block)
        else
            let networksOf (plan: DrawPlan) =
                Array.Parallel.init plan.Draws (drawn architecture.Heads plan.Network laws)

            let plan = TrajectoryRoute.drawnFor architecture

            let networks =
                match networksOf plan, plan.Groups with
                | networks, ValueNone -> networks
                | networks, ValueSome groups when
                    networks |> Array.forall (fun network -> network.Length = groups.Ends.Length)
                    ->
                    networks |> Array.map (spread groups)
                | _ -> networksOf (TrajectoryRoute.drawnWhole architecture)

            let depth = networks |> Array.map _.Length |> Array.min

            Array.init depth (fun layer -> networks |> Array.map (fun network -> network[layer]) |> average)
