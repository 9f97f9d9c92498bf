using Hybrid.Networks.Model;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Torch;

/// <summary>
/// N on tokens: √d x/‖x‖, 0 with derivative 0 at x = 0; of published networks (x − x̄)/√(mean (x − x̄)² + ε), x̄ the mean of the
/// coordinates in layer norms and 0 in RMS norms. The default is the record's.
/// </summary>
/// <param name="Epsilon">ε ≥ 0.</param>
/// <param name="Centred">Whether x̄ is taken off.</param>
internal readonly record struct TorchNorm(double Epsilon, bool Centred)
{
    /// <summary>That of a form; the record's without one.</summary>
    internal static TorchNorm Of(ModelForm? form) => form is null ? default : new(form.Epsilon, form.Centred);

    /// <summary>γ ∘ N x + β, without what is null. x: [.., d].</summary>
    internal Tensor Apply(Tensor x, Tensor? gain = null, Tensor? shift = null) => Gained(Normalised(x), gain, shift);

    /// <summary>γ ∘ z + β, without what is null. z: [.., d].</summary>
    internal static Tensor Gained(Tensor z, Tensor? gain, Tensor? shift)
    {
        Tensor gained = gain is null ? z : z * gain;
        return shift is null ? gained : Products.Sum(gained, shift);
    }

    private Tensor Normalised(Tensor x)
    {
        if (Centred)
            x = Products.Sum(x, x.mean([-1], keepdim: true), -1);
        // One pass over x, which keeps nothing for the way back; its gradient at x = 0 is 0.
        Tensor length = x.norm(-1, keepdim: true, p: 2);
        if (Epsilon > 0 || Centred)
        {
            using Scalar epsilon = Epsilon * x.shape[^1];
            return x * Products.Scaled((length * length).add(epsilon).rsqrt(), Math.Sqrt(x.shape[^1]));
        }

        using Scalar zero = 0;
        return x * Products.Scaled(length.reciprocal(), Math.Sqrt(x.shape[^1])).masked_fill(length.eq(zero), zero);
    }
}
