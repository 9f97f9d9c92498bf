namespace Hybrid.Theory

open System

/// Where iterating one block leads.
type Attractor =
    {
        State: TokenSimplex
        Converged: bool
        /// largest relative change of q and u by one more block
        Residual: float
        /// blocks applied
        Steps: int
    }

/// Attracting states of the block map, theory.md section 4, derivation section 7. Iteration is carried by Steffensen's
/// acceleration, which turns the slow linear approach near criticality into a quadratic one.
[<RequireQualifiedAccess>]
module FixedPoints =

    [<Literal>]
    let private Tolerance = 1e-12

    [<Literal>]
    let private LargestStep = 400

    /// Below this u a shrinking simplex has collapsed for every purpose but its rate.
    [<Literal>]
    let private Collapsed = 1e-30

    let private relative (before: float) after =
        if before = after then
            0.0
        else
            abs (after - before) / max (abs after) Double.Epsilon

    /// Aitken's extrapolation of x, f(x), f(f(x)), in log x; the last iterate where the second difference vanishes or
    /// the jump would leave a factor e of it.
    let private extrapolate (x0: float) (x1: float) (x2: float) =
        if x0 <= 0.0 || x1 <= 0.0 || x2 <= 0.0 then
            x2
        else
            let d1 = log (x1 / x0)
            let d2 = log (x2 / x1)
            let second = d2 - d1
            let jump = -d2 * d2 / second

            if second = 0.0 || not (Double.IsFinite jump) || abs jump > 1.0 then
                x2
            else
                x2 * exp jump

    /// Whether every block is the same map, so that a fixed point makes sense.
    let private uniform (schedule: Schedule) =
        schedule.Values |> Array.forall (fun value -> value = schedule.Values[0])

    let isUniform (architecture: Architecture) =
        uniform architecture.Attention.Skip
        && uniform architecture.Attention.Branch
        && uniform architecture.Mlp.Skip
        && uniform architecture.Mlp.Branch

    /// Whether q can settle: always after post-normalisation; where branches are normalised in or out (q grows by
    /// constants) only if the skips shrink the stream; without input normalisation it is left to the iteration.
    let normsCanSettle (architecture: Architecture) =
        let skip = architecture.Attention.Skip.At 1 * architecture.Mlp.Skip.At 1

        match architecture.Norm with
        | Norm.Post
        | Norm.None -> true
        | Norm.Pre
        | Norm.Peri
        | Norm.Output -> skip < 1.0

    let private iterate (map: TokenSimplex -> TokenSimplex) start =
        let rec follow (state: TokenSimplex) steps =
            let once = map state

            let residual =
                max (relative state.Q once.Q) (if once.U < Collapsed then 0.0 else relative state.U once.U)

            let sound =
                Double.IsFinite once.Q
                && once.Q > 1e-200
                && once.Q < 1e200
                && Double.IsFinite once.U

            if residual <= Tolerance || steps >= LargestStep || not sound then
                { State = if once.U < Collapsed then { once with U = 0.0 } else once
                  Converged = residual <= Tolerance && sound
                  Residual = residual
                  Steps = steps }
            else
                let twice = map once

                follow
                    { Q = extrapolate state.Q once.Q twice.Q
                      // u is extrapolated only where it is near a simplex: a collapse is geometric and never lands
                      U =
                        if twice.U < 1e-8 then
                            twice.U
                        else
                            min (extrapolate state.U once.U twice.U) 1.0 }
                    (steps + 2)

        follow start 0

    /// The collapsed norm q* and its residual: the block map on the line.
    let line (architecture: Architecture) laws =
        iterate
            (fun state -> (Geometry.block architecture laws 1 { state with U = 0.0 }).Output)
            { Q = architecture.Input.Norm; U = 0.0 }

    /// The attracting state: the line where λ_a ≤ 0 there, otherwise the simplex that u grows to.
    let attractor (architecture: Architecture) laws (line: Attractor) angleExponent =
        if angleExponent <= 0.0 then
            line
        else
            let start = (Geometry.input architecture).U

            iterate
                (fun state -> (Geometry.block architecture laws 1 state).Output)
                { Q = line.State.Q
                  U = if start > 0.0 then min start 1.0 else 0.1 }
