using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Hypotheses;

namespace Hybrid.Experiments.Designs;

/// <summary>What an experiment commits itself to before it measures, and how it judges afterwards.</summary>
/// <param name="Plan">H1, H2, … with their predictions and every test of theirs.</param>
/// <param name="Cells">The grid; keys are unique.</param>
/// <param name="Judge">
/// Makes the planned tests from all cells, each at the given level; depends on nothing but the design, the results and the level.
/// </param>
public sealed record ExperimentDesign(
    TestPlan Plan,
    IReadOnlyList<Cell> Cells,
    Func<CellResults, double, Evaluation> Judge)
{
    /// <summary>H1, H2, … with their predictions.</summary>
    public IReadOnlyList<Hypothesis> Hypotheses => Plan.Hypotheses;

    /// <summary>Judges the hypotheses from all cells, every test at the level of the plan.</summary>
    /// <exception cref="InvalidOperationException">Another set of tests was made than was planned.</exception>
    public Evaluation Evaluate(CellResults results)
    {
        Evaluation evaluation = Judge(results, Plan.Level);
        var planned = Plan.Claims.Select(claim => (claim.Hypothesis.Id, claim.Tests.Count));
        var made = evaluation.Results.Select(result => (result.Hypothesis.Id, result.Tests.Count));
        return planned.SequenceEqual(made)
            ? evaluation
            : throw new InvalidOperationException(
                $"the planned tests must be made, {string.Join(", ", planned)}, got {string.Join(", ", made)}");
    }
}

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
