using Hybrid.Drawing.Figures;
using Hybrid.Lab.Statistics;
using Hybrid.Theory;

namespace Hybrid.Lab.Checks;

/// <summary>What one panel of the layer figure shows: a quantity's title, its theory and its measurement.</summary>
internal sealed record LayerPanel(
    string Title,
    Func<LayerPrediction, double> Theory,
    Func<LayerMeasurement, Estimate> Measured)
{
    /// <summary>The four panels: norm, angle, gradient and its overlap.</summary>
    public static readonly IReadOnlyList<LayerPanel> All =
    [
        new("residual stream: squared norm q", layer => layer.Q, layer => layer.Q),
        new("angle between tokens: u = 1 − ρ", layer => layer.U, layer => layer.U),
        new("gradient: squared norm g_d", layer => layer.GradientDiagonal, layer => layer.GradientDiagonal),
        new("gradient overlap of two tokens: |g_o|", layer => layer.GradientOffDiagonal, layer => layer.GradientOffDiagonal),
    ];

    /// <summary>
    /// The measured layers where the theory is not exactly 0: elsewhere (g_o at the output, u of collapsed tokens) a
    /// measurement is rounding, which has no place among magnitudes.
    /// </summary>
    public IEnumerable<LayerMeasurement> Measurable(LayerCurve curve) =>
        curve.Measured.Where(layer => Theory(curve.Theory[layer.Layer]) != 0);

    /// <summary>The axis that shows the magnitudes of all theory values and measured means.</summary>
    public AxisScale Scale(IReadOnlyList<LayerCurve> curves)
    {
        IEnumerable<double> theory = curves.SelectMany(curve => curve.Theory.Select(Theory));
        IEnumerable<double> means = curves.SelectMany(curve => Measurable(curve).Select(layer => Measured(layer).Mean));
        double[] sizes = [.. theory.Concat(means).Select(Math.Abs).Where(double.IsFinite)];
        // Exact zeros would forbid a logarithmic axis: they are left off it.
        double[] positive = [.. sizes.Where(size => size > 0)];
        AxisScale scale = AxisScale.Fitting(positive);
        return scale.Logarithmic ? scale : AxisScale.Fitting(sizes);
    }
}
