namespace Hybrid.Theory

open System
open Hybrid.Architectures

/// What becomes of the verdict where a caveat holds.
[<RequireQualifiedAccess>]
type CaveatEffect =
    /// another verdict
    | ChangesVerdict
    /// the same verdict, but one network lies visibly off the numbers, which are means
    | ChangesFluctuations
    /// the same verdict and nothing to see
    | Informational

/// Something that the verdict takes for granted, with what is counted where it does not hold.
type Caveat =
    {
        Effect: CaveatEffect
        /// lowest and highest count where the caveat holds, one standard deviation each way; NaN where it cannot be computed
        Lowest: float
        Highest: float
        /// one sentence
        Text: string
    }

/// Caveats of a verdict, each by its computed effect: what is counted is evaluated again under what the caveat speaks of, and
/// compared with the verdict. Derivation section 14.5.
[<RequireQualifiedAccess>]
module Caveats =

    let private number = Trainability.number

    /// Standard deviation of what is counted beyond which one network is seen to lie off the mean.
    [<Literal>]
    let private Visible = 0.1

    let private verdictOf counted =
        match Trainability.decide Trainability.limits counted 0.0 with
        | Verdict.Trainable -> "trainable"
        | Verdict.Marginal -> "marginal"
        | Verdict.Untrainable -> "untrainable"
        | Verdict.Undecided -> "undecided"

    /// Whether the verdict is the same at both ends of what is counted where the caveat holds.
    let private effect (verdict: Verdict) lowest highest fluctuates =
        let other counted =
            Trainability.decide Trainability.limits counted 0.0 <> verdict

        match verdict with
        | Verdict.Undecided -> CaveatEffect.ChangesVerdict
        | Verdict.Trainable
        | Verdict.Marginal
        | Verdict.Untrainable ->
            if other lowest || other highest then
                CaveatEffect.ChangesVerdict
            elif fluctuates && highest - lowest > 2.0 * Visible then
                CaveatEffect.ChangesFluctuations
            else
                CaveatEffect.Informational

    /// From and to which verdict, in words.
    let private between lowest highest =
        if verdictOf lowest = verdictOf highest then
            $"counted {number lowest} to {number highest}, {verdictOf lowest}"
        else
            $"counted {number lowest} ({verdictOf lowest}) to {number highest} ({verdictOf highest})"

    /// A caveat that shifts what is counted to `counted`.
    [<CompiledName("Shifted")>]
    let shifted (trainability: Trainability) counted text : Caveat =
        { Effect =
            if Double.IsNaN counted then
                CaveatEffect.Informational
            else
                effect trainability.Verdict counted counted false
          Lowest = counted
          Highest = counted
          Text =
            if Double.IsNaN counted then
                text
            else
                $"{text}: counted {number counted}, {verdictOf counted}" }

    /// A caveat that cannot be computed.
    [<CompiledName("Uncomputed")>]
    let uncomputed text : Caveat =
        { Effect = CaveatEffect.Informational
          Lowest = nan
          Highest = nan
          Text = text }

    /// A caveat that spreads what is counted about `center`.
    let private spread (trainability: Trainability) center deviation text : Caveat =
        let lowest = max 0.0 (center - deviation)
        let highest = center + deviation

        { Effect = effect trainability.Verdict lowest highest true
          Lowest = lowest
          Highest = highest
          Text = $"{text}: {between lowest highest} for two in three" }

    /// The sums of another architecture at a fraction of a prediction's cost, to compare a verdict with: closed, under a mask one
    /// draw of infinitely wide networks. NaN where norms leave double precision.
    [<CompiledName("SumsOf")>]
    let sumsOf (architecture: Architecture) : TrajectorySums =
        let architecture = Architecture.ensureValid architecture
        let laws = Laws.exact architecture

        let trajectory =
            if Features.areClosed architecture then
                Trajectory.closed architecture laws
            else
                TrajectoryRoute.once architecture laws

        if trajectory.Depth < architecture.Depth then
            { Angle = nan
              Gradient = nan
              Growth = nan
              Inner = nan }
        else
            Trainability.sumsOf architecture trajectory.Layers

    /// What is counted at `tokens` tokens: by the closed maps there; under a mask, where that would cost tokens³, by its change from
    /// half as many as the architecture has, which is taken to go on for every doubling.
    [<CompiledName("CountedAtTokens")>]
    let countedAtTokens (architecture: Architecture) (tokens: int) (counted: float) : float =
        if Features.areClosed architecture then
            (sumsOf { architecture with Tokens = tokens }).Counted
        else
            let half = max 1 (architecture.Tokens / 2)

            if half = architecture.Tokens then
                nan
            else
                let before = (sumsOf { architecture with Tokens = half }).Counted

                let doublings =
                    Math.Log(float tokens / float architecture.Tokens, float architecture.Tokens / float half)

                max 0.0 (counted + doublings * (counted - before))

    /// How far a caveat moves what is counted.
    let private distance counted (caveat: Caveat) =
        if Double.IsNaN caveat.Lowest then
            0.0
        else
            max (abs (caveat.Lowest - counted)) (abs (caveat.Highest - counted))

    /// By effect, then by how far what is counted moves; what cannot be computed last.
    [<CompiledName("Rank")>]
    let rank (trainability: Trainability) (caveats: Caveat seq) : Caveat[] =
        let order caveat =
            match caveat.Effect with
            | CaveatEffect.ChangesVerdict -> 0
            | CaveatEffect.ChangesFluctuations -> 1
            | CaveatEffect.Informational -> if Double.IsNaN caveat.Lowest then 3 else 2

        caveats
        |> Seq.toArray
        |> Array.sortBy (fun caveat -> struct (order caveat, -(distance trainability.Sums.Counted caveat)))

    /// What gradients count for, of sums whose angle or gradient decides.
    let private withGradient (sums: TrajectorySums) logOfNorm = max (abs sums.Angle) (abs logOfNorm)

    /// Plain gradient descent sees the stream's growth and the embedding, which the count leaves out.
    let private plainDescent (trainability: Trainability) (trajectory: Trajectory) =
        let sums = trainability.Sums
        let first = trajectory.Layers[0]

        if trajectory.Depth = 0 then
            []
        else
            [ shifted
                  trainability
                  (withGradient sums (0.5 * sums.Gradient))
                  $"with plain gradient descent the embedding and the stream's growth count too, which a step of its own for every parameter, such as Adam's, takes out (g_d at the input is {number first.Gradient.Diagonal})" ]

    let private finiteWidth (architecture: Architecture) laws (trainability: Trainability) =
        // where layers are drawn nothing else asks for the moments of alike tokens, and an order of magnitude needs no more than a grid's
        let laws =
            if Features.areClosed architecture then
                laws
            else
                Laws.manyHeads (Laws.estimated architecture)

        let scatter = FiniteWidth.scatterBy architecture laws

        let counted =
            if trainability.DecidedByAngles then
                scatter
            else
                0.5 * scatter

        if scatter = 0.0 then
            []
        else
            [ spread
                  trainability
                  trainability.Sums.Counted
                  counted
                  $"one network of width {architecture.Width} lies off the mean by about ±{number counted}, strong logits apart" ]

    /// Standard deviation of ln g_d beyond which the mean is more than 5 % above what a network typically has.
    [<Literal>]
    let private LargeScatter = 0.3

    /// Heavy tails, where enough networks were drawn to see them.
    let private oneNetwork (architecture: Architecture) (trainability: Trainability) (trajectory: Trajectory) =
        let sums = trainability.Sums

        let strongest = LogitSpread.strongest architecture trajectory

        match trajectory.Route with
        | Route.Draws(draws, scatter) when draws >= TrajectoryDraws.FewestDraws && scatter.Deviation > LargeScatter ->
            let typical =
                0.5 * (sums.Inner + scatter.Mean - log trajectory.Layers[0].Gradient.Diagonal)

            let at deviations =
                withGradient sums (typical + deviations * 0.5 * scatter.Deviation)

            let probability = Normal.cumulative (0.5 * scatter.Deviation)

            let percent =
                (100.0 * probability).ToString("F0", Globalization.CultureInfo.InvariantCulture)

            let lowest, highest = min (at -1.0) (at 1.0), max (at -1.0) (at 1.0)

            [ { Effect = effect trainability.Verdict lowest highest true
                Lowest = lowest
                Highest = highest
                Text =
                  $"gradients are means over networks with few heads: one network lies below the mean with probability {percent} %% or more, its typical g_d at the input is {number (exp scatter.Mean)}: {between lowest highest} for two in three, and finite networks scatter more" } ]
        | Route.Draws(_, scatter) when strongest > TrajectoryRoute.StrongLogits ->
            let deviation = 0.5 * scatter.Deviation

            [ spread
                  trainability
                  trainability.Sums.Counted
                  (if trainability.DecidedByAngles then 0.0 else deviation)
                  $"strong attention, logits of standard deviation {number strongest}: ln g_d scatters by ±{number scatter.Deviation} over the draws, one network more" ]
        | Route.Draws _ -> []
        | Route.Closed
        | Route.ClosedWithoutHeads when strongest > TrajectoryRoute.StrongLogits ->
            let text =
                $"strong attention, logits of standard deviation {number strongest}: the numbers are exact means"

            let counted, most = trainability.Sums.Counted, trainability.CountedInMost

            if most = counted then
                [ uncomputed $"{text}, but a single network with few heads fluctuates around them" ]
            else
                let lowest, highest = min most counted, max most counted

                [ { Effect = effect trainability.Verdict lowest highest true
                    Lowest = lowest
                    Highest = highest
                    Text =
                      $"{text}, of gradients through logits over networks of which fewer than half have any: {between lowest highest}" } ]
        | Route.Closed
        | Route.ClosedWithoutHeads -> []

    /// What heads shift, from the closed maps with the fewest heads that they take and with ever more.
    let private fewHeads (architecture: Architecture) exact (trainability: Trainability) (trajectory: Trajectory) =
        let counted architecture laws =
            (Trainability.sumsOf architecture (Trajectory.closed architecture laws).Layers).Counted

        match Features.areClosed architecture, trajectory.Route with
        | true, Route.ClosedWithoutHeads ->
            let shift =
                counted
                    { architecture with
                        Heads = FewHeads.Fewest }
                    exact
                - counted architecture (Laws.manyHeads exact)

            let own =
                trainability.Sums.Counted
                + shift * float FewHeads.Fewest / float architecture.Heads

            [ shifted
                  trainability
                  own
                  $"few heads: {architecture.Heads} behind norm '{architecture.Norm}' shift the numbers by what draws would tell, too many for {architecture.Tokens} tokens; to first order in 1/heads" ]
        | true, Route.Draws(draws, _) ->
            [ shifted
                  trainability
                  trainability.Sums.Counted
                  $"few heads: layers are means over {draws} draws of infinitely wide networks with {architecture.Heads} heads; ever more heads would count {number (counted architecture (Laws.manyHeads exact))}; as it is" ]
        | true, Route.Closed
        | false, Route.Closed
        | false, Route.ClosedWithoutHeads
        | false, Route.Draws _ -> []

    /// Where tokens are not alike layers are means over positions and draws.
    let private positions (architecture: Architecture) (trainability: Trainability) (trajectory: Trajectory) =
        match trajectory.Route with
        | Route.Draws(draws, _) when not (Features.areClosed architecture) ->
            let cause =
                if architecture.Mask = Mask.None then
                    "what tells tokens apart"
                else
                    "causal mask"

            let heads =
                if trajectory.Heads < architecture.Heads then
                    $" with {trajectory.Heads} of {architecture.Heads} heads"
                else
                    ""

            let layers =
                if trajectory.LayersDrawn < trajectory.Depth then
                    $", layers that change little drawn together as {trajectory.LayersDrawn}"
                else
                    ""

            [ spread
                  trainability
                  trainability.Sums.Counted
                  trainability.CountedError
                  $"{cause}: layers are means over positions, which differ, and over {draws} draws of infinitely wide networks{heads}{layers}, whose error this is" ]
        | Route.Draws _
        | Route.Closed
        | Route.ClosedWithoutHeads -> []

    /// Behind a tanh on the sum the stream is no longer Gaussian: derivation section 15.3.
    let private boundedStream (architecture: Architecture) =
        match architecture.NormKind with
        | NormKind.DyT _ when architecture.Norm.OnSum ->
            [ uncomputed
                  "tanh on the sum leaves no Gaussian stream, which the next one is taken to see: networks of three blocks were 2 % off in q and 5 to 7 % in 1 − ρ" ]
        | NormKind.DyT _
        | NormKind.Scale -> []

    /// All that the trajectory itself tells, ranked.
    let ofTrajectory
        (architecture: Architecture)
        laws
        (trainability: Trainability)
        (trajectory: Trajectory)
        : Caveat[] =
        if Double.IsNaN trainability.Sums.Counted || trajectory.Depth < architecture.Depth then
            [||]
        else
            [ yield! plainDescent trainability trajectory
              yield! finiteWidth architecture laws trainability
              yield! oneNetwork architecture trainability trajectory
              yield! fewHeads architecture laws trainability trajectory
              yield! positions architecture trainability trajectory
              yield! boundedStream architecture ]
            |> rank trainability
