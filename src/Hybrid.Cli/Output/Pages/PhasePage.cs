using Hybrid.Harness.Architectures;
using Hybrid.Harness.Figures;
using Hybrid.Harness.Phases;

namespace Hybrid.Cli.Output.Pages;

/// <summary>A phase diagram as a page whose cells say their values under the pointer.</summary>
internal static class PhasePage
{
    public static Report Of(PhaseGrid grid, LoadedArchitecture loaded, RunHeader header, string command) => new(
        $"{grid.Architecture.Name}: order and chaos",
        [
            new(
                "Phase diagram",
                [
                    new ReportFigure(
                        "phase.svg",
                        "Angle and gradient exponents per block with their zero lines; the pointer shows a cell's value.",
                        PhaseFigure.Render(grid, hover: true)),
                    PhaseTables.Of(grid),
                ]),
            RunSections.Assumptions(),
            RunSections.Asked(command, [loaded.Architecture], [loaded.Import]),
            RunSections.Run(header),
        ]);
}
