using Hybrid.Drawing.Figures;
using Hybrid.Lab.Comparisons;
using Hybrid.Lab.Statistics;
using Hybrid.Theory;

namespace Hybrid.Lab.Checks;

/// <summary>
/// The figure of a check: q, u, g_d and |g_o| against depth, theory as lines, measured networks as points with error
/// bars of two standard errors, a legend above the panels. A mark is open where the quantity is negative.
/// </summary>
public static class LayerFigure
{
    /// <summary>The figure; needs at least one curve.</summary>
    public static Figure Render(string title, string subtitle, IReadOnlyList<LayerCurve> curves)
    {
        ArgumentOutOfRangeException.ThrowIfZero(curves.Count);
        double deepest = Math.Max(1, curves.Max(curve => curve.Theory.Count - 1));
        AxisScale depth = AxisScale.Linear(-0.02 * deepest, 1.02 * deepest, 7);
        return CurveFigure.Render(title, subtitle, [.. LayerPanel.All.Select(quantity => PanelOf(quantity, depth, curves))]);
    }

    private static CurvePanel PanelOf(LayerPanel quantity, AxisScale depth, IReadOnlyList<LayerCurve> curves)
    {
        AxisScale vertical = quantity.Scale(curves);
        return new(quantity.Title, "blocks passed ℓ", "", [.. curves.Select(Series)])
        {
            HorizontalScale = depth,
            VerticalScale = vertical,
        };

        CurveSeries Series(LayerCurve curve, int number) => new(
            curve.Label,
            number,
            [.. curve.Theory.Select(layer => ((double)layer.Layer, Math.Abs(quantity.Theory(layer))))],
            [.. (vertical.Logarithmic ? quantity.Measurable(curve) : curve.Measured).Select(Point)]);

        CurvePoint Point(LayerMeasurement layer)
        {
            Estimate estimate = quantity.Measured(layer);
            return new(layer.Layer, Math.Abs(estimate.Mean), 2 * estimate.StandardError, estimate.Mean < 0);
        }
    }
}

/// <summary>One architecture in a figure: what the theory predicts and what was measured, layer by layer.</summary>
/// <param name="Label">The name in the legend.</param>
/// <param name="Theory">Layer 0..depth, drawn as a line.</param>
/// <param name="Measured">Layer 0..depth, drawn as points with error bars; empty for theory alone.</param>
public sealed record LayerCurve(
    string Label,
    IReadOnlyList<LayerPrediction> Theory,
    IReadOnlyList<LayerMeasurement> Measured)
{
    /// <summary>The curve of one comparison, at the architecture's own width.</summary>
    public static LayerCurve Of(Comparison comparison) =>
        new(comparison.Prediction.Architecture.Name, comparison.Prediction.Layers, comparison.Measured.Layers);
}
