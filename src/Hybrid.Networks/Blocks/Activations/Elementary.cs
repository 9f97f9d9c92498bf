using System.Numerics;
using System.Runtime.CompilerServices;

namespace Hybrid.Networks.Blocks.Activations;

/// <summary>The transcendental functions from which the activations are made.</summary>
internal static class Elementary
{
    internal const double LeakySlope = 0.01;
    private const double InverseRootPi = 0.56418958354775628695;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<double> Of(double value) => Vector.Create(value);

    /// <summary>1/(1 + e^−x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<double> Sigmoid(Vector<double> x) => Vector<double>.One / (Vector<double>.One + Vector.Exp(-x));

    /// <summary>σ(x) σ(−x), the derivative of the sigmoid, without cancellation at either end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<double> SigmoidSlope(Vector<double> x)
    {
        Vector<double> decay = Vector.Exp(-Vector.Abs(x));
        Vector<double> sum = Vector<double>.One + decay;
        return decay / (sum * sum);
    }

    /// <summary>σ(x) and σ(x) σ(−x) from one exponential and one division, neither with cancellation at either end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<double> Sigmoid(Vector<double> x, out Vector<double> slope)
    {
        Vector<double> decay = Vector.Exp(-Vector.Abs(x)), large = Vector<double>.One / (Vector<double>.One + decay), small = decay * large;
        slope = small * large;
        return Vector.ConditionalSelect(Vector.LessThan(x, Vector<double>.Zero), small, large);
    }

    /// <summary>tanh x: by the exponential, and by its series where that would cancel (|x| &lt; 1/64, remainder below 1e−15).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<double> Tanh(Vector<double> x)
    {
        Vector<double> decay = Vector.Exp(Of(-2) * Vector.Abs(x));
        Vector<double> large = Vector.CopySign((Vector<double>.One - decay) / (Vector<double>.One + decay), x);
        Vector<double> square = x * x;
        Vector<double> series = Of(62.0 / 2835);
        series = series * square + Of(-17.0 / 315);
        series = series * square + Of(2.0 / 15);
        series = series * square + Of(-1.0 / 3);
        series = x + x * square * series;
        return Vector.ConditionalSelect(Vector.LessThan(Vector.Abs(x), Of(1.0 / 64)), series, large);
    }

    /// <summary>e^(−x²)·2/√π, the derivative of erf.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector<double> ErfSlope(Vector<double> x) => Of(2 * InverseRootPi) * Vector.Exp(-(x * x));

    /// <summary>
    /// erf x by W. J. Cody's rational approximations (Mathematics of Computation 23, 1969): of erf for |x| ≤ 0.46875,
    /// of e^(x²)·erfc above. The second is his for |x| ≤ 4; beyond, erfc &lt; 2e−8 and its error no longer matters.
    /// </summary>
    internal static Vector<double> Erf(Vector<double> x)
    {
        Vector<double> size = Vector.Abs(x), square = x * x;
        Vector<double> top = Of(1.85777706184603153e-1) * square, bottom = square;
        top = (top + Of(3.16112374387056560)) * square;
        bottom = (bottom + Of(2.36012909523441209e1)) * square;
        top = (top + Of(1.13864154151050156e2)) * square;
        bottom = (bottom + Of(2.44024637934444173e2)) * square;
        top = (top + Of(3.77485237685302021e2)) * square;
        bottom = (bottom + Of(1.28261652607737228e3)) * square;
        Vector<double> small = x * (top + Of(3.20937758913846947e3)) / (bottom + Of(2.84423683343917062e3));

        Vector<double> clamped = Vector.Min(size, Of(30));
        Vector<double> upper = Of(2.15311535474403846e-8) * clamped, lower = clamped;
        upper = (upper + Of(5.64188496988670089e-1)) * clamped;
        lower = (lower + Of(1.57449261107098347e1)) * clamped;
        upper = (upper + Of(8.88314979438837594)) * clamped;
        lower = (lower + Of(1.17693950891312499e2)) * clamped;
        upper = (upper + Of(6.61191906371416295e1)) * clamped;
        lower = (lower + Of(5.37181101862009858e2)) * clamped;
        upper = (upper + Of(2.98635138197400131e2)) * clamped;
        lower = (lower + Of(1.62138957456669019e3)) * clamped;
        upper = (upper + Of(8.81952221241769090e2)) * clamped;
        lower = (lower + Of(3.29079923573345963e3)) * clamped;
        upper = (upper + Of(1.71204761263407058e3)) * clamped;
        lower = (lower + Of(4.36261909014324716e3)) * clamped;
        upper = (upper + Of(2.05107837782607147e3)) * clamped;
        lower = (lower + Of(3.43936767414372164e3)) * clamped;
        Vector<double> complement = Vector.Exp(-(clamped * clamped))
            * (upper + Of(1.23033935479799725e3)) / (lower + Of(1.23033935480374942e3));
        Vector<double> large = Vector.CopySign(Vector<double>.One - complement, x);
        return Vector.ConditionalSelect(Vector.LessThanOrEqual(size, Of(0.46875)), small, large);
    }
}
