namespace Hybrid.Theory

open System
open Hybrid.Architectures

[<RequireQualifiedAccess>]
type Verdict =
    | Trainable
    | Marginal
    | Untrainable
    /// the numbers cannot tell
    | Undecided

/// What `counted` is compared with: trainable up to the first, untrainable beyond the second, marginal between.
[<Struct>]
type TrainabilityLimits =
    { Trainable: float; Untrainable: float }

/// Sums along the layers of a network, dimensionless: what a verdict is a function of. Derivation section 14.
[<Struct>]
type TrajectorySums =
    {
        /// ln(u_L/u_0): log growth of differences between tokens; 0 where all tokens are equal from the start
        Angle: float
        /// ln(g_d(0)/g_d(L)): log growth of gradient power from the output to the input
        Gradient: float
        /// ln(q_L/q_0): the stream's own growth
        Growth: float
        /// ln(g_d(1)/g_d(L)), less ln(q_L/q_1) where branches are blind to the stream's scale: gradients as blocks 2..L see them
        Inner: float
    }

    /// What counts of the gradients: the log of their norm, half that of their power.
    member this.GradientCount = 0.5 * this.Inner

    /// max(|Angle|, ½|Inner|)
    member this.Counted = max (abs this.Angle) (abs this.GradientCount)

/// The verdict at finite depth and the numbers that it is a function of.
type Trainability =
    {
        Verdict: Verdict
        Sums: TrajectorySums
        /// standard error of `Sums.Counted`, where layers are averages over draws; half its distance to what counts in most networks, where
        /// the mean is over few; 0 elsewhere
        CountedError: float
        /// what counts in most networks, where the mean is over few; elsewhere `Sums.Counted`
        CountedInMost: float
        Limits: TrainabilityLimits
        /// whether the stream or a gradient leaves double precision: the sums are then those of the layers before
        Diverges: bool
        /// all tokens are equal from the start: they have no differences to lose
        TokensAreEqual: bool
        /// share of the last layer's squared norm that branches wrote, 0 to 1; the rest is the embedding; NaN where it diverges
        Written: float
        /// what decided, what causes it, and whether the network computes at all; never empty
        Reasons: string[]
    }

    /// What counts is the change of the differences between tokens, and not that of gradients.
    member this.DecidedByAngles = abs this.Sums.Angle >= abs this.Sums.GradientCount

