namespace Hybrid.Theory

open System
open Hybrid.Architectures

/// One hyperparameter of a suggestion: the fields of the record that it multiplies and by what.
type SuggestedFactor = { Fields: string[]; Factor: float }

/// The smallest change of an architecture that makes it trainable at its depth.
type Suggestion =
    {
        Architecture: Architecture
        /// what may be counted of it at most
        Budget: float
        Before: Trainability
        /// the changed architecture; the same one where it is within the budget already
        Suggested: Architecture
        /// what `Predict.architecture` says of the changed one
        After: Trainability
        /// whether nothing needs to change
        AlreadyTrainable: bool
        /// whether `After` is within the budget; otherwise `Suggested` is the nearest that was found
        Reached: bool
        Factors: SuggestedFactor[]
        Alternatives: Alternative[]
    }

/// What to change so that what `Trainability` counts is within a budget, derivation section 11. The hyperparameters are multiplied,
/// and the size of a change is the norm of the logs of the factors; those that are 0 stay 0.
[<RequireQualifiedAccess>]
module Suggest =

    /// Every schedule or number at the fields' paths, multiplied.
    let private scale (paths: string[]) factor architecture =
        paths
        |> Array.fold (fun a path -> (Fields.tryFind path).Value.Scale factor a) architecture

    /// The hyperparameters that may change together.
    let private parameters: string[][] =
        [| [| "attention.branch"; "mlp.branch" |]
           [| "attention.skip"; "mlp.skip" |]
           [| "mlp.inStd" |]
           [| "attention.logitStd" |]
           [| "mlp.outStd" |] |]

    let private change architecture (logs: float[]) =
        Array.fold2 (fun a paths log -> if log = 0.0 then a else scale paths (exp log) a) architecture parameters logs

    /// Tokens and heads of the network that stands in for a masked one during the search, with one draw of fixed normals, so that
    /// the sums are a smooth function of the hyperparameters. What is found is judged by the prediction itself.
    [<Literal>]
    let private StandInTokens = 16

    [<Literal>]
    let private StandInHeads = 2

    let private standIn (architecture: Architecture) =
        if Features.areClosed architecture then
            architecture
        else
            let tokens = min StandInTokens architecture.Tokens

            let drawn = DrawnHeads.haveFeatures architecture
            let head = architecture.Attention.Head

            { architecture with
                Tokens = tokens
                Attention =
                    { architecture.Attention with
                        Head =
                            { head with
                                // of fewer heads, each as wide as it was
                                Width =
                                    if drawn then
                                        Some(Architecture.headWidth architecture)
                                    else
                                        head.Width
                                KeyValueHeads = None } }
                Heads =
                    (if architecture.Width % 2 = 0 then
                         min StandInHeads architecture.Heads
                     else
                         1)
                Input =
                    { architecture.Input with
                        Correlation = max architecture.Input.Correlation (Architecture.leastCorrelation tokens) } }

    /// What counts, of a legal architecture; NaN where a formula is outside its range or norms leave double precision.
    let private sums laws (architecture: Architecture) : DepthSums =
        try
            let trajectory =
                if Features.areClosed architecture then
                    Trajectory.closed architecture laws
                else
                    TrajectoryDraws.sampled architecture laws 1 TrajectoryDraws.Seed

            if trajectory.Depth < architecture.Depth then
                { Angle = nan; Gradient = nan }
            else
                let sums = Trainability.sumsOf architecture trajectory.Layers

                { Angle = sums.Angle
                  Gradient = sums.GradientCount }
        with :? TheoryException ->
            { Angle = nan; Gradient = nan }

    /// Networks that searches may draw in all, one at a time: a draw that chooses experts is no smooth function of the hyperparameters, and
    /// steps would go on between its jumps.
    [<Literal>]
    let private MostDrawn = 800

    /// Seconds of one core, as counted, that these may take.
    [<Literal>]
    let private SearchSeconds = 2.0

    /// Layers that a search follows of a deep network at most, where they differ in nothing but what schedules change.
    [<Literal>]
    let private SoughtLayers = 64

    /// How a search follows an architecture: with layers together, the same ones whatever it changes, where there are many. Of a network that
    /// counts little each layer changes little, and (13.16) holds.
    let private followedAs (sought: Architecture) =
        let isCheap network =
            float MostDrawn * DrawWork.seconds network <= SearchSeconds

        let evenly () =
            if sought.Depth <= SoughtLayers then
                id
            else
                Array.create sought.Depth (float SoughtLayers / float sought.Depth)
                |> LayerGroups.upTo 1.0 sought
                |> LayerGroups.network

        if Features.areClosed sought then
            evenly ()
        elif isCheap sought then
            id
        else
            match LayerGroups.tryFind isCheap sought with
            | ValueSome groups -> LayerGroups.network groups
            | ValueNone -> evenly ()

    /// Log of the factor within which a hyperparameter alone is tried in any network.
    [<Literal>]
    let private Furthest = 5.0

    /// Logs at which a hyperparameter alone is tried, outwards: within a factor of 148 in steps of ½; where an answer takes no time, then
    /// in steps of 1, less than what any of them may vary by within the budget, up to a factor of 10¹⁷.
    let private outwards (architecture: Architecture) =
        [| yield! Array.init 11 (fun k -> 0.5 * float k)
           if Features.areClosed architecture then
               yield! Array.init 35 (fun k -> float (6 + k)) |]

    /// Distance of two logs to which the least change is bisected.
    [<Literal>]
    let private Fineness = 0.01

    /// The logs that change hyperparameter `i` alone.
    let private logsOf i x =
        Array.init parameters.Length (fun j -> if j = i then x else 0.0)

    /// The least change of hyperparameter `i` alone that meets the budget, if it may be no larger than `reach`.
    let private single architecture (at: float[] -> DepthSums) budget reach i =
        let meets x =
            LeastChange.violation budget (at (logsOf i x)) <= 0.0

        seq {
            for below, beyond in Seq.pairwise (outwards architecture) do
                if below <= reach then
                    for side in [ -1.0; 1.0 ] do
                        (side * below, side * beyond)
        }
        |> Seq.tryFind (fun (_, x) -> meets x)
        |> Option.map (fun (outside, inside) -> logsOf i (LeastChange.bisect Fineness meets outside inside))

    let private logits = Array.findIndex ((=) [| "attention.logitStd" |]) parameters

    let private spreadAtInput (architecture: Architecture) =
        LogitSpread.seen architecture { Q = architecture.Input.Norm; U = 1.0 }

    let private areStrong architecture =
        spreadAtInput architecture > TrajectoryRoute.StrongLogits

    /// The log of the largest factor of the logits, to a tenth, with which what is counted is at most `aim`, by draws of the architecture
    /// itself: of a stand-in's few rows hardly any shares its weight where logits are strong. None where weak logits do not do either.
    let private weakerLogits (architecture: Architecture) aim =
        let meets x =
            let changed = change architecture (logsOf logits x)
            let trajectory = TrajectoryRoute.compare changed (Laws.exact changed)

            trajectory.Depth = changed.Depth
            && (Trainability.sumsOf changed trajectory.Layers).Counted <= aim

        let weak = log (TrajectoryRoute.StrongLogits / spreadAtInput architecture)

        if meets weak then
            Some(logsOf logits (LeastChange.bisect 0.1 meets 0.0 weak))
        else
            None

    /// A change of one hyperparameter is preferred to one of several that is up to so many times smaller: it is easier to make.
    [<Literal>]
    let private Simplicity = 2.0

    /// The change that the search finds and whether it is within the budget; where none is, that of least violation. `architecture`
    /// stands in for the one that is asked about.
    let private smallest (architecture: Architecture) laws followedAs (remaining: float ref) budget =
        let at logs =
            sums laws (followedAs (change architecture logs))

        // where signals are lost altogether the sums are flat or infinite: there the search walks back from the
        // identity, r = 1 with branches so weak that nothing changes
        let towardsIdentity branch =
            let skips =
                Array.append architecture.Attention.Skip.Values architecture.Mlp.Skip.Values

            let largest = Array.max skips
            let skip = if largest > 0.0 then -log largest else 0.0

            Array.init parameters.Length (fun i ->
                if i = 0 then branch
                elif i = 1 then skip
                else 0.0)

        let starts =
            [ Array.zeroCreate parameters.Length
              towardsIdentity -1.5
              towardsIdentity -4.0 ]

        let isDrawn = not (Features.areClosed architecture)

        let inSearch logs : DepthSums =
            if isDrawn && remaining.Value < 1.0 then
                { Angle = nan; Gradient = nan }
            else
                remaining.Value <- remaining.Value - 1.0
                at logs

        let excess (_, found) =
            max 0.0 (LeastChange.violation budget found)

        let better best next =
            if excess next < excess best then next else best

        let rec attempt best remaining =
            match remaining with
            | start :: others when excess best > 0.0 ->
                attempt (better best (LeastChange.search inSearch budget start)) others
            | _ -> best

        let before = at starts.Head
        let together, found = attempt (starts.Head, before) starts

        // where attention's strong logits make gradients explode, they are the cause and what is lowered
        let logitsExplode = before.Gradient > abs before.Angle && areStrong architecture

        let lowersLogits (logs: float[]) = logs[logits] < 0.0

        // a larger one is not taken
        let reach i =
            if LeastChange.violation budget found > 0.0 || (i = logits && logitsExplode) then
                infinity
            else
                Simplicity * LeastChange.size together

        let alone =
            [| 0 .. parameters.Length - 1 |]
            |> Array.Parallel.choose (fun i -> single architecture at budget (reach i) i)
            |> Array.toList

        match alone, List.tryFind lowersLogits alone with
        | _, Some logs when logitsExplode -> struct (logs, true)
        | [], _ -> struct (together, LeastChange.violation budget found <= 0.0)
        | changes, _ ->
            // of two that are as small as bisection tells, the first
            let least = changes |> List.map LeastChange.size |> List.min

            let best =
                changes
                |> List.find (fun logs -> LeastChange.size logs <= least + 2.0 * Fineness)

            if
                LeastChange.violation budget found > 0.0
                || LeastChange.size best <= Simplicity * LeastChange.size together
            then
                struct (best, true)
            else
                struct (together, true)

    /// Fraction of the budget that is aimed at: inside it, not at its edge.
    [<Literal>]
    let private Aim = 0.8

    /// Searches whose aim is lowered when the prediction is not within the budget yet.
    [<Literal>]
    let private Attempts = 4

    /// The smallest change after which what is counted is at most `budget` (a finite number > 0), beside the published recipes. What
    /// is found is judged by the prediction itself. Raises InvalidArchitectureException for an illegal architecture.
    [<CompiledName("Architecture")>]
    let architecture (architecture: Architecture) (budget: float) : Suggestion =
        if not (Double.IsFinite budget && budget > 0.0) then
            raise (ArgumentOutOfRangeException(nameof budget, budget, "the budget must be a finite number > 0"))

        let architecture = Architecture.ensureValid architecture

        // nothing that is changed is among what the laws are of, and much of what they remember is asked again
        let exact = Laws.exact architecture
        let sought = standIn architecture
        let laws = lazy Laws.forSearch sought
        let followedAs = followedAs sought

        let remaining =
            ref (min (float MostDrawn) (SearchSeconds / DrawWork.seconds (followedAs sought)))

        let judge architecture =
            Trainability.judge architecture exact (TrajectoryRoute.predict architecture exact)

        let within (trainability: Trainability) =
            trainability.Sums.Counted <= budget
            && (match trainability.Verdict with
                | Verdict.Trainable -> true
                | Verdict.Marginal
                | Verdict.Undecided -> budget > trainability.Limits.Trainable
                // a norm that leaves double precision is untrainable whatever counts
                | Verdict.Untrainable -> trainability.Sums.Counted > trainability.Limits.Untrainable)

        let before = judge architecture

        // what is aimed at after a change that was thought to meet `aim` and does not
        let lower aim (after: Trainability) =
            0.9 * aim * min 1.0 (budget / max budget after.Sums.Counted)

        let rec find aim left =
            let struct (logs, met) = smallest sought laws.Value followedAs remaining aim
            let suggested = change architecture logs
            let after = judge suggested

            // where the search itself finds nothing, it finds nothing with a lower aim either
            if within after || not met || left = 1 then
                logs, suggested, after
            else
                find (lower aim after) (left - 1)

        let already = within before

        let logs, suggested, after =
            if already then
                Array.zeroCreate parameters.Length, architecture, before
            else
                let isOfLogits =
                    areStrong architecture
                    && (before.Diverges || before.Sums.GradientCount > abs before.Sums.Angle)

                let rec weaken aim left =
                    weakerLogits architecture aim
                    |> Option.bind (fun logs ->
                        let suggested = change architecture logs
                        let weaker = judge suggested

                        if within weaker then Some(logs, suggested, weaker)
                        elif left = 1 then None
                        else weaken (lower aim weaker) (left - 1))

                let byLogits () =
                    if isOfLogits then weaken (Aim * budget) Attempts else None

                let isBeyondSteps =
                    spreadAtInput architecture > exp Furthest * TrajectoryRoute.StrongLogits

                match (if isBeyondSteps then byLogits () else None) with
                | Some found -> found
                | None ->
                    let logs, _, after as found = find (Aim * budget) Attempts

                    // draws alone: the closed maps are no stand-in's
                    if within after && logs[logits] < 0.0 || Features.areClosed architecture then
                        found
                    else
                        byLogits () |> Option.defaultValue found

        { Architecture = architecture
          Budget = budget
          Before = before
          Suggested = suggested
          After = after
          AlreadyTrainable = already
          Reached = within after
          Factors = Array.map2 (fun fields log -> { Fields = fields; Factor = exp log }) parameters logs
          Alternatives = Recipes.apply architecture }
