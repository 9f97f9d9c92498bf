using Hybrid.Drawing.Figures;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.Departures;

/// <summary>Departure, cosine and leading exponent by block, all placements together.</summary>
internal static class DepartureFigure
{
    public static ReportFigure Of(IReadOnlyList<DepartingNetwork> networks, DepartureSize size, CellResults results)
    {
        int[] blocks = [.. Enumerable.Range(1, size.Depth)];
        CurvePanel Panel(string title, Func<DepartingNetwork, Func<CellValues, int, double>> number) => new(
            title,
            "block",
            "",
            [.. networks.Select((network, style) =>
            {
                (int Block, Estimate Value)[] values =
                    [.. blocks.Select(block => (block, network.Of(results, run => number(network)(run, block))))];
                return new CurveSeries(
                    network.Placement,
                    style,
                    [.. values.Select(value => ((double)value.Block, value.Value.Mean))],
                    [.. values.Select(value => new CurvePoint(value.Block, value.Value.Mean, 2 * value.Value.StandardError))]);
            })])
        {
            HorizontalScale = AxisScale.Linear(0, size.Depth + 1),
        };
        return new(
            "blocks.svg",
            "Departure from theory, cosine of branch and stream, and leading exponent by block, before and after training",
            CurveFigure.Render(
                "Trained networks beside the theory at initialisation",
                "points: mean over runs ± 2 standard errors; lines: through the means",
                [
                    Panel("departure after training − before", network => (run, block) => network.Departure(run, block)),
                    Panel("cosine of branch and stream, after training",
                        network => (run, block) => run[DepartureMeter.Cosine(block, network.End)].Mean),
                    Panel("λ₁, before training", _ => (run, block) => run[DepartureMeter.Exponent(block, 0)].Mean),
                    Panel("λ₁, after training", network => (run, block) => run[DepartureMeter.Exponent(block, network.End)].Mean),
                ]));
    }
}
