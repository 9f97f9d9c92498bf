using Hybrid.Drawing.Reports;

namespace Hybrid.Experiments;

/// <summary>The judgement of a finished grid.</summary>
/// <param name="Results">One for every hypothesis, in their order.</param>
/// <param name="Findings">Figures, tables and the reading that the numbers dictate.</param>
public sealed record Evaluation(IReadOnlyList<HypothesisResult> Results, IReadOnlyList<ReportSection> Findings)
{
    /// <summary>Refuted if any hypothesis is, else inconclusive if any is.</summary>
    public Outcome Outcome =>
        Results.Any(result => result.Outcome == Outcome.Refuted) ? Outcome.Refuted
        : Results.Any(result => result.Outcome == Outcome.Inconclusive) ? Outcome.Inconclusive
        : Outcome.Supported;

    /// <summary>Of parts of one experiment that were judged apart, in their order.</summary>
    public static Evaluation Together(params Evaluation[] parts) =>
        new([.. parts.SelectMany(part => part.Results)], [.. parts.SelectMany(part => part.Findings)]);
}
