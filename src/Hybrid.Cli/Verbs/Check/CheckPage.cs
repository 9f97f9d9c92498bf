using Hybrid.Cli.Output;
using Hybrid.Drawing.Figures;
using Hybrid.Import.HuggingFace;
using Hybrid.Lab.Checks;
using Hybrid.Lab.Comparisons;

namespace Hybrid.Cli.Verbs;

/// <summary>A check as a page.</summary>
internal static class CheckPage
{
    public static Report Of(
        CheckReport report, IReadOnlyList<ImportReport?> imports, RunHeader header, string command, Figure figure) =>
        new(
            "Theory against random transformers",
            [
                new(
                    $"Verdict: {CheckTables.Verdict(report)}",
                    [
                        new ReportParagraph(CheckTables.Counts(report)),
                        .. VerdictNotes.Table(
                            [.. report.Comparisons.Zip(imports, (comparison, import) => VerdictNotes.Of(comparison.Prediction, import))]),
                        new ReportFigure(
                            "layers.svg",
                            "Prediction as lines, measured networks as points with error bars of two standard errors.",
                            figure),
                        CheckTables.Errors(report),
                        new ReportParagraph(CheckTables.ErrorsNote),
                    ]),
                .. report.Comparisons.Select(Section),
                RunSections.Assumptions(),
                RunSections.Asked(command, report.Plan.Architectures, imports),
                RunSections.Run(header, report.Seconds),
            ]);

    private static ReportSection Section(Comparison comparison) => new(
        CheckTables.Heading(comparison),
        [.. CheckTables.Tables.Select(quantities => CheckTables.Of(comparison, quantities))]);
}
