using Hybrid.Cli.Output;
using Hybrid.Import.HuggingFace;
using Hybrid.Lab.Phases;

namespace Hybrid.Cli.Verbs;

/// <summary>A phase diagram as a page whose cells say their values under the pointer.</summary>
internal static class PhasePage
{
    public static Report Of(
        PhaseGrid grid, PhaseMeasurement? measurement, LoadedArchitecture loaded, RunHeader header, string command) =>
        new(
            $"{grid.Architecture.Name}: order and chaos",
            [
                new(
                    measurement is null ? "Phase diagram" : $"Verdict: {AgreementText.Verdict(measurement.Agreement, "--measure")}",
                    [
                        .. measurement is null
                            ? (IReportBlock[])[]
                            : [new ReportParagraph(AgreementText.Counts(measurement.Count, measurement.FamilyWiseRate))],
                        .. VerdictNotes.Table(VerdictNotes.Of(loaded)),
                        new ReportFigure(
                            "phase.svg",
                            "Angle and gradient exponents per block with their zero lines; the pointer shows a cell's value.",
                            PhaseFigure.Render(grid, measurement, hover: true)),
                        PhaseTables.Of(grid),
                    ]),
                .. measurement is null ? (ReportSection[])[] : [Measured(grid, measurement)],
                RunSections.Assumptions(),
                RunSections.Asked(command, [loaded.Architecture], [loaded.Import]),
                RunSections.Run(header),
            ]);

    private static ReportSection Measured(PhaseGrid grid, PhaseMeasurement measurement) => new(
        "Point by point",
        [
            new ReportParagraph(PhaseTables.Caption(measurement)),
            PhaseTables.Errors(measurement),
            PhaseTables.Points(grid, measurement, _ => true),
        ]);
}
