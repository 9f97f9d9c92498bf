namespace Hybrid.Theory

open System

/// One architecture's place in a phase diagram.
type PhasePoint =
    {
        /// λ_a at the collapsed line
        Angle: float
        /// λ_g at the attracting state: the line where λ_a ≤ 0, the simplex where λ_a > 0
        Gradient: float
        /// exponent of the gradient's difference mode, there too
        Difference: float
        /// ρ* of the attracting state; NaN where norms are not stationary
        Rho: float
        /// whether norms settle; otherwise the exponents are means over the depth along the line
        Stationary: bool
    }

/// Both exponents for many architectures of one family, theory.md section 4: what a phase diagram evaluates at every
/// point. Kernels and attention moments are shared between the points: the moments come from one Chebyshev table over
/// the family's logit scales, so that a point costs microseconds per block.
[<Sealed>]
type PhaseDiagram private (laws: Laws) =

    /// For architectures that share tokens, activation and mask and whose σ_A lies between those of `family`'s
    /// members. Raises InvalidArchitectureException for an illegal member.
    static member Create(family: Architecture seq) =
        let family = family |> Seq.map Architecture.ensureValid |> Array.ofSeq

        if family.Length = 0 then
            invalidArg (nameof family) "at least one architecture is needed"

        let first = family[0]
        let exact = Laws.exact first

        match first.Mask with
        | Mask.Causal -> PhaseDiagram exact
        | Mask.None ->
            let scales = family |> Array.map _.Attention.LogitStd

            // built at the first chaotic point: an ordered diagram never needs it
            let table =
                lazy AttentionTable.Build(first.Tokens, Array.min scales, Array.max scales, PhaseDiagram.Tolerance)

            PhaseDiagram
                { Attention =
                    fun s u ->
                        if table.Value.Covers(s, u) then
                            table.Value.Moments(s, u)
                        else
                            exact.Attention s u
                  Mlp = exact.Mlp }

    /// Error that the table may add to the moments.
    static member private Tolerance = 1e-9

    /// The stationary collapsed norm, if there is one.
    member private _.Line(architecture: Architecture) =
        if FixedPoints.isUniform architecture && FixedPoints.normsCanSettle architecture then
            Some(FixedPoints.line architecture laws) |> Option.filter _.Converged
        else
            None

    /// Means over the depth along the collapsed trajectory.
    member private _.AlongDepth(architecture: Architecture) =
        let collapsed =
            { architecture with
                Input =
                    { architecture.Input with
                        Correlation = 1.0 } }

        let exponents =
            Geometry.forward collapsed (Laws.onLine architecture laws)
            |> Array.mapi (fun i trace -> Exponents.onLine architecture laws (i + 1) trace.Attention.Input.Q)

        { Angle = exponents |> Array.averageBy _.Angle
          Gradient = exponents |> Array.averageBy _.Gradient
          Difference = exponents |> Array.averageBy _.Difference
          Rho = nan
          Stationary = false }

    /// λ_a and λ_g at the attracting state; at the line under a causal mask, whose simplex has no two alike tokens.
    member this.At(architecture: Architecture) : PhasePoint =
        let architecture = Architecture.ensureValid architecture

        match this.Line architecture with
        | None -> this.AlongDepth architecture
        | Some line ->
            let angle = Exponents.angle architecture laws 1 line.State.Q

            let attractor =
                match architecture.Mask with
                | Mask.Causal -> line
                | Mask.None -> FixedPoints.attractor architecture laws line angle

            let exponents = Exponents.block architecture laws 1 line.State.Q attractor.State

            { Angle = exponents.Angle
              Gradient = exponents.Gradient
              Difference = exponents.Difference
              Rho = attractor.State.Rho
              Stationary = attractor.Converged }

    /// λ_a and λ_g at the line whatever the phase, where both are closed.
    member this.OnLine(architecture: Architecture) : PhasePoint =
        let architecture = Architecture.ensureValid architecture

        match this.Line architecture with
        | None -> this.AlongDepth architecture
        | Some line ->
            let exponents = Exponents.onLine architecture laws 1 line.State.Q

            { Angle = exponents.Angle
              Gradient = exponents.Gradient
              Difference = exponents.Difference
              Rho = 1.0
              Stationary = true }
