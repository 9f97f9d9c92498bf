namespace Hybrid.Theory

open System
open Hybrid.Architectures

/// Layers of an architecture by averages over draws of the Gram process: derivation sections 8, 13.1, 13.5 and 15.
[<RequireQualifiedAccess>]
module TrajectoryDraws =

    /// Means of a Gram matrix over tokens and over pairs of different tokens, the first less the second relative to the first.
    [<Struct>]
    type private Means =
        { Diagonal: float
          OffDiagonal: float
          U: float }

    /// Of nearly equal tokens u is a sum of differences: it has no rounding of the means', and is 0 where all entries are the same.
    let private means n (matrix: float[]) =
        let mutable diagonal = 0.0
        let mutable gap = 0.0

        for i in 0 .. n - 1 do
            let own = matrix[i * n + i]
            diagonal <- diagonal + own

            for j in 0 .. n - 1 do
                gap <- gap + (own - matrix[i * n + j])

        let pairs = float (n * (n - 1))
        let own = diagonal / float n

        let other =
            if n = 1 then
                diagonal
            else
                (Array.sum matrix - diagonal) / pairs

        { Diagonal = own
          OffDiagonal = other
          U =
            if own = 0.0 || n = 1 then 0.0
            elif 2.0 * other > own then max 0.0 (gap / pairs / own)
            else (own - other) / own }

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

    /// Of one draw at one boundary.
    [<Struct>]
    type private Boundary = { Hidden: Means; Gradient: Means }

    let private average (draws: Boundary[][]) index : LayerState =
        let of' select =
            draws |> Array.map (fun draw -> select draw[index]) |> estimate

        let struct (q, qError) = of' _.Hidden.Diagonal
        let struct (p, pError) = of' _.Hidden.OffDiagonal
        let struct (u, uError) = of' _.Hidden.U
        let struct (gd, gdError) = of' _.Gradient.Diagonal
        let struct (go, goError) = of' _.Gradient.OffDiagonal

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

    /// Draws number `from` to `until` − 1 of the ensemble `seed`, in parallel, or the layer at which the first of them diverges. Heads stand
    /// for those of a network with `heads`.
    let private drawn heads (architecture: Architecture) laws from until seed =
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
                        (GramProcess.normals seed (from + index) heads)

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
        (networks: struct (Boundary[] * ParameterGradientNorms[])[])
        : Result<Trajectory, struct (int * int)> =
        let draws = networks.Length
        let layers = networks |> Array.map (fun struct (layers, _) -> layers)

        let logs = layers |> Array.map (fun draw -> log draw[0].Gradient.Diagonal)

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

        match Trajectory.shorter architecture.Depth boundaries weights with
        | Some shorter -> Error shorter
        | None ->
            Ok(Trajectory.assemble architecture (Route.Draws(draws, scatter)) architecture.Depth boundaries weights)

    /// `sampled` of heads that stand for those of a network with `heads`.
    let rec internal sampledFor heads (architecture: Architecture) laws draws seed : Trajectory =
        if architecture.Depth = 0 then
            Trajectory.nothing architecture
        else
            match drawn heads architecture laws 0 draws seed with
            | Ok networks ->
                match gather architecture networks with
                | Ok trajectory -> trajectory
                | Error(struct (depth, layer)) ->
                    sampledFor heads (truncated depth architecture) laws draws seed
                    |> Trajectory.endedBy (Ending.Gradients(architecture.Depth, layer))
            | Error layer ->
                sampledFor heads (truncated (layer - 1) architecture) laws draws seed
                |> Trajectory.endedBy Ending.Stream

    /// By `draws` draws of the Gram process, in parallel; a pure function of the arguments.
    let sampled (architecture: Architecture) laws draws seed : Trajectory =
        sampledFor architecture.Heads architecture laws draws seed

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
    let internal affordable (architecture: Architecture) =
        let n = float architecture.Tokens
        let draw = 26.0 * float architecture.Depth * float architecture.Heads * n * n * n
        int (min (float MostDraws) (Budget / draw))

    /// By as many draws as make the standard error of ln g_d at the input at most `Resolution`, or as there is time for.
    let rec internal resolved (architecture: Architecture) laws seed most : Trajectory =
        let rec more networks =
            let count = Array.length networks

            match gather architecture networks with
            | Error(struct (depth, layer)) ->
                resolved (truncated depth architecture) laws seed most
                |> Trajectory.endedBy (Ending.Gradients(architecture.Depth, layer))
            | Ok trajectory ->

                let input = trajectory.Layers[0]
                let error = input.Uncertainty.GradientDiagonal / input.Gradient.Diagonal

                if not (error > Resolution) || count >= most then
                    trajectory
                else
                    let excess = error / Resolution
                    let needed = int (min (float most) (ceil (1.1 * float count * excess * excess)))

                    match drawn architecture.Heads architecture laws count needed seed with
                    | Ok others -> more (Array.append networks others)
                    | Error layer ->
                        resolved (truncated (layer - 1) architecture) laws seed most
                        |> Trajectory.endedBy Ending.Stream

        if architecture.Depth = 0 then
            Trajectory.nothing architecture
        else
            match drawn architecture.Heads architecture laws 0 (min FewestDraws most) seed with
            | Ok networks -> more networks
            | Error layer ->
                resolved (truncated (layer - 1) architecture) laws seed most
                |> Trajectory.endedBy Ending.Stream

    /// Draws that a prediction averages where tokens differ or heads are drawn; each is one infinitely wide network.
    [<Literal>]
    let Draws = 4

    /// Two draws have an error to speak of.
    [<Literal>]
    let internal CoarseDraws = 2

    /// Seed of draws: a prediction is a pure function of the architecture.
    [<Literal>]
    let Seed = 2403