/// Whether a network of this depth can train, from the numbers of its layers alone: derivation (14.1).
[<RequireQualifiedAccess>]
module Trainability =

    /// Up to e³ ≈ 20 and beyond e⁵ ≈ 150 in 1 − ρ or in the gradient's norm: docs/how-sure.md has the evidence.
    [<CompiledName("Limits")>]
    let limits: TrainabilityLimits = { Trainable = 3.0; Untrainable = 5.0 }

    /// |sum| below which a quantity stays as it is: a factor 1.6.
    [<Literal>]
    let DeadZone = 0.5

    /// The share of the stream's norm that branches must write for the network to compute anything to speak of.
    [<Literal>]
    let HardlyComputes = 0.05

    let private ratio (after: float) before =
        if after = before then
            0.0
        else
            let quotient = after / before

            if Double.IsNormal quotient then
                log quotient
            else
                Elementary.logInRange after - Elementary.logInRange before

    let private areEqual (layers: LayerState[]) = layers[0].State.U = 0.0

    /// The sums over printed layers, whether or not branches are blind to the stream's scale; of one layer all are 0.
    let sums blind (layers: LayerState[]) : TrajectorySums =
        let first, last = layers[0], layers[layers.Length - 1]
        let inner = layers[min 1 (layers.Length - 1)]
        let growthFrom (start: LayerState) = ratio last.State.Q start.State.Q

        { Angle =
            if areEqual layers then
                0.0
            else
                ratio last.State.U first.State.U
          Gradient = ratio first.Gradient.Diagonal last.Gradient.Diagonal
          Growth = growthFrom first
          Inner =
            ratio inner.Gradient.Diagonal last.Gradient.Diagonal
            - (if blind then growthFrom inner else 0.0) }

    /// The sums of an architecture's layers.
    let sumsOf (architecture: Architecture) layers = sums architecture.IsBlindToScale layers

    /// The standard error of what is counted, from those of the layers.
    let private countedError (sums: TrajectorySums) (layers: LayerState[]) =
        let last = layers[layers.Length - 1]
        let inner = layers[min 1 (layers.Length - 1)]

        let relative (error: float) value =
            if error = 0.0 || value = 0.0 then
                0.0
            else
                min Double.MaxValue (error / value)

        if abs sums.Angle >= abs sums.GradientCount then
            relative last.Uncertainty.U last.State.U
        else
            0.5 * relative inner.Uncertainty.GradientDiagonal inner.Gradient.Diagonal

    /// The verdict as a function of what is counted, its error and the limits alone. Undecided where the count is no number or its
    /// distance to a limit is less than two standard errors.
    let decide limits counted error =
        if Double.IsNaN counted || Double.IsNaN error then
            Verdict.Undecided
        elif min (abs (counted - limits.Trainable)) (abs (counted - limits.Untrainable)) < 2.0 * error then
            Verdict.Undecided
        elif counted <= limits.Trainable then
            Verdict.Trainable
        elif counted <= limits.Untrainable then
            Verdict.Marginal
        else
            Verdict.Untrainable

    /// Three digits, in the notation of JSON where there are many zeros.
    let internal number (value: float) =
        let size = abs value

        if size >= 1e5 || (size > 0.0 && size < 1e-3) then
            value.ToString("0.##e0", Globalization.CultureInfo.InvariantCulture)
        elif size >= 1e3 then
            value.ToString("0", Globalization.CultureInfo.InvariantCulture)
        else
            value.ToString("G3", Globalization.CultureInfo.InvariantCulture)

    let private signed (value: float) =
        value.ToString("+0.00;−0.00;0.00", Globalization.CultureInfo.InvariantCulture)

    let private angles (sums: TrajectorySums) (layers: LayerState[]) =
        let first, last = layers[0].State, layers[layers.Length - 1].State

        if areEqual layers then
            "all tokens are equal from the start: there are no differences to lose"
        else
            let words =
                if abs sums.Angle < DeadZone then
                    "differences between tokens stay as they are"
                elif sums.Angle < 0.0 then
                    "differences between tokens shrink"
                else
                    "differences between tokens grow"

            $"{words}: 1 − ρ goes from {number first.U} to {number last.U} (log {signed sums.Angle})"

    let private gradients blind (sums: TrajectorySums) (layers: LayerState[]) =
        let inner = layers[min 1 (layers.Length - 1)]

        let words =
            let size = abs sums.GradientCount
            let towards verb = $"gradients {verb} towards the input"

            if size < DeadZone then
                "gradients stay as they are"
            elif size <= limits.Trainable then
                towards (if sums.Inner > 0.0 then "grow" else "shrink")
            else
                towards (if sums.Inner > 0.0 then "explode" else "vanish")

        let factor = number (exp sums.GradientCount)
        let size = $"their norm at layer 1 is {factor} times that at the output"
        let log = $"log {signed sums.GradientCount}"

        if blind then
            $"{words}: relative to the stream, {size} ({log}; g_d itself is {number inner.Gradient.Diagonal}, but normalised branches do not see the stream's scale)"
        else
            $"{words}: {size} ({log}; g_d = {number inner.Gradient.Diagonal})"

    let private stream blind (sums: TrajectorySums) (layers: LayerState[]) =
        let first, last = layers[0].State.Q, layers[layers.Length - 1].State.Q

        if abs sums.Growth < DeadZone then
            []
        else
            let words =
                if sums.Growth > 0.0 then
                    "the stream grows"
                else
                    "the stream shrinks"

            let seen =
                if blind then
                    ", which normalised branches do not see"
                else
                    ""

            [ $"{words}: q goes from {number first} to {number last} (log {signed sums.Growth}){seen}" ]

    /// What counts in most networks, where it is not the closed maps' mean: attention so strong that hardly any row shares its weight
    /// passes gradients through logits in the few networks that have such a row.
    let private countedInMost (architecture: Architecture) laws (trajectory: Trajectory) =
        match trajectory.Route with
        | Route.Closed
        | Route.ClosedWithoutHeads when LogitSpread.strongest architecture trajectory > TrajectoryRoute.StrongLogits ->
            let most = Trajectory.closed architecture (Laws.withoutRareTies architecture laws)

            // beyond double precision most networks are no different from the mean
            (sumsOf architecture (if most.Depth < architecture.Depth then trajectory else most).Layers).Counted
        | Route.Closed
        | Route.ClosedWithoutHeads
        | Route.Draws _ -> (sumsOf architecture trajectory.Layers).Counted

    /// The module through which most of the deciding sum comes, and what of it to change.
    let private cause (architecture: Architecture) (sums: TrajectorySums) (trajectory: Trajectory) =
        let byAngle = abs sums.Angle >= abs sums.GradientCount

        let share (of': Share) =
            if byAngle then of'.Angle else of'.Gradient

        let attention, mlp = share trajectory.Attention, share trajectory.Mlp
        let total = if byAngle then sums.Angle else sums.GradientCount
        // the larger contribution of the sum's own sign
        let fromAttention = attention * float (sign total) >= mlp * float (sign total)

        let strongest = LogitSpread.strongest architecture trajectory

        match architecture.Wiring with
        | Wiring.Parallel when not byAngle && strongest > TrajectoryRoute.StrongLogits ->
            $"it comes from the parallel blocks, whose branches act at once, with logits of standard deviation {number strongest}: lower attention.logitStd"
        | Wiring.Parallel -> "it comes from the parallel blocks, whose branches act at once"
        | Wiring.Sequential ->
            let part = if fromAttention then attention else mlp

            let module' =
                if fromAttention && not byAngle && strongest > TrajectoryRoute.StrongLogits then
                    $"attention's logits, of standard deviation {number strongest}: lower attention.logitStd"
                elif fromAttention && byAngle then
                    "attention, which averages tokens: lower attention.branch or attention.valueStd"
                elif fromAttention then
                    "attention's value path: lower attention.branch or attention.valueStd"
                elif byAngle && total > 0.0 then
                    "the MLP, which pushes tokens apart: lower mlp.inStd"
                elif byAngle then
                    "the MLP, which pulls tokens together: raise mlp.inStd, or lower mlp.branch"
                elif total < 0.0 && architecture.Norm.OnSum then
                    "the norm on the sum, which shrinks what passes by the skip: raise the skips or lower mlp.branch"
                else
                    "the MLP: lower mlp.branch or mlp.inStd"

            if sign part = sign (total - part) || part = total then
                $"most of it ({signed part} of {signed total}) comes from {module'}"
            else
                let other = if fromAttention then "the MLP" else "attention"
                $"{signed part} comes from {module'}; {other} takes {number (abs (total - part))} of it back"

    let private computes (sums: TrajectorySums) share =
        if share = 0.0 then
            let network =
                if abs sums.Growth < DeadZone then
                    "the identity, nothing grows and nothing shrinks (ReZero, Fixup)"
                else
                    "its skips, which scale the embedding and nothing else"

            [ $"branches write nothing at the start: the network is {network}; branches must learn to open" ]
        elif share < HardlyComputes then
            let percent =
                (100.0 * share).ToString("G2", Globalization.CultureInfo.InvariantCulture)

            [ $"the network hardly computes: its branches write {percent} %% of the stream's norm, the rest is the embedding; raise the branches or lower input.norm" ]
        else
            []

    /// The weight matrices with the largest and the smallest norm of their gradient.
    let private extremes (trajectory: Trajectory) =
        let named =
            trajectory.Weights
            |> Array.mapi (fun index weights ->
                [ "W_Q", weights.Query
                  "W_K", weights.Key
                  "W_V", weights.Value
                  "W_O", weights.Output
                  "W_1", weights.MlpIn
                  "W_u", weights.MlpUp
                  "W_2", weights.MlpOut ]
                |> List.map (fun (name, square) -> $"{name} of layer {index + 1}", sqrt square))
            |> List.concat
            |> List.filter (fun (_, norm) -> norm > 0.0 && Double.IsFinite norm)

        if named.IsEmpty then
            []
        else
            // of those that differ by rounding alone the first
            let first precedes =
                named
                |> List.reduce (fun best other -> if precedes (snd other) (snd best) then other else best)

            let tie = 1.0 + 1e-9
            let largest, most = first (fun other best -> other > tie * best)
            let smallest, least = first (fun other best -> tie * other < best)
            [ $"the largest gradient ‖∂L/∂W‖ of a weight matrix is that of {largest}, {number (most / least)} times that of {smallest}, the smallest" ]

    /// The verdict of a legal architecture from its layers.
    let judge (architecture: Architecture) laws (trajectory: Trajectory) : Trainability =
        let layers = trajectory.Layers
        let sums = sumsOf architecture layers
        let diverges = trajectory.Depth < architecture.Depth
        let error = countedError sums layers
        let error = if layers.Length = 1 then 0.0 else error

        let most =
            match trajectory.Ending with
            | Ending.Stream -> sums.Counted
            | Ending.Whole
            | Ending.Gradients _ when Double.IsNaN sums.Counted -> sums.Counted
            | Ending.Whole
            | Ending.Gradients _ -> countedInMost architecture laws trajectory

        let isOfFew = most <> sums.Counted && not (Double.IsNaN sums.Counted)

        // two errors reach from the mean to most networks
        let error =
            if isOfFew then
                max error (0.5 * abs (sums.Counted - most))
            else
                error

        // what leaves double precision has grown by e^700
        let verdict =
            if diverges && isOfFew && most <= limits.Untrainable then
                Verdict.Undecided
            elif diverges then
                Verdict.Untrainable
            else
                decide limits sums.Counted error

        let share =
            if diverges then
                nan
            else
                WrittenShare.ofLast architecture laws trajectory

        let grown =
            if trajectory.Depth = 0 then
                ""
            else
                $", after growing from {number layers[0].State.Q} to {number layers[trajectory.Depth].State.Q} in {trajectory.Depth} layers"

        { Verdict = verdict
          Sums = sums
          CountedError = error
          CountedInMost = most
          Limits = limits
          Diverges = diverges
          TokensAreEqual = areEqual layers
          Written = share
          Reasons =
            [| match trajectory.Ending with
               | Ending.Whole -> ()
               | Ending.Stream when trajectory.Depth = 0 && architecture.Input.Norm > Geometry.LargestNorm ->
                   $"input.norm is beyond {number Geometry.LargestNorm}, the largest norm that is followed, since its square is formed: lower it"
               | Ending.Stream ->
                   $"the stream's norm diverges at layer {trajectory.Depth + 1}: it leaves double precision there{grown}; lower the branch weights, attention.valueStd or mlp.outStd, or normalise"
               | Ending.Gradients(from, at) ->
                   $"gradients diverge at layer {at}: on their way back from the output of layer {from} they leave double precision there; the numbers are those of the first {trajectory.Depth} layers; lower the branch weights or mlp.inStd, or normalise"
               match verdict with
               | Verdict.Undecided when Double.IsNaN sums.Counted || Double.IsNaN error ->
                   let layer =
                       layers
                       |> Array.tryFindIndexBack (fun layer ->
                           not (Double.IsFinite(layer.State.U + layer.Gradient.Diagonal + layer.State.Q)))
                       |> Option.defaultValue trajectory.Depth

                   $"cannot be told: a number of layer {layer} is not finite"
               | Verdict.Undecided ->
                   $"cannot be told: what counts, {signed sums.Counted}, lies within two standard errors ({number error}) of a limit"
               | Verdict.Trainable
               | Verdict.Marginal
               | Verdict.Untrainable -> ()
               if not (diverges && trajectory.Depth = 0) then
                   angles sums layers
                   gradients architecture.IsBlindToScale sums layers
                   yield! stream architecture.IsBlindToScale sums layers
               if isOfFew then
                   $"gradients are means over networks of which fewer than half have a row of attention, in a layer, whose weight two tokens share: no others' pass through logits, and {signed most} counts in these"
               if sums.Counted > limits.Trainable then
                   cause architecture sums trajectory
               yield! extremes trajectory
               yield! computes sums share |] }
