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

[<RequireQualifiedAccess>]
type Verdict =
    | Trainable
    | Marginal
    | Untrainable

type Trainability =
    {
        Verdict: Verdict
        /// what the verdict rests on and where the theory's assumptions are strained; never empty
        Reasons: string[]
    }

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
