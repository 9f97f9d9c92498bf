using Hybrid.Drawing;
using Hybrid.Drawing.Figures;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.NormPlacement;

/// <summary>One quantity of the stream by depth, before and after training: a panel for each placement, a series for each Δt.</summary>
internal static class ProfileFigure
{
    private static readonly string[] Files = ["magnitude.svg", "coordinate-variance.svg", "data-variance.svg"];

    public static ReportFigure Of(PlacementGrid grid, StreamQuantity quantity, int number, CellResults results)
    {
        string setting = grid.Size.Settings[0].Name;
        return new(
            Files[number],
            $"{quantity.Name} by depth before (lines) and after training (points) for pre, post and peri, trained with {setting}",
            CurveFigure.Render(
                $"{char.ToUpperInvariant(quantity.Name[0])}{quantity.Name[1..]} by depth",
                $"lines: mean over runs before training; points: after training with {setting}, mean ± 2 standard errors",
                [.. PlacementGrid.Placements.Select(norm => new CurvePanel(
                    PlacedNetwork.NameOf(norm),
                    "layer",
                    "",
                    [.. grid.Size.Steps.Select((step, style) => Series(grid.Of(norm, step)[0], style))]))]));

        CurveSeries Series(PlacedNetwork network, int style)
        {
            PlacementRun[] trained = [.. network.Trained(results)];
            return new(
                $"Δt = {Numbers.Significant(network.Step, 1)}",
                style,
                [.. Layers().Select(layer => ((double)layer, network.Ended(results).Average(run => run.At(quantity, layer, false))))],
                trained.Length == 0
                    ? []
                    : [.. Layers().Select(layer => Point(layer, Estimate.Of([.. trained.Select(run => run.At(quantity, layer, true))])))]);
        }

        IEnumerable<int> Layers() => Enumerable.Range(0, grid.Size.Depth + 1);
    }

    private static CurvePoint Point(int layer, Estimate estimate) => new(layer, estimate.Mean, 2 * estimate.StandardError);
}
