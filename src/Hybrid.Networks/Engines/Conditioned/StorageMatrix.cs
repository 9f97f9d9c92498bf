namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>
/// Scratch matrices of at most [n, n] in the storage of a module. Each name has memory of its own, and one use.
/// </summary>
internal enum StorageMatrix
{
    /// <summary>z in the frame of its span.</summary>
    Input,

    /// <summary>The gradient there.</summary>
    InputGradient,

    /// <summary>D Dᵀ of the gradient at the outputs of an input matrix.</summary>
    GradientGram,

    /// <summary>B′ B′ᵀ of the rows that an output matrix sees.</summary>
    SpanGram,

    /// <summary>Fresh rows by the rows that an output matrix has seen.</summary>
    NoiseByRows,

    /// <summary>The gradient behind an output matrix by fresh rows.</summary>
    GradientByNoise,

    /// <summary>What is known of it, by the rows that the matrix has seen.</summary>
    KnownByRows,

    /// <summary>What an output matrix sees in a frame of its span.</summary>
    OutputFactor,

    /// <summary>The gradient at a branch by an output matrix' images.</summary>
    KnownByImages,
}
