namespace Hybrid.Theory

open System
open Hybrid.Architectures

/// Layers of a deep network that are drawn as one, where each of them changes little: derivation section 13.6.
type internal LayerGroups =
    {
        /// the layer at which each group ends, the last of them the network's depth
        Ends: int[]
        /// by what the deviation of ln g_d over networks with a layer for each group exceeds that over networks with all layers
        Scatter: float
    }

/// A network with a layer for each group of layers, and layers from it. Width → ∞.
[<RequireQualifiedAccess>]
module internal LayerGroups =

    /// What a group may change of the stream, of ln u and of ln g_d, from the least that is tried to the most.
    let private levels = [ 0.025; 0.05; 0.1; 0.2 ]

    /// The closed maps that tell how much layers change: those of the same sublayers without mask, features and experts. None where there are none.
    let plain (architecture: Architecture) =
        let plain =
            { architecture with
                Mask = Mask.None
                Heads = FewHeads.Fewest
                Attention =
                    { architecture.Attention with
                        Head =
                            { Architecture.defaults.Attention.Head with
                                LogitScale = architecture.Attention.Head.LogitScale } }
                Mlp = { architecture.Mlp with Experts = None } }

        if Features.areClosed plain then Some plain else None

    /// What may not differ within a group; numbers that a schedule changes slowly may.
    let private kind (architecture: Architecture) layer =
        struct (architecture.Mask.At layer,
                architecture.Attention.Head.Positions.At layer,
                architecture.Mlp.Experts |> Option.exists (fun experts -> layer > experts.Dense))

    /// How much each layer changes: summed over its steps, the largest of what the step writes of the stream's squared norm, |Δ ln u| and
    /// |Δ ln g_d|, and what gains and scales of logits differ by from the layer before; infinitely much behind a layer at which norms leave
    /// double precision.
    let changes (architecture: Architecture) laws (plain: Architecture) =
        let blocks = Geometry.follow plain laws
        let steps = blocks |> Array.collect _.Steps

        let gradients =
            Array.scanBack (Gradients.step plain) steps { Diagonal = 1.0; OffDiagonal = 0.0 }

        let logChange (after: float) before =
            if after = before then
                0.0
            else
                let change = abs (log (after / before))
                if Double.IsNaN change then infinity else change

        let ofStep index (step: StepTrace) =
            let sum = step.Output.Q * step.Divisor

            let written =
                if sum = 0.0 then
                    0.0
                else
                    max 0.0 (1.0 - step.Skip * step.Skip * step.Input.Q / sum)

            max
                written
                (max
                    (logChange step.Output.U step.Input.U)
                    (logChange gradients[index].Diagonal gradients[index + 1].Diagonal))

        let ofSteps = Array.mapi ofStep steps

        Array.init architecture.Depth (fun index ->
            if index >= blocks.Length then
                infinity
            else
                let schedule (schedule: Schedule) =
                    if index = 0 then
                        0.0
                    else
                        logChange (schedule.At(index + 1)) (schedule.At index)

                let count = blocks[index].Steps.Length

                Array.sum ofSteps[index * count .. (index + 1) * count - 1]
                + schedule architecture.NormGain
                + schedule architecture.Attention.Head.LogitScale)

    /// Groups that change at most `most` each. The first layer is one of its own, since gradients are counted from it on.
    let upTo most (architecture: Architecture) (changes: float[]) =
        let ends = ResizeArray<int>()
        let mutable sum = changes[0]

        for layer in 2 .. architecture.Depth do
            let change = changes[layer - 1]

            if
                layer = 2
                || sum + change > most
                || kind architecture layer <> kind architecture (layer - 1)
            then
                ends.Add(layer - 1)
                sum <- change
            else
                sum <- sum + change

        ends.Add architecture.Depth

        let ends = ends.ToArray()
        // layers of a group have their heads in common
        let mutable together = 0.0
        let mutable apart = 0.0
        let mutable first = 0

        for last in ends do
            let own = Array.sub changes first (last - first) |> Array.filter Double.IsFinite
            together <- together + Array.sum own * Array.sum own
            apart <- apart + Array.sumBy (fun change -> change * change) own
            first <- last

        { Ends = ends
          Scatter = if apart > 0.0 then sqrt (together / apart) else 1.0 }

    /// The first layer of group `index`, from 1.
    let start (groups: LayerGroups) index =
        if index = 0 then 1 else groups.Ends[index - 1] + 1

    /// The group that layer 1..depth is in.
    let indexOf (groups: LayerGroups) (layer: int) =
        let index = Array.BinarySearch(groups.Ends, layer)
        if index >= 0 then index else ~~~index

    /// Skip and branch weight of a sublayer by layer. A norm on their sum sees their ratio alone, and what it hands on is of one size: there r = 1
    /// stands for every skip but 0.
    let private steps (architecture: Architecture) (skip: Schedule) (branch: Schedule) =
        Array.init architecture.Depth (fun index ->
            let r, a = skip.At(index + 1), branch.At(index + 1)

            if architecture.Norm.OnSum && r <> 0.0 then
                struct (1.0, a / r)
            else
                struct (r, a))

    /// The two sublayers' steps.
    let private both (architecture: Architecture) =
        let attention, mlp = architecture.Attention, architecture.Mlp

        let mlpSkip =
            match architecture.Wiring with
            | Wiring.Sequential -> mlp.Skip
            | Wiring.Parallel -> attention.Skip

        struct (steps architecture attention.Skip attention.Branch, steps architecture mlpSkip mlp.Branch)

    /// Of each layer of a group, the squared weight with which its branch reaches the group's end: a_j² ∏_{i>j} r_i².
    let private weights (steps: struct (float * float)[]) (groups: LayerGroups) index =
        let first, last = start groups index, groups.Ends[index]
        let own = Array.zeroCreate<float>(last - first + 1)
        let mutable passed = 1.0

        for layer in last .. -1 .. first do
            let struct (r, a) = steps[layer - 1]
            own[layer - first] <- passed * a * a
            passed <- passed * r * r

        own

    /// The network with a layer for each group: r = ∏ r_j and a² = Σ a_j² ∏_{i>j} r_i² (13.16), and what else the layer in its middle has.
    let network (groups: LayerGroups) (architecture: Architecture) : Architecture =
        let count = groups.Ends.Length

        let middle index =
            (start groups index + groups.Ends[index]) / 2

        let struct (ofAttention, ofMlp) = both architecture

        let skip steps =
            Schedule.PerLayer(
                Array.init count (fun index ->
                    Array.sub steps (start groups index - 1) (groups.Ends[index] - start groups index + 1)
                    |> Array.fold (fun product (struct (r, _)) -> product * r) 1.0)
            )

        let branch steps =
            Schedule.PerLayer(Array.init count (fun index -> sqrt (Array.sum (weights steps groups index))))

        let picked (schedule: Schedule) =
            match schedule with
            | Schedule.Constant _ -> schedule
            | Schedule.PerLayer _ -> Schedule.PerLayer(Array.init count (fun index -> schedule.At(middle index)))

        let attention, head = architecture.Attention, architecture.Attention.Head

        { architecture with
            Depth = count
            NormGain = picked architecture.NormGain
            Mask =
                match architecture.Mask with
                | Mask.PerLayer masks -> Mask.PerLayer(Array.init count (fun index -> masks[middle index - 1]))
                | Mask.None
                | Mask.Causal
                | Mask.Window _
                | Mask.Prefix _ -> architecture.Mask
            Attention =
                { attention with
                    Skip = skip ofAttention
                    Branch = branch ofAttention
                    Head =
                        { head with
                            LogitScale = picked head.LogitScale
                            Positions =
                                match head.Positions with
                                | Positions.PerLayer positions ->
                                    Positions.PerLayer(Array.init count (fun index -> positions[middle index - 1]))
                                | Positions.None
                                | Positions.Rope _
                                | Positions.Alibi -> head.Positions } }
            Mlp =
                { architecture.Mlp with
                    Skip = skip ofMlp
                    Branch = branch ofMlp
                    Experts =
                        architecture.Mlp.Experts
                        |> Option.map (fun experts ->
                            { experts with
                                Dense = groups.Ends |> Array.filter (fun last -> last <= experts.Dense) |> Array.length }) } }

    /// Whether some norm keeps what modules see of a stream that grows within a group; without one (13.16) is biased by more than errors
    /// tell: .87204 ± .0005 of 1 − ρ where every layer gives .86698, in 300 blocks of GPT-2 without norms.
    let private isNormalised (architecture: Architecture) = architecture.Norm <> Placement.None

    /// Groups of the layers of `architecture`, whose network is the first of those tried that is cheap enough, or the one with fewest layers; none where
    /// layers change too much to be drawn together, or the closed maps do not tell how much they do.
    let tryFind isCheap (architecture: Architecture) =
        match plain architecture with
        | Some plain when isNormalised architecture ->
            try
                let changes = changes architecture (Laws.estimated plain) plain

                let tried =
                    levels |> Seq.map (fun most -> upTo most architecture changes) |> Seq.cache

                let found =
                    match tried |> Seq.tryFind (fun groups -> isCheap (network groups architecture)) with
                    | Some groups -> groups
                    | None -> Seq.last tried

                if found.Ends.Length < architecture.Depth then
                    ValueSome found
                else
                    ValueNone
            with :? TheoryException ->
                // tokens that a mask keeps apart may be answered where alike ones are not
                ValueNone
        | Some _
        | None -> ValueNone

    let private blend weight (first: LayerState) (second: LayerState) : LayerState =
        let mix (a: float) (b: float) = (1.0 - weight) * a + weight * b

        { State =
            { Q = mix first.State.Q second.State.Q
              U = mix first.State.U second.State.U }
          P = mix first.P second.P
          Gradient =
            { Diagonal = mix first.Gradient.Diagonal second.Gradient.Diagonal
              OffDiagonal = mix first.Gradient.OffDiagonal second.Gradient.OffDiagonal }
          Uncertainty =
            { Q = mix first.Uncertainty.Q second.Uncertainty.Q
              P = mix first.Uncertainty.P second.Uncertainty.P
              U = mix first.Uncertainty.U second.Uncertainty.U
              GradientDiagonal = mix first.Uncertainty.GradientDiagonal second.Uncertainty.GradientDiagonal
              GradientOffDiagonal = mix first.Uncertainty.GradientOffDiagonal second.Uncertainty.GradientOffDiagonal } }

    /// The share of group `index` that each of its layers has in what a branch writes there.
    let private shares steps groups index =
        let own = weights steps groups index
        let all = Array.sum own

        own
        |> Array.map (fun weight -> if all > 0.0 then weight / all else 1.0 / float own.Length)

    /// All layers of `architecture`, linear between the ends of groups, from the trajectory of its groups' network, which has all of that one's layers.
    let spread (groups: LayerGroups) (architecture: Architecture) (trajectory: Trajectory) : Trajectory =
        let struct (ofAttention, ofMlp) = both architecture

        let weights index =
            let own = trajectory.Weights[index]

            Array.map2
                (fun attention mlp ->
                    { Query = attention * own.Query
                      Key = attention * own.Key
                      Value = attention * own.Value
                      Output = attention * own.Output
                      MlpIn = mlp * own.MlpIn
                      MlpUp = mlp * own.MlpUp
                      MlpBias = mlp * own.MlpBias
                      MlpOut = mlp * own.MlpOut
                      Router = mlp * own.Router })
                (shares ofAttention groups index)
                (shares ofMlp groups index)

        let layer number =
            if number = 0 then
                trajectory.Layers[0]
            else
                let index = indexOf groups number
                let before = start groups index - 1

                blend
                    (float (number - before) / float (groups.Ends[index] - before))
                    trajectory.Layers[index]
                    trajectory.Layers[index + 1]

        { trajectory with
            Layers = Array.init (architecture.Depth + 1) layer
            Depth = architecture.Depth
            Weights = Array.collect weights [| 0 .. groups.Ends.Length - 1 |] }
