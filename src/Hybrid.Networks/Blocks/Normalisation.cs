using System.Numerics;
using Hybrid.Architectures;
using Hybrid.Networks.Blocks.Activations;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;

namespace Hybrid.Networks.Blocks;

/// <summary>
/// N on one token of d coordinates and its Jacobian. Scale: N x = g √d x/‖x‖; with z = N x and s = g √d/‖x‖,
/// ∂z/∂x = s (I − z zᵀ/(g² d)), symmetric, so backwards G_x = s (G_z − z (z·G_z)/(g² d)); at x = 0, where N is undefined, both
/// give 0. DyT: z_i = g tanh(α x_i), backwards G_x = α g (1 − (z/g)²) ∘ G_z. Published networks have z = (x − x̄)/√(mean (x − x̄)² + ε),
/// x̄ the mean of the coordinates in layer norms and 0 in RMS norms: backwards as the scale, and in layer norms less its mean.
/// </summary>
internal readonly unsafe struct Normalisation
{
    private readonly int width;
    private readonly double gain;

    // α, or 0 for the scale.
    private readonly double slope;

    /// <summary>√d x/‖x‖ of tokens of <paramref name="width"/> coordinates.</summary>
    internal Normalisation(int width, double gain = 1)
    {
        this.width = width;
        this.gain = gain;
    }

    // Of published networks.
    private readonly double epsilon;
    private readonly bool centred;

    private Normalisation(Normalisation of, ModelForm form)
    {
        this = of;
        (epsilon, centred) = (form.Epsilon, form.Centred);
    }

    // Whether tanh is evaluated in the precision of the tokens.
    private readonly bool ownPrecision;

    private Normalisation(Normalisation of, bool ownPrecision)
    {
        this = of;
        this.ownPrecision = ownPrecision;
    }

    private Normalisation(int width, double gain, double slope)
        : this(width, gain)
    {
        this.slope = slope;
    }

    /// <summary>That of block <paramref name="layer"/>; gains that learn are another's, and start at the record's.</summary>
    internal static Normalisation Of(Architecture architecture, int layer, bool gainsLearn) => new(
        architecture.Width,
        gainsLearn ? 1 : architecture.NormGain.At(layer),
        architecture.NormKind is NormKind.DyT kind ? kind.alpha : 0);

    /// <summary>The same with tanh evaluated in the precision of the tokens (<see cref="ActivationKernels{T}.InOwnPrecision"/>).</summary>
    internal Normalisation InOwnPrecision() => new(this, ownPrecision: true);

    /// <summary>The same as a form has it; as it is without one.</summary>
    internal Normalisation Under(ModelForm? form) => form is null ? this : new(this, form);

    /// <summary>z = N x, z may be x; returns s. The token may be given by length coordinates in a frame of its span.</summary>
    internal T Forward<T>(T* x, T* z, int length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (slope > 0)
        {
            RowMath.Scale(T.CreateTruncating(slope), x, z, length);
            ActivationKernels<T> tanh = ownPrecision
                ? ActivationKernels<T>.InOwnPrecision(Activation.Tanh)
                : ActivationKernels<T>.Of(Activation.Tanh);
            tanh.Value(z, z, length);
            RowMath.Scale(T.CreateTruncating(gain), z, z, length);
            return T.Zero;
        }

        if (epsilon > 0 || centred)
            return ForwardPublished(x, z, length);
        double square = RowMath.Dot(x, x, length);
        T scale = T.CreateTruncating(square > 0 ? gain * Math.Sqrt(width / square) : 0);
        RowMath.Scale(scale, x, z, length);
        return scale;
    }

    /// <summary>Overwrites the gradient at z by the gradient at x.</summary>
    internal void Backward<T>(T* gradient, T* z, T scale, int length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (gain == 0)
        {
            new Span<T>(gradient, length).Clear();
        }
        else if (slope > 0)
        {
            RowMath.MultiplyByTanhSlope(T.CreateTruncating(slope * gain), z, T.CreateTruncating(1 / gain), gradient, length);
        }
        else
        {
            T overlap = T.CreateTruncating(RowMath.Dot(z, gradient, length) / (gain * gain * width));
            RowMath.Combine(scale, gradient, -scale * overlap, z, gradient, length);
            if (centred)
                Subtract(Mean(gradient, length), gradient, gradient, length);
        }
    }

    /// <summary>Of γ ∘ z: overwrites the gradient there by the one at z, and adds gradient ∘ z to the sum that is γ's, if any.</summary>
    internal static void GainBackward<T>(T* gradient, T* z, T* gain, T* sum, int width)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (sum != null)
            RowMath.MultiplyAdd(gradient, z, sum, width);
        RowMath.Multiply(gain, gradient, gradient, width);
    }

    private T ForwardPublished<T>(T* x, T* z, int length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (centred)
        {
            Subtract(Mean(x, length), x, z, length);
            x = z;
        }

        T scale = T.CreateTruncating(1 / Math.Sqrt(RowMath.Dot(x, x, length) / width + epsilon));
        RowMath.Scale(scale, x, z, length);
        return scale;
    }

    private static double Mean<T>(T* x, int length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        double sum = 0;
        for (int k = 0; k < length; k++)
            sum += double.CreateTruncating(x[k]);
        return sum / length;
    }

    private static void Subtract<T>(double mean, T* x, T* destination, int length)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int k = 0; k < length; k++)
            destination[k] = T.CreateTruncating(double.CreateTruncating(x[k]) - mean);
    }
}
