using Hybrid.Lab.Statistics;
using Hybrid.Theory;

namespace Hybrid.Lab.Comparisons;

/// <summary>One number of the theory beside its measurements at two widths, and the scale that makes errors relative.</summary>
internal readonly record struct ComparedValue(
    Quantity Quantity,
    int Layer,
    double Prediction,
    double PredictionError,
    Estimate Measured,
    Estimate Other,
    double Scale)
{
    /// <summary>
    /// The numbers compared in one layer: q, ρ, g_d, g_o, or q and g_d where a single token has no pairs.
    /// </summary>
    public static IEnumerable<ComparedValue> InLayer(
        LayerPrediction theory,
        LayerMeasurement measured,
        LayerMeasurement other,
        int tokens,
        ComparisonOptions options)
    {
        int layer = theory.Layer;
        LayerUncertainty uncertainty = theory.Uncertainty;
        yield return new(Quantity.Q, layer, theory.Q, uncertainty.Q, measured.Q, other.Q, theory.Q);
        if (tokens > 1)
        {
            double angle = Math.Max(theory.U, 10 * options.CorrelationFloor);
            yield return new(Quantity.Rho, layer, theory.Rho, uncertainty.U, measured.Rho, other.Rho, angle);
        }

        yield return new(
            Quantity.GradientDiagonal,
            layer,
            theory.GradientDiagonal,
            uncertainty.GradientDiagonal,
            measured.GradientDiagonal,
            other.GradientDiagonal,
            theory.GradientDiagonal);
        if (tokens > 1)
        {
            yield return new(
                Quantity.GradientOffDiagonal,
                layer,
                theory.GradientOffDiagonal,
                uncertainty.GradientOffDiagonal,
                measured.GradientOffDiagonal,
                other.GradientOffDiagonal,
                Math.Max(Math.Abs(theory.GradientOffDiagonal), theory.GradientDiagonal / (tokens - 1)));
        }
    }
}
