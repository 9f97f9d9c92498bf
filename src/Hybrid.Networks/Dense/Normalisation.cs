using System.Numerics;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Dense;

/// <summary>
/// N x = √d x/‖x‖ on one token and its Jacobian. With z = N x and s = √d/‖x‖, ∂z/∂x = s (I − z zᵀ/d): symmetric, so
/// backwards G_x = s (G_z − z (z·G_z)/d). At x = 0, where N is undefined, both give 0.
/// </summary>
internal static unsafe class Normalisation
{
    /// <summary>z = N x, z may be x; returns s.</summary>
    internal static T Forward<T>(T* x, T* z, int width)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double square = RowMath.Dot(x, x, width);
        T scale = T.CreateTruncating(square > 0 ? Math.Sqrt(width / square) : 0);
        RowMath.Scale(scale, x, z, width);
        return scale;
    }

    /// <summary>Overwrites the gradient at z by the gradient at x.</summary>
    internal static void Backward<T>(T* gradient, T* z, T scale, int width)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        T overlap = T.CreateTruncating(RowMath.Dot(z, gradient, width) / width);
        RowMath.Combine(scale, gradient, -scale * overlap, z, gradient, width);
    }

    /// <summary>Of γ ∘ z: overwrites the gradient there by the one at z, and adds gradient ∘ z to the sum that is γ's.</summary>
    internal static void GainBackward<T>(T* gradient, T* z, T* gain, T* sum, int width)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        RowMath.MultiplyAdd(gradient, z, sum, width);
        RowMath.Multiply(gain, gradient, gradient, width);
    }
}
