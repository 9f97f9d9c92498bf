using System.Numerics;

namespace Hybrid.Networks.Blocks.Activations;

/// <summary>
/// φ and its derivative on a register of doubles. Single precision is widened first: one formula then serves both, and
/// its error (a few 1e−15, relative unless said otherwise) is far below the rounding of the storage.
/// </summary>
internal interface IActivation
{
    /// <summary>φ(x).</summary>
    static abstract Vector<double> Value(Vector<double> x);

    /// <summary>φ′(x); at a kink the derivative from the left.</summary>
    static abstract Vector<double> Slope(Vector<double> x);
}
