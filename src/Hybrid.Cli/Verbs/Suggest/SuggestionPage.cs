using Hybrid.Cli.Output;
using Hybrid.Import.HuggingFace;
using Hybrid.Lab.Checks;
using Hybrid.Theory;

namespace Hybrid.Cli.Verbs;

/// <summary>A suggestion as a page, in the words and the order of the terminal, with the layers before and after.</summary>
internal static class SuggestionPage
{
    public static Report Of(Suggestion suggestion, LoadedArchitecture loaded, RunHeader header, string command)
    {
        ReportTable? changes = SuggestionTables.Changes(suggestion);
        Prediction now = Predict.Architecture(suggestion.Architecture);
        return new(
            $"{suggestion.Architecture.Name}: what to change",
            [
                new(
                    SuggestionTables.Outcome(suggestion),
                    [
                        .. changes is null ? (IReportBlock[])[] : [changes],
                        .. VerdictNotes.Table(VerdictNotes.Of(now, loaded.Import)),
                        SuggestionTables.Sums(suggestion),
                    ]),
                new("Layer by layer", [Figure(suggestion, now, changes is not null), new ReportParagraph(VerdictText.Legend)]),
                new("Published recipes", [SuggestionTables.Alternatives(suggestion), new ReportParagraph(SuggestionTables.Limits())]),
                RunSections.Assumptions(),
                RunSections.Asked(command, [loaded.Architecture], [loaded.Import]),
                RunSections.Run(header),
            ]);
    }

    private static ReportFigure Figure(Suggestion suggestion, Prediction now, bool changed)
    {
        List<LayerCurve> curves = [new("now", now.Layers, [])];
        if (changed)
            curves.Add(new("suggested", Predict.Architecture(suggestion.Suggested).Layers, []));
        return new(
            "layers.svg",
            "Squared norm, angle, gradient norm and gradient overlap by depth, as predicted.",
            LayerFigure.Render(
                RunHeader.Describe(suggestion.Architecture), "predicted at infinite width; all quantities per coordinate", curves));
    }
}
