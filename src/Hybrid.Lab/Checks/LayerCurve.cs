using Hybrid.Lab.Comparisons;
using Hybrid.Lab.Statistics;
using Hybrid.Theory;

namespace Hybrid.Lab.Checks;

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
