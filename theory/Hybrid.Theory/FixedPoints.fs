namespace Hybrid.Theory

open System
open System.Numerics
open Hybrid.Architectures

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

/// Attracting states of the block map, derivation section 7. On the line by Steffensen's iteration,
/// on the simplex by Newton's, both quadratic where plain iteration would creep near criticality.
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

    /// The fixed point of the affine map that takes x to f(x) and that to f(f(x)), where its slope is told from 1; otherwise `extrapolate`.
    let private affine (x0: float) (x1: float) (x2: float) =
        let slope = (x2 - x1) / (x1 - x0)
        let fixedPoint = x2 + (x2 - x1) * (slope / (1.0 - slope))

        if slope < 1.0 - 1e-9 && fixedPoint > 0.0 then
            fixedPoint
        else
            extrapolate x0 x1 x2

    /// Whether every block is the same map, so that a fixed point makes sense.
    let isUniform (architecture: Architecture) =
        let isDense =
            architecture.Mlp.Experts |> Option.forall (fun experts -> experts.Dense = 0)

        let hasOneHead =
            match architecture.Mask, architecture.Attention.Head.Positions with
            | Mask.PerLayer _, _
            | _, Positions.PerLayer _ -> false
            | _, (Positions.None | Positions.Rope _ | Positions.Alibi) -> true

        isDense
        && hasOneHead
        && architecture.NormGain.IsUniform
        && architecture.Attention.Head.LogitScale.IsUniform
        && architecture.Attention.Skip.IsUniform
        && architecture.Attention.Branch.IsUniform
        && architecture.Mlp.Skip.IsUniform
        && architecture.Mlp.Branch.IsUniform

    /// Whether q can settle: always where sums are normalised; where branches are normalised in or out (q grows by constants)
    /// only if the skips shrink the stream; without any normalisation it is left to the iteration.
    let normsCanSettle (architecture: Architecture) =
        let skip =
            (Block.at architecture 1).Steps
            |> Array.fold (fun product step -> product * step.Skip) 1.0

        not architecture.Norm.IsBlindToScale || skip < 1.0

    let private residual (before: TokenSimplex) (after: TokenSimplex) =
        max
            (relative before.Q after.Q)
            (if after.U < Collapsed then
                 0.0
             else
                 relative before.U after.U)

    /// A norm beyond this diverges; its square, which kernels and gated units form, is still a finite number.
    [<Literal>]
    let private LargestNorm = 1e60

    let private sound (state: TokenSimplex) =
        Double.IsFinite state.Q
        && state.Q > 1e-200
        && state.Q < LargestNorm
        && Double.IsFinite state.U
        && state.U >= 0.0

    /// One block; NaN where it has no value, so that an iteration ends there.
    let private apply (architecture: Architecture) laws =
        let steps = (Block.at architecture 1).Steps

        fun (state: TokenSimplex) ->
            try
                (Geometry.steps architecture laws steps state).Output
            with :? TheoryException ->
                { Q = nan; U = state.U }

    let private found state once steps =
        let left = residual state once

        { State = once
          Converged = left <= Tolerance && sound once
          Residual = left
          Steps = steps }

    /// The collapsed norm q*: the block map on the line, by Steffensen's iteration in log q, derivation (7.1).
    let line (architecture: Architecture) laws =
        let laws = Laws.onLine architecture laws

        let map = apply architecture laws

        // where branches do not see the stream's scale they add the same to every norm
        let extrapolate = if architecture.IsBlindToScale then affine else extrapolate

        let rec follow (state: TokenSimplex) steps =
            let once = map state

            if residual state once <= Tolerance || steps >= LargestStep || not (sound once) then
                found state once steps
            else
                let twice = map once

                follow
                    { Q = extrapolate state.Q once.Q twice.Q
                      U = 0.0 }
                    (steps + 2)

        follow { Q = architecture.Input.Norm; U = 0.0 } 0

    /// The collapsed norm where every block is the same map and q settles; None where norms grow or weights follow a
    /// schedule.
    let stationaryLine (architecture: Architecture) laws =
        if
            Features.haveLine architecture
            && isUniform architecture
            && normsCanSettle architecture
        then
            Some(line architecture laws) |> Option.filter _.Converged
        else
            None

    /// Jacobian of F in x = (log q, log u), by differences over 1e-6: (∂q/∂q, ∂q/∂u, ∂u/∂q, ∂u/∂u).
    let private jacobian (map: TokenSimplex -> TokenSimplex) (state: TokenSimplex) (once: TokenSimplex) =
        let h = 1e-6
        let byQ = map { state with Q = state.Q * exp h }
        // downwards, since u may stand at the largest that n tokens can have
        let byU = map { state with U = state.U * exp -h }

        struct (log (byQ.Q / once.Q) / h, -log(byU.Q / once.Q) / h, log (byQ.U / once.U) / h, -log(byU.U / once.U) / h)

    /// G = F − x of one application of F, in logs.
    let private difference (state: TokenSimplex) (once: TokenSimplex) =
        struct (log (once.Q / state.Q), log (once.U / state.U))

    /// Newton's step for F(x) = x with F's Jacobian, or what stands for it.
    let internal newton struct (a, b, c, d) (state: TokenSimplex) (once: TokenSimplex) =
        let a, d = a - 1.0, d - 1.0
        let struct (g1, g2) = difference state once
        let determinant = a * d - b * c

        { Q = state.Q * exp ((b * g2 - d * g1) / determinant)
          U = state.U * exp ((c * g1 - a * g2) / determinant) }

    /// Broyden's update of a Jacobian whose step led from `state` to `proposed`: as that step would have led to G = 0, what is there of G
    /// along it is what the Jacobian lacks.
    let internal broyden struct (a, b, c, d) (state: TokenSimplex) (proposed: TokenSimplex) (next: TokenSimplex) =
        let struct (s1, s2) = difference state proposed
        let struct (g1, g2) = difference proposed next
        let square = s1 * s1 + s2 * s2
        struct (a + g1 * s1 / square, b + g1 * s2 / square, c + g2 * s1 / square, d + g2 * s2 / square)

    /// Certificate that a fixed point attracts: the factor by which one block shrinks small deviations from it, the
    /// spectral radius of the block map's Jacobian in (log q, log u), whose eigenvalues can be complex where there are no norms: derivation
    /// section 7.2. On the line the deviations are q's and e^{λ_a}.
    let contraction (architecture: Architecture) laws (state: TokenSimplex) angleExponent =
        let map = apply architecture laws

        if state.U = 0.0 then
            let h = 1e-6
            let up = map { state with Q = state.Q * exp h }
            max (abs (log (up.Q / (map state).Q) / h)) (exp angleExponent)
        else
            let struct (a, b, c, d) = jacobian map state (map state)
            let half = 0.5 * (a + d)
            let apart = Complex.Sqrt(Complex(half * half - (a * d - b * c), 0.0))
            max (half + apart).Magnitude (half - apart).Magnitude

    /// Newton's linear model is trusted within a factor e² of where it was taken.
    let private near (state: TokenSimplex) (proposed: TokenSimplex) =
        sound proposed
        && abs (log (proposed.Q / state.Q)) <= 2.0
        && abs (log (proposed.U / state.U)) <= 2.0

    /// Blocks that are simply applied between two attempts of Newton's method.
    [<Literal>]
    let private Patience = 4

    /// The attracting simplex of a chaotic network: blocks are applied, and a Newton step is taken whenever it brings
    /// the state nearer to a fixed point than the blocks do, with slopes that are updated while that goes well; derivation section 7.2.
    let private simplex (map: TokenSimplex -> TokenSimplex) largestU start =
        let rec follow (state: TokenSimplex) (once: TokenSimplex) updated steps =
            if residual state once <= Tolerance || steps >= LargestStep || not (sound once) then
                found state once steps
            else
                let slopes =
                    match updated with
                    | ValueSome slopes -> slopes
                    | ValueNone -> jacobian map state once

                let steps = if updated.IsSome then steps + 1 else steps + 3
                let proposed = newton slopes state once

                let next =
                    if near state proposed && proposed.U <= largestU then
                        ValueSome(map proposed)
                    else
                        ValueNone

                match next with
                | ValueSome next when residual proposed next < 0.5 * residual state once ->
                    follow proposed next (ValueSome(broyden slopes state proposed next)) steps
                | ValueSome _
                | ValueNone when updated.IsSome -> follow state once ValueNone steps
                | ValueSome _
                | ValueNone ->
                    let mutable before = state
                    let mutable after = once

                    for _ in 1..Patience do
                        before <- after
                        after <- map after

                    follow before after ValueNone (steps + Patience)

        follow start (map start) ValueNone 1

    /// The state that the architecture's own tokens reach, block after block: where several attract, as with experts, the one in whose
    /// basin they start.
    let reached (architecture: Architecture) laws : Attractor =
        let map = apply architecture laws

        let rec follow state steps =
            let once = map state

            if residual state once <= Tolerance || steps >= LargestStep || not (sound once) then
                found state once steps
            else
                follow once (steps + 1)

        follow (Geometry.input architecture) 1

    /// The attracting state: the line where λ_a ≤ 0 there, otherwise the simplex that u grows to, sought from `start`.
    let attractorFrom start (architecture: Architecture) laws (line: Attractor) angleExponent =
        if angleExponent <= 0.0 then
            line
        else
            let largest = 1.0 - Architecture.leastCorrelation architecture.Tokens

            // norms that grow until attention's spread leaves the double range have no fixed point within it
            simplex (apply architecture laws) largest start

    /// The same from the architecture's own input.
    let attractor architecture laws (line: Attractor) angleExponent =
        let u = (Geometry.input architecture).U

        attractorFrom
            { Q = line.State.Q
              U = if u > 0.0 then min u 1.0 else 0.1 }
            architecture
            laws
            line
            angleExponent
