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

    /// By how much the larger sum exceeds the budget; ≤ 0 within it.
    let private violation budget (sums: DepthSums) =
        let excess = max (abs sums.Angle) (abs sums.Gradient) - budget
        if Double.IsFinite excess then excess else infinity

    let private dot = Array.fold2 (fun sum (x: float) y -> sum + x * y) 0.0

    /// Exact penalty: larger than any multiplier of a constraint that a unit of log moves by 0.01 or more.
    [<Literal>]
    let private Penalty = 100.0

    let private merit budget logs sums =
        Penalty * max 0.0 (violation budget sums) + 0.5 * dot logs logs

    /// ∂(Σλ_a, Σλ_g)/∂log, by central differences.
    let private gradients at (logs: float[]) =
        let h = 1e-4

        let along i =
            let moved offset : DepthSums =
                at (logs |> Array.mapi (fun j log -> if j = i then log + offset else log))

            let above, below = moved h, moved -h
            struct ((above.Angle - below.Angle) / (2.0 * h), (above.Gradient - below.Gradient) / (2.0 * h))

        let columns = Array.init logs.Length along

        columns |> Array.map (fun struct (angle, _) -> angle),
        columns |> Array.map (fun struct (_, gradient) -> gradient)

    /// The logs of least norm at which the linearised sums meet the budget: a quadratic program of two double-sided
    /// constraints, solved by trying each set of active ones.
    let private leastNorm budget (logs: float[]) (sums: DepthSums) (toAngle: float[], toGradient: float[]) =
        let angle0 = sums.Angle - dot toAngle logs
        let gradient0 = sums.Gradient - dot toGradient logs

        let aa, ag, gg =
            dot toAngle toAngle, dot toAngle toGradient, dot toGradient toGradient
        // keeps parallel or vanishing gradients from dividing by 0
        let ridge = 1e-12 * (aa + gg) + 1e-300

        let combine x y =
            Array.map2 (fun a g -> x * a + y * g) toAngle toGradient

        let candidates =
            [ combine 0.0 0.0
              for bound in [ budget; -budget ] do
                  combine ((bound - angle0) / (aa + ridge)) 0.0
                  combine 0.0 ((bound - gradient0) / (gg + ridge))

                  for other in [ budget; -budget ] do
                      let s, t = bound - angle0, other - gradient0
                      let determinant = (aa + ridge) * (gg + ridge) - ag * ag
                      combine ((s * (gg + ridge) - t * ag) / determinant) ((t * (aa + ridge) - s * ag) / determinant) ]

        candidates
        |> List.minBy (fun candidate ->
            let linear: DepthSums =
                { Angle = angle0 + dot toAngle candidate
                  Gradient = gradient0 + dot toGradient candidate }

            merit budget candidate linear)

    /// Steps of the search from one start: each costs eleven networks' worth of exponents.
    [<Literal>]
    let private MostSteps = 40

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

    /// Within the budget a search ends where a step makes the change smaller by less than this share.
    [<Literal>]
    let private Settled = 0.01

    /// Sequential least-norm steps from `start`. A step is shortened until the violation falls by a tenth or the merit
    /// falls; the search ends where neither can be had.
    let private search (at: float[] -> DepthSums) budget start =
        let settled (logs, current) (next, value) =
            violation budget value <= 0.0
            && violation budget current <= 0.0
            && merit budget next value > (1.0 - Settled) * merit budget logs current

        let rec step logs current left =
            let toAngle, toGradient = gradients at logs

            if left = 0 || not (Array.forall Double.IsFinite (Array.append toAngle toGradient)) then
                logs, current
            else
                let target = leastNorm budget logs current (toAngle, toGradient)
                let direction = Array.map2 (-) target logs
                let longest = direction |> Array.map abs |> Array.max

                let better next value =
                    violation budget value < 0.9 * max 0.0 (violation budget current)
                    || merit budget next value < merit budget logs current

                let rec shorten fraction =
                    if fraction * longest < 1e-6 then
                        None
                    else
                        let next = Array.map2 (fun x d -> x + fraction * d) logs direction
                        let value = at next

                        if better next value then
                            Some(next, value)
                        else
                            shorten (0.5 * fraction)

                // linear models are trusted within a factor e
                match shorten (min 1.0 (1.0 / longest)) with
                | Some(next, value) when settled (logs, current) (next, value) -> next, value
                | Some(next, value) -> step next value (left - 1)
                | None -> logs, current

        // what is left of the violation is removed by the shortest corrections, whatever they do to the norm
        let rec restore logs current left =
            if left = 0 || violation budget current <= 0.0 then
                logs, current
            else
                let correction =
                    leastNorm budget (Array.zeroCreate (Array.length logs)) current (gradients at logs)

                let next = Array.map2 (+) logs correction
                let value = at next

                if violation budget value < violation budget current then
                    restore next value (left - 1)
                else
                    logs, current

        let logs, current = step start (at start) MostSteps
        restore logs current 8

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

    /// Of an end that does not meet a condition and one that does, the end that does once they are no further apart than `fineness`.
    let rec private bisect fineness meets (outside: float) inside =
        if abs (outside - inside) <= fineness then
            inside
        else
            let middle = 0.5 * (outside + inside)

            if meets middle then
                bisect fineness meets outside middle
            else
                bisect fineness meets middle inside

    /// The least change of hyperparameter `i` alone that meets the budget, if it may be no larger than `reach`.
    let private single architecture (at: float[] -> DepthSums) budget reach i =
        let meets x =
            violation budget (at (logsOf i x)) <= 0.0

        seq {
            for below, beyond in Seq.pairwise (outwards architecture) do
                if below <= reach then
                    for side in [ -1.0; 1.0 ] do
                        (side * below, side * beyond)
        }
        |> Seq.tryFind (fun (_, x) -> meets x)
        |> Option.map (fun (outside, inside) -> logsOf i (bisect Fineness meets outside inside))

    let private logits = Array.findIndex ((=) [| "attention.logitStd" |]) parameters

    let private spreadAtInput (architecture: Architecture) =
        Trainability.spread architecture { Q = architecture.Input.Norm; U = 1.0 }

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
            Some(logsOf logits (bisect 0.1 meets 0.0 weak))
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

        let excess (_, found) = max 0.0 (violation budget found)

        let better best next =
            if excess next < excess best then next else best

        let rec attempt best remaining =
            match remaining with
            | start :: others when excess best > 0.0 -> attempt (better best (search inSearch budget start)) others
            | _ -> best

        let before = at starts.Head
        let together, found = attempt (starts.Head, before) starts
        let size logs = sqrt (dot logs logs)

        // where attention's strong logits make gradients explode, they are the cause and what is lowered
        let logitsExplode = before.Gradient > abs before.Angle && areStrong architecture

        let lowersLogits (logs: float[]) = logs[logits] < 0.0

        // a larger one is not taken
        let reach i =
            if violation budget found > 0.0 || (i = logits && logitsExplode) then
                infinity
            else
                Simplicity * size together

        let alone =
            [| 0 .. parameters.Length - 1 |]
            |> Array.Parallel.choose (fun i -> single architecture at budget (reach i) i)
            |> Array.toList

        match alone, List.tryFind lowersLogits alone with
        | _, Some logs when logitsExplode -> struct (logs, true)
        | [], _ -> struct (together, violation budget found <= 0.0)
        | changes, _ ->
            // of two that are as small as bisection tells, the first
            let least = changes |> List.map size |> List.min
            let best = changes |> List.find (fun logs -> size logs <= least + 2.0 * Fineness)

            if violation budget found > 0.0 || size best <= Simplicity * size together then
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
