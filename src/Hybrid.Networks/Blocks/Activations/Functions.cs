using System.Numerics;
using static Hybrid.Networks.Blocks.Activations.Elementary;

namespace Hybrid.Networks.Blocks.Activations;

/// <summary>φ(x) = x.</summary>
internal readonly struct Linear : ISingleActivation
{
    public static Vector<double> Value(Vector<double> x) => x;

    public static Vector<double> Slope(Vector<double> x) => Vector<double>.One;

    public static Vector<float> Value(Vector<float> x) => x;

    public static (Vector<float> Value, Vector<float> Slope) Both(Vector<float> x) => (x, Vector<float>.One);
}

/// <summary>φ(x) = max(x, 0).</summary>
internal readonly struct Relu : ISingleActivation
{
    public static Vector<double> Value(Vector<double> x) => Vector.Max(x, Vector<double>.Zero);

    public static Vector<double> Slope(Vector<double> x) =>
        Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<double>.Zero), Vector<double>.One, Vector<double>.Zero);

    public static Vector<float> Value(Vector<float> x) => Vector.Max(x, Vector<float>.Zero);

    public static (Vector<float> Value, Vector<float> Slope) Both(Vector<float> x) =>
        (Value(x), Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<float>.Zero), Vector<float>.One, Vector<float>.Zero));
}

/// <summary>φ(x) = x for x > 0, x/100 otherwise.</summary>
internal readonly struct LeakyRelu : ISingleActivation
{
    public static Vector<double> Value(Vector<double> x) => x * Slope(x);

    public static Vector<double> Slope(Vector<double> x) =>
        Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<double>.Zero), Vector<double>.One, Of(LeakySlope));

    public static Vector<float> Value(Vector<float> x) => Both(x).Value;

    public static (Vector<float> Value, Vector<float> Slope) Both(Vector<float> x)
    {
        Vector<float> slope = Vector.ConditionalSelect(
            Vector.GreaterThan(x, Vector<float>.Zero), Vector<float>.One, SingleElementary.Of((float)LeakySlope));
        return (x * slope, slope);
    }
}

/// <summary>φ(x) = erf x.</summary>
internal readonly struct Erf : IActivation
{
    public static Vector<double> Value(Vector<double> x) => Elementary.Erf(x);

    public static Vector<double> Slope(Vector<double> x) => ErfSlope(x);
}

/// <summary>φ(x) = tanh x.</summary>
internal readonly struct Tanh : ISingleActivation
{
    public static Vector<double> Value(Vector<double> x) => Elementary.Tanh(x);

    public static Vector<double> Slope(Vector<double> x) => Of(4) * SigmoidSlope(Of(2) * x);

    public static Vector<float> Value(Vector<float> x) => SingleElementary.Tanh(x);

    public static (Vector<float> Value, Vector<float> Slope) Both(Vector<float> x) =>
        (Value(x), SingleElementary.Of(4) * SingleElementary.Sigmoid(x + x).Slope);
}

/// <summary>φ(x) = x Φ(x), Φ the normal distribution function; absolute error 1e−15·|x| in the left tail.</summary>
internal readonly struct Gelu : IActivation
{
    private const double RootHalf = 0.70710678118654752440;

    public static Vector<double> Value(Vector<double> x) => x * Distribution(x);

    public static Vector<double> Slope(Vector<double> x) =>
        Distribution(x) + x * Of(RootHalf / 2) * ErfSlope(x * Of(RootHalf));

    private static Vector<double> Distribution(Vector<double> x) =>
        Of(0.5) + Of(0.5) * Elementary.Erf(x * Of(RootHalf));
}

/// <summary>φ(x) = x σ(2u), u = √(2/π)(x + 0.044715 x³): GELU with tanh for erf, since (1 + tanh u)/2 = σ(2u).</summary>
internal readonly struct GeluTanh : ISingleActivation
{
    private const double TwoRootTwoOverPi = 1.5957691216057307117;
    private const double Cubic = 0.044715;

    public static Vector<double> Value(Vector<double> x) => x * Elementary.Sigmoid(Argument(x));

    public static Vector<double> Slope(Vector<double> x)
    {
        Vector<double> argument = Argument(x);
        Vector<double> rate = Of(TwoRootTwoOverPi) * (Vector<double>.One + Of(3 * Cubic) * x * x);
        return Elementary.Sigmoid(argument, out Vector<double> slope) + x * rate * slope;
    }

    private static Vector<double> Argument(Vector<double> x) =>
        Of(TwoRootTwoOverPi) * x * (Vector<double>.One + Of(Cubic) * x * x);

    public static Vector<float> Value(Vector<float> x) => Both(x).Value;

    public static (Vector<float> Value, Vector<float> Slope) Both(Vector<float> x)
    {
        (Vector<float> value, Vector<float> slope) = SingleElementary.Sigmoid(Argument(x));
        Vector<float> rate = SingleElementary.Of((float)TwoRootTwoOverPi)
            * Vector.FusedMultiplyAdd(SingleElementary.Of((float)(3 * Cubic)) * x, x, Vector<float>.One);
        return (x * value, Vector.FusedMultiplyAdd(x * rate, slope, value));
    }

    private static Vector<float> Argument(Vector<float> x) => SingleElementary.Of((float)TwoRootTwoOverPi) * x
        * Vector.FusedMultiplyAdd(SingleElementary.Of((float)Cubic) * x, x, Vector<float>.One);
}

/// <summary>φ(x) = x σ(x).</summary>
internal readonly struct Silu : ISingleActivation
{
    public static Vector<double> Value(Vector<double> x) => x * Elementary.Sigmoid(x);

    public static Vector<double> Slope(Vector<double> x) => Elementary.Sigmoid(x, out Vector<double> slope) + x * slope;

    public static Vector<float> Value(Vector<float> x) => Both(x).Value;

    public static (Vector<float> Value, Vector<float> Slope) Both(Vector<float> x)
    {
        (Vector<float> value, Vector<float> slope) = SingleElementary.Sigmoid(x);
        return (x * value, Vector.FusedMultiplyAdd(x, slope, value));
    }
}

/// <summary>φ(x) = σ(x) = 1/(1 + e^−x).</summary>
internal readonly struct Sigmoid : ISingleActivation
{
    public static Vector<double> Value(Vector<double> x) => Elementary.Sigmoid(x);

    public static Vector<double> Slope(Vector<double> x) => SigmoidSlope(x);

    public static Vector<float> Value(Vector<float> x) => Both(x).Value;

    public static (Vector<float> Value, Vector<float> Slope) Both(Vector<float> x) => SingleElementary.Sigmoid(x);
}
