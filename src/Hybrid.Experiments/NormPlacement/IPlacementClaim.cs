using Hybrid.Drawing.Reports;

namespace Hybrid.Experiments.NormPlacement;

/// <summary>One hypothesis of the experiment, its judgement and what is shown of it.</summary>
internal interface IPlacementClaim
{
    Hypothesis Hypothesis { get; }

    /// <summary>How many numbers are decided by an interval: they share the level of the experiment.</summary>
    int Intervals { get; }

    /// <summary>Judges; <paramref name="rate"/> is the share of one interval.</summary>
    HypothesisResult Judge(CellResults results, double rate);

    /// <summary>Figures, tables and the reading that the numbers dictate.</summary>
    ReportSection Findings(CellResults results, HypothesisResult judged);
}
