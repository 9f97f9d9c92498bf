namespace Hybrid.Theory

open System
open Hybrid.Architectures

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

/// Both exponents for many architectures of one family, derivation section 6: what a phase diagram evaluates at every
/// point. Kernels and attention moments are shared between the points: the moments come from one Chebyshev table over
/// the family's logit scales, so that a point costs microseconds per block.
[<Sealed>]
type PhaseDiagram private (laws: Laws) =

    /// Legal, and with a line that is known.
    static member private Supported(architecture: Architecture) =
        Architecture.ensureValid architecture
        |> Features.ensureSupported "the theory of phases" (Features.onTheLine architecture)

    /// For architectures that share tokens, activation and mask and whose σ_A lies between those of `family`'s
    /// members. Raises InvalidArchitectureException for an illegal member and for one whose line is not known.
    static member Create(family: Architecture seq) =
        let family = family |> Seq.map PhaseDiagram.Supported |> Array.ofSeq

        if family.Length = 0 then
            invalidArg (nameof family) "at least one architecture is needed"

        let scales =
            family
            |> Array.collect (fun architecture ->
                let attention = architecture.Attention
                (attention.Head.LogitScale.Scale attention.LogitStd).Values)

        PhaseDiagram(Laws.tabulated family[0] (Array.min scales) (Array.max scales))

    /// Of norms that leave double precision.
    static member private Unknown =
        { Angle = nan
          Gradient = nan
          Difference = nan
          Rho = nan
          Stationary = false }

    static member private OrUnknown unknown find =
        try
            find ()
        with :? DivergenceException ->
            unknown

    /// The stationary collapsed norm, if there is one.
    member private _.Line(architecture: Architecture) =
        FixedPoints.stationaryLine architecture laws

    /// Means over the depth along the collapsed trajectory.
    member private _.AlongDepth(architecture: Architecture) =
        let exponents =
            Geometry.collapsed architecture laws
            |> Array.mapi (fun i trace -> Exponents.onLine architecture laws (i + 1) trace.Input.Q)

        { Angle = exponents |> Array.averageBy _.Angle
          Gradient = exponents |> Array.averageBy _.Gradient
          Difference = exponents |> Array.averageBy _.Difference
          Rho = nan
          Stationary = false }

    /// The attracting simplex: from `neighbour`, a converged one of a similar architecture, if that leads to one; from
    /// the architecture's input otherwise.
    member private _.Attractor(architecture: Architecture, line: Attractor, angle, neighbour: Attractor voption) =
        let fromNeighbour =
            neighbour
            |> ValueOption.map (fun found -> FixedPoints.attractorFrom found.State architecture laws line angle)

        match fromNeighbour with
        | ValueSome found when found.Converged -> found
        | ValueSome _
        | ValueNone -> FixedPoints.attractor architecture laws line angle

    /// The point of a supported architecture, and its simplex if it has one, for the next point to start from.
    member private this.Find(architecture: Architecture, neighbour) =
        match this.Line architecture with
        | None -> struct (this.AlongDepth architecture, ValueNone)
        | Some line ->
            let angle = Exponents.angle architecture laws 1 line.State.Q

            let attractor =
                if Features.areClosed architecture then
                    this.Attractor(architecture, line, angle, neighbour)
                else
                    line

            let exponents = Exponents.beside angle architecture laws 1 attractor.State

            struct ({ Angle = exponents.Angle
                      Gradient = exponents.Gradient
                      Difference = exponents.Difference
                      Rho = attractor.State.Rho
                      Stationary = attractor.Converged },
                    (if attractor.Converged && attractor.State.U > 0.0 then
                         ValueSome attractor
                     else
                         ValueNone))

    /// λ_a and λ_g at the attracting state; at the line under a causal mask, whose simplex has no two alike tokens.
    member this.At(architecture: Architecture) : PhasePoint =
        let struct (point, _) = this.Find(PhaseDiagram.Supported architecture, ValueNone)
        point

    /// `At` for every architecture of a path of the family's members in small steps, and no number where norms leave double precision: each attractor is sought from the one before it, which
    /// takes a few Newton steps where the input would take tens of blocks.
    member this.Along(path: Architecture[]) : PhasePoint[] =
        let mutable neighbour = ValueNone

        path
        |> Array.map (fun architecture ->
            let struct (point, found) =
                PhaseDiagram.OrUnknown struct (PhaseDiagram.Unknown, ValueNone) (fun () ->
                    this.Find(architecture, neighbour))

            neighbour <- found
            point)

    /// λ_a and λ_g at the line whatever the phase, where both are closed; no number where norms leave double precision.
    member this.OnLine(architecture: Architecture) : PhasePoint =
        let architecture = PhaseDiagram.Supported architecture

        PhaseDiagram.OrUnknown PhaseDiagram.Unknown (fun () ->
            match this.Line architecture with
            | None -> this.AlongDepth architecture
            | Some line ->
                let exponents = Exponents.onLine architecture laws 1 line.State.Q

                { Angle = exponents.Angle
                  Gradient = exponents.Gradient
                  Difference = exponents.Difference
                  Rho = 1.0
                  Stationary = true })
