using System.Numerics;
using System.Runtime.CompilerServices;

namespace Hybrid.Networks.Blocks.Activations;

/// <summary>The transcendental functions of training and of coordinates, in single precision.</summary>
internal static class SingleElementary
{
    // 1.5 · 2²³: adding it rounds to an integer, which then stands in the lowest bits of the sum.
    private const float Integer = 12582912;
    private const float Log2E = 1.44269504f;

    // ln 2 in two parts; the first has so few bits that its product with the integer is exact.
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;

    // e^−87 is the last power above the least normal single.
    private const float LargestDecay = 87;
    private const int ExponentBits = 23;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<float> Of(float value) => Vector.Create(value);

    /// <summary>
    /// e^−x for x ≥ 0, held at e^−87 beyond 87: −x = k ln 2 + r with |r| ≤ ln 2/2, where the Taylor series to r⁷ is exact to
    /// 5e−9, then k into the exponent. Relative error 2e−7.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<float> Decay(Vector<float> x)
    {
        Vector<float> y = -Vector.MinNative(Of(LargestDecay), x);
        Vector<float> shifted = Vector.FusedMultiplyAdd(y, Of(Log2E), Of(Integer));
        Vector<float> k = shifted - Of(Integer);
        Vector<float> r = Vector.FusedMultiplyAdd(k, Of(-Ln2High), y);
        r = Vector.FusedMultiplyAdd(k, Of(-Ln2Low), r);
        Vector<float> series = Of(1f / 5040);
        series = Vector.FusedMultiplyAdd(series, r, Of(1f / 720));
        series = Vector.FusedMultiplyAdd(series, r, Of(1f / 120));
        series = Vector.FusedMultiplyAdd(series, r, Of(1f / 24));
        series = Vector.FusedMultiplyAdd(series, r, Of(1f / 6));
        series = Vector.FusedMultiplyAdd(series, r, Of(0.5f));
        series = Vector.FusedMultiplyAdd(series, r, Vector<float>.One);
        series = Vector.FusedMultiplyAdd(series, r, Vector<float>.One);
        Vector<int> power = Vector.ShiftLeft(shifted.As<float, int>(), ExponentBits) + Vector<float>.One.As<float, int>();
        return series * power.As<int, float>();
    }

    /// <summary>σ(x) = 1/(1 + e^−x) and σ′(x) = σ(x) σ(−x), neither cancelling at either end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static (Vector<float> Value, Vector<float> Slope) Sigmoid(Vector<float> x)
    {
        Vector<float> decay = Decay(Vector.Abs(x));
        Vector<float> upper = Vector<float>.One / (Vector<float>.One + decay);
        Vector<float> lower = decay * upper;
        return (Vector.ConditionalSelect(Vector.LessThan(x, Vector<float>.Zero), lower, upper), lower * upper);
    }

    /// <summary>tanh x: by the exponential, and for |x| &lt; 0.4, where that would cancel, by its series to x¹³ (remainder 4e−9).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<float> Tanh(Vector<float> x)
    {
        Vector<float> size = Vector.Abs(x), square = x * x;
        Vector<float> decay = Decay(size + size);
        Vector<float> large = Vector.CopySign((Vector<float>.One - decay) / (Vector<float>.One + decay), x);
        Vector<float> series = Of(21844f / 6081075);
        series = Vector.FusedMultiplyAdd(series, square, Of(-1382f / 155925));
        series = Vector.FusedMultiplyAdd(series, square, Of(62f / 2835));
        series = Vector.FusedMultiplyAdd(series, square, Of(-17f / 315));
        series = Vector.FusedMultiplyAdd(series, square, Of(2f / 15));
        series = Vector.FusedMultiplyAdd(series, square, Of(-1f / 3));
        series = Vector.FusedMultiplyAdd(series * square, x, x);
        return Vector.ConditionalSelect(Vector.LessThan(size, Of(0.4f)), series, large);
    }
}
