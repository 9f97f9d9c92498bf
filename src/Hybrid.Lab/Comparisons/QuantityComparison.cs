using Hybrid.Lab.Statistics;

namespace Hybrid.Lab.Comparisons;

/// <summary>
/// Theory against measurement for one quantity of one layer. The criterion is
/// |m∞ − prediction| ≤ k·SE + curvature + floor, with m∞ from <see cref="Comparisons.Extrapolation"/> and k the critical
/// value of Student's t at the stated false-positive rate. For a bias that is exactly c/d and normal samples a correct
/// theory fails with at most that probability (to Welch's approximation); every further term only lowers it.
/// </summary>
/// <param name="Quantity">What is compared. ρ is compared through u = 1 − ρ.</param>
/// <param name="Layer">0..depth.</param>
/// <param name="Prediction">The theory's value, in the quantity's own units.</param>
/// <param name="PredictionError">
/// Standard error of the prediction itself, 0 for a closed form, positive where the theory averages draws of its Gram
/// process (causal masks, derivation section 8); added to the measurement's in quadrature.
/// </param>
/// <param name="Measured">Mean and standard error at the architecture's own width.</param>
/// <param name="Extrapolation">The measurement at infinite width.</param>
/// <param name="Scale">
/// The size that makes an error relative: q for q; u for ρ, so that a correlation near 1 is judged by its distance from
/// 1; g_d for g_d; the larger of |g_o| and g_d/(n−1) for g_o, which may vanish and matters as (n−1) g_o beside g_d.
/// </param>
/// <param name="Deviation">(measured − prediction)/scale at the architecture's own width: includes the finite-width term.</param>
/// <param name="ExtrapolatedDeviation">(m∞ − prediction)/scale.</param>
/// <param name="ZScore">(m∞ − prediction)/SE, standard errors of both in quadrature; 0 where both are exactly 0.</param>
/// <param name="Tolerance">(k·SE + curvature + floor)/scale: the largest extrapolated deviation that still agrees.</param>
/// <param name="Agreement">The verdict.</param>
public sealed record QuantityComparison(
    Quantity Quantity,
    int Layer,
    double Prediction,
    double PredictionError,
    Estimate Measured,
    Extrapolation Extrapolation,
    double Scale,
    double Deviation,
    double ExtrapolatedDeviation,
    double ZScore,
    double Tolerance,
    Agreement Agreement)
{
    /// <summary>Extrapolates and judges one value of a theory that is a mean over so many draws, 0 of a closed one.</summary>
    internal static QuantityComparison Of(
        ComparedValue value,
        int draws,
        int width,
        int otherWidth,
        ComparisonOptions options)
    {
        Extrapolation extrapolation = Extrapolation.Of(value.Measured, width, value.Other, otherWidth, value.Scale);
        double floor = options.NumericalFloor * value.Scale + (value.Quantity == Quantity.Rho ? options.CorrelationFloor : 0);
        Judgement judgement = Judgement.Of(
            value.Prediction,
            new(value.PredictionError, Math.Max(1, draws - 1)),
            extrapolation,
            floor,
            options.LargestTolerance * value.Scale,
            options.FalsePositiveRate);
        return new(
            value.Quantity,
            value.Layer,
            value.Prediction,
            value.PredictionError,
            value.Measured,
            extrapolation,
            value.Scale,
            (value.Measured.Mean - value.Prediction) / value.Scale,
            judgement.Difference / value.Scale,
            judgement.Difference == 0 ? 0 : judgement.Difference / judgement.StandardError,
            judgement.Tolerance / value.Scale,
            judgement.Agreement);
    }
}

/// <summary>What a comparison of theory with measurement says.</summary>
public enum Agreement
{
    /// <summary>The difference lies within a tolerance that is small enough to mean something.</summary>
    Agrees,

    /// <summary>The difference exceeds the tolerance: theory and measurement contradict each other.</summary>
    Disagrees,

    /// <summary>The difference lies within the tolerance, but so would a gross error: more samples are needed.</summary>
    Inconclusive,
}

/// <summary>The quantities that a check compares in every layer; derivation sections 4 and 5.</summary>
public enum Quantity
{
    /// <summary>q, squared norm of the residual stream per coordinate.</summary>
    Q,

    /// <summary>ρ = p/q, correlation of two different tokens; compared through u = 1 − ρ.</summary>
    Rho,

    /// <summary>g_d, squared gradient per coordinate.</summary>
    GradientDiagonal,

    /// <summary>g_o, overlap of two different tokens' gradients per coordinate.</summary>
    GradientOffDiagonal,
}
