using System.Numerics;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Blocks;

/// <summary>
/// How a token is normalised: z = (x − x̄)/√(mean (x − x̄)² + ε), x̄ its mean where the rule is centred and 0 otherwise. With s the
/// scale, backwards G_x = s (G_z − z (z·G_z)/d) with its mean taken off where the rule is centred. The default, ε = 0 about 0, is N of
/// the record.
/// </summary>
/// <param name="Epsilon">ε ≥ 0.</param>
/// <param name="Centred">Whether the mean is taken off.</param>
internal readonly record struct NormRule(double Epsilon, bool Centred)
{
    private bool IsPlain => Epsilon == 0 && !Centred;

    /// <summary>z from x, z may be x; returns s.</summary>
    internal unsafe T Forward<T>(T* x, T* z, int length, int width)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (IsPlain)
            return Normalisation.Forward(x, z, length, width);
        if (Centred)
        {
            Subtract(Mean(x, length), x, z, length);
            x = z;
        }

        T scale = T.CreateTruncating(1 / Math.Sqrt(RowMath.Dot(x, x, length) / width + Epsilon));
        RowMath.Scale(scale, x, z, length);
        return scale;
    }

    /// <summary>Overwrites the gradient at z by the gradient at x.</summary>
    internal unsafe void Backward<T>(T* gradient, T* z, T scale, int length, int width)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Normalisation.Backward(gradient, z, scale, length, width);
        if (Centred)
            Subtract(Mean(gradient, length), gradient, gradient, length);
    }

    private static unsafe double Mean<T>(T* x, int length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double sum = 0;
        for (int k = 0; k < length; k++)
            sum += double.CreateTruncating(x[k]);
        return sum / length;
    }

    private static unsafe void Subtract<T>(double mean, T* x, T* destination, int length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int k = 0; k < length; k++)
            destination[k] = T.CreateTruncating(double.CreateTruncating(x[k]) - mean);
    }
}
