using System.Globalization;
using Hybrid.Drawing;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Hypotheses;

namespace Hybrid.Experiments.Runs;

/// <summary>The page of a finished experiment: verdicts, findings, what was registered, every tested number, the run.</summary>
public static class ExperimentReport
{
    // A page shows every tested number up to so many for a hypothesis, and the weakest ones of more.
    private const int MostRows = 40;

    /// <summary>The page as structure.</summary>
    public static Report Of(ExperimentOutcome outcome, Evaluation evaluation, RunEnvironment environment) => new(
        Title(outcome.Plan),
        [
            Verdicts(outcome.Plan, evaluation),
            .. evaluation.Findings,
            .. Registration.Sections(outcome.Plan),
            .. evaluation.Results.Select(Tests),
            Run(outcome, environment),
        ]);

    /// <summary>The verdict of every hypothesis in one table.</summary>
    public static ReportSection Verdicts(ExperimentPlan plan, Evaluation evaluation)
    {
        ReportTable table = new(
            "",
            ["<hypothesis", "<verdict", "numbers tested", "supported", "refuted", "inconclusive"],
            [.. evaluation.Results.Select(Row)]);
        ReportParagraph level = new(
            string.Create(
                CultureInfo.InvariantCulture,
                $"A correct theory is refuted anywhere on this page with probability at most {100 * Significance.FamilyWiseRate:0.##} %: ")
            + string.Create(
                CultureInfo.InvariantCulture,
                $"every interval is widened for all {plan.Design.Plan.Count} tests of the experiment together (Bonferroni). ")
            + "A hypothesis is refuted if any of its numbers is, and inconclusive if more than half of them are; "
            + "a number is undecided where the measurement is too coarse to tell.");
        return plan.Scale == ExperimentScale.Quick
            ? new("Verdicts", [
                new ReportParagraph("This is the quick run: small networks, few of them. "
                    + "It shows that the experiment works; the full run is the measurement."),
                table, level])
            : new("Verdicts", [table, level]);

        static IReadOnlyList<string> Row(HypothesisResult result) =>
        [
            $"{result.Hypothesis.Id}: {result.Hypothesis.Statement}",
            Verdict(result),
            Numbers.Integer(result.Tests.Count),
            Numbers.Integer(result.Count(Outcome.Supported)),
            Numbers.Integer(result.Count(Outcome.Refuted)),
            Numbers.Integer(result.Count(Outcome.Inconclusive)),
        ];
    }

    /// <summary>The outcome as a word.</summary>
    public static string Word(Outcome outcome) => outcome switch
    {
        Outcome.Supported => "supported",
        Outcome.Refuted => "refuted",
        _ => "inconclusive",
    };

    /// <summary>
    /// The outcome as a word, with the share of its numbers that are undecided where there are any: supported (3 of 240 undecided).
    /// </summary>
    public static string Verdict(HypothesisResult result) =>
        Verdict(result.Outcome, result.Count(Outcome.Inconclusive), result.Tests.Count);

    /// <summary>The same of all hypotheses together.</summary>
    public static string Verdict(Evaluation evaluation) => Verdict(
        evaluation.Outcome,
        evaluation.Results.Sum(result => result.Count(Outcome.Inconclusive)),
        evaluation.Results.Sum(result => result.Tests.Count));

    private static string Verdict(Outcome outcome, int undecided, int tests) =>
        undecided == 0 ? Word(outcome) : string.Create(CultureInfo.InvariantCulture, $"{Word(outcome)} ({undecided} of {tests} undecided)");

    private static string Title(ExperimentPlan plan) =>
        plan.Scale == ExperimentScale.Quick ? $"{plan.Experiment.Name} (quick run)" : plan.Experiment.Name;

    private static ReportSection Tests(HypothesisResult result)
    {
        bool all = result.Tests.Count <= MostRows;
        IEnumerable<TestedNumber> shown = all ? result.Tests : TestedNumber.WeakestFirst(result.Tests).Take(MostRows);
        string caption = all
            ? "Every tested number:"
            : $"The {MostRows} of {result.Tests.Count} tested numbers that came nearest to their limits, the weakest first: "
                + "refuted, undecided, then those with the least margin; all are in the JSON beside this page:";
        return new(
            $"{result.Hypothesis.Id}, measured",
            [
                new ReportTable(
                    caption,
                    ["<", "<quantity", "predicted", "measured", "interval from", "to", "<verdict"],
                    [.. shown.Select(Row)]),
            ]);

        static IReadOnlyList<string> Row(TestedNumber test) =>
        [
            test.Subject,
            test.Quantity,
            Registration.Number(test.Predicted),
            Numbers.Significant(test.Measured),
            Numbers.Significant(test.Low),
            Numbers.Significant(test.High),
            Word(test.Outcome),
        ];
    }

    private static ReportSection Run(ExperimentOutcome outcome, RunEnvironment environment) => new(
        "The run",
        [
            new ReportTable(
                "",
                ["<", "<"],
                [
                    ["command", environment.Command],
                    ["version", environment.Version],
                    ["seed", outcome.Plan.Seed.ToString(CultureInfo.InvariantCulture)],
                    ["machine", environment.Machine],
                    ["registered",
                        outcome.Registered.ToString("yyyy-MM-dd HH:mm 'UTC, before the first cell'", CultureInfo.InvariantCulture)],
                    ["cells", $"{outcome.Results.Count}, of which earlier runs had finished {outcome.Reused}"],
                    ["duration", string.Create(
                        CultureInfo.InvariantCulture,
                        $"{outcome.Seconds:0} s, {outcome.Plan.Parallel} cells at a time; {outcome.CellSeconds:0} s of one core in all")],
                ]),
        ]);
}

/// <summary>Where and how an experiment ran, enough to repeat it.</summary>
/// <param name="Command">The command line.</param>
/// <param name="Version">The version of hybrid.</param>
/// <param name="Machine">Processor, vector width, number of threads.</param>
public sealed record RunEnvironment(string Command, string Version, string Machine);
