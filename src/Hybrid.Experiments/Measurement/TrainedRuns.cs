using Hybrid.Experiments.Cells;
using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.Measurement;

/// <summary>Training runs of one network, whose cells hold <see cref="ObservedRun.Values"/>, and numbers over them.</summary>
internal abstract class TrainedRuns
{
    /// <summary>The training runs.</summary>
    public IReadOnlyList<Cell> Runs { get; protected init; } = [];

    /// <summary>Runs that did not diverge.</summary>
    public CellValues[] Finished(CellResults results) =>
        [.. Runs.Select(run => results[run]).Where(run => double.IsFinite(run[TrainedLoss.Loss].Mean))];

    /// <summary>A number of every run that did not diverge.</summary>
    public Estimate Of(CellResults results, Func<CellValues, double> number) => Estimate.Of([.. Finished(results).Select(number)]);

    /// <summary>Test loss, nats per token.</summary>
    public Estimate LossOf(CellResults results) => Of(results, run => run[TrainedLoss.Loss].Mean);
}
