using System.Globalization;
using Hybrid.Drawing.Figures;

namespace Hybrid.Lab.Probes;

/// <summary>
/// One screen of a probe: the norm with its theory and its best fit, how branches lie to the stream, angles, attention, gradients, and
/// how massive the largest activation is. Of two networks both, each in its colours.
/// </summary>
public static class ProbeFigure
{
    private const int MostNetworks = 2;

    /// <summary>The figure; one network or two.</summary>
    public static Figure Render(IReadOnlyList<ProbeResult> results)
    {
        ArgumentOutOfRangeException.ThrowIfZero(results.Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(results.Count, MostNetworks);
        double deepest = results.Max(result => result.Depth);
        AxisScale depth = AxisScale.Linear(-0.02 * deepest, 1.02 * deepest, 7);
        CurvePanel[] panels =
        [
            Panel("residual stream: norm √q of a token", 0, [.. results.SelectMany(Norms)], depth),
            Panel("branches: cosine with the stream", 1, [.. results.SelectMany(Branches)], depth),
            Panel("angle between tokens: u = 1 − ρ", 0, [.. results.SelectMany(Angles)], depth),
            Panel("attention: entropy over the largest there is", 1, [.. results.SelectMany(Entropies)], depth),
            .. OfGradients(results, depth),
            Panel("largest activation over the median", 0, [.. results.SelectMany(Massive)], depth),
        ];
        string names = string.Join(" and ", results.Select(result => $"'{result.Name}'"));
        string title = $"{names}: how signals pass through the trained network";
        return CurveFigure.Render(title, Subtitle(results), panels);
    }

    private static CurvePanel[] OfGradients(IReadOnlyList<ProbeResult> results, AxisScale depth) => results.Any(HasGradients)
        ? [Panel("gradient of the loss at the stream", 0, [.. results.Where(HasGradients).SelectMany(Gradients)], depth)]
        : [];

    private static string Subtitle(IReadOnlyList<ProbeResult> results) => string.Join("; ", results.Select(result => string.Create(
        CultureInfo.InvariantCulture,
        $"{result.Input.Batch.Sequences} × {result.Input.Batch.Tokens} tokens, {result.Input.Description}")).Distinct())
        + "; position 0 apart";

    private static CurvePanel Panel(string title, int first, CurveSeries[] series, AxisScale depth) =>
        new(title, first == 0 ? "blocks passed ℓ" : "block", "", series) { HorizontalScale = depth };

    private static IEnumerable<CurveSeries> Norms(ProbeResult result, int network)
    {
        yield return Points(result, "measured", network, 0, layer => result.Boundaries[layer].Norm);
        yield return Points(result, "position 0", network, 1, layer => Math.Sqrt(result.Boundaries[layer].FirstQ));
        if (result.Theory.IsThere)
        {
            yield return Line(
                result, "theory before training", network, 2, 0, result.Depth, layer => Math.Sqrt(result.Theory.Q[(int)layer]));
        }

        if (result.Growth is { } growth)
            yield return Line(result, "best fit", network, 3, result.First, result.Last, growth.Fit(growth.Best).At);
    }

    private static IEnumerable<CurveSeries> Branches(ProbeResult result, int network)
    {
        yield return PointsOfBlocks(result, "attention", network, 4, block => result.Attention[block - 1].Correlation);
        yield return PointsOfBlocks(result, "MLP", network, 5, block => result.Mlp[block - 1].Correlation);
    }

    private static IEnumerable<CurveSeries> Angles(ProbeResult result, int network)
    {
        yield return Points(result, "measured", network, 0, layer => result.Boundaries[layer].U);
        if (result.Theory.IsThere)
            yield return Line(result, "theory before training", network, 2, 0, result.Depth, layer => result.Theory.U[(int)layer]);
    }

    private static IEnumerable<CurveSeries> Entropies(ProbeResult result, int network)
    {
        yield return PointsOfBlocks(
            result, "attention", network, 4, block => result.Heads[block - 1].Entropy / result.Heads[block - 1].Allowed);
        yield return PointsOfBlocks(result, "weight on position 0", network, 6, block => result.Heads[block - 1].OnFirst);
    }

    private static IEnumerable<CurveSeries> Gradients(ProbeResult result, int network)
    {
        yield return Points(result, "measured", network, 0, layer => result.Boundaries[layer].Gradient);
    }

    private static IEnumerable<CurveSeries> Massive(ProbeResult result, int network)
    {
        yield return Points(result, "measured", network, 0, layer => result.Boundaries[layer].Massive);
    }

    private static bool HasGradients(ProbeResult result) => double.IsFinite(result.Boundaries[0].Gradient);

    private static CurveSeries Points(ProbeResult result, string label, int network, int style, Func<int, double> value) => new(
        Label(result, label, network), style, [],
        [.. Enumerable.Range(0, result.Depth + 1).Select(layer => new CurvePoint(layer, value(layer), double.NaN, network > 0))]);

    private static CurveSeries PointsOfBlocks(ProbeResult result, string label, int network, int style, Func<int, double> value) => new(
        Label(result, label, network), style, [],
        [.. Enumerable.Range(1, result.Depth).Select(block => new CurvePoint(block, value(block), double.NaN, network > 0))]);

    private static CurveSeries Line(
        ProbeResult result, string label, int network, int style, int first, int last, Func<double, double> value) => new(
        Label(result, label, network), style,
        [.. Enumerable.Range(first, last - first + 1).Select(layer => ((double)layer, value(layer)))], []);

    private static string Label(ProbeResult result, string label, int network) => network == 0 ? label : $"{label}, '{result.Name}'";
}
