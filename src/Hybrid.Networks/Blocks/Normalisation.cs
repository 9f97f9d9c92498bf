using System.Numerics;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Blocks;

/// <summary>
/// N x = √d x/‖x‖ on one token and its Jacobian. With z = N x and s = √d/‖x‖, ∂z/∂x = s (I − z zᵀ/d): symmetric, so
/// backwards G_x = s (G_z − z (z·G_z)/d). At x = 0, where N is undefined, both give 0.
/// </summary>
internal static unsafe class Normalisation
{
    /// <summary>z = N x, z may be x; returns s. The token may be given by length coordinates in a frame of its span.</summary>
    internal static T Forward<T>(T* x, T* z, int length, int width)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double square = RowMath.Dot(x, x, length);
        T scale = T.CreateTruncating(square > 0 ? Math.Sqrt(width / square) : 0);
        RowMath.Scale(scale, x, z, length);
        return scale;
    }

    /// <summary>Overwrites the gradient at z by the gradient at x.</summary>
    internal static void Backward<T>(T* gradient, T* z, T scale, int length, int width)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T overlap = T.CreateTruncating(RowMath.Dot(z, gradient, length) / width);
        RowMath.Combine(scale, gradient, -scale * overlap, z, gradient, length);
    }

    /// <summary>Of γ ∘ z: overwrites the gradient there by the one at z, and adds gradient ∘ z to the sum that is γ's, if any.</summary>
    internal static void GainBackward<T>(T* gradient, T* z, T* gain, T* sum, int width)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (sum != null)
            RowMath.MultiplyAdd(gradient, z, sum, width);
        RowMath.Multiply(gain, gradient, gradient, width);
    }
}
