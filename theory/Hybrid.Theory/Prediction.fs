namespace Hybrid.Theory

open Hybrid.Architectures

/// Standard errors of a layer's values where they are averages over draws of the Gram process (causal masks); all zero
/// where the values are closed.
type LayerUncertainty =
    { Q: float
      P: float
      U: float
      GradientDiagonal: float
      GradientOffDiagonal: float }

/// The residual stream and the gradient at the input of block layer + 1 (layer = depth: at the output), with the
/// exponents of the block that ends there. Dimensionless. Layer 0 ends no block: its exponents are NaN.
type LayerPrediction =
    {
        Layer: int
        Q: float
        P: float
        Rho: float
        /// u = 1 − ρ, carried through the depth and never formed as a difference (causal: mean over draws of 1 − p/q)
        U: float
        GradientDiagonal: float
        GradientOffDiagonal: float
        AngleExponent: float
        GradientExponent: float
        Uncertainty: LayerUncertainty
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
        /// whether it is fixed to 1e-12 and certified to attract
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

    /// Draws of the Gram process that a causal prediction averages; each is one infinitely wide network.
    [<Literal>]
    let CausalDraws = 4

    /// Seed of those draws: a prediction is a pure function of the architecture.
    [<Literal>]
    let private CausalSeed = 2403

    [<Struct>]
    type private Values =
        { State: TokenSimplex
          P: float
          Gradient: GradientGram
          Uncertainty: LayerUncertainty }

    let private exactly: LayerUncertainty =
        { Q = 0.0
          P = 0.0
          U = 0.0
          GradientDiagonal = 0.0
          GradientOffDiagonal = 0.0 }

    /// Section 2 and 3's closed maps.
    let private closedLayers architecture (blocks: BlockTrace[]) =
        let gradients = Gradients.backward architecture blocks

        Array.init (blocks.Length + 1) (fun layer ->
            let state =
                if layer = 0 then
                    Geometry.input architecture
                else
                    blocks[layer - 1].Output

            { State = state
              P = state.P
              Gradient = gradients[layer]
              Uncertainty = exactly })

    /// Means over positions, pairs and draws of section 8's process.
    let private causalLayers (architecture: Architecture) =
        let n = architecture.Tokens

        let draws =
            GramProcess.draws
                architecture
                (GramProcess.allowed n architecture.Mask)
                (GramProcess.symmetricInput architecture)
                CausalDraws
                CausalSeed

        let means (matrix: float[]) =
            let diagonal = Seq.sum (seq { for i in 0 .. n - 1 -> matrix[i * n + i] })
            let pairs = float (n * (n - 1))

            struct (diagonal / float n,
                    (if n = 1 then
                         diagonal
                     else
                         (Array.sum matrix - diagonal) / pairs))

        let estimate (values: float[]) =
            let mean = Array.average values
            let square = values |> Array.sumBy (fun x -> (x - mean) * (x - mean))
            struct (mean, sqrt (square / float (values.Length * (values.Length - 1))))

        Array.init (architecture.Depth + 1) (fun layer ->
            let hidden = draws |> Array.map (fun draw -> means draw[layer].Hidden)
            let gradient = draws |> Array.map (fun draw -> means draw[layer].Gradient)
            let struct (q, qError) = hidden |> Array.map (fun struct (q, _) -> q) |> estimate
            let struct (p, pError) = hidden |> Array.map (fun struct (_, p) -> p) |> estimate

            let struct (u, uError) =
                hidden |> Array.map (fun struct (q, p) -> (q - p) / q) |> estimate

            let struct (gd, gdError) =
                gradient |> Array.map (fun struct (d, _) -> d) |> estimate

            let struct (go, goError) =
                gradient |> Array.map (fun struct (_, o) -> o) |> estimate

            { State = { Q = q; U = u }
              P = p
              Gradient = { Diagonal = gd; OffDiagonal = go }
              Uncertainty =
                { Q = qError
                  P = pError
                  U = uError
                  GradientDiagonal = gdError
                  GradientOffDiagonal = goError } })

    /// Predicts `architecture`; raises InvalidArchitectureException for an illegal one.
    [<CompiledName("Architecture")>]
    let architecture (architecture: Architecture) : Prediction =
        let architecture = Architecture.ensureValid architecture
        let laws = Laws.exact architecture
        let depth = architecture.Depth

        let along = DepthExponents.along architecture laws
        let blocks, perLayer = along.Blocks, along.Layers

        let values =
            match architecture.Mask with
            | Mask.None -> closedLayers architecture blocks
            | Mask.Causal -> causalLayers architecture

        let stationaryLine = FixedPoints.stationaryLine architecture laws

        let average (select: BlockExponents -> float) = Array.averageBy select perLayer

        let exponents, fixedPoint =
            match stationaryLine with
            | Some line ->
                let angle = Exponents.angle architecture laws 1 line.State.Q

                let attractor =
                    match architecture.Mask with
                    | Mask.None -> FixedPoints.attractor architecture laws line angle
                    | Mask.Causal -> line

                let contraction = FixedPoints.contraction architecture laws attractor.State angle

                Exponents.block architecture laws 1 line.State.Q attractor.State,
                { Q = attractor.State.Q
                  Rho = attractor.State.Rho
                  Converged = attractor.Converged && contraction <= 1.0 }
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

        let layer index : LayerPrediction =
            let value = values[index]

            { Layer = index
              Q = value.State.Q
              P = value.P
              Rho = value.State.Rho
              U = value.State.U
              GradientDiagonal = value.Gradient.Diagonal
              GradientOffDiagonal = value.Gradient.OffDiagonal
              AngleExponent = if index = 0 then nan else perLayer[index - 1].Angle
              GradientExponent = if index = 0 then nan else perLayer[index - 1].Gradient
              Uncertainty = value.Uncertainty }

        { Architecture = architecture
          AngleExponent = exponents.Angle
          GradientExponent = exponents.Gradient
          DifferenceExponent = exponents.Difference
          Phase = phase
          Stationary = stationaryLine.IsSome
          FixedPoint = fixedPoint
          DepthScales =
            { Angle = 1.0 / abs exponents.Angle
              Gradient = 1.0 / abs exponents.Gradient }
          Trainability = Trainability.judge architecture blocks stationaryLine.IsSome along.Sums
          Layers = Array.init (depth + 1) layer }
