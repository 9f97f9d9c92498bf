using Hybrid.Architectures;
using Hybrid.Drawing;
using Hybrid.Drawing.Figures;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Networks.Training;

namespace Hybrid.Experiments.NormPlacement;

/// <summary>What became of the runs without warm-up by learning rate: a row of panels for each placement.</summary>
internal static class StabilityFigure
{
    public static ReportFigure Of(PlacementGrid grid, CellResults results)
    {
        return new(
            "stability.svg",
            "Fraction of runs that failed and test loss of the others over the learning rate, without warm-up, for pre, post and peri",
            CurveFigure.Render(
                "Failures and losses without warm-up",
                "failed: diverged, or learnt nothing of the context; "
                + "test loss in nats per token of the runs that did not diverge, ± 2 standard errors",
                [.. PlacementGrid.Placements.SelectMany(norm => (CurvePanel[])
                [
                    Panel(norm, "fraction that failed", Failed) with { VerticalScale = AxisScale.Linear(-0.05, 1.05) },
                    Panel(norm, "test loss", Loss),
                ])]));

        CurvePanel Panel(Placement norm, string title, Func<PlacedNetwork, CurvePoint> point) => new(
            $"{PlacedNetwork.NameOf(norm)}: {title}",
            "learning rate η",
            "",
            [..
                from kind in (OptimiserKind[])[OptimiserKind.AdamW, OptimiserKind.Sgd]
                from step in grid.Size.Steps
                select Series(kind, step, [.. grid.Abrupt(norm, step).Where(network => network.Setting.Kind == kind).Select(point)])]);

        CurveSeries Series(OptimiserKind kind, double step, CurvePoint[] points) => new(
            $"{OptimiserSetting.NameOf(kind)}, Δt = {Numbers.Significant(step, 1)}",
            grid.Size.Steps.ToList().IndexOf(step) + (kind == OptimiserKind.Sgd ? grid.Size.Steps.Count : 0),
            [.. points.Select(point => (point.X, point.Y))],
            points);

        CurvePoint Failed(PlacedNetwork network) =>
            new(network.Setting.LearningRate, (double)network.Ended(results).Count(grid.Fails) / network.Runs.Count, double.NaN);

        CurvePoint Loss(PlacedNetwork network)
        {
            Hybrid.Lab.Statistics.Estimate loss = network.Loss(results);
            return new(network.Setting.LearningRate, loss.Mean, 2 * loss.StandardError);
        }
    }
}
