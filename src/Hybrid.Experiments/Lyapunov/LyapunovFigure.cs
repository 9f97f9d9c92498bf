using Hybrid.Drawing.Figures;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Measurement;
using Hybrid.Lab.Comparisons;
using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.Lyapunov;

/// <summary>The known spectrum, the leading exponents, and growth forwards and backwards against the theory.</summary>
internal static class LyapunovFigure
{
    public static ReportFigure Of(
        GaussianProduct product, IReadOnlyList<LineSpectrum> spectra, IReadOnlyList<TwoWayNetwork> networks, CellResults results)
    {
        CurvePanel known = new(
            "Gaussian products of width 16: whole spectrum",
            "number of the exponent",
            "",
            [
                new(
                    "Gaussian products",
                    6,
                    [.. product.Numbers.Select((number, i) => (i + 1.0, number.Value))],
                    [.. product.Numbers.Select((number, i) => Point(i + 1, results[product.Cell][number.Quantity]))]),
            ]);
        CurvePanel leading = new(
            "collapsed tokens: leading exponents at infinite width",
            "number of the exponent",
            "",
            [.. spectra.Select((spectrum, style) => new CurveSeries(
                spectrum.Placement,
                style,
                [(1, spectrum.Predicted), (LineSpectrum.Exponents, spectrum.Predicted)],
                [.. Enumerable.Range(1, LineSpectrum.Exponents).Select(
                    k => Point(k, spectrum.Pair.Extrapolate(results, LineSpectrum.Name(k), 1)))]))]);
        return new(
            "spectra.svg",
            "Known and measured Lyapunov spectra, and growth of tangents forwards and of gradients backwards against the predicted one",
            CurveFigure.Render(
                "Lyapunov exponents of networks",
                "lines: known or predicted; points: measured ± 2 standard errors; "
                + "lower panels: measured against predicted growth through the network",
                [known, leading, Growth("tangents forwards", network => network.Forward.AtWidth(results, ForwardGrowth.Power)),
                    Growth("gradients backwards", network => network.Backwards.AtWidth(results, TwoWayNetwork.Backward))]));

        CurvePanel Growth(string title, Func<TwoWayNetwork, Estimate> measured)
        {
            double low = networks.Min(network => network.Power), high = networks.Max(network => network.Power);
            return new(
                $"{title}: measured over predicted growth",
                "predicted",
                "",
                [.. spectra.Select((spectrum, style) => new CurveSeries(
                    spectrum.Placement,
                    style,
                    [(low, low), (high, high)],
                    [.. networks.Where(network => network.Subject.StartsWith(spectrum.Placement + ",", StringComparison.Ordinal)).Select(
                        network => Point(network.Power, measured(network)))]))]);
        }
    }

    private static CurvePoint Point(double x, Estimate estimate) => new(x, estimate.Mean, 2 * estimate.StandardError);

    private static CurvePoint Point(double x, Extrapolation measured) => new(x, measured.Value, 2 * measured.Spread.StandardError);
}
