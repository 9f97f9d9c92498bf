using Hybrid.Architectures;
using Hybrid.Lab.Statistics;
using Hybrid.Theory;

namespace Hybrid.Lab.Comparisons;

/// <summary>Theory against measurement for one architecture: every layer's q, ρ, g_d, g_o, and one verdict.</summary>
/// <param name="Prediction">What the theory says.</param>
/// <param name="Measured">The ensemble at the architecture's own width.</param>
/// <param name="Other">The independent ensemble at the second width, from which the finite-width term is estimated.</param>
/// <param name="Quantities">All comparisons, layer by layer.</param>
/// <param name="Agreement">
/// Disagrees if any comparison does; inconclusive if none does but more than half of them are inconclusive.
/// </param>
public sealed record Comparison(
    Prediction Prediction,
    Measurement Measured,
    Measurement Other,
    IReadOnlyList<QuantityComparison> Quantities,
    Agreement Agreement)
{
    /// <summary>The number of comparisons that <see cref="Of"/> makes for an architecture.</summary>
    public static int Count(Architecture architecture) => (architecture.Depth + 1) * (architecture.Tokens > 1 ? 4 : 2);

    /// <summary>
    /// Compares. Both measurements need at least two samples; they must be of the predicted architecture at two
    /// different widths and independent of each other.
    /// </summary>
    public static Comparison Of(
        Prediction prediction,
        Measurement measured,
        Measurement other,
        ComparisonOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(measured.Samples, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(other.Samples, 2);
        Architecture architecture = prediction.Architecture;
        List<QuantityComparison> quantities = [];
        for (int layer = 0; layer <= architecture.Depth; layer++)
        {
            IEnumerable<ComparedValue> values = ComparedValue.InLayer(
                prediction.Layers[layer],
                measured.Layers[layer],
                other.Layers[layer],
                architecture.Tokens,
                options);
            foreach (ComparedValue value in values)
            {
                quantities.Add(QuantityComparison.Of(
                    value, prediction.Draws, measured.Architecture.Width, other.Architecture.Width, options));
            }
        }

        return new(prediction, measured, other, quantities, Judgement.Together([.. quantities.Select(quantity => quantity.Agreement)]));
    }
}
