namespace Hybrid.Theory

open System
open System.Threading
open Hybrid.Architectures

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
    /// the exponents at the line are not known
    | Unknown

/// The attracting state of the block map: norm q* (NaN where norms grow without limit) and correlation ρ*. With experts the one that
/// the input reaches in the mean over networks.
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
        /// λ_a per block at the collapsed line; the mean over depth where norms are not stationary. With experts that of a network
        /// between two swaps of them. NaN, as all exponents, where the line is not known: with positions, masks other than causal ones,
        /// and a sink beside a mask, a cap or queries normalised by head
        AngleExponent: float
        /// λ_a of the network's own depth, from equal differences: under a mask `AngleExponent` is its limit in many blocks, derivation
        /// (6.7); NaN of one token
        AngleExponentAtDepth: float
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
        /// what the verdict takes for granted, the strongest effect first
        Caveats: Caveat[]
        /// infinitely wide networks that layers are means over; 0 where they are closed
        Draws: int
        /// heads of the networks that were drawn, at most the architecture's own, which it is where layers are closed
        Heads: int
        /// layer 0..depth; NaN behind the layer at which norms leave double precision
        Layers: LayerPrediction[]
        /// E‖∂L/∂W‖² of every weight of blocks 1..depth, as far as layers are finite
        Weights: ParameterGradientNorms[]
    }

/// A first answer, in a tenth of a second where the exact one takes seconds.
type CoarsePrediction =
    {
        /// exponents as the exact one has them; layers and verdict those of `Draws` draws of a smaller network
        Prediction: Prediction
        /// infinitely wide networks that layers are means over; 0 where they are closed and leave out what few heads shift
        Draws: int
        /// heads of the networks that were drawn, at most the architecture's own
        Heads: int
        /// their tokens, at most the architecture's own
        Tokens: int
    }

