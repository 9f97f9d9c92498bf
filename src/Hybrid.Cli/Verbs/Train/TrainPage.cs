using Hybrid.Cli.Output;
using Hybrid.Drawing.Figures;
using Hybrid.Lab.Training;

namespace Hybrid.Cli.Verbs;

/// <summary>A training run as a page.</summary>
internal static class TrainPage
{
    public static Report Of(TrainingReport report, RunDirectory directory, RunHeader header, string command, Figure figure)
    {
        TrainingPlan plan = report.Result.Plan;
        ReportTable? layers = TrainedLayers.Of(directory, report.Result.Steps);
        return new(
            $"{plan.Options.Model.Architecture.Name}: a training run",
            [
                new(
                    "Losses",
                    [
                        new ReportParagraph(new TrainingSummary(report).Sentence),
                        new ReportParagraph(TrainTables.Outcome(report)),
                        new ReportFigure(
                            "curve.svg",
                            "Loss by step in training and evaluation, with what it is to be compared with; norm of the gradient, learning "
                                + "rate, and norms of the stream by layer.",
                            figure),
                        TrainTables.Losses(report),
                    ]),
                .. layers is null ? (ReportSection[])[] : [new("The network, before and after", [layers])],
                new("What was asked", [new ReportCode(command), new ReportCode(TrainingPlanJson.ToText(plan))]),
                RunSections.Run(header),
            ]);
    }
}
