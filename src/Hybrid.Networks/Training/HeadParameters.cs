using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Training;

/// <summary>
/// What the head of a published network has besides U and a final gain, or the gradients there; without rows what it has not.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal struct HeadParameters<T>
    where T : unmanaged
{
    /// <summary>β of the final norm: [1, d].</summary>
    internal MatrixView<T> FinalShift;

    /// <summary>W of the map before U: [d, d].</summary>
    internal MatrixView<T> Transform;

    /// <summary>Its b: [1, d].</summary>
    internal MatrixView<T> TransformBias;

    /// <summary>γ of the norm behind it: [1, d].</summary>
    internal MatrixView<T> Gain;

    /// <summary>β of that norm: [1, d].</summary>
    internal MatrixView<T> Shift;

    /// <summary>The bias of the logits: [1, V].</summary>
    internal MatrixView<T> Bias;
}
