using Hybrid.Cli.Output;
using Hybrid.Drawing.Figures;
using Hybrid.Lab.Probes;

namespace Hybrid.Cli.Verbs;

/// <summary>A probe as a page: verdict and figure on the first screen, then every layer.</summary>
internal static class ProbePage
{
    public static Report Of(
        IReadOnlyList<ProbeResult> shown, IReadOnlyList<ProbeResult> course, Figure figure, RunHeader header, string command) => new(
        $"{string.Join(" and ", shown.Select(result => result.Name))}: signals in the trained network",
        [
            new(
                "What was found",
                [
                    .. shown.Select(result => new ReportParagraph(string.Join(' ', ProbeTables.Sentences(result)))),
                    .. Notes(shown),
                    new ReportFigure(
                        "probe.svg", "Norms, branches, angles, attention, gradients and the largest activation by layer.", figure),
                    .. shown.Count > 1 ? (IReportBlock[])[ProbeTables.Comparison(shown)] : [],
                    .. course.Count > 1 ? (IReportBlock[])[ProbeTables.Course(course)] : [],
                    .. shown.Where(result => result.Growth is not null).Select(ProbeTables.Fits),
                ]),
            new("Layer by layer", [.. shown.SelectMany(ProbeTables.Layers)]),
            RunSections.Asked(command, shown.Select(result => result.Blocks)),
            new(
                "How it was read",
                [.. shown.Select(result => new ReportParagraph($"{result.Name}: {ProbeTables.Input(result)}."))]),
            RunSections.Run(header, shown.Sum(result => result.Seconds)),
        ]);

    /// <summary>What was assumed, once for all that is shown.</summary>
    private static IReportBlock[] Notes(IReadOnlyList<ProbeResult> shown)
    {
        IReadOnlyList<string>[] rows =
            [.. shown.SelectMany(result => result.Notes).Distinct().Select(note => (IReadOnlyList<string>)[note])];
        return rows.Length == 0 ? [] : [new ReportTable("", ["<notes"], rows)];
    }
}
