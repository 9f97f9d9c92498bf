using System.Globalization;
using Hybrid.Drawing;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Hypotheses;
using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.NormPlacement;

/// <summary>A claim that weight decay holds back the growth of a pre-norm stream.</summary>
internal sealed class DecayClaim(string id, PlacementGrid grid) : IPlacementClaim
{
    private readonly Hypothesis _hypothesis = new(
        id,
        "Weight decay holds back the growth of a trained pre-norm stream over depth: the ratio of the mean absolute values "
            + "at output and input is smaller with decay than without.",
        "the difference of mean log ratios, with decay minus without, is below 0 with its whole interval (Student's t, Welch).",
        []);

    public PlannedClaim Planned => new(_hypothesis, [.. grid.Decaying.Skip(1).Select(network => Decided.ByDifference(
        new(string.Create(CultureInfo.InvariantCulture, $"decay {network.Setting.WeightDecay} − none"), "difference of log growths below",
            0),
        -1,
        results => LogGrowth(network, results),
        results => LogGrowth(grid.Decaying[0], results)))]);

    public ReportSection Findings(CellResults results, HypothesisResult judged) => new(
        "Weight decay under pre",
        [
            new ReportTable(
                $"{grid.Decaying[0].Network}, {grid.Decaying[0].Setting.Name}, runs that did not diverge; "
                    + "log growth: of the mean absolute value from input to output:",
                ["decay", "runs", "log growth", "mean absolute value at the output", "test loss"],
                [.. grid.Decaying.Select(network => (IReadOnlyList<string>)
                [
                    Numbers.Significant(network.Setting.WeightDecay, 2),
                    Numbers.Integer(network.Trained(results).Count()),
                    LogGrowth(network, results).ToString(),
                    Estimate.Of([.. network.Trained(results).Select(Output)]).ToString(),
                    network.Loss(results).ToString(),
                ])]),
        ]);

    private double Output(PlacementRun run) => run.At(StreamQuantity.Magnitude, grid.Size.Depth, true);

    private Estimate LogGrowth(PlacedNetwork network, CellResults results) =>
        Estimate.Of([.. network.Trained(results).Select(run => Math.Log(Output(run) / run.At(StreamQuantity.Magnitude, 0, true)))]);
}
