namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>
/// Scratch matrices of at most [n, n] doubles. Each name has memory of its own, and one use: what it holds is good until the
/// same use comes again.
/// </summary>
internal enum SmallMatrix
{
    /// <summary>A Gram matrix formed in a module's storage.</summary>
    WidenedGram,

    /// <summary>S = B′ B′ᵀ of the rows that an output matrix sees.</summary>
    SpanGram,

    /// <summary>A factor of S.</summary>
    SpanFactor,

    /// <summary>The diagonal of S.</summary>
    SpanSquares,

    /// <summary>Fresh rows by the rows that an output matrix has seen.</summary>
    NoiseByRows,

    /// <summary>Fresh rows by the directions of these.</summary>
    NoiseByDirections,

    /// <summary>What is known of a gradient behind an output matrix, by the rows that it has seen.</summary>
    KnownByRows,

    /// <summary>K = σ h Φᵀ: the same by directions.</summary>
    Known,

    /// <summary>h hᵀ, the gradient at a branch.</summary>
    BranchGradientGram,

    /// <summary>G Gᵀ, the gradient at a stream whose vectors have all coordinates: kept until the gradient changes.</summary>
    GradientGram,

    /// <summary>A factor of σ² h hᵀ.</summary>
    BranchGradientFactor,

    /// <summary>B Bᵀ of what an output matrix sees.</summary>
    OutputGram,

    /// <summary>z zᵀ of what a module sees.</summary>
    InputGram,

    /// <summary>The covariance of the gradient at z off z's span, of independent parts.</summary>
    OffInputCovariance,

    /// <summary>A factor of it.</summary>
    OffInputFactor,

    /// <summary>x' in its own frame.</summary>
    StreamCoefficients,

    /// <summary>The gradient along x'.</summary>
    GradientAlong,

    /// <summary>Normal rows along x', while they are taken off.</summary>
    DirectionsAlong,

    /// <summary>The gradient off x' by normal rows.</summary>
    GradientByNormals,

    /// <summary>The Gram matrix of the gradient off x.</summary>
    OffStreamGram,

    /// <summary>A factor of it: kept from one step to the next.</summary>
    OffStreamFactor,

    /// <summary>N Nᵀ of normal rows N.</summary>
    NormalGram,

    /// <summary>A factor of it.</summary>
    NormalFactor,

    /// <summary>Its inverse.</summary>
    Orthonormaliser,

    /// <summary>What an expert sees in a frame of its span.</summary>
    ExpertInput,

    /// <summary>Normal rows by the directions of the experts' mixture.</summary>
    ExpertNormalsByBasis,

    /// <summary>D Dᵀ of the gradient at the router's logits; then of all experts' outputs.</summary>
    LogitGradientGram,

    /// <summary>The gradient at an expert's outputs, as <see cref="BranchGradientGram"/>.</summary>
    ExpertGradientGram,

    /// <summary>A factor of it.</summary>
    ExpertGradientFactor,

    /// <summary>z zᵀ of an expert's tokens.</summary>
    ExpertInputGram,

    /// <summary>K of an expert, as <see cref="Known"/>.</summary>
    ExpertKnown,

    /// <summary>The covariance of the gradient at an expert's inputs off their span.</summary>
    ExpertCovariance,

    /// <summary>The gradient along the directions of what an expert sees.</summary>
    ExpertAlongInput,

    /// <summary>A factor of the covariance.</summary>
    ExpertOffInputFactor,

    /// <summary>Normal rows along z, off what an expert sees.</summary>
    ExpertNormals,

    /// <summary>Their part along it, while it is taken off.</summary>
    ExpertNormalsByInput,

    /// <summary>The gradient at what an expert sees, along z.</summary>
    ExpertInputGradient,
}
