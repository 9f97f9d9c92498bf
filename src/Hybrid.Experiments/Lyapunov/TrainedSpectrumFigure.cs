using Hybrid.Drawing.Figures;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.Lyapunov;

/// <summary>λ_1 by block before and after training, and complete spectra forwards and backwards.</summary>
internal static class TrainedSpectrumFigure
{
    public static ReportFigure Of(
        IReadOnlyList<TrainedSpectrum> leading, IReadOnlyList<TrainedSpectrum> complete, CellResults results) =>
        new(
            "trained.svg",
            "Leading Lyapunov exponent by block before and after training, and complete spectra of small networks forwards and backwards",
            CurveFigure.Render(
                "Lyapunov exponents of networks before and after training",
                "points: mean over runs ± 2 standard errors; lines: through the means, in the spectra those backwards",
                [
                    .. leading[0].Moments.Select((moment, i) => Blocks(moment.Name, leading, network => network.Moments[i].Step, results)),
                    .. complete[0].Moments.Select((moment, i) =>
                        Spectra(moment.Name, complete, network => network.Moments[i].Step, results)),
                ]));

    private static CurvePanel Blocks(
        string moment, IReadOnlyList<TrainedSpectrum> networks, Func<TrainedSpectrum, int> step, CellResults results) =>
        new(
            $"λ₁ by block, forwards, {moment} training",
            "block",
            "",
            [.. networks.Select((network, style) =>
            {
                (double Block, Estimate Value)[] values = [.. Enumerable.Range(1, network.Size.Depth).Select(block =>
                    ((double)block, network.Of(results, TrainedSpectrum.Exponent(TrainedSpectrum.Forwards, block, 1, step(network)))))];
                return new CurveSeries(
                    network.Placement,
                    style,
                    [.. values.Select(value => (value.Block, value.Value.Mean))],
                    [.. values.Select(value => Point(value.Block, value.Value))]);
            })]);

    private static CurvePanel Spectra(
        string moment, IReadOnlyList<TrainedSpectrum> networks, Func<TrainedSpectrum, int> step, CellResults results) =>
        new(
            $"all exponents of {networks[0].Size.Tokens} tokens of width {networks[0].Size.Width}, {moment} training",
            "number of the exponent",
            "",
            [.. networks.Select((network, i) =>
            {
                Estimate Value(string way, int k) => network.Of(results, TrainedSpectrum.Mean(way, k, step(network)));
                int[] numbers = [.. Enumerable.Range(1, network.Size.Exponents)];
                return new CurveSeries(
                    $"{network.Placement}, whole spectrum",
                    3 + i,
                    [.. numbers.Select(k => ((double)k, Value(TrainedSpectrum.Backwards, k).Mean))],
                    [.. numbers.Where(k => k % 3 == 1).Select(k => Point(k, Value(TrainedSpectrum.Forwards, k)))]);
            })])
        {
            HorizontalScale = AxisScale.Linear(0, networks[0].Size.Exponents + 1),
        };

    private static CurvePoint Point(double x, Estimate estimate) => new(x, estimate.Mean, 2 * estimate.StandardError);
}
