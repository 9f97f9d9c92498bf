using Hybrid.Cli.Output;
using Hybrid.Import.HuggingFace;
using Hybrid.Lab.Checks;
using Hybrid.Theory;

namespace Hybrid.Cli.Verbs;

/// <summary>A prediction as a page, in the words and the order of the terminal.</summary>
internal static class PredictionPage
{
    public static Report Of(LoadedArchitecture loaded, PredictionOutput output, RunHeader header, string command)
    {
        Prediction prediction = output.Prediction;
        return new(
            $"{prediction.Architecture.Name}: can it train?",
            [
                new(VerdictText.Sentence(prediction.Architecture, prediction.Trainability), [.. Verdict(output, loaded.Import)]),
                new("Layer by layer", [Figure(prediction), new ReportParagraph(VerdictText.Legend), PredictionTables.Layers(prediction)]),
                new(
                    "Module by module",
                    [
                        ModuleTables.Attention(prediction.Architecture, output.Modules),
                        ModuleTables.Scales(output.Modules),
                        WeightTable.Of(prediction),
                        .. output.Trend is null ? (IReportBlock[])[] : [output.Trend.Table()],
                    ]),
                RunSections.Assumptions(),
                RunSections.Asked(command, [loaded.Architecture], [loaded.Import]),
                RunSections.Run(header),
            ]);
    }

    private static IEnumerable<IReportBlock> Verdict(PredictionOutput output, ImportReport? import)
    {
        Prediction prediction = output.Prediction;
        yield return new ReportParagraph(VerdictText.Distance(prediction.Trainability));
        if (VerdictText.Evidence(prediction.Architecture, prediction.Trainability) is string evidence)
            yield return new ReportParagraph(evidence);
        yield return new ReportTable("", ["<why"], [.. prediction.Trainability.Reasons.Select(reason => (IReadOnlyList<string>)[reason])]);
        foreach (IReportBlock notes in VerdictNotes.Table(new VerdictNotes(prediction.Architecture.Name, output.Caveats, import)))
            yield return notes;
        yield return PredictionTables.Exponents(prediction);
        yield return new ReportParagraph($"bound: {NormBounds.Of(prediction.Architecture).Statement}");
    }

    private static ReportFigure Figure(Prediction prediction) => new(
        "layers.svg",
        "Squared norm, angle, gradient norm and gradient overlap by depth, as predicted.",
        LayerFigure.Render(
            RunHeader.Describe(prediction.Architecture),
            "predicted at infinite width; all quantities per coordinate",
            [new LayerCurve(prediction.Architecture.Name, prediction.Layers, [])]));
}
