using System.Numerics;
using static Hybrid.Networks.Dense.Activations.Elementary;

namespace Hybrid.Networks.Dense.Activations;

/// <summary>φ(x) = x.</summary>
internal readonly struct Linear : IActivation
{
    public static Vector<double> Value(Vector<double> x) => x;

    public static Vector<double> Slope(Vector<double> x) => Vector<double>.One;
}

/// <summary>φ(x) = max(x, 0).</summary>
internal readonly struct Relu : IActivation
{
    public static Vector<double> Value(Vector<double> x) => Vector.Max(x, Vector<double>.Zero);

    public static Vector<double> Slope(Vector<double> x) =>
        Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<double>.Zero), Vector<double>.One, Vector<double>.Zero);
}

/// <summary>φ(x) = x for x > 0, x/100 otherwise.</summary>
internal readonly struct LeakyRelu : IActivation
{
    public static Vector<double> Value(Vector<double> x) => x * Slope(x);

    public static Vector<double> Slope(Vector<double> x) =>
        Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<double>.Zero), Vector<double>.One, Of(LeakySlope));
}

/// <summary>φ(x) = erf x.</summary>
internal readonly struct Erf : IActivation
{
    public static Vector<double> Value(Vector<double> x) => Elementary.Erf(x);

    public static Vector<double> Slope(Vector<double> x) => ErfSlope(x);
}

/// <summary>φ(x) = tanh x.</summary>
internal readonly struct Tanh : IActivation
{
    public static Vector<double> Value(Vector<double> x) => Elementary.Tanh(x);

    public static Vector<double> Slope(Vector<double> x) => Of(4) * SigmoidSlope(Of(2) * x);
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
internal readonly struct GeluTanh : IActivation
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
}

/// <summary>φ(x) = x σ(x).</summary>
internal readonly struct Silu : IActivation
{
    public static Vector<double> Value(Vector<double> x) => x * Elementary.Sigmoid(x);

    public static Vector<double> Slope(Vector<double> x) => Elementary.Sigmoid(x, out Vector<double> slope) + x * slope;
}

/// <summary>φ(x) = σ(x) = 1/(1 + e^−x).</summary>
internal readonly struct Sigmoid : IActivation
{
    public static Vector<double> Value(Vector<double> x) => Elementary.Sigmoid(x);

    public static Vector<double> Slope(Vector<double> x) => SigmoidSlope(x);
}
