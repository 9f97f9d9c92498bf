using Hybrid.Experiments.Catalogue;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Hypotheses;
using Hybrid.Experiments.Runs;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Experiments.Tests;

/// <summary>The quick run of an experiment of the catalogue on a fresh store, with its judgement.</summary>
internal static class QuickRun
{
    public static Evaluation Of(string name)
    {
        using TemporaryFolder folder = new();
        using CellStore store = CellStore.Open(folder.Path("cells.sqlite"));
        ExperimentPlan plan = new(ExperimentCatalogue.Find(name), ExperimentScale.Quick, 1, 2);
        Assert.Equal(plan.Design.Cells.Count, plan.Design.Cells.DistinctBy(cell => cell.Key).Count());
        ExperimentOutcome outcome = ExperimentRun.Run(plan, store, _ => { }, default);
        Evaluation evaluation = plan.Design.Evaluate(outcome.Results);
        Assert.Equal(plan.Design.Hypotheses, evaluation.Results.Select(result => result.Hypothesis));
        Assert.All(evaluation.Results, result => Assert.NotEmpty(result.Tests));
        Assert.NotEmpty(evaluation.Findings.SelectMany(section => section.Content).OfType<Hybrid.Drawing.Reports.ReportFigure>());
        return evaluation;
    }

    /// <summary>
    /// No refuted number, and the named hypotheses supported; a quick run may be too coarse for the others.
    /// </summary>
    public static void Supports(string name, params string[] hypotheses)
    {
        Evaluation evaluation = Of(name);
        Assert.DoesNotContain(evaluation.Results.SelectMany(result => result.Tests), test => test.Outcome == Outcome.Refuted);
        Assert.Subset(
            evaluation.Results.Where(result => result.Outcome == Outcome.Supported).Select(result => result.Hypothesis.Id).ToHashSet(),
            hypotheses.ToHashSet());
    }
}
