using System.Globalization;
using Hybrid.Drawing;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Hypotheses;

namespace Hybrid.Experiments.Runs;

/// <summary>The hypotheses of an experiment as they are registered, printed and stored before it runs.</summary>
public static class Registration
{
    /// <summary>Significant digits of a registered number.</summary>
    private const int Digits = 6;

    /// <summary>The registered text: equal designs give equal text.</summary>
    public static string Text(ExperimentPlan plan) => string.Concat(Sections(plan).Select(section => MarkdownWriter.Text(section, "")));

    /// <summary>Question, then one section for each hypothesis with its criterion and its predicted numbers.</summary>
    public static IReadOnlyList<ReportSection> Sections(ExperimentPlan plan) =>
    [
        new("Question", [new ReportParagraph(plan.Experiment.Question)]),
        .. plan.Design.Hypotheses.Select(hypothesis => new ReportSection($"{hypothesis.Id}, as registered", [.. Content(hypothesis)])),
    ];

    /// <summary>A registered number as it is printed.</summary>
    public static string Number(double value) => Numbers.Significant(value, Digits);

    private static IEnumerable<IReportBlock> Content(Hypothesis hypothesis)
    {
        yield return new ReportParagraph(hypothesis.Statement);
        yield return new ReportParagraph($"Decided by: {hypothesis.Criterion}");
        if (hypothesis.Predictions.Count > 0)
            yield return Table(hypothesis.Predictions);
    }

    /// <summary>Subjects down, quantities across.</summary>
    private static ReportTable Table(IReadOnlyList<RegisteredNumber> numbers)
    {
        string[] quantities = [.. numbers.Select(number => number.Quantity).Distinct()];
        IEnumerable<string[]> rows = numbers.GroupBy(number => number.Subject).Select(subject => (string[])
        [
            subject.Key,
            .. quantities.Select(quantity =>
                subject.FirstOrDefault(number => number.Quantity == quantity) is RegisteredNumber number ? Number(number.Value) : ""),
        ]);
        return new(
            string.Create(CultureInfo.InvariantCulture, $"{numbers.Count} predicted numbers:"),
            ["<", .. quantities],
            [.. rows]);
    }
}