/// The façade: everything that the theory says of an architecture.
[<RequireQualifiedAccess>]
module Predict =

    /// |λ_a| L below which a network of this depth cannot tell the phases apart.
    [<Literal>]
    let private CriticalBudget = 0.1

    /// All that follows from the layers of a trajectory, which may be those of fewer tokens.
    let private ofTrajectory (architecture: Architecture) laws (trajectory: Trajectory) caveats : Prediction =
        // where norms leave double precision the exponents are those of the layers before
        let finite = TrajectoryDraws.truncated trajectory.Depth architecture
        let depth = architecture.Depth
        let perLayer = (DepthExponents.along finite laws).Layers
        let stationaryLine = FixedPoints.stationaryLine finite laws

        let average (select: BlockExponents -> float) =
            if perLayer.Length = 0 then
                nan
            else
                Array.averageBy select perLayer

        let exponents, fixedPoint =
            match stationaryLine with
            | Some line ->
                let angle = Exponents.angle architecture laws 1 line.State.Q

                let attractor =
                    if Features.areClosed architecture then
                        let attractor = FixedPoints.attractor architecture laws line angle

                        if Double.IsFinite(attractor.State.Q + attractor.State.U) then
                            attractor
                        else
                            { line with Converged = false }
                    elif Features.areClosedButForExperts architecture then
                        FixedPoints.reached architecture laws
                    else
                        line

                let contraction = FixedPoints.contraction architecture laws attractor.State angle

                Exponents.beside angle architecture laws 1 attractor.State,
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

        // rows of attention at ρ = 1 are uniform over what the mask allows for plain heads alone
        let angleAtDepth =
            if not (Array.isEmpty (Features.ofArchitecture architecture)) then
                nan
            else
                try
                    LineOperator.angle finite laws
                with :? DivergenceException ->
                    nan

        let phase =
            if Double.IsNaN exponents.Angle then
                Phase.Unknown
            elif abs exponents.Angle * float depth < CriticalBudget then
                Phase.Critical
            elif exponents.Angle < 0.0 then
                Phase.Ordered
            else
                Phase.Chaotic

        let unknown: LayerState =
            { State = { Q = nan; U = nan }
              P = nan
              Gradient = { Diagonal = nan; OffDiagonal = nan }
              Uncertainty =
                { Q = nan
                  P = nan
                  U = nan
                  GradientDiagonal = nan
                  GradientOffDiagonal = nan } }

        let layer index : LayerPrediction =
            let value =
                if index <= trajectory.Depth then
                    trajectory.Layers[index]
                else
                    unknown

            let exponent (select: BlockExponents -> float) =
                if index = 0 || index > perLayer.Length then
                    nan
                else
                    select perLayer[index - 1]

            { Layer = index
              Q = value.State.Q
              P = value.P
              Rho = value.State.Rho
              U = value.State.U
              GradientDiagonal = value.Gradient.Diagonal
              GradientOffDiagonal = value.Gradient.OffDiagonal
              AngleExponent = exponent _.Angle
              GradientExponent = exponent _.Gradient
              Uncertainty = value.Uncertainty }

        let trainability = Trainability.judge architecture laws trajectory

        { Architecture = architecture
          AngleExponent = exponents.Angle
          AngleExponentAtDepth = angleAtDepth
          GradientExponent = exponents.Gradient
          DifferenceExponent = exponents.Difference
          Phase = phase
          Stationary = stationaryLine.IsSome
          FixedPoint = fixedPoint
          DepthScales =
            { Angle = 1.0 / abs exponents.Angle
              Gradient = 1.0 / abs exponents.Gradient }
          Trainability = trainability
          Caveats = caveats trainability
          Draws = trajectory.Draws
          Heads = trajectory.Heads
          Layers = Array.init (depth + 1) layer
          Weights = trajectory.Weights }

    let private exact (architecture: Architecture) laws trajectory =
        ofTrajectory architecture laws trajectory (fun trainability ->
            Caveats.ofTrajectory architecture laws trainability trajectory)

    /// Predicts `architecture`, derivation sections 4, 5, 6, 7, 8, 13, 14 and 15: its layers, exponents and attracting state, and what is
    /// judged by them. Raises InvalidArchitectureException for an illegal one.
    [<CompiledName("Architecture")>]
    let architecture (architecture: Architecture) : Prediction =
        let architecture = Architecture.ensureValid architecture
        let laws = Laws.exact architecture
        exact architecture laws (TrajectoryRoute.predict architecture laws)

    /// The same with more heads drawn where layers are draws, derivation section 13.5, for as long as some four seconds of one core pay for
    /// and eight of them at least (sixteen behind a norm of the branch): what networks are measured for to compare with it.
    [<CompiledName("Thoroughly")>]
    let thoroughly (architecture: Architecture) : Prediction =
        let architecture = Architecture.ensureValid architecture
        let laws = Laws.exact architecture
        exact architecture laws (TrajectoryRoute.thorough architecture laws)

    /// The same (derivation sections 4, 5, 8, 13.5 and 14), until `cancellation` is asked for: raises OperationCanceledException within a
    /// step of a draw.
    [<CompiledName("Until")>]
    let until (cancellation: CancellationToken) (architecture: Architecture) : Prediction =
        let architecture = Architecture.ensureValid architecture
        let laws = Laws.stoppable cancellation (Laws.exact architecture)
        exact architecture laws (TrajectoryRoute.predict architecture laws)

    /// The same where several architectures are predicted beside each other, derivation section 13.5: with the heads that some third of a
    /// second of one core pays for where layers are draws, and no caveats.
    [<CompiledName("Beside")>]
    let beside (cancellation: CancellationToken) (architecture: Architecture) : Prediction =
        let architecture = Architecture.ensureValid architecture
        let laws = Laws.stoppable cancellation (Laws.exact architecture)
        ofTrajectory architecture laws (TrajectoryRoute.compare architecture laws) (fun _ -> [||])

    /// A first answer where `architecture` takes longer than a tenth of a second, derivation section 13.5: where its heads are drawn. Null
    /// where it does not. Its verdict may be another, and it has no caveats: who shows it says that it is coarse.
    [<CompiledName("Coarse")>]
    let coarse (cancellation: CancellationToken) (architecture: Architecture) : CoarsePrediction | null =
        let architecture = Architecture.ensureValid architecture
        let laws = Laws.stoppable cancellation (Laws.exact architecture)

        match TrajectoryRoute.coarse architecture laws with
        | ValueNone -> null
        | ValueSome(struct (network, trajectory)) ->
            { Prediction = ofTrajectory architecture laws trajectory (fun _ -> [||])
              Draws = trajectory.Draws
              Heads = network.Heads
              Tokens = network.Tokens }

    /// E‖∂L/∂W‖² of every weight of blocks 1..depth, for a loss gradient whose Gram at the output is the identity per coordinate:
    /// derivation (5.4), under a mask by the Gram process. Raises DivergenceException where norms leave double precision.
    [<CompiledName("WeightGradients")>]
    let weightGradients (architecture: Architecture) : ParameterGradientNorms[] =
        let architecture = Architecture.ensureValid architecture
        let trajectory = TrajectoryRoute.predict architecture (Laws.exact architecture)

        if trajectory.Depth < architecture.Depth then
            raise (Geometry.diverges architecture (trajectory.Depth + 1))

        trajectory.Weights
