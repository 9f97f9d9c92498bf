using Hybrid.Experiments.Cells;

namespace Hybrid.Experiments.Runs;

/// <summary>What a run left.</summary>
/// <param name="Plan">What was asked.</param>
/// <param name="Registered">When the hypotheses were registered, before the first cell.</param>
/// <param name="Results">The finished cells.</param>
/// <param name="Reused">How many of them earlier runs had finished.</param>
/// <param name="Seconds">Wall time of this run.</param>
/// <param name="CellSeconds">Time of all finished cells together, on one core each.</param>
public sealed record ExperimentOutcome(
    ExperimentPlan Plan,
    DateTimeOffset Registered,
    CellResults Results,
    int Reused,
    double Seconds,
    double CellSeconds)
{
    /// <summary>Whether every cell is finished; a stopped run is continued by the same command.</summary>
    public bool Complete => Results.Count == Plan.Design.Cells.Count;
}
