using System.Globalization;
using Hybrid.Harness.Figures;
using Hybrid.Harness.Reports;
using Hybrid.Harness.Statistics;

namespace Hybrid.Harness.Experiments.LossExponents;

/// <summary>Test loss against each sum and against the larger of the two.</summary>
internal static class LossExponentsFigure
{
    public static ReportFigure Of(IReadOnlyList<TrainedArchitecture> grid, double optimum, double ignorance, CellResults results)
    {
        return new(
            "losses.svg",
            "Test loss after training against the exponents at initialisation",
            CurveFigure.Render(
                "Loss after training, exponents before it",
                "points: mean test loss over runs ± 2 standard errors, nats per token",
                [
                    Panel("Σλ_a over all layers", architecture => architecture.Angle),
                    Panel("Σλ_g over all layers", architecture => architecture.Gradient),
                    Panel("max(|Σλ_a|, |Σλ_g|)", architecture => architecture.Distance),
                ]));

        CurvePanel Panel(string title, Func<TrainedArchitecture, double> x)
        {
            double low = grid.Min(x), high = grid.Max(x);
            return new(
                $"test loss over {title}",
                title,
                "",
                [
                    .. grid.GroupBy(architecture => architecture.Branch).Select((group, style) => new CurveSeries(
                        string.Create(CultureInfo.InvariantCulture, $"a = {group.Key}"),
                        style,
                        [],
                        [.. group.Select(architecture => Point(x(architecture), architecture.Loss(results)))])),
                    new("optimal predictor", 6, [(low, optimum), (high, optimum)], []),
                    new("knows nothing", 4, [(low, ignorance), (high, ignorance)], []),
                ]);
        }
    }

    private static CurvePoint Point(double x, Estimate loss) => new(x, loss.Mean, 2 * loss.StandardError);
}
