using Hybrid.Theory;

namespace Hybrid.Cli.Verbs;

/// <summary>The numbers of a verdict, in the order in which they are shown.</summary>
internal static class CompareNumbers
{
    public static readonly (string Field, string Name, string Symbol, Func<Prediction, double> Of)[] All =
    [
        ("counted", "counted", "", prediction => prediction.Trainability.Sums.Counted),
        ("angleSum", "log of 1 − ρ over the layers", "", prediction => prediction.Trainability.Sums.Angle),
        ("gradientNorm", "log of the gradient's norm", "", prediction => prediction.Trainability.Sums.GradientCount),
        ("gradientSum", "log of g_d, all layers", "", prediction => prediction.Trainability.Sums.Gradient),
        ("streamGrowth", "log of q over the layers", "", prediction => prediction.Trainability.Sums.Growth),
        ("angleExponent", "angle exponent", "λ_a", prediction => Rounded(prediction.AngleExponent)),
        ("gradientExponent", "gradient exponent", "λ_g", prediction => Rounded(prediction.GradientExponent)),
        ("q", "q at the output", "q", prediction => prediction.Layers[^1].Q),
        ("u", "1 − ρ at the output", "u", prediction => prediction.Layers[^1].U),
        ("gradientDiagonal", "g_d at the input", "g_d", prediction => prediction.Layers[0].GradientDiagonal),
        ("written", "share that branches write", "", prediction => prediction.Trainability.Written),
    ];

    /// <summary>What the verdict is a function of: what every difference is held responsible for.</summary>
    public static readonly (string Field, string Name, string Symbol, Func<Prediction, double> Of)[] Attributed = All[..3];

    // An exponent is the log of a number near 1: below 1e-12 there is only rounding.
    private static double Rounded(double exponent) => Math.Abs(exponent) < 1e-12 ? 0 : exponent;
}
