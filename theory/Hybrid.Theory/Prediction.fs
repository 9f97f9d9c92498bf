namespace Hybrid.Theory

/// The residual stream and the gradient at the input of block layer + 1 (layer = depth: at the output), with the
/// exponents of the block that ends there. Dimensionless. Layer 0 ends no block: its exponents are NaN.
type LayerPrediction =
    {
        Layer: int
        Q: float
        P: float
        Rho: float
        /// u = 1 − ρ, carried through the depth and never formed as a difference
        U: float
        GradientDiagonal: float
        GradientOffDiagonal: float
        AngleExponent: float
        GradientExponent: float
    }

/// On which side of the order–chaos boundary (λ_a = 0) the network sits.
[<RequireQualifiedAccess>]
type Phase =
    | Ordered
    | Critical
    | Chaotic

/// The attracting state of the block map: norm q* (NaN where norms grow without limit) and correlation ρ*.
type FixedPoint =
    {
        Q: float
        Rho: float
        /// whether the iteration met its tolerance
        Converged: bool
    }

/// ξ = 1/|λ| in blocks: the depth over which angles and gradients change by a factor e.
type DepthScales = { Angle: float; Gradient: float }

/// All that the theory says of one architecture.
type Prediction =
    {
        Architecture: Architecture
        /// λ_a per block at the collapsed line; the mean over depth where norms are not stationary
        AngleExponent: float
        /// λ_g per block at the attracting fixed point; the mean over depth where norms are not stationary
        GradientExponent: float
        /// exponent of the gradient's difference mode g_d − g_o, same convention
        DifferenceExponent: float
        Phase: Phase
        /// whether q converges with depth, so that exponents per block are constants
        Stationary: bool
        FixedPoint: FixedPoint
        DepthScales: DepthScales
        Trainability: Trainability
        /// layer 0..depth
        Layers: LayerPrediction[]
    }

/// The façade: everything that the theory says of an architecture.
[<RequireQualifiedAccess>]
module Predict =

    /// |λ_a| L below which a network of this depth cannot tell the phases apart.
    [<Literal>]
    let private CriticalBudget = 0.1

    /// Predicts `architecture`; raises InvalidArchitectureException for an illegal one.
    [<CompiledName("Architecture")>]
    let architecture (architecture: Architecture) : Prediction =
        let architecture = Architecture.ensureValid architecture
        let laws = Laws.exact architecture
        let depth = architecture.Depth
        let blocks = Geometry.forward architecture laws
        let gradients = Gradients.backward architecture blocks

        // the collapsed stream's own norms: λ_a is a property of the line
        let lineNorms =
            Geometry.forward
                { architecture with
                    Input =
                        { architecture.Input with
                            Correlation = 1.0 } }
                laws
            |> Array.map _.Attention.Input.Q

        let perLayer =
            blocks
            |> Array.mapi (fun i trace -> Exponents.block architecture laws (i + 1) lineNorms[i] trace.Attention.Input)

        let line =
            if FixedPoints.isUniform architecture && FixedPoints.normsCanSettle architecture then
                Some(FixedPoints.line architecture laws) |> Option.filter _.Converged
            else
                None

        let average (select: BlockExponents -> float) = Array.averageBy select perLayer

        let exponents, fixedPoint =
            match line with
            | Some line ->
                let angle = Exponents.angle architecture laws 1 line.State.Q
                let attractor = FixedPoints.attractor architecture laws line angle

                Exponents.block architecture laws 1 line.State.Q attractor.State,
                { Q = attractor.State.Q
                  Rho = attractor.State.Rho
                  Converged = attractor.Converged }
            | None ->
                { Angle = average _.Angle
                  Gradient = average _.Gradient
                  Difference = average _.Difference },
                { Q = nan
                  Rho = nan
                  Converged = false }

        let phase =
            if abs exponents.Angle * float depth < CriticalBudget then
                Phase.Critical
            elif exponents.Angle < 0.0 then
                Phase.Ordered
            else
                Phase.Chaotic

        let layer index =
            let state =
                if index = 0 then
                    Geometry.input architecture
                else
                    blocks[index - 1].Output

            { Layer = index
              Q = state.Q
              P = state.P
              Rho = state.Rho
              U = state.U
              GradientDiagonal = gradients[index].Diagonal
              GradientOffDiagonal = gradients[index].OffDiagonal
              AngleExponent = if index = 0 then nan else perLayer[index - 1].Angle
              GradientExponent = if index = 0 then nan else perLayer[index - 1].Gradient }

        { Architecture = architecture
          AngleExponent = exponents.Angle
          GradientExponent = exponents.Gradient
          DifferenceExponent = exponents.Difference
          Phase = phase
          Stationary = line.IsSome
          FixedPoint = fixedPoint
          DepthScales =
            { Angle = 1.0 / abs exponents.Angle
              Gradient = 1.0 / abs exponents.Gradient }
          Trainability =
            Trainability.judge
                architecture
                blocks
                line.IsSome
                (perLayer |> Array.sumBy _.Angle)
                (perLayer |> Array.sumBy _.Gradient)
          Layers = Array.init (depth + 1) layer }
