using Hybrid.Drawing.Reports;

namespace Hybrid.Experiments.NormPlacement;

/// <summary>One hypothesis of the experiment, its judgement and what is shown of it.</summary>
internal interface IPlacementClaim
{
    /// <summary>The hypothesis with its tests.</summary>
    PlannedClaim Planned { get; }

    /// <summary>Figures, tables and the reading that the numbers dictate.</summary>
    ReportSection Findings(CellResults results, HypothesisResult judged);
}
