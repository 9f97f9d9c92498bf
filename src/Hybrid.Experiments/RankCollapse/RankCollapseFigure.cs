using Hybrid.Drawing.Figures;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.RankCollapse;

/// <summary>u against depth: a panel for each regime and mask, a series for each placement.</summary>
internal static class RankCollapseFigure
{
    public static ReportFigure Of(IReadOnlyList<Trajectory> grid, CellResults results)
    {
        string[] placements = [.. grid.Select(trajectory => trajectory.Placement).Distinct()];
        CurvePanel[] panels = [.. grid
            .GroupBy(trajectory => (trajectory.Regime, trajectory.Mask))
            .Select(group => new CurvePanel(
                $"{group.Key.Regime.Name}, {(group.Key.Mask.IsCausal ? "causal mask" : "no mask")}: 1 − ρ",
                "blocks passed ℓ",
                "",
                [.. group.Select(trajectory => Series(trajectory, Array.IndexOf(placements, trajectory.Placement), results))]))];
        return new(
            "trajectories.svg",
            "1 − ρ by depth, attention alone, with an ordered and with a chaotic MLP, "
            + "at five placements of the normalisation; lines: theory, points: networks",
            CurveFigure.Render(
                "Rank collapse, order and chaos",
                "lines: predicted; points: mean over networks at the larger width ± 2 standard errors",
                panels));
    }

    private static CurveSeries Series(Trajectory trajectory, int style, CellResults results) => new(
        trajectory.Placement,
        style,
        [.. trajectory.Predicted.U.Select((u, layer) => ((double)layer, u))],
        [.. Enumerable.Range(1, trajectory.Predicted.U.Count - 1).Select(
            layer => Point(trajectory.Pair.AtWidth(results, Trajectory.U(layer)), layer))]);

    private static CurvePoint Point(Estimate u, int layer) => new(layer, u.Mean, 2 * u.StandardError);
}
