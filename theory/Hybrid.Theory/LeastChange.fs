namespace Hybrid.Theory

open System

/// The logs of least norm at which two sums lie within a budget, derivation section 11, whatever the sums are of.
[<RequireQualifiedAccess>]
module internal LeastChange =

    /// By how much the larger sum exceeds the budget; ≤ 0 within it.
    let violation budget (sums: DepthSums) =
        let excess = max (abs sums.Angle) (abs sums.Gradient) - budget
        if Double.IsFinite excess then excess else infinity

    let private dot = Array.fold2 (fun sum (x: float) y -> sum + x * y) 0.0

    /// The norm of a change.
    let size logs = sqrt (dot logs logs)

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

    /// Within the budget a search ends where a step makes the change smaller by less than this share.
    [<Literal>]
    let private Settled = 0.01

    /// Sequential least-norm steps from `start`. A step is shortened until the violation falls by a tenth or the merit
    /// falls; the search ends where neither can be had.
    let search (at: float[] -> DepthSums) budget start =
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

    /// Of an end that does not meet a condition and one that does, the end that does once they are no further apart than `fineness`.
    let rec bisect fineness meets (outside: float) inside =
        if abs (outside - inside) <= fineness then
            inside
        else
            let middle = 0.5 * (outside + inside)

            if meets middle then
                bisect fineness meets outside middle
            else
                bisect fineness meets middle inside
