using Hybrid.Cli.Output;
using Hybrid.Import.HuggingFace;
using Hybrid.Lab.Checks;
using Hybrid.Theory;

namespace Hybrid.Cli.Verbs;

/// <summary>A prediction as a page.</summary>
internal static class PredictionPage
{
    public static Report Of(LoadedArchitecture loaded, Prediction prediction, RunHeader header, string command) => new(
        $"{prediction.Architecture.Name}: can it train?",
        [
            new(
                VerdictText.Sentence(prediction.Architecture, prediction.Trainability),
                [
                    new ReportParagraph(VerdictText.Distance(prediction.Trainability)),
                    .. VerdictText.Evidence(prediction.Architecture, prediction.Trainability) is string evidence
                        ? new[] { new ReportParagraph(evidence) }
                        : [],
                    .. prediction.Trainability.Reasons.Select(reason => new ReportParagraph(reason)),
                    new ReportParagraph($"Bound: {NormBounds.Of(prediction.Architecture).Statement}."),
                    PredictionTables.Exponents(prediction),
                ]),
            new(
                "Layer by layer",
                [
                    new ReportFigure(
                        "layers.svg",
                        "Squared norm, angle, gradient norm and gradient overlap by depth, as predicted.",
                        LayerFigure.Render(
                            RunHeader.Describe(prediction.Architecture),
                            "predicted at infinite width; all quantities per coordinate",
                            [new LayerCurve(prediction.Architecture.Name, prediction.Layers, [])])),
                    PredictionTables.Layers(prediction),
                ]),
            RunSections.Assumptions(),
            RunSections.Asked(command, [loaded.Architecture], [loaded.Import]),
            RunSections.Run(header),
        ]);
}
