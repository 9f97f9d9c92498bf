using Hybrid.Cli.Output;
using Hybrid.Import.HuggingFace;
using Hybrid.Lab.Checks;

namespace Hybrid.Cli.Verbs;

/// <summary>A comparison as a page, in the words and the order of the terminal.</summary>
internal static class ComparePage
{
    public static Report Of(Attribution attribution, LoadedArchitecture[] loaded, RunHeader header, string command) => new(
        $"{attribution.A.Architecture.Name} and {attribution.B.Architecture.Name}",
        [
            new(
                "What differs, and what that does",
                [
                    .. CompareTables.Sentences(attribution).Select(sentence => new ReportParagraph(sentence)),
                    .. VerdictNotes.Table(
                        VerdictNotes.Of(attribution.A, loaded[0].Import) with { Name = "A" },
                        VerdictNotes.Of(attribution.B, loaded[1].Import) with { Name = "B" }),
                    CompareTables.Numbers(attribution),
                    .. attribution.Differences.Count == 0
                        ? (IReportBlock[])[]
                        : [CompareTables.Fields(attribution), CompareTables.Effects(attribution)],
                ]),
            new(
                "Layer by layer",
                [
                    new ReportFigure(
                        "layers.svg",
                        "Squared norm, angle, gradient norm and gradient overlap by depth, as predicted.",
                        LayerFigure.Render(
                            "A and B",
                            "predicted at infinite width; all quantities per coordinate",
                            [
                                new LayerCurve($"A: {attribution.A.Architecture.Name}", attribution.A.Layers, []),
                                new LayerCurve($"B: {attribution.B.Architecture.Name}", attribution.B.Layers, []),
                            ])),
                    new ReportParagraph(VerdictText.Legend),
                ]),
            RunSections.Assumptions(),
            RunSections.Asked(command, loaded.Select(one => one.Architecture), loaded.Select(one => one.Import)),
            RunSections.Run(header),
        ]);
}
